// The stage: shows the numbers, progress and panels of a run. During a run, the stage asks the
// server for one tick after another. Streamlit calls the exported functions when it mounts the
// component and whenever the data or the theme change.

import { Departure } from "./departure.js";
import { element, nextFrame, setText } from "./dom.js";
import { FigureView, loadPlotly, readTheme } from "./figures.js";
import { PlayerView } from "./player.js";

export { bringIntoView } from "./scrolling.js";

const WATCHDOG_MILLISECONDS = 3000;
const BEAT_MILLISECONDS = 180; // shortest time between two ticks; pacing.py has the same aim
const LONGEST_WATCHDOG_MILLISECONDS = 60000;
const LEAVING_MILLISECONDS = 20000; // longest time to wait for another page
const THEME_MILLISECONDS = 5000; // a running stage reads the theme again after this time
const FRAME_MILLISECONDS = 8; // in each frame, figures are painted for at most about this time

const stages = new WeakMap(); // for each parent element, its stage
const stagesByName = new Map();

// Unpacks a message of stage.py: a length, JSON, and the bytes of the pictures.
function readMessage(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  const frames = data.panels.flatMap((panel) => panel.frames ?? []);
  for (const frame of frames) {
    const [from, to] = frame.jpeg;
    frame.jpeg = bytes.slice(start + from, start + to);
  }
  for (const { slices } of data.panels) {
    if (slices) slices.levels = bytes.slice(...slices.levels.map((place) => start + place));
  }
  joinFrames(data.panels);
  return data;
}

// Gives each frame the slices and subtitle that were sent with it. When the frame is shown, its
// panels may already have newer ones.
function joinFrames(panels) {
  for (const player of panels.filter(({ kind }) => kind === "player")) {
    const figures = panels.filter(({ playhead, slices }) => playhead === player.key && slices);
    const slices = Object.fromEntries(figures.map((figure) => [figure.key, figure.slices]));
    for (const frame of player.frames) Object.assign(frame, { slices, subtitle: player.subtitle });
  }
}

// Requests the next tick; only one request at a time is under way. A request is due when new data
// have come. It is sent as soon as the previous data have been painted.
class Heartbeat {
  constructor(root) {
    this.root = root;
    this.ticks = 0;
    this.askedAt = -Infinity;
    this.running = false;
    this.due = false;
    this.sending = false;
    this.leaving = false;
    this.departure = new Departure(
      () => this.leave(),
      () => this.sending,
    );
  }

  leave() {
    this.leaving = true;
    this.watch(LEAVING_MILLISECONDS);
  }

  receive(data) {
    const fresh = data.sequence !== this.sequence || data.running !== this.running;
    this.sequence = data.sequence;
    this.running = data.running;
    if (!fresh || this.leaving) return;
    this.due = data.running && !data.more;
    clearTimeout(this.watchdog);
    if (data.running) this.watch(WATCHDOG_MILLISECONDS);
  }

  // Asks again if no answer comes. Each request interrupts the script run of a slow server, so the
  // delay grows.
  watch(delay) {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.leaving = false;
      if (!this.running) return;
      this.ask();
      this.watch(Math.min(2 * delay, LONGEST_WATCHDOG_MILLISECONDS));
    }, delay);
  }

  beat() {
    if (!this.due || this.leaving) return;
    // At a slow speed, training takes little time in a tick; without waiting, ticks would be too
    // frequent.
    const early = this.askedAt + BEAT_MILLISECONDS - performance.now();
    if (early > 0 && !document.hidden) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.beat(), early);
      return;
    }
    this.ask();
    this.watch(WATCHDOG_MILLISECONDS);
  }

  ask() {
    this.due = false;
    this.askedAt = performance.now();
    this.ticks += 1;
    this.root.dataset.ticks = this.ticks;
    this.sending = true; // Streamlit sends the request later, from a timer
    this.setTriggerValue("tick", this.sequence);
    setTimeout(() => (this.sending = false), 0);
  }

  stop() {
    this.due = false;
    clearTimeout(this.waiting);
    clearTimeout(this.watchdog);
    this.departure.destroy();
  }
}

class NumbersRow {
  constructor() {
    this.redraws = 0;
    this.tiles = [];
    this.element = element("div", "pgl-numbers");
  }

  show(numbers) {
    this.element.hidden = numbers.length === 0;
    if (numbers.length !== this.tiles.length) this.build(numbers.length);
    const changes = numbers.map((number, index) => this.showTile(this.tiles[index], number));
    if (!changes.some(Boolean)) return;
    this.redraws += 1;
    this.element.dataset.redraws = this.redraws;
  }

  build(count) {
    this.tiles = Array.from({ length: count }, (_, index) => {
      const tile = element("div", "pgl-number");
      tile.dataset.number = index;
      tile.append(element("div", "pgl-number-label"), element("div", "pgl-number-value"));
      return tile;
    });
    this.element.replaceChildren(...this.tiles);
  }

  showTile(tile, number) {
    const [label, value] = tile.children;
    tile.title = number.help;
    const labelled = setText(label, number.label);
    return setText(value, number.value) || labelled;
  }
}

class ProgressBar {
  constructor() {
    this.element = element("div", "pgl-progress");
    this.track = element("div", "pgl-progress-track");
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-valuemin", 0);
    this.track.setAttribute("aria-valuemax", 100);
    this.fill = element("div", "pgl-progress-fill");
    this.marker = element("span", "pgl-progress-marker");
    this.label = element("span", "pgl-progress-label");
    this.track.append(this.fill);
    const text = element("div", "pgl-progress-text");
    text.append(this.marker, this.label);
    this.element.append(this.track, text);
  }

  show(progress) {
    this.element.hidden = progress === null;
    if (progress === null) return;
    const fraction = Math.min(Math.max(progress.fraction, 0), 1);
    this.fill.style.transform = `scaleX(${fraction})`;
    this.track.setAttribute("aria-valuenow", Math.round(100 * fraction));
    this.track.setAttribute("aria-valuetext", progress.label);
    setText(this.label, progress.label);
    this.label.parentElement.title = [progress.label, progress.help].filter(Boolean).join("\n");
    setText(this.marker, progress.marker_label ? `⚑ ${progress.marker_label}` : "");
    this.marker.hidden = !progress.marker_label;
  }
}

class Panel {
  constructor(kind, key, view) {
    this.kind = kind;
    this.key = key;
    this.view = view;
    this.element = element("section", `pgl-panel pgl-panel-${kind}`);
    this.element.dataset.panel = key;
    this.title = element("span", "pgl-title");
    this.subtitle = element("span", "pgl-subtitle");
    this.header = element("header", "pgl-header");
    this.header.append(this.title, this.subtitle);
    this.element.append(this.header, view.element);
  }

  update(data, sequence) {
    this.data = data;
    this.element.toggleAttribute("data-lower", Boolean(data.lower));
    this.view.update(data, sequence);
  }

  showTexts() {
    const { title, detail, emphasis } = this.data;
    const subtitle = this.view.subtitle ?? this.data.subtitle;
    const renamed = setText(this.title, title);
    setText(this.subtitle, subtitle);
    const help = [title, subtitle, detail].filter(Boolean).join("\n");
    if (this.header.title !== help) this.header.title = help;
    if (renamed) this.element.setAttribute("aria-label", title);
    if (this.emphasis !== emphasis) this.element.dataset.emphasis = emphasis;
    this.emphasis = emphasis;
    this.view.showTexts?.();
  }

  destroy() {
    this.view.destroy();
    this.element.remove();
  }
}

class Stage {
  constructor(parentElement) {
    this.calls = 0;
    this.sequences = {}; // for the number of each picture, its last sequence
    this.panels = [];
    this.painting = false;
    this.root = element("section", "pgl-stage");
    this.numbers = new NumbersRow();
    this.progress = new ProgressBar();
    this.grid = element("div", "pgl-panels");
    this.root.append(this.numbers.element, this.progress.element, this.grid);
    parentElement.append(this.root);
    this.heartbeat = new Heartbeat(this.root);
    this.onVisibility = () => this.followVisibility();
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  receive(data) {
    const repeated = this.sequences[data.number] === data.sequence;
    if (repeated) this.themeReadAt = -Infinity; // Streamlit calls again if the theme changes
    if (repeated && data.sequence !== this.data.sequence) return; // a newer picture is shown
    this.sequences[data.number] = data.sequence;
    this.data = data;
    this.root.dataset.sequence = data.sequence;
    this.root.dataset.running = data.running;
    this.heartbeat.receive(data);
    this.nameLandmark(data);
    // Ask for a tick before painting, so that the server trains while the browser paints.
    if (!this.painting || document.hidden) this.heartbeat.beat();
    this.arrangePanels(data.panels);
    this.panels.forEach((panel, index) => panel.update(data.panels[index], data.sequence));
    this.paint();
  }

  // Makes the stage a landmark for screen readers: a section with a name.
  nameLandmark({ landmark, messages }) {
    this.progress.track.ariaLabel ??= messages.progress;
    if (!landmark || this.root.id) return;
    this.root.setAttribute("aria-label", messages.landmark);
    this.root.id = "stage";
    this.root.tabIndex = -1;
  }

  arrangePanels(wanted) {
    const known = new Map(this.panels.map((panel) => [`${panel.kind} ${panel.key}`, panel]));
    const arranged = wanted.map(({ kind, key }) => {
      const panel = known.get(`${kind} ${key}`) ?? this.createPanel(kind, key);
      known.delete(`${kind} ${key}`);
      return panel;
    });
    for (const panel of known.values()) panel.destroy();
    const moved = arranged.some((panel, index) => panel !== this.panels[index]);
    if (moved) this.grid.append(...arranged.map((panel) => panel.element));
    this.panels = arranged;
  }

  createPanel(kind, key) {
    const view =
      kind === "player"
        ? new PlayerView((frame) => this.followFrame(key, frame))
        : new FigureView(() => this.paint());
    return new Panel(kind, key, view);
  }

  figures() {
    return this.panels.filter((panel) => panel.kind === "figure").map((panel) => panel.view);
  }

  // Changes frame, bars, texts, ring and slices together; null ends the ring's path.
  followFrame(player, frame) {
    for (const panel of this.panels) {
      const { view } = panel;
      if (panel.key === player) panel.showTexts();
      if (panel.kind !== "figure" || view.playhead !== player) continue;
      view.movePlayhead(frame?.point ?? null, frame?.episode ?? null);
      const slices = frame?.slices[view.key];
      if (!slices) continue;
      view.showSlice(slices, slices.subtitles.length > 1 ? frame.slice : 0);
      panel.showTexts();
    }
  }

  // Paints all changed parts. Calls during a round of painting together cause only one more round.
  async paint() {
    this.paintDue = true;
    if (this.painting) return;
    this.painting = true;
    while (this.paintDue && !this.gone && !document.hidden) {
      this.paintDue = false;
      this.heartbeat.beat();
      await nextFrame();
      await this.paintRound();
    }
    this.painting = false;
    this.heartbeat.beat();
  }

  async paintRound() {
    if (this.gone) return;
    this.showTexts();
    const { running } = this.data;
    const theme = this.currentTheme(running);
    const figures = this.figures().filter((figure) => figure.needsPaint(theme, running));
    let start = performance.now();
    for (const figure of figures) {
      if (performance.now() - start > FRAME_MILLISECONDS) {
        await nextFrame(); // so that the player can draw between two figures
        start = performance.now();
      }
      if (this.gone || document.hidden) return;
      await this.paintFigure(figure, theme, running);
    }
  }

  // Returns the theme. Reading the theme forces the browser to compute styles, so it is rare in a
  // run.
  currentTheme(running) {
    const now = performance.now();
    if (!running || !(now < this.themeReadAt + THEME_MILLISECONDS)) {
      this.theme = readTheme(this.root);
      this.root.dataset.scheme = this.theme.scheme;
      this.themeReadAt = now;
    }
    return this.theme;
  }

  // Shows all texts in one frame, so that they agree with each other: in the frame of the first
  // figure, since an extra frame would cost time.
  showTexts() {
    this.numbers.show(this.data.numbers);
    this.progress.show(this.data.progress);
    for (const panel of this.panels) panel.showTexts();
  }

  async paintFigure(figure, theme, running) {
    try {
      this.plotly ??= loadPlotly(this.data.plotly, this.data.messages.chartsFailed);
      const plotly = await this.plotly;
      if (!figure.gone) await figure.paint(plotly, theme, running);
    } catch (error) {
      console.error(error);
      figure.fail(error);
    }
  }

  // A hidden tab gets no animation frames. It continues to tick, but paints only when it is
  // visible.
  followVisibility() {
    if (document.hidden) this.heartbeat.beat();
    else this.paint();
  }

  destroy() {
    this.gone = true;
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.heartbeat.stop();
    for (const panel of this.panels) panel.destroy();
    this.root.remove();
  }
}

export function mount({ parentElement, data, setTriggerValue }) {
  if (!stages.has(parentElement)) stages.set(parentElement, new Stage(parentElement));
  const stage = stages.get(parentElement);
  const message = readMessage(data);
  const call = ++stage.calls;
  stagesByName.set(message.stage, stage);
  stage.heartbeat.setTriggerValue = setTriggerValue;
  stage.receive(message);
  return () => {
    // Streamlit also calls this for older calls of `mount`; only the newest one may remove the
    // stage.
    if (call !== stage.calls) return;
    stages.delete(parentElement);
    if (stagesByName.get(message.stage) === stage) stagesByName.delete(message.stage);
    stage.destroy();
  };
}

// Receives a further picture for a stage; it comes through another component.
export function deliver({ data }) {
  const message = readMessage(data);
  stagesByName.get(message.stage)?.receive(message);
}
