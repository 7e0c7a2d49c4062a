// The bar below a presentation. It has buttons that do the same as the keys, and a list of panels.

import { element, setText } from "./dom.js";

const MOST_SHOWN = 40; // characters of a name from the address

export class ProjectorBar {
  constructor(texts, presentation) {
    this.texts = texts;
    this.presentation = presentation;
    this.element = element("nav", "pgl-bar");
    this.element.setAttribute("aria-label", texts.bar);
    this.note = element("span", "pgl-bar-note");
    this.note.setAttribute("role", "status");
    this.menu = element("div", "pgl-bar-menu");
    this.menu.popover = "auto";
    const open = this.button(texts.panels, () => {});
    open.popoverTargetElement = this.menu;
    this.back = this.button("‹", () => presentation.turn(-1), texts.back);
    this.forward = this.button("›", () => presentation.turn(1), texts.forward);
    this.colours = this.button("", () => presentation.changeColours());
    const leave = this.button(texts.leave, () => presentation.press("Escape"));
    this.element.append(this.note, this.back, this.forward, open, this.colours, leave, this.menu);
    document.body.append(this.element);
  }

  button(text, press, name) {
    const made = element("button", "", text);
    made.type = "button";
    if (name) made.setAttribute("aria-label", name);
    if (name) made.title = name;
    made.addEventListener("click", press);
    return made;
  }

  show() {
    const { titles, names, all, missing, scheme } = this.presentation;
    setText(this.colours, this.texts.other[scheme]);
    const few = all.length <= names.length || !all.includes(names[0]);
    this.back.hidden = this.forward.hidden = few;
    const [lost] = missing;
    setText(this.note, lost ? this.texts.missing.replace("{name}", lost.slice(0, MOST_SHOWN)) : "");
    const identity = JSON.stringify([titles, names]);
    if (identity === this.identity) return;
    this.identity = identity;
    const choices = Object.entries(titles).map(([name, title]) => this.choice(name, title));
    this.menu.replaceChildren(...choices);
  }

  choice(name, title) {
    const { presentation } = this;
    const made = this.button(title, () => presentation.toggle(name));
    made.setAttribute("aria-pressed", presentation.names.includes(name));
    return made;
  }

  get menuIsOpen() {
    return this.menu.matches(":popover-open");
  }

  destroy() {
    this.element.remove();
  }
}
