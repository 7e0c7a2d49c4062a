// The player panel of the stage shows frames on a canvas, and one bar for each action.

import { element, setText } from "./dom.js";
import { forget, FrameButtons, noteChange } from "./frame_steps.js";
import { Sheet } from "./sheet.js";

const LOOP_HOLD_SECONDS = 0.6;
const LONGEST_QUEUE_SECONDS = 1.5;
const USUAL_QUEUE_SECONDS = 0.3;
const MOST_PIXELS = 10000; // largest width or height of a frame
const LATE_MILLISECONDS = 200; // after this time, bars and texts no longer wait for a redraw

// Returns whole percentages with the sum 100; the last percentage contains the rounding errors.
function wholePercentages(probabilities) {
  const rounded = probabilities.map((probability) => Math.round(probability * 100));
  const others = rounded.slice(0, -1).reduce((sum, value) => sum + value, 0);
  return [...rounded.slice(0, -1), ...rounded.slice(-1).map(() => Math.max(100 - others, 0))];
}

class ActionBar {
  constructor(action) {
    this.element = element("div", "pgl-action");
    this.mark = element("span", "pgl-action-mark", "▶");
    this.mark.setAttribute("aria-hidden", "true");
    this.percentage = element("span", "pgl-action-percentage");
    this.fill = element("div", "pgl-action-fill");
    this.fill.style.background = action.colour;
    const track = element("div", "pgl-action-track");
    track.append(this.fill);
    const name = element("span", "pgl-action-name", action.name);
    name.title = action.name;
    this.element.append(this.mark, name, this.percentage, track);
  }

  show(probability, percentage, chosen) {
    this.fill.style.transform = `scaleX(${probability ?? 0})`;
    setText(this.percentage, percentage === undefined ? "" : `${percentage}%`);
    this.element.classList.toggle("pgl-chosen", chosen);
  }
}

export class PlayerView {
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.bars = [];
    this.frames = [];
    this.cursor = 0;
    this.credit = 1; // the number of frames that are due; the first frame is due at once
    this.framesDrawn = 0;
    this.held = false; // whether the player has stopped at the shown frame
    this.shown = null; // the last frame
    this.decided = null; // the frame whose bars and texts are shown, since the time `decidedAt`
    this.stillMotion = matchMedia("(prefers-reduced-motion: reduce)");
    this.element = element("div", "pgl-player");
    this.screen = element("div", "pgl-screen");
    this.sheet = new Sheet("pgl-canvas");
    this.canvas = this.sheet.element;
    this.canvas.setAttribute("role", "img");
    this.screen.append(this.canvas);
    this.actions = element("div", "pgl-actions");
    this.caption = element("div", "pgl-caption");
    this.side = element("div", "pgl-side");
    this.side.append(this.actions, this.caption);
    this.buttons = new FrameButtons(() => this);
    const watch = element("div", "pgl-watch");
    watch.append(this.screen, this.buttons.element);
    this.element.append(watch, this.side);
  }

  update(panel, sequence) {
    this.canvas.setAttribute("aria-label", `${panel.title}. ${panel.subtitle}`);
    this.screen.style.aspectRatio = panel.aspect;
    this.framesPerSecond = panel.framesPerSecond;
    this.updateActions(panel.actions);
    if (panel.mode === "stream") this.extendStream(panel, sequence);
    else if (panel.mode !== this.mode || panel.clip !== this.clip) this.startClip(panel);
    else if (panel.first > 0) this.continueClip(panel);
    else this.renewClip(panel);
    this.mode = panel.mode;
    this.clip = panel.clip;
    this.key = panel.key;
    this.sequence = sequence;
    this.arrangeButtons(panel);
    this.wake();
  }

  // A single frame has no buttons. If a clip may follow, the buttons keep their room.
  arrangeButtons({ mode, frames, steps }) {
    const { classList } = this.buttons.element;
    classList.toggle("pgl-none", mode === "still" && !frames[0]?.number);
    classList.toggle("pgl-invisible", mode === "still");
    this.buttons.name(steps);
    noteChange(this);
  }

  updateActions(actions) {
    const identity = JSON.stringify(actions);
    if (identity === this.actionsIdentity) return;
    this.actionsIdentity = identity;
    this.bars = actions.map((action) => new ActionBar(action));
    this.actions.replaceChildren(...this.bars.map((bar) => bar.element));
    if (this.shown) this.showDecision(this.shown);
  }

  extendStream(panel, sequence) {
    const continued = this.mode === "stream";
    if (continued && sequence === this.sequence) return; // the frames are not new
    if (!continued) this.restart();
    if (this.held) return; // the visitor looks at one frame, so the later frames are lost
    this.frames.push(...panel.frames);
    const longest = Math.ceil(this.framesPerSecond * LONGEST_QUEUE_SECONDS);
    this.frames.splice(0, Math.max(this.frames.length - longest, 0));
  }

  startClip(panel) {
    this.restart();
    this.frames = panel.mode === "still" ? panel.frames.slice(-1) : panel.frames;
    if (this.frames.length === 0) return this.blank();
    const place = this.frames.findIndex(({ number }) => number === panel.held);
    if (place < 0 && !(panel.mode === "loop" && this.stillMotion.matches)) return;
    this.held = true;
    this.showPlace(Math.max(place, 0));
  }

  // Appends the next part of the clip, or replaces a part by a new version of the same frames.
  continueClip({ first, frames }) {
    if (first > this.frames.length) return;
    const end = first + frames.length;
    const renewed = first < this.cursor && this.cursor <= end;
    this.frames = [...this.frames.slice(0, first), ...frames, ...this.frames.slice(end)];
    if (renewed) this.showDecision(this.frames[this.cursor - 1]);
  }

  // Replaces the clip by a new version: the pictures are the same, but the axes of the heatmaps and
  // the captions may differ.
  renewClip(panel) {
    const { frames } = panel;
    if (frames === this.renewed || !this.frames.length) return;
    this.renewed = frames;
    this.onFrame(null); // the path in the heatmaps has the coordinates of the former axes
    if (this.held && this.cursor > frames.length) return this.continueClip(panel);
    this.frames = panel.mode === "still" ? frames.slice(-1) : frames;
    this.cursor = Math.min(this.cursor, this.frames.length); // later parts follow
    const shown = this.frames[this.cursor - 1];
    if (shown) this.showDecision(shown);
  }

  restart() {
    this.clear();
    this.onFrame(null);
  }

  blank() {
    this.sheet.draw([["clearRect", 0, 0, MOST_PIXELS, MOST_PIXELS]]);
    this.showDecision({ probabilities: [], action: null, caption: "" });
    this.onFrame(null);
  }

  clear() {
    this.cancel?.();
    this.cancel = null;
    this.frames = [];
    this.cursor = 0;
    this.credit = 1;
    this.held = false;
  }

  // Whether the button “play” is offered. With reduced motion, a clip does not begin again.
  get stopped() {
    const over = this.cursor > 0 && this.cursor >= this.frames.length;
    return this.held || (this.mode === "loop" && over && this.stillMotion.matches);
  }

  // The number of the frame at which the player has stopped; null if it plays.
  get heldNumber() {
    return this.held ? (this.shown?.number ?? null) : null;
  }

  toggle() {
    if (!this.stopped) return this.hold();
    this.held = false;
    if (this.mode !== "stream" && this.cursor >= this.frames.length) this.beginAgain();
    this.wake();
    noteChange(this);
  }

  hold() {
    this.cancel?.();
    this.cancel = null;
    this.held = true;
    this.showTexts();
    noteChange(this);
  }

  // Of a stream, only the shown frame is known.
  canStep(steps) {
    const place = this.cursor - 1 + steps;
    return this.mode === "loop" && place >= 0 && place < this.frames.length;
  }

  stepBy(steps) {
    if (!this.held) this.hold();
    if (!this.canStep(steps)) return;
    if (steps < 0) this.onFrame(null); // the path in the heatmaps only goes forward
    this.showPlace(this.cursor - 1 + steps);
    noteChange(this);
  }

  showPlace(place) {
    this.cursor = place + 1;
    this.show(this.frames[place]);
  }

  wake() {
    if (this.cancel || !this.hasNext()) return;
    this.time = performance.now();
    this.schedule();
  }

  // Plans the next step with a timer. After an animation frame, the browser would update the whole
  // page, although only a worker draws. In a hidden tab, the player plans with an animation frame:
  // the browser shows no frames there, so the player waits until the tab is visible.
  schedule() {
    if (document.hidden) {
      const request = requestAnimationFrame((now) => this.step(now));
      this.cancel = () => cancelAnimationFrame(request);
    } else {
      const timer = setTimeout(() => this.step(performance.now()), this.millisecondsToNext());
      this.cancel = () => clearTimeout(timer);
    }
  }

  millisecondsToNext() {
    if (this.cursor < this.frames.length) {
      return (1000 * (1 - this.credit)) / (this.framesPerSecond * this.speed());
    }
    return this.holdUntil ? this.holdUntil - performance.now() : 0;
  }

  hasNext() {
    if (this.held) return false;
    if (this.cursor < this.frames.length) return true;
    return this.mode === "loop" && this.frames.length > 1 && !this.stillMotion.matches;
  }

  step(now) {
    this.cancel = null;
    const elapsed = Math.min(Math.max(now - this.time, 0) / 1000, 0.1);
    this.credit += elapsed * this.framesPerSecond * this.speed();
    this.time = now;
    if (this.cursor >= this.frames.length) this.holdLastFrame();
    else if (this.credit >= 1) this.showNext();
    // Unused credit is limited, so that frames do not come too fast after a delay.
    this.credit = Math.min(this.credit, 1.5);
    if (this.hasNext()) return this.schedule();
    this.showTexts();
    noteChange(this);
  }

  // Returns the player's relative speed. With few frames in the queue, a stream is a little slower,
  // so that the player does not run out of frames. With many frames, the stream is up to 1.5 times
  // as fast, so that the player does not fall behind the training.
  speed() {
    if (this.mode !== "stream") return 1;
    const seconds = this.frames.length / this.framesPerSecond;
    return Math.min(0.8 + (0.2 * seconds) / USUAL_QUEUE_SECONDS, 1.5);
  }

  showNext() {
    this.credit -= 1;
    this.show(this.frames[this.cursor]);
    if (this.mode === "stream") this.frames.shift();
    else this.cursor += 1;
    this.holdUntil = null;
  }

  holdLastFrame() {
    this.holdUntil ??= this.time + LOOP_HOLD_SECONDS * 1000;
    if (this.time >= this.holdUntil) this.beginAgain();
  }

  beginAgain() {
    this.cursor = 0;
    this.credit = 1;
    this.onFrame(null);
  }

  show(frame) {
    this.sheet.show(frame.image);
    this.framesDrawn += 1;
    this.element.parentElement.dataset.framesDrawn = this.framesDrawn;
    if (!this.mayWait()) return this.showDecision(frame);
    this.shown = frame;
    if (frame.image) this.onFrame(frame, false);
  }

  // Whether all that belongs to the frame (bars, texts, ring) may still show an earlier frame. While
  // a stream plays, it waits for the next redraw of the page, because each of its changes makes the
  // browser update the whole page. At 30 frames per second, nobody could read it.
  mayWait() {
    const since = performance.now() - this.decidedAt;
    return this.mode === "stream" && !this.held && since < LATE_MILLISECONDS;
  }

  // Shows all that belongs to the last frame, unless it is shown already.
  showTexts() {
    if (this.shown !== this.decided) this.showDecision(this.shown);
  }

  get subtitle() {
    return this.shown?.subtitle;
  }

  showDecision(frame) {
    [this.shown, this.decided, this.decidedAt] = [frame, frame, performance.now()];
    const { probabilities, action, caption } = frame;
    const percentages = wholePercentages(probabilities);
    this.bars.forEach((bar, a) => bar.show(probabilities[a], percentages[a], action === a));
    this.caption.ariaLive = this.held ? "polite" : "off"; // read aloud while the visitor steps
    setText(this.caption, caption);
    if (frame.image) this.onFrame(frame);
  }

  destroy() {
    this.clear();
    forget(this);
    this.buttons.destroy();
    this.sheet.destroy();
    this.element.remove();
  }
}
