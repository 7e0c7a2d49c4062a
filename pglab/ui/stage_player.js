// The player panel of the stage: frames on a canvas, in step with one bar per action.

const DECODED_AHEAD = 6; // bitmaps are 1 MB each, so only the next few are kept decoded
const LOOP_HOLD_SECONDS = 0.6;
const LONGEST_QUEUE_SECONDS = 1.5;
const USUAL_QUEUE_SECONDS = 0.3;
const DECISION_MILLISECONDS = 125; // in a stream: nobody reads more, and each text is laid out
const BAR_PIXELS = 200;

// One frame with its bitmap, which exists only around the time it is shown.
class Picture {
  constructor(frame) {
    this.frame = frame;
    this.bitmap = null;
    this.wanted = false;
    this.broken = false;
  }

  async decode() {
    if (this.wanted) return;
    this.wanted = true;
    try {
      const jpeg = new Blob([this.frame.jpeg], { type: "image/jpeg" });
      const bitmap = await createImageBitmap(jpeg);
      if (this.wanted && !this.bitmap) this.bitmap = bitmap;
      else bitmap.close();
    } catch {
      this.broken = true; // shown as its bars and caption only
    }
  }

  get ready() {
    return this.bitmap !== null || this.broken;
  }

  // The bitmap, which belongs to the caller from now on.
  take() {
    const { bitmap } = this;
    [this.wanted, this.bitmap] = [false, null];
    return bitmap;
  }

  release() {
    this.take()?.close();
  }
}

// Whole percentages whose sum is 100: the last takes what rounding left over.
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
    this.fill = new Sheet("pgl-action-fill");
    this.fill.draw([
      ["resize", BAR_PIXELS, 1],
      ["fillStyle", action.colour],
    ]);
    const track = element("div", "pgl-action-track");
    track.append(this.fill.element);
    const name = element("span", "pgl-action-name", action.name);
    name.title = action.name;
    this.element.append(this.mark, name, this.percentage, track);
  }

  showBar(probability) {
    this.fill.draw([
      ["clearRect", 0, 0, BAR_PIXELS, 1],
      ["fillRect", 0, 0, (probability ?? 0) * BAR_PIXELS, 1],
    ]);
  }

  showText(percentage, chosen) {
    setText(this.percentage, percentage === undefined ? "" : `${percentage}%`);
    this.element.classList.toggle("pgl-chosen", chosen);
  }
}

class PlayerView {
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.bars = [];
    this.pictures = [];
    this.cursor = 0;
    this.decisionSince = 0;
    this.credit = 1; // frames that are due: the first is due at once
    this.framesDrawn = 0;
    this.stillMotion = matchMedia("(prefers-reduced-motion: reduce)");
    this.element = element("div", "pgl-player");
    this.screen = element("div", "pgl-screen");
    this.sheet = new Sheet("pgl-canvas");
    this.canvas = this.sheet.element;
    this.canvas.setAttribute("role", "img");
    this.size = [0, 0];
    this.screen.append(this.canvas);
    this.actions = element("div", "pgl-actions");
    this.caption = element("div", "pgl-caption");
    this.side = element("div", "pgl-side");
    this.side.append(this.actions, this.caption);
    this.element.append(this.screen, this.side);
  }

  update(panel, sequence) {
    this.canvas.setAttribute("aria-label", `${panel.title}. ${panel.subtitle}`);
    this.screen.style.aspectRatio = panel.aspect;
    this.framesPerSecond = panel.framesPerSecond;
    this.updateActions(panel.actions);
    if (panel.mode === "stream") this.extendStream(panel, sequence);
    else if (panel.mode !== this.mode || panel.clip !== this.clip) this.startClip(panel);
    this.mode = panel.mode;
    this.clip = panel.clip;
    this.sequence = sequence;
    this.wake();
  }

  updateActions(actions) {
    const identity = JSON.stringify(actions);
    if (identity === this.actionsIdentity) return;
    this.actionsIdentity = identity;
    for (const bar of this.bars) bar.fill.destroy();
    this.bars = actions.map((action) => new ActionBar(action));
    this.actions.replaceChildren(...this.bars.map((bar) => bar.element));
    if (this.shown) this.showDecision(this.shown);
  }

  extendStream(panel, sequence) {
    const continued = this.mode === "stream";
    if (continued && sequence === this.sequence) return; // the same frames once more
    if (!continued) this.clear();
    this.pictures.push(...panel.frames.map((frame) => new Picture(frame)));
    const longest = Math.ceil(this.framesPerSecond * LONGEST_QUEUE_SECONDS);
    const surplus = Math.max(this.pictures.length - longest, 0);
    for (const picture of this.pictures.splice(0, surplus)) picture.release();
  }

  startClip(panel) {
    this.clear();
    const frames = panel.mode === "still" ? panel.frames.slice(-1) : panel.frames;
    this.pictures = frames.map((frame) => new Picture(frame));
    if (frames.length === 0) this.blank();
  }

  blank() {
    this.sheet.draw([["clearRect", 0, 0, ...this.size]]);
    this.showDecision({ probabilities: [], action: null, caption: "" });
    this.onFrame(null, null);
  }

  clear() {
    for (const picture of this.pictures) picture.release();
    this.pictures = [];
    this.cursor = 0;
    this.credit = 1;
  }

  wake() {
    this.decodeAhead();
    if (this.request || !this.hasNext()) return;
    this.time = performance.now();
    this.request = requestAnimationFrame((now) => this.step(now));
  }

  hasNext() {
    if (this.cursor < this.pictures.length) return true;
    return this.mode === "loop" && this.pictures.length > 1 && !this.stillMotion.matches;
  }

  decodeAhead() {
    for (const picture of this.pictures.slice(this.cursor, this.cursor + DECODED_AHEAD)) {
      picture.decode();
    }
  }

  step(now) {
    this.request = null;
    const elapsed = Math.min(Math.max(now - this.time, 0) / 1000, 0.1);
    this.credit += elapsed * this.framesPerSecond * this.speed();
    this.time = now;
    if (this.cursor === this.pictures.length) this.holdLastFrame();
    else if (this.credit >= 1 && this.pictures[this.cursor].ready) this.showNext();
    // Unused credit is capped, else a delay would be followed by a rush.
    this.credit = Math.min(this.credit, 1.5);
    if (!this.hasNext()) return;
    this.decodeAhead();
    this.request = requestAnimationFrame((next) => this.step(next));
  }

  // A stream plays a little slower when the queue runs low and up to 1.5 times as fast when it
  // grows, so that it neither stutters between two ticks nor falls behind the training.
  speed() {
    if (this.mode !== "stream") return 1;
    const seconds = this.pictures.length / this.framesPerSecond;
    return Math.min(0.8 + (0.2 * seconds) / USUAL_QUEUE_SECONDS, 1.5);
  }

  showNext() {
    const picture = this.pictures[this.cursor];
    this.credit -= 1;
    this.show(picture);
    picture.release();
    if (this.mode === "stream") this.pictures.shift();
    else this.cursor += 1;
    this.holdUntil = null;
  }

  holdLastFrame() {
    this.holdUntil ??= this.time + LOOP_HOLD_SECONDS * 1000;
    if (this.time < this.holdUntil) return;
    this.cursor = 0;
    this.credit = 1;
  }

  show(picture) {
    if (picture.bitmap) this.draw(picture.take());
    this.framesDrawn += 1;
    this.showDecision(picture.frame);
    this.onFrame(picture.frame.point, this.mode === "stream" ? picture.frame.episode : null);
  }

  draw(bitmap) {
    const { width, height } = bitmap;
    const resize = [width, height].join() === this.size.join() ? [] : [["resize", width, height]];
    this.size = [width, height];
    this.sheet.draw([...resize, ["drawImage", bitmap, 0, 0]], [bitmap]);
  }

  showDecision(frame) {
    this.shown = frame;
    const now = performance.now();
    if (this.mode === "stream" && now < this.decisionSince + DECISION_MILLISECONDS) return;
    this.decisionSince = now;
    this.element.parentElement.dataset.framesDrawn = this.framesDrawn;
    this.bars.forEach((bar, a) => bar.showBar(frame.probabilities[a]));
    const percentages = wholePercentages(frame.probabilities);
    this.bars.forEach((bar, a) => bar.showText(percentages[a], frame.action === a));
    setText(this.caption, frame.caption);
  }

  destroy() {
    cancelAnimationFrame(this.request);
    this.clear();
    for (const sheet of [this.sheet, ...this.bars.map((bar) => bar.fill)]) sheet.destroy();
    this.element.remove();
  }
}
