// Skip links lead to parts of the page that visitors would otherwise reach only by pressing the Tab
// key many times. The Tab key reaches these links first. The style in page.css shows all skip links
// while one of them has the focus.

import { element } from "./dom.js";

const PATIENCE_MILLISECONDS = 5000;

// For each part of the page, a function that finds the element that gets the focus.
const targets = {
  stage: () => document.getElementById("stage"),
  chapters: (page) => document.querySelector(`.st-key-${page}-chapter [aria-checked="true"]`),
};

let shown = null; // the links of the visible page

function nameChapters(label) {
  const chapter = document.querySelector(".st-key-chapter");
  if (!chapter) return false;
  chapter.id = "chapters";
  chapter.setAttribute("role", "region");
  chapter.setAttribute("aria-label", label);
  return true;
}

function link(page, part, text) {
  const made = element("a", "", text);
  made.href = `#${part}`;
  made.addEventListener("click", (event) => {
    event.preventDefault(); // the address must not change, because it contains the settings
    const target = targets[part](page);
    target?.scrollIntoView({ block: part === "stage" ? "nearest" : "start" });
    target?.focus();
  });
  return made;
}

export function offerSkipLinks({ data: { page, label, links, chapters } }) {
  const nav = element("nav", "pgl-skip-links");
  nav.setAttribute("aria-label", label);
  nav.append(...Object.entries(links).map(([part, text]) => link(page, part, text)));
  shown?.remove();
  shown = nav;
  document.body.prepend(nav);
  const end = performance.now() + PATIENCE_MILLISECONDS;
  const look = () => {
    if (shown !== nav || !links.chapters || nameChapters(chapters)) return;
    if (performance.now() < end) requestAnimationFrame(look);
  };
  look();
  return () => {
    if (shown !== nav) return; // a newer call has replaced these links
    nav.remove();
    shown = null;
  };
}
