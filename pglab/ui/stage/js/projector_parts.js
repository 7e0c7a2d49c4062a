// Finds the parts of a page that a presentation can show, and the buttons that a clicker presses.

export const SLOW_MOTION = "slow_motion"; // the name of the chapter in links

// Returns all panels of the page in their order, without those inside a chapter.
export function panels() {
  return [...document.querySelectorAll(".pgl-panel")]
    .filter((part) => !part.closest(".st-key-chapter"))
    .map((part) => ({ key: part.dataset.panel, title: part.ariaLabel, part }));
}

// Returns the title that opens the chapter Slow motion.
export function chapterTitle({ slowMotion }) {
  const titles = [...document.querySelectorAll('[class*="-chapter"] [role="radio"]')];
  return titles.find((title) => title.textContent.trim() === slowMotion);
}

// Returns a button of the page by its key, unless it is disabled.
export function buttonOf(key) {
  return document.querySelector(`.st-key-${key} button:enabled`);
}
