// In a presentation, one to four panels of a page, or the page's chapter Slow motion, fill the
// window. People in the last row can read the texts. Only the style of the page changes
// (projector.css), so a run goes on, and after the presentation the page looks as before. The
// address says what is presented: "view=projector&show=returns,player".

import "./one_entry.js";
import { Charts } from "./charts.js";
import { element } from "./dom.js";
import { SMALLEST_FONT, enlargement } from "./enlargement.js";
import { ProjectorBar } from "./projector_bar.js";
import { SLOW_MOTION, buttonOf, chapterTitle, panels } from "./projector_parts.js";
import { OTHER_THEME } from "./stage.js";
import { isAbovePage, isTypedIn, mayBeShortcut } from "./typing.js";

const VIEW = "projector"; // the value of the parameter "view"; a scheme may follow: "projector-dark"
const KEY = "f";
const MOST_PANELS = 4;
const MOST_PANELS_UPRIGHT = 2; // on a phone, where the panels are below each other
const SCREEN = `<svg viewBox="0 0 24 24" aria-hidden="true">
  <path d="M3 4h18M5 4v11h14V4M12 15v5M8 20h8"/></svg>`;
const GAP_MILLISECONDS = 500; // longest time between two calls of `offerProjector` on one page
const OTHER = { light: "dark", dark: "light" };

// The keys of a clicker. Slow motion shows another phase; on other pages, other panels are shown.
const FORWARD = ["PageDown", "ArrowRight"];
const BACK = ["PageUp", "ArrowLeft"];
const REPEATED = [...FORWARD, ...BACK]; // these keys act again while they are held down
const BLANK = [".", "b"]; // the button that makes the screen black in programs for slides

const page = document.documentElement;
const mainPart = () => document.querySelector("[data-testid=stMain]");

let offered = null; // the button on the visible page, and the texts of the presentation
let shown = null; // the presentation, or null
let styleLoading = null; // a promise of the style sheet

class Presentation {
  constructor(texts, sheet) {
    this.texts = texts;
    this.path = location.pathname;
    this.sheet = sheet;
    sheet.disabled = false;
    const [, scheme] = (address().get("view") ?? "").split("-");
    this.scheme = OTHER[scheme] ? scheme : getComputedStyle(document.querySelector(".stApp")).colorScheme;
    this.chosen = address().get("show")?.split(",").filter(Boolean) ?? slowMotionInSight();
    this.before = { top: mainPart().scrollTop, focus: document.activeElement };
    this.charts = new Charts(texts.stage);
    this.bar = new ProjectorBar(texts, this);
    this.resize = () => this.fitTexts();
    window.addEventListener("resize", this.resize);
    this.observer = new MutationObserver(() => this.arrangeSoon());
    this.observer.observe(mainPart(), { childList: true, subtree: true });
    this.colour();
    this.fitTexts();
    this.arrange();
  }

  // All texts grow with the window: in a window of 1920×1080 pixels, they have 27 pixels.
  fitTexts() {
    const size = Math.max(Math.min(0.014 * innerWidth, 0.025 * innerHeight), 14);
    enlargement.factor = size / SMALLEST_FONT;
    page.style.setProperty("--pgl-projector", `${size}px`);
    page.style.setProperty("--pgl-enlargement", enlargement.factor);
  }

  colour() {
    page.dataset.projector = this.scheme;
    const variables = { scheme: this.scheme, ...this.texts.themes[this.scheme] };
    for (const [name, value] of Object.entries(variables)) {
      page.style.setProperty(`--pgl-projector-${name}`, value);
    }
    document.dispatchEvent(new Event(OTHER_THEME));
  }

  changeColours() {
    this.scheme = OTHER[this.scheme];
    this.colour();
    this.arrange();
    writeAddress({ view: `${VIEW}-${this.scheme}` });
  }

  arrangeSoon() {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      if (shown === this) this.arrange();
    });
  }

  arrange() {
    this.charts.update();
    const all = panels();
    this.all = all.map(({ key }) => key);
    this.titles = Object.fromEntries(all.map(({ key, title }) => [key, title]));
    if (chapterTitle(this.texts)) this.titles[SLOW_MOTION] = this.texts.slowMotion;
    const names = this.names;
    for (const { key, part } of all) {
      if (names.includes(key)) part.dataset.place = names.indexOf(key) + 1;
      else delete part.dataset.place;
    }
    page.dataset.places = names.filter((name) => name !== SLOW_MOTION).length;
    page.toggleAttribute("data-slow-motion", this.isSlow);
    if (this.isSlow) this.openSlowMotion();
    if (this.isSlow) fitWords();
    this.bar.show();
  }

  // The names of the presented panels: the chosen ones; the first panels if none of these is there.
  get names() {
    const known = (this.chosen ?? []).filter((name) => name in this.titles);
    if (known.includes(SLOW_MOTION)) return [SLOW_MOTION];
    return (known.length ? known : this.all).slice(0, mostPanels());
  }

  // The chosen names that the page does not have.
  get missing() {
    return this.all.length ? (this.chosen ?? []).filter((name) => !(name in this.titles)) : [];
  }

  openSlowMotion() {
    const title = chapterTitle(this.texts);
    if (title && title.ariaChecked !== "true" && !this.opening) title.click();
    this.opening = title?.ariaChecked !== "true"; // one click is enough until the chapter is open
  }

  choose(names) {
    this.chosen = names;
    writeAddress({ show: names.join(",") });
    this.arrange();
  }

  // Adds a panel to the presentation, or removes the panel.
  toggle(name) {
    const now = this.names.filter((other) => other !== SLOW_MOTION);
    if (name === SLOW_MOTION) this.choose([name]);
    else if (!now.includes(name)) this.choose([...now, name].slice(-mostPanels()));
    else if (now.length > 1) this.choose(now.filter((other) => other !== name));
  }

  // Shows the panels that follow (1) or precede (−1) the present ones; the first follow the last.
  turn(direction) {
    const [now, count] = [this.names, this.all.length];
    const last = this.all.indexOf(direction > 0 ? now.at(-1) : now[0]);
    const first = direction > 0 ? last + 1 : last - now.length;
    this.choose(now.map((_name, place) => this.all[(first + place + count) % count]));
  }

  // Shows this number of panels: the present ones, and those that follow.
  count(number) {
    if (this.isSlow) return;
    const now = this.names.slice(0, number);
    const after = this.all.indexOf(now.at(-1)) + 1;
    const others = [...this.all.slice(after), ...this.all].filter((name) => !now.includes(name));
    this.choose([...now, ...others].slice(0, number));
  }

  // Acts on a key; returns whether the key belongs to the presentation.
  press(key) {
    if (key === "Escape" || key === KEY) leave();
    else if (FORWARD.includes(key)) this.go(1, "slow_next");
    else if (BACK.includes(key)) this.go(-1, "slow_back");
    else if (BLANK.includes(key)) buttonOf(this.isSlow ? "slow_update" : "run")?.click();
    else if (/^[1-4]$/.test(key)) this.count(Number(key));
    else return false;
    return true;
  }

  // Shows other panels. In Slow motion, presses a button for another phase instead.
  go(direction, button) {
    if (this.isSlow) buttonOf(button)?.click();
    else this.turn(direction);
  }

  get isSlow() {
    return this.names[0] === SLOW_MOTION;
  }

  end() {
    this.observer.disconnect();
    window.removeEventListener("resize", this.resize);
    this.sheet.disabled = true;
    this.charts.destroy();
    this.bar.destroy();
    for (const { part } of panels()) delete part.dataset.place;
    for (const name of ["data-projector", "data-places", "data-slow-motion"]) page.removeAttribute(name);
    const variables = [...page.style].filter((variable) => variable.startsWith("--pgl-"));
    for (const variable of variables) page.style.removeProperty(variable);
    enlargement.factor = 1;
    document.dispatchEvent(new Event(OTHER_THEME));
    mainPart()?.scrollTo(0, this.before.top);
    this.before.focus?.focus({ preventScroll: true });
  }
}

// Makes the words of Slow motion a little smaller if they do not fit.
function fitWords() {
  const words = document.querySelector(".st-key-slow_scene [data-testid=stColumn]");
  words?.removeAttribute("data-tight");
  words?.toggleAttribute("data-tight", words.scrollHeight > words.clientHeight + 1);
}

function mostPanels() {
  return innerHeight > innerWidth ? MOST_PANELS_UPRIGHT : MOST_PANELS;
}

function slowMotionInSight() {
  const chapter = document.querySelector(".st-key-slow_motion");
  return chapter?.getBoundingClientRect().top < innerHeight / 2 ? [SLOW_MOTION] : null;
}

function address() {
  return new URLSearchParams(location.search);
}

// Changes parameters of the address; null removes a parameter.
function writeAddress(changes) {
  const url = new URL(location.href);
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) url.searchParams.delete(name);
    else url.searchParams.set(name, text);
  }
  history.replaceState(history.state, "", url);
}

function enter() {
  writeAddress({ view: VIEW });
  follow();
}

function leave() {
  writeAddress({ view: null, show: null });
  follow();
}

function isWanted() {
  return Boolean(offered) && /^projector(-|$)/.test(address().get("view") ?? "");
}

// Loads the style sheet when a presentation begins for the first time.
function loadStyle(path) {
  styleLoading ??= new Promise((resolve, reject) => {
    const link = element("link", "");
    const load = () => resolve(link.sheet);
    Object.assign(link, { rel: "stylesheet", href: path, onload: load, onerror: reject });
    document.head.append(link);
  });
  return styleLoading;
}

// Begins or ends the presentation, as the address says.
async function follow() {
  if (shown && !(isWanted() && shown.path === location.pathname)) {
    shown.end();
    shown = null;
  }
  if (!isWanted() || shown) return;
  const sheet = await loadStyle(new URL(offered.texts.style, document.baseURI).href);
  if (isWanted() && !shown) shown = new Presentation(offered.texts, sheet);
}

// Acts on a key. Returns whether the key belongs to the presentation: a clicker sends keys that
// mean something else to the page.
function take(key, repeated) {
  if (key === "Escape" && shown?.bar.menuIsOpen) return false;
  if (shown) return (repeated && !REPEATED.includes(key)) || shown.press(key);
  if (key !== KEY || repeated) return false;
  enter();
  return true;
}

function onKey(event) {
  if (!offered || !mayBeShortcut(event) || event.shiftKey) return;
  const [target] = event.composedPath();
  if (isTypedIn(target) || isAbovePage(target)) return;
  if (target.closest(".pgl-frame-steps")) return; // here, the keys choose a frame of the player
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!take(key, event.repeat)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

window.addEventListener("keydown", onKey, true);
window.addEventListener("popstate", follow);

export function offerProjector({ parentElement, data }) {
  const button = parentElement.querySelector("button") ?? parentElement.appendChild(element("button", ""));
  button.type = "button";
  button.className = "wide";
  button.title = data.help;
  button.innerHTML = SCREEN;
  button.append(data.label, element("kbd", "", KEY.toUpperCase()));
  button.onclick = enter;
  const mine = (offered = { texts: data });
  follow();
  return () => {
    // Streamlit may call this function before it calls `offerProjector` again.
    setTimeout(() => {
      if (offered !== mine) return;
      offered = null;
      follow();
    }, GAP_MILLISECONDS);
  };
}
