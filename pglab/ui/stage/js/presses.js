// Gives each press of a button, by mouse or by key, a number, so that the server can act on each
// press once: see presses.py. A keyboard shortcut presses its button, unless the visitor is typing
// text. Streamlit's own shortcuts do not work while an input element has the focus.

import "./projector.js"; // during a presentation, a clicker's keys do not reach the listener below
import { isAbovePage, isTypedIn, mayBeShortcut } from "./typing.js";

const MOST_UNCONFIRMED = 200;
const GAP_MILLISECONDS = 2000; // longest time between two calls of `listen` on one page
// These elements use the arrow keys themselves.
const MOVED_BY_ARROWS = `input, select, canvas, [role="slider"], [role="radio"], [role="tab"],
  [role="grid"], [role="treegrid"], .pgl-frame-steps`;
const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

// For each page, the presses that the server has not confirmed yet; each press is [number, key].
const logs = new Map();
const unsaved = new Map(); // for each page, whether closing or reloading the tab would lose a run
let lastNumber = 0;
let listener = null; // the listener of the visible page
let clicked = null; // the button that the pointer pressed last

function keyOf(button) {
  const name = button?.closest('[class*="st-key-"]')?.className.match(/st-key-(\S+)/)?.[1];
  const known = listener?.path === location.pathname && Object.hasOwn(listener.buttons, name);
  return known ? name : undefined;
}

function press(key) {
  lastNumber += 1;
  const log = [...logs.get(listener.page), [lastNumber, key]].slice(-MOST_UNCONFIRMED);
  logs.set(listener.page, log);
  listener.send("log", log);
}

function onClick(event) {
  const button = event.target.closest?.("button");
  const key = keyOf(button);
  if (key === undefined) return;
  event.stopPropagation(); // otherwise, Streamlit would also send this press
  if (!button.disabled) press(key);
}

// Returns the shortcut of a key event, written as on Streamlit's buttons.
function shortcutOf(event) {
  const name = ARROWS[event.key] ?? event.key.toUpperCase();
  return event.shiftKey ? `Shift + ${name}` : name;
}

function buttonWith(shortcut) {
  return [...document.querySelectorAll(`button [aria-label="Shortcut ${CSS.escape(shortcut)}"]`)]
    .map((badge) => badge.closest("button"))
    .find((button) => button.checkVisibility());
}

function onKey(event) {
  const [target] = event.composedPath();
  if (event.key === "Tab") clicked = null; // keyboard users must see the focused button
  if (!mayBeShortcut(event)) return;
  if (event.key === "Enter") return pressOnce(event, target.closest("button"));
  if (isTypedIn(target) || isAbovePage(target)) return;
  if (event.key in ARROWS && target.closest(MOVED_BY_ARROWS)) return;
  const button = buttonWith(shortcutOf(event));
  if (!button) return;
  event.preventDefault();
  event.stopPropagation(); // otherwise, Streamlit would also press the button
  if (!event.repeat || isHeld(button)) button.click();
  // Without this line, browsers would outline the last clicked button after a key press.
  if (target === clicked) target.blur();
}

// Returns whether a key that is held down presses the button again and again.
function isHeld(button) {
  const key = keyOf(button);
  return key !== undefined && listener.buttons[key];
}

// Prevents repeated presses by an Enter key that is held down, if the button allows no repeats.
function pressOnce(event, button) {
  if (event.repeat && keyOf(button) !== undefined && !isHeld(button)) event.preventDefault();
}

function onPointer(event) {
  clicked = event.target.closest?.("button");
}

function onLeaving(event) {
  if ([...unsaved.values()].some(Boolean)) event.preventDefault();
}

document.addEventListener("click", onClick, true);
window.addEventListener("keydown", onKey, true);
window.addEventListener("beforeunload", onLeaving);
window.addEventListener("pointerdown", onPointer, true);

export function listen({ data, setStateValue }) {
  const { page, buttons, last } = data;
  const mine = { page, path: location.pathname, buttons, send: setStateValue };
  listener = mine;
  unsaved.set(page, data.unsaved);
  lastNumber = Math.max(lastNumber, last);
  logs.set(
    page,
    (logs.get(page) ?? []).filter(([number]) => number > last),
  );
  // Streamlit may call the returned function before it calls `listen` again. So the old listener
  // stays for a while, so that no press between these two calls is lost.
  return () => {
    setTimeout(() => {
      if (listener === mine) listener = null;
    }, GAP_MILLISECONDS);
  };
}
