// A button that copies a link, or else the address of the page; see copy_link.py. If the browser
// does not allow copying, the button shows the selected link, so that the visitor can copy it with
// a shortcut.

import { element } from "./dom.js";

const SHOWN_MILLISECONDS = 2500;
const MARGIN = 6; // pixels between the button and the message below it
const CHAIN = `<svg viewBox="0 0 24 24" aria-hidden="true">
  <path transform="rotate(-45 12 12)"
    d="M10 7H7a5 5 0 0 0 0 10h3M14 7h3a5 5 0 0 1 0 10h-3M8.5 12h7"/></svg>`;

// The settings, without the stored run: whoever opens the link begins a run of their own.
function addressToShare() {
  const address = new URL(location.href);
  address.searchParams.delete("run");
  return address.href;
}

class CopyButton {
  constructor(parent) {
    this.button = element("button", "");
    this.button.type = "button";
    this.button.innerHTML = CHAIN;
    this.button.addEventListener("click", () => this.copy());
    this.word = element("div", "word");
    this.word.popover = "manual";
    this.word.setAttribute("role", "status");
    parent.append(this.button, this.word);
  }

  name(texts) {
    this.texts = texts;
    if (texts.link && !this.button.className) {
      this.button.className = "wide";
      this.button.append(texts.label);
    }
    this.button.setAttribute("aria-label", texts.label);
    this.button.title = texts.help;
  }

  link() {
    return this.texts.link ?? addressToShare();
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.link()); // fails without permission or https
    } catch {
      return this.showLink();
    }
    this.say(this.texts.copied);
    this.timer = setTimeout(() => this.hide(), SHOWN_MILLISECONDS);
  }

  showLink() {
    const link = element("input", "");
    link.readOnly = true;
    link.value = this.link();
    link.setAttribute("aria-label", this.texts.label);
    this.say(this.texts.refused, link);
    link.addEventListener("blur", () => this.hide());
    link.addEventListener("copy", (event) => {
      event.clipboardData.setData("text/plain", link.value); // the focus is about to leave
      event.preventDefault();
      this.button.focus();
      this.say(this.texts.copied);
      this.timer = setTimeout(() => this.hide(), SHOWN_MILLISECONDS);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.button.focus();
    });
    link.select();
    document.execCommand("copy"); // an old way, which many browsers also allow without https
  }

  say(text, ...further) {
    clearTimeout(this.timer);
    this.word.replaceChildren(text, ...further);
    if (!this.word.matches(":popover-open")) this.word.showPopover();
    const { bottom, right } = this.button.getBoundingClientRect();
    const left = Math.min(right, innerWidth - MARGIN) - this.word.offsetWidth;
    this.word.style.left = `${Math.max(left, MARGIN)}px`;
    this.word.style.top = `${bottom + MARGIN}px`;
  }

  hide() {
    clearTimeout(this.timer);
    if (this.word.matches(":popover-open")) this.word.hidePopover();
  }
}

const buttons = new WeakMap(); // by parent element

export function copyLink({ parentElement, data }) {
  if (!buttons.has(parentElement)) buttons.set(parentElement, new CopyButton(parentElement));
  buttons.get(parentElement).name(data);
}
