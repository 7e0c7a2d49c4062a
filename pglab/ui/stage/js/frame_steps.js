// Buttons that stop a player and step through its frames, and the report of the frame at which a
// player has stopped; see frame_steps.py.

import { element } from "./dom.js";

const REPORT_MILLISECONDS = 120; // while a key is held down, only its last frame is reported
const GAP_MILLISECONDS = 2000; // longest time between two calls of `reportFrames` on one page
const ICONS = {
  back: "M15 5l-8 7 8 7",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5z",
  forward: "M9 5l8 7-8 7",
};

const players = new Map(); // for the key of each player's panel: the player
const rows = new Set(); // all rows of buttons
let reporter = null;
let timer = null;

function icon(name) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}

// A row of three buttons. `player` returns the player that the buttons steer.
export class FrameButtons {
  constructor(player) {
    this.player = player;
    this.element = element("div", "pgl-frame-steps");
    this.element.setAttribute("role", "group");
    [this.back, this.toggle, this.forward] = [
      () => this.player()?.stepBy(-1),
      () => this.player()?.toggle(),
      () => this.player()?.stepBy(1),
    ].map((act) => this.button(act));
    this.back.innerHTML = icon("back");
    this.forward.innerHTML = icon("forward");
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    rows.add(this);
  }

  button(act) {
    const button = element("button", "");
    button.type = "button";
    button.addEventListener("click", act);
    this.element.append(button);
    return button;
  }

  name(texts) {
    this.texts = texts;
    this.element.setAttribute("aria-label", texts.group);
    for (const [button, text] of [
      [this.back, texts.back],
      [this.forward, texts.forward],
    ]) {
      button.setAttribute("aria-label", text);
      button.title = text;
    }
    this.show();
  }

  // Shows whether the player plays, and in which directions it can step. A button that does nothing
  // keeps the keyboard's focus, so it is not disabled.
  show() {
    const player = this.player();
    if (!this.texts) return;
    const action = player?.stopped ? "play" : "pause";
    if (this.shown !== action) this.toggle.innerHTML = icon(action);
    this.shown = action;
    this.toggle.setAttribute("aria-label", this.texts[action]);
    this.toggle.title = this.texts[action];
    this.back.setAttribute("aria-disabled", !player?.canStep(-1));
    this.forward.setAttribute("aria-disabled", !player?.canStep(1));
  }

  onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.player()?.stepBy(steps);
  }

  destroy() {
    rows.delete(this);
  }
}

// Notes that a player has stopped, stepped, gone on, or got another clip.
export function noteChange(player) {
  if (player.key) players.set(player.key, player);
  for (const row of rows) row.show();
  clearTimeout(timer);
  // A run that trains must be paused at once.
  if (player.mode === "stream") report();
  else timer = setTimeout(report, REPORT_MILLISECONDS);
}

export function forget(player) {
  if (players.get(player.key) === player) players.delete(player.key);
}

// Tells the server at which frame the player has stopped. While the run is paused, only the chapter
// that explains this frame needs to know.
function report() {
  const player = reporter && players.get(reporter.player);
  const number = player?.heldNumber;
  if (!number || number === reporter.known) return;
  if (!reporter.wanted && player.mode !== "stream") return;
  reporter.known = number;
  reporter.send("held", number);
}

export function reportFrames({ data, setStateValue }) {
  const mine = { ...data, send: setStateValue };
  reporter = mine;
  report();
  return () => {
    setTimeout(() => {
      if (reporter === mine) reporter = null;
    }, GAP_MILLISECONDS);
  };
}

const further = new WeakMap(); // by parent element: the buttons outside the player's panel

export function frameButtons({ parentElement, data }) {
  if (!further.has(parentElement)) {
    const buttons = new FrameButtons(() => players.get(data.player));
    further.set(parentElement, buttons);
    parentElement.append(buttons.element);
  }
  further.get(parentElement).name(data.texts);
  return () => {
    if (parentElement.isConnected) return;
    further.get(parentElement)?.destroy();
    further.delete(parentElement);
  };
}
