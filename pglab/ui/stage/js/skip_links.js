// Links to parts of the page that are otherwise reached only by many presses of Tab. Tab reaches
// these links first. page.css shows all links while one of them has the focus.

import { element } from "./dom.js";

const PATIENCE_MILLISECONDS = 5000;

// For the name of each part, the element that gets the focus.
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
    event.preventDefault(); // the address must stay, since it holds the settings
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
    if (shown !== nav) return; // a newer call has replaced it
    nav.remove();
    shown = null;
  };
}
