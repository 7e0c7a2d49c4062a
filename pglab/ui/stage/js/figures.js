// The figure panels of the stage. Each panel keeps one Plotly graph and updates it in place.

import { Cells } from "./cells.js";
import { Curves, withoutPoints } from "./curves.js";
import { element, setText } from "./dom.js";
import { SMALLEST_FONT, enlargeTexts, enlargement } from "./enlargement.js";
import { Playhead } from "./playhead.js";
import { axisOf, isUnderstood, lendValues } from "./plotly_internals.js";
import { Texts } from "./texts.js";

const GRAPH_CONFIG = {
  displaylogo: false,
  modeBarButtons: [["toImage", "resetScale2d"]],
  responsive: false, // Plotly reacts only to the window's size, so the panel has a ResizeObserver
};

// A figure is patient if Plotly may redraw it rarely during a run. Between two redraws of a patient
// figure, Plotly waits at least this long, and these redraws take at most this share of the time.
const PATIENCE_MILLISECONDS = 450; // as PATIENCE in panels/scenery.py
const PATIENT_SHARE = 0.02;

const LARGEST_FONT = 18; // pixels

let plotlyLoading = null;

export function loadPlotly(path, failure) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      plotlyLoading = null; // so that another stage can try again
      script.remove();
      reject(new Error(failure));
    };
    script.src = new URL(path, document.baseURI).href;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : fail());
    script.onerror = fail;
    document.head.append(script);
  });
  return plotlyLoading;
}

// Reads the theme from the custom CSS properties that Streamlit sets on elements around the stage.
export function readTheme(container) {
  const style = getComputedStyle(container);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const theme = {
    text: read("text-color") || style.color,
    surface: read("secondary-background-color") || "transparent",
    border: read("border-color") || style.color,
    font: read("font") || style.fontFamily,
    scheme: style.colorScheme,
  };
  return { ...theme, identity: Object.values(theme).join("|") };
}

function themedAxis(axis, theme) {
  return {
    gridcolor: theme.border,
    linecolor: theme.border,
    zerolinecolor: theme.border,
    tickcolor: theme.border,
    automargin: false,
    ...axis,
  };
}

// Returns margins with room for tick labels and titles. With automatic margins, Plotly would lay
// out each figure twice.
function marginsFor(fontSize) {
  const margins = { l: 4.4, r: 1, t: 0.5, b: 3.6 };
  return Object.fromEntries(
    Object.entries(margins).map(([side, ems]) => [side, Math.round(ems * fontSize)]),
  );
}

// Adds the layout properties that the figure does not set; all other properties stay the same.
function themedLayout(layout, theme, size, revision, gap) {
  const share = layout.yaxis2 ? 0.7 : 1; // the share of the height that the upper plot has
  const fontSize = Math.round(
    Math.min(Math.max((share * size.height) / 23, SMALLEST_FONT), LARGEST_FONT),
  );
  const clear = "rgba(0,0,0,0)";
  const themed = {
    paper_bgcolor: clear,
    plot_bgcolor: clear,
    uirevision: revision,
    margin: marginsFor(fontSize),
    ...layout,
    font: { family: theme.font, color: theme.text, size: fontSize, ...layout.font },
    hoverlabel: {
      bgcolor: theme.surface,
      bordercolor: theme.border,
      ...layout.hoverlabel,
      font: { family: theme.font, color: theme.text, ...layout.hoverlabel?.font },
    },
    modebar: { bgcolor: clear, color: theme.border, activecolor: theme.text, ...layout.modebar },
    autosize: false,
    width: size.width,
    height: size.height,
  };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of new Set(["xaxis", "yaxis", ...axes])) {
    themed[name] = themedAxis(layout[name], theme);
  }
  if (layout.yaxis2) makeRoom(themed, gap);
  if (enlargement.factor > 1) enlargeTexts(themed, layout.margin);
  return themed;
}

// Makes room between two plots for the heading of the lower plot.
function makeRoom({ yaxis2, margin, height }, gap) {
  const [bottom, top] = yaxis2.domain;
  const plots = Math.max(height - margin.t - margin.b, 1);
  yaxis2.domain = [bottom, Math.max(top - gap / plots, bottom + 0.1)];
}

export class FigureView {
  constructor(requestPaint) {
    this.requestPaint = requestPaint;
    this.json = "";
    this.themeIdentity = "";
    this.size = { width: 0, height: 0 };
    this.visible = false;
    this.stale = true;
    this.waitUntil = 0;
    this.redraws = 0;
    this.drawn = false; // whether Plotly has drawn the figure
    this.understood = false; // whether the places of Plotly's axes and marks are known
    this.element = element("div", "pgl-figure");
    this.element.setAttribute("role", "figure"); // not "img": Plotly's buttons are inside
    this.graph = element("div", "pgl-graph");
    this.curves = new Curves();
    this.cells = new Cells();
    this.overlays = [this.cells, this.curves, new Texts()];
    this.head = new Playhead();
    this.message = element("p", "pgl-message");
    this.message.hidden = true;
    this.lower = element("div", "pgl-lower");
    this.lowerTitle = element("span", "pgl-lower-title");
    this.lowerSubtitle = element("span", "pgl-lower-subtitle");
    this.lower.append(this.lowerTitle, this.lowerSubtitle);
    this.lower.hidden = true;
    this.element.append(this.graph, this.head.element, this.lower, this.message);
    this.observeScreen();
    this.observeSize();
    this.observePointer();
    this.observeHover();
  }

  // Lets Plotly draw the whole figure while the pointer is over it. Plotly shows labels only for
  // marks that Plotly itself has drawn.
  observePointer() {
    for (const [event, inside] of [["pointerenter", true], ["pointerleave", false]]) {
      this.element.addEventListener(event, () => {
        this.pointed = inside && !this.cells.slices; // cells never hide Plotly's labels
        if (!this.overlaid) return;
        this.stale = true;
        this.requestPaint();
      });
    }
  }

  // Renews Plotly's own copy of the cells, because the label under the pointer uses this copy.
  observeHover() {
    const tell = () => {
      if (this.cells.slices) lendValues(this.graph, () => this.cells.values);
    };
    this.element.addEventListener("pointermove", tell, true);
  }

  observeScreen() {
    this.screenObserver = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      this.hideOutgrown();
      if (this.visible && this.stale) this.requestPaint();
    });
    this.screenObserver.observe(this.element);
  }

  // Hides the old picture of a figure that must be drawn anew but is outside the screen. Such a
  // figure is not painted, and its old picture could be too wide.
  hideOutgrown() {
    this.graph.hidden = Boolean(this.anew) && !this.visible;
    if (this.graph.hidden) for (const overlay of this.overlays) overlay.hide();
  }

  observeSize() {
    this.sizeObserver = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this.element;
      if (width === this.size.width && height === this.size.height) return;
      this.size = { width, height };
      this.head.resize(this.size);
      this.stale = this.anew = true;
      this.hideOutgrown();
      this.requestPaint();
    });
    this.sizeObserver.observe(this.element);
  }

  update(panel) {
    this.alt = panel.alt || panel.title;
    this.element.setAttribute("aria-label", this.alt);
    this.key = panel.key;
    this.playhead = panel.playhead;
    this.patient = panel.patient;
    this.showLower(panel.lower);
    if (!panel.playhead) this.movePlayhead(null, null);
    if (panel.slices) this.renewed = true;
    if (panel.slices && !(panel.playhead && this.cells.slices)) this.showSlice(panel.slices, 0);
    if (panel.figure === this.json) return;
    this.json = panel.figure;
    this.stale = true;
  }

  needsPaint(theme, running) {
    if (theme.identity !== this.themeIdentity) this.stale = this.anew = true;
    if (!running && this.overlaid) this.stale = true;
    if (this.mustWait(running) && !this.overlays.some((overlay) => overlay.known)) return false;
    return this.stale && this.visible && this.size.width > 0 && this.size.height > 0;
  }

  mustWait(running) {
    return this.patient && running && performance.now() < this.waitUntil;
  }

  // Whether the stage's newer marks, cells or texts cover parts of Plotly's picture.
  get overlaid() {
    return this.overlays.some((overlay) => overlay.shown);
  }

  // A new copy of the figure at each call, because Plotly changes the figure that it draws.
  get figure() {
    return JSON.parse(this.json);
  }

  // Tries to paint without Plotly: if only marks are new, or if Plotly must wait. Returns whether
  // the figure is painted.
  paintOverlay(figure, running) {
    if (!running || this.anew || this.pointed || !this.understood) return false;
    const hurried = this.mustWait(running);
    return this.overlays.some(
      (overlay) =>
        overlay.canShow(figure, hurried) &&
        (overlay === this.cells || overlay.show(figure, this.graph)),
    );
  }

  // Shows the slice that belongs to the player's current frame.
  showSlice(slices, index) {
    if (!this.cells.show(slices, index)) return;
    if (!this.drawn || this.understood) return;
    this.stale = true; // Plotly must draw the cells
    this.requestPaint();
  }

  // The subtitle of the shown slice, which replaces the panel's own subtitle.
  get subtitle() {
    return this.cells.subtitle;
  }

  showTexts() {
    if (this.renewed && this.drawn) this.countRedraw();
    this.renewed = false;
  }

  async paint(plotly, theme, running) {
    this.stale = false;
    const { figure } = this;
    if (this.paintOverlay(figure, running)) return this.countRedraw();
    const outgrown = this.overlays.some((overlay) => overlay.outgrown);
    if (this.mustWait(running) && !this.anew && !outgrown) {
      this.stale = true;
      return;
    }
    this.anew = false;
    const start = performance.now();
    const covered = running && !this.pointed && this.curves.canCover(figure);
    await this.draw(plotly, covered ? withoutPoints(figure) : figure, theme);
    if (this.gone) return;
    if (covered && !this.paintOverlay(this.figure, running)) {
      await this.draw(plotly, this.figure, theme);
    }
    const end = performance.now();
    const wait = Math.max(PATIENCE_MILLISECONDS, (end - start) / PATIENT_SHARE);
    this.waitUntil = running ? end + wait : 0; // Plotly draws a run's first picture at once
    this.message.hidden = true;
    this.redrawPlayhead();
    this.countRedraw();
  }

  // Lets Plotly draw the whole figure, and removes everything that covers Plotly's picture.
  async draw(plotly, figure, theme) {
    this.themeIdentity = theme.identity;
    this.graph.hidden = false;
    const layout = themedLayout(figure.layout, theme, this.size, this.key, this.lower.offsetHeight);
    const config = {
      ...GRAPH_CONFIG,
      toImageButtonOptions: { format: "png", filename: this.key, scale: 2 },
    };
    for (const overlay of this.overlays) overlay.remember(figure);
    await plotly.react(this.graph, figure.data, layout, config);
    if (this.gone) return plotly.purge(this.graph);
    if (!this.drawn) this.followAxes();
    this.drawn = true;
    this.understood = isUnderstood(this.graph);
    this.hideDrawings();
    this.placeLower();
    for (const overlay of this.overlays) overlay.hide();
    this.placeCells();
  }

  // Hides Plotly's texts from screen readers, because tick labels mean little without the axes.
  // Screen readers read the figure's label instead.
  hideDrawings() {
    for (const drawing of this.graph.querySelectorAll(".main-svg:not([aria-hidden])")) {
      drawing.setAttribute("aria-hidden", "true");
    }
  }

  showLower(heading) {
    this.lower.hidden = !heading;
    if (!heading) return;
    const { title, subtitle, detail } = heading;
    const renamed = setText(this.lowerTitle, title);
    if (!setText(this.lowerSubtitle, subtitle) && !renamed) return;
    this.lower.title = [title, subtitle, detail].filter(Boolean).join("\n");
  }

  placeLower() {
    const [xaxis, yaxis2] = this.axes("yaxis2");
    this.lower.style.visibility = yaxis2 ? "" : "hidden";
    if (this.lower.hidden || !yaxis2) return;
    this.lower.style.left = `${xaxis.start}px`;
    this.lower.style.top = `${yaxis2.start - this.lower.offsetHeight}px`;
  }

  placeCells() {
    this.cells.element.hidden = !this.understood;
    if (this.understood) this.cells.place(this.graph);
  }

  // Returns the horizontal axis and one vertical axis. An axis is null if its place is not known.
  axes(vertical = "yaxis") {
    return ["xaxis", vertical].map((name) => (this.understood ? axisOf(this.graph, name) : null));
  }

  countRedraw() {
    this.redraws += 1;
    this.element.parentElement.dataset.redraws = this.redraws;
  }

  followAxes() {
    for (const event of ["plotly_relayouting", "plotly_relayout"]) {
      this.graph.on?.(event, () => {
        this.placeCells();
        this.redrawPlayhead();
      });
    }
  }

  fail(error) {
    this.message.textContent = error.message;
    this.message.hidden = false;
  }

  movePlayhead(point, episode) {
    this.head.move(point, episode, ...this.axes());
    this.element.dataset.ring = point ?? "";
  }

  passPoint(point, episode) {
    this.head.pass(point, episode, ...this.axes());
  }

  redrawPlayhead() {
    this.head.redraw(...this.axes());
  }

  destroy() {
    this.gone = true;
    this.screenObserver.disconnect();
    this.sizeObserver.disconnect();
    this.head.sheet.destroy();
    this.cells.sheet.destroy();
    window.Plotly?.purge(this.graph);
    this.element.remove();
  }
}
