// The stage shows the numbers, the progress and the panels of a run. Streamlit calls the exported
// functions when it adds the component to the page, and whenever the data or the theme change.
// During a run, pictures come from a live channel.

import "./one_entry.js";
import { Departure } from "./departure.js";
import { element, nextFrame, setText } from "./dom.js";
import { FactsTable, NumbersRow, ProgressBar } from "./facts.js";
import { FigureView, loadPlotly, readTheme } from "./figures.js";
import { Link } from "./link.js";
import { MessageReader } from "./message.js";
import { PlayerView } from "./player.js";
import { askForRecovery } from "./recovery.js";

export { bringIntoView } from "./scrolling.js";

export const OTHER_THEME = "pgl-other-theme"; // this event of the document says that colours changed
const RECOVER = "recover"; // the only request that is sent from outside all fragments
// The stage waits before a request to redraw the page, because the visitor may leave the page.
const ASK_MILLISECONDS = 60;
const RECOVERY_MILLISECONDS = 1000; // the waiting time after lost connections is longer
const ASK_AGAIN_MILLISECONDS = 4000; // time before a request is repeated; doubles each time
const LONGEST_ASK_MILLISECONDS = 60000;
const LEAVING_MILLISECONDS = 20000; // longest time to wait until another page opens
const THEME_MILLISECONDS = 5000; // a running stage reads the theme again after this time
const FRAME_MILLISECONDS = 8; // figures are painted for about this time in each frame, at most

const stages = new WeakMap(); // for each parent element, its stage

// Asks the server to draw the page again, but not while the visitor goes to another page.
class Request {
  constructor(root) {
    this.root = root;
    this.count = 0;
    this.sending = false;
    this.departure = new Departure(
      () => this.leave(),
      () => this.sending,
    );
  }

  leave() {
    this.leavingUntil = performance.now() + LEAVING_MILLISECONDS;
  }

  // Sends the trigger `name` after `delay`, and again until `stop` is called.
  ask(name, delay = ASK_MILLISECONDS) {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (!(performance.now() < this.leavingUntil)) this.send(name);
      this.ask(name, Math.min(Math.max(2 * delay, ASK_AGAIN_MILLISECONDS), LONGEST_ASK_MILLISECONDS));
    }, delay);
  }

  // Asks Streamlit to run the whole script. The server may have forgotten the visit, and then it
  // would ignore other requests.
  recover() {
    this.stop();
    this.ask(RECOVER, RECOVERY_MILLISECONDS);
  }

  send(name) {
    this.count += 1;
    this.root.dataset.requests = this.count;
    this.sending = true; // Streamlit sends the request later, from a timer
    if (name === RECOVER) askForRecovery();
    else this.setTriggerValue(name, performance.now());
    setTimeout(() => (this.sending = false), 0);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  destroy() {
    this.stop();
    this.departure.destroy();
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

export class Stage {
  // The address of the stage's channel is relative to `base`.
  constructor(parentElement, base = document.baseURI) {
    this.calls = 0;
    this.pictures = 0; // pictures that the channel has brought
    this.panels = [];
    this.painting = false;
    this.root = element("section", "pgl-stage");
    this.numbers = new NumbersRow();
    this.progress = new ProgressBar();
    this.table = new FactsTable();
    this.grid = element("div", "pgl-panels");
    this.root.append(this.numbers.element, this.progress.element, this.grid, this.table.element);
    parentElement.append(this.root);
    this.request = new Request(this.root);
    this.link = new Link(base, {
      onMessage: (message) => this.receiveLive(message),
      onRefused: () => this.request.ask("refused"),
      onReturn: () => this.noteReturn(),
      onClosed: (code) => this.noteClosed(code),
    });
    this.onVisibility = () => this.paint();
    document.addEventListener("visibilitychange", this.onVisibility);
    this.onOtherTheme = () => this.readThemeAgain();
    document.addEventListener(OTHER_THEME, this.onOtherTheme);
  }

  // Takes a message of a Streamlit script. If a channel brings the pictures, the message has no
  // picture.
  receive(message) {
    // If the theme changes, Streamlit sends the last message again.
    const repeated = message.drawn === this.head?.drawn;
    this.head = message;
    if (!repeated) this.request.stop();
    this.nameLandmark(message);
    this.beginLoading();
    this.link.use(message.channel);
    if (repeated) this.themeReadAt = -Infinity;
    else this.root.dataset.running = message.running;
    const old = repeated && message.sequence < this.data?.sequence;
    if (message.panels && !old) this.show(message);
    else this.paint();
    const early = this.early;
    this.early = null;
    if (early) this.receiveLive(early);
  }

  // Loads Plotly while the first picture is still being laid out.
  beginLoading() {
    this.plotly ??= loadPlotly(this.head.plotly, this.head.messages.chartsFailed);
    this.plotly.catch(() => {}); // `paintFigure` shows the error
  }

  // Takes a message of the channel. If the channel's picture is newer than a script's message that
  // has not arrived yet, the picture waits for this message. If the channel's picture is older than
  // the script's picture, the channel's picture is dropped.
  receiveLive(message) {
    if (message.outdated) this.request.ask("outdated");
    if (message.left) this.progress.say(this.head.messages.left);
    else if (message.left === false) this.progress.show(this.data?.progress ?? null);
    if (!message.panels) return;
    const { drawn, panels } = this.head;
    if (message.script > drawn) {
      this.early = message;
      return;
    }
    this.pictures += 1;
    this.root.dataset.pictures = this.pictures;
    if (message.script < drawn && panels) this.paint();
    else this.show(message);
  }

  // The server can be reached again, or does not know the channel any more.
  noteReturn() {
    this.request.recover();
  }

  // A connection to the channel has ended; the link opens another one.
  noteClosed() {}

  show(data) {
    this.data = data;
    this.root.dataset.sequence = data.sequence;
    this.root.dataset.running = data.running;
    this.arrangePanels(data.panels);
    // Figures come first, so that they already follow a player that shows a frame at once.
    for (const kind of ["figure", "player"]) this.updatePanels(kind);
    this.paint();
  }

  updatePanels(kind) {
    const { panels, sequence } = this.data;
    this.panels.forEach((panel, index) => {
      if (panel.kind === kind) panel.update(panels[index], sequence);
    });
  }

  // Makes the stage a landmark for screen readers. A landmark is a section with a name.
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
        ? new PlayerView((frame, shown) => this.followFrame(key, frame, shown))
        : new FigureView(() => this.paint());
    return new Panel(kind, key, view);
  }

  figures() {
    return this.panels.filter((panel) => panel.kind === "figure").map((panel) => panel.view);
  }

  // Shows the texts, the ring and the slices that belong to a frame of the player. If `frame` is
  // null, the ring's path ends. If `shown` is false, the path only grows, and nothing else changes.
  followFrame(player, frame, shown = true) {
    for (const panel of this.panels) {
      const { view } = panel;
      if (shown && panel.key === player) panel.showTexts();
      if (panel.kind !== "figure" || view.playhead !== player) continue;
      if (!shown) {
        view.passPoint(frame.point, frame.episode);
        continue;
      }
      view.movePlayhead(frame?.point ?? null, frame?.episode ?? null);
      const slices = frame?.slices[view.key];
      if (!slices) continue;
      view.showSlice(slices, slices.subtitles.length > 1 ? frame.slice : 0);
      panel.showTexts();
    }
  }

  // Paints all changed parts. If this method is called several times during a round of painting,
  // only one more round follows.
  async paint() {
    this.paintDue = true;
    if (this.painting) return;
    this.painting = true;
    while (this.paintDue && !this.gone && !document.hidden) {
      this.paintDue = false;
      await nextFrame();
      await this.paintRound();
    }
    this.painting = false;
    if (!this.gone && !document.hidden) this.link.ready();
  }

  async paintRound() {
    if (this.gone || !this.data) return;
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

  // Returns the theme. Reading the theme makes the browser compute styles, so the stage reads the
  // theme rarely during a run.
  currentTheme(running) {
    const now = performance.now();
    if (!running || !(now < this.themeReadAt + THEME_MILLISECONDS)) {
      this.theme = readTheme(this.root);
      this.root.dataset.scheme = this.theme.scheme;
      this.themeReadAt = now;
    }
    return this.theme;
  }

  readThemeAgain() {
    this.themeReadAt = -Infinity;
    this.paint();
  }

  // Shows all texts in the same frame, so that the texts agree with each other. The first figure is
  // also painted in this frame, because an extra frame would cost time.
  showTexts() {
    this.numbers.show(this.data.numbers);
    this.progress.show(this.data.progress);
    this.table.show(this.data.table);
    for (const panel of this.panels) panel.showTexts();
  }

  async paintFigure(figure, theme, running) {
    try {
      const plotly = await this.plotly;
      if (!figure.gone) await figure.paint(plotly, theme, running);
    } catch (error) {
      console.error(error);
      figure.fail(error);
    }
  }

  destroy() {
    this.gone = true;
    document.removeEventListener("visibilitychange", this.onVisibility);
    document.removeEventListener(OTHER_THEME, this.onOtherTheme);
    this.request.destroy();
    this.link.close();
    for (const panel of this.panels) panel.destroy();
    this.root.remove();
  }
}

export function mount({ parentElement, data, setTriggerValue }) {
  if (!stages.has(parentElement)) stages.set(parentElement, new Stage(parentElement));
  const stage = stages.get(parentElement);
  const call = ++stage.calls;
  stage.request.setTriggerValue = setTriggerValue;
  stage.receive(new MessageReader().read(data));
  return () => {
    // Every call of `mount` returns such a function, and Streamlit calls all these functions. Only
    // the function of the newest call may remove the stage.
    if (call !== stage.calls) return;
    stages.delete(parentElement);
    stage.destroy();
  };
}
