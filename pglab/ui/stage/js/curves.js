// During a run, draws a figure's new lines and points over the old lines and points of Plotly.

import { SHORT_COLOUR_BAR } from "./colours.js";
import { element } from "./dom.js";
import { pixelsPerPixel } from "./enlargement.js";
import { canDraw, drawTrace } from "./marks.js";
import { firstOf, isPacked, unpackNumbers } from "./packed.js";
import { axisOf, isSwitchedOff, marksOf, topLayerOf } from "./plotly_internals.js";

// Returns the layout's name of a trace's vertical axis, such as "yaxis2" for the trace's name "y2".
function verticalOf({ yaxis = "y" }) {
  return yaxis.replace("y", "yaxis");
}

// Returns the limits of each trace's points: the ranges of the axes and of the colour bar. The
// range of the colour bar is slightly extended.
function scalesOf({ data, layout }) {
  return data.map((trace) => [
    layout.xaxis?.range,
    layout[verticalOf(trace)]?.range,
    [trace.marker?.cmin, trace.marker?.cmax * SHORT_COLOUR_BAR],
  ]);
}

function isWithin({ x, y, marker }, scales) {
  return [x, y, marker?.color].every((values, index) => {
    if (!isPacked(values)) return true;
    const [low, high] = scales[index];
    return unpackNumbers(values).every((value) => !(value < low || value > high)); // NaN is allowed
  });
}

// Returns whether a figure has only lines and points, and fixed ranges on all axes.
function isPlain({ data, layout }) {
  const axes = new Set(["xaxis", ...data.map(verticalOf)]);
  const steady = [...axes].every((name) => layout[name]?.range && layout[name].type !== "log");
  return steady && data.length > 0 && data.every(({ type }) => type === "scatter");
}

// Returns the figure with only one point in each trace of points. Plotly would make an HTML element
// for every point, which is slow, so the stage itself draws the points over Plotly's picture.
export function withoutPoints({ data, layout }) {
  const lone = (trace) => ({
    ...trace,
    x: firstOf(trace.x),
    y: firstOf(trace.y),
    marker: {
      ...trace.marker,
      color: firstOf(trace.marker.color),
      symbol: firstOf(trace.marker.symbol),
    },
  });
  return { data: data.map((trace) => (trace.mode === "markers" ? lone(trace) : trace)), layout };
}

// Draws new points and lines, and hides the old points and lines that Plotly has drawn.
export class Curves {
  constructor() {
    this.element = element("canvas", "pgl-curves");
    this.element.hidden = true;
    this.context = this.element.getContext("2d");
    this.replaced = [];
  }

  // Remembers a figure before Plotly draws it.
  remember(figure) {
    this.known = isPlain(figure) ? this.besides(figure) : null;
    this.scales = scalesOf(figure);
    this.outgrown = false;
    this.places = figure.data.map((trace) => this.placeOf(trace));
    // The greatest values of the visible colour bars.
    this.greatest = figure.data.map(({ marker }) => marker?.cmax);
  }

  // Returns a figure as a text to compare, without points, axis ranges and ends of colour bars.
  besides({ data, layout }) {
    const common = (value) => (typeof value === "object" ? 0 : value);
    const rest = data.map(({ x, y, text, marker, ...trace }) => ({
      ...trace,
      unnamed: trace.showlegend !== false && !x.bdata, // Plotly's legend leaves an empty trace out
      marker: marker && {
        ...marker,
        color: common(marker.color),
        symbol: common(marker.symbol),
        cmax: 0,
      },
    }));
    const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
    const endless = axes.map((name) => [name, { ...layout[name], range: 0 }]);
    return JSON.stringify([rest, { ...layout, ...Object.fromEntries(endless) }]);
  }

  placeOf({ x, y, marker }) {
    return JSON.stringify([x, y, marker]);
  }

  // Returns whether Plotly's picture can stay below the new points. If `hurried` is true, outdated
  // axes and colour bars may also stay, if all points are within the outdated ranges.
  canShow(figure, hurried) {
    this.outgrown = false;
    if (!this.known || this.besides(figure) !== this.known) return false;
    if (JSON.stringify(scalesOf(figure)) === JSON.stringify(this.scales)) return true;
    this.outgrown = !figure.data.every((trace, index) => isWithin(trace, this.scales[index]));
    return hurried && !this.outgrown;
  }

  // Draws all changed traces, and all traces above a changed trace. Returns false if Plotly must
  // draw the figure.
  show(figure, graph) {
    const moved = figure.data.map((trace, index) => this.placeOf(trace) !== this.places[index]);
    const lowest = moved.indexOf(true);
    const drawn = moved.flatMap((changed, index) => {
      const above = lowest >= 0 && index > lowest && canDraw(figure.data[index]);
      return changed || above ? index : [];
    });
    const replaced = drawn.map((index) => canDraw(figure.data[index]) && marksOf(graph, index));
    if (!replaced.every(Boolean)) return false;
    this.place(graph);
    for (const index of drawn) this.draw(figure.data[index], index, graph);
    this.restore();
    this.replaced = replaced.flat();
    for (const marks of this.replaced) marks.style.visibility = "hidden";
    this.element.hidden = false;
    return true;
  }

  draw(trace, index, graph) {
    if (isSwitchedOff(graph, index)) return;
    const marker = trace.marker && { ...trace.marker, cmax: this.greatest[index] };
    const axes = ["xaxis", verticalOf(trace)].map((name) => axisOf(graph, name));
    drawTrace(this.context, { ...trace, marker }, ...axes);
  }

  // Returns whether this class, instead of Plotly, can draw the points of this figure.
  canCover(figure) {
    const points = figure.data.filter(({ mode }) => mode === "markers");
    return isPlain(figure) && points.length > 0 && points.every(canDraw);
  }

  // Puts the canvas over the graph, but under the graph's texts.
  place(graph) {
    const { width, height } = graph.layout;
    const top = topLayerOf(graph);
    if (this.element.nextSibling !== top) top.before(this.element);
    const scale = pixelsPerPixel();
    this.element.width = Math.round(width * scale);
    this.element.height = Math.round(height * scale);
    this.context.scale(scale, scale);
    Object.assign(this.element.style, { left: 0, top: 0, width: `${width}px`, height: `${height}px` });
  }

  get shown() {
    return !this.element.hidden;
  }

  // Shows Plotly's own marks again.
  hide() {
    this.restore();
    this.element.hidden = true;
  }

  restore() {
    for (const group of this.replaced) group.style.visibility = "";
    this.replaced = [];
  }
}

