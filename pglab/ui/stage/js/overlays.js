// What the stage draws over a Plotly graph by itself: Plotly lays out its axes, legend and colour
// bar anew for every change, which takes many times as long as the few marks that are new.

import { coloursOf } from "./cells.js";
import { decodeBase64, element } from "./dom.js";
import { Sheet } from "./sheet.js";

// Pixel of a value inside the graph, or null outside the axis. The axis object is Plotly's
// private state, so anything unexpected counts as outside.
function pixelOnAxis(axis, value) {
  const pixel = axis?.l2p?.(value);
  if (!Number.isFinite(pixel) || !Number.isFinite(axis._offset)) return null;
  return pixel >= 0 && pixel <= axis._length ? axis._offset + pixel : null;
}

const RING = { radius: 6.5, white: 3, black: 7 }; // pixels; the strokes lie over one another
const TRAIL = { colour: "#1f1f1f", width: 1.5 };

// Where the player's frame lies among the axes, and the path of its episode as far as its frames
// have been shown.
export class Playhead {
  constructor() {
    this.sheet = new Sheet("pgl-playhead");
    this.element = this.sheet.element;
    this.element.hidden = true;
    this.size = [0, 0];
    this.points = [];
    this.point = null;
  }

  move(point, episode, xaxis, yaxis) {
    if (episode !== this.episode || point === null) [this.points, this.path] = [[], ""];
    this.episode = episode;
    this.point = point;
    if (point) this.extend(point, xaxis, yaxis);
    this.draw(xaxis, yaxis);
  }

  extend(point, xaxis, yaxis) {
    this.points.push(point);
    const pixels = this.pixels(point, xaxis, yaxis);
    if (pixels) this.path += `${this.path ? "L" : "M"}${pixels.map((value) => value.toFixed(1))}`;
  }

  resize({ width, height }) {
    this.size = [width, height];
    const [pixels, scale] = [this.size.map((side) => side * devicePixelRatio), devicePixelRatio];
    this.sheet.draw([["resize", ...pixels.map(Math.round)], ["scale", scale, scale]]);
  }

  // After the axes have changed.
  redraw(xaxis, yaxis) {
    const { points } = this;
    [this.points, this.path] = [[], ""];
    for (const point of points) this.extend(point, xaxis, yaxis);
    this.draw(xaxis, yaxis);
  }

  draw(xaxis, yaxis) {
    const here = this.point && this.pixels(this.point, xaxis, yaxis);
    const hidden = !here && !this.path;
    if (hidden !== this.element.hidden) this.element.hidden = hidden;
    if (hidden) return;
    this.sheet.draw([
      ["clearRect", 0, 0, ...this.size],
      ["strokeStyle", TRAIL.colour],
      ["lineWidth", TRAIL.width],
      ["strokePath", this.path],
      ...(here ? this.ring(here) : []),
    ]);
  }

  // Of a point, or null outside the axes.
  pixels([x, y], xaxis, yaxis) {
    const pixels = [pixelOnAxis(xaxis, x), pixelOnAxis(yaxis, y)];
    return pixels.includes(null) ? null : pixels;
  }

  ring([x, y]) {
    const circle = (colour, width) => [
      ["strokeStyle", colour],
      ["lineWidth", width],
      ["beginPath"],
      ["arc", x, y, RING.radius, 0, 2 * Math.PI],
      ["stroke"],
    ];
    return [...circle("#111", RING.black), ...circle("#fff", RING.white)];
  }
}

// Lays an element over the part of a graph that lies between its axes.
function coverAxes(covering, xaxis, yaxis) {
  Object.assign(covering.style, {
    left: `${xaxis._offset}px`,
    top: `${yaxis._offset}px`,
    width: `${xaxis._length}px`,
    height: `${yaxis._length}px`,
  });
}

// A colour bar of a moment ago may be so many times too short: what is beyond has its last colour.
const SHORT_COLOUR_BAR = 1.25;

// Plotly's dash styles, in multiples of the line's width or of 3 pixels.
const DASHES = {
  solid: [],
  dot: [1, 1],
  dash: [3, 3],
  longdash: [5, 5],
  dashdot: [3, 1, 1, 1],
};

// Lengths of dashes and gaps in pixels, of a style by name or of "9px,3px".
function dashesOf(style, width) {
  const multiples = DASHES[style];
  if (multiples) return multiples.map((part) => part * Math.max(width, 3));
  return style.split(",").map(Number.parseFloat);
}

// Plotly's outlines of the symbols that the figures use.
const circle = (context, x, y, radius) => context.arc(x, y, radius, 0, 2 * Math.PI);
const SYMBOLS = {
  circle,
  "circle-open": circle,
  square: (context, x, y, radius) => context.rect(x - radius, y - radius, 2 * radius, 2 * radius),
  diamond: (context, x, y, radius) => {
    context.moveTo(x, y - 1.3 * radius);
    context.lineTo(x + 1.3 * radius, y);
    context.lineTo(x, y + 1.3 * radius);
    context.lineTo(x - 1.3 * radius, y);
  },
};

// One CSS colour for all points, or one for each.
function coloursOfPoints({ color, colorscale, cmin, cmax }) {
  if (!isPacked(color)) return color;
  const scale = Array.from(coloursOf(colorscale), (rgba) => {
    const [red, green, blue] = [rgba, rgba >> 8, rgba >> 16].map((bits) => bits & 255);
    return `rgb(${red} ${green} ${blue})`;
  });
  const shade = (value) => Math.round((255 * (value - cmin)) / (cmax - cmin));
  return Array.from(unpackNumbers(color), (value) => scale[Math.min(Math.max(shade(value), 0), 255)]);
}

// Whether this is Plotly's typed array of one dimension.
function isPacked(values) {
  return values?.dtype === "f4" && !values.shape;
}

function unpackNumbers(packed) {
  return new Float32Array(decodeBase64(packed.bdata).buffer);
}

// Of a trace's vertical axis, by Plotly's names: "y2" is the layout's "yaxis2".
function verticalOf(layout, { yaxis = "y" }) {
  return layout[yaxis.replace("y", "yaxis")];
}

function verticalsOf({ data, layout }) {
  return [...new Set(data.map((trace) => verticalOf(layout, trace)))];
}

// By trace, within what its points may lie: the axes, and its colour bar or a little more.
function scalesOf({ data, layout }) {
  return data.map((trace) => [
    layout.xaxis?.range,
    verticalOf(layout, trace)?.range,
    [trace.marker?.cmin, trace.marker?.cmax * SHORT_COLOUR_BAR],
  ]);
}

function isWithin({ x, y, marker }, scales) {
  return [x, y, marker?.color].every((values, index) => {
    if (!isPacked(values)) return true;
    const [low, high] = scales[index];
    return unpackNumbers(values).every((value) => !(value < low || value > high)); // or missing
  });
}

// Whether a figure is lines and points alone, on axes whose ends it states.
function isPlain(figure) {
  const axes = [figure.layout.xaxis, ...verticalsOf(figure)];
  const steady = axes.every((axis) => axis?.range && axis.type !== "log");
  return steady && figure.data.length > 0 && figure.data.every(({ type }) => type === "scatter");
}

// The same figure with one point of each trace of points, to be covered by all of them at once:
// Plotly makes an element of every point.
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

function firstOf(values) {
  if (Array.isArray(values)) return values.slice(0, 1);
  if (!isPacked(values)) return values;
  const bytes = decodeBase64(values.bdata).slice(0, Float32Array.BYTES_PER_ELEMENT);
  return { ...values, bdata: btoa(String.fromCharCode(...bytes)) };
}

// Fresh points and lines in place of those that Plotly has drawn.
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
  }

  // All of a figure besides its points and what they are measured by.
  besides({ data, layout }) {
    const common = (value) => (typeof value === "object" ? 0 : value);
    const rest = data.map(({ x, y, text, marker, ...trace }) => ({
      ...trace,
      unnamed: trace.showlegend !== false && !x.bdata, // Plotly leaves an empty trace's name out
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

  // In a hurry, axes and colour bars of a moment ago may stay, if the points are within them.
  canShow(figure, hurried) {
    this.outgrown = false;
    if (!this.known || this.besides(figure) !== this.known) return false;
    if (JSON.stringify(scalesOf(figure)) === JSON.stringify(this.scales)) return true;
    this.outgrown = !figure.data.every((trace, index) => isWithin(trace, this.scales[index]));
    return hurried && !this.outgrown;
  }

  show(figure, graph) {
    const moved = figure.data
      .map((trace, index) => ({ trace, drawn: graph._fullData?.[index] }))
      .filter(({ trace }, index) => this.placeOf(trace) !== this.places[index]);
    if (!moved.every(({ trace, drawn }) => drawn?.uid && this.canDraw(trace))) return false;
    const { _fullLayout: layout } = graph;
    this.place(layout);
    for (const { trace, drawn } of moved) {
      if (drawn.visible === "legendonly") continue;
      const cmax = drawn.marker?.cmax ?? trace.marker?.cmax; // of the colour bar that is seen
      const marker = trace.marker && { ...trace.marker, cmax };
      this.draw({ ...trace, marker }, layout.xaxis, verticalOf(layout, trace));
    }
    this.restore();
    this.replaced = moved.flatMap(({ drawn }) => [...graph.querySelectorAll(`.trace${drawn.uid}`)]);
    for (const group of this.replaced) group.style.visibility = "hidden";
    this.element.hidden = false;
    return true;
  }

  // Whether Plotly may leave the points of this figure to this.
  canCover(figure) {
    const points = figure.data.filter(({ mode }) => mode === "markers");
    return isPlain(figure) && points.length > 0 && points.every((trace) => this.canDraw(trace));
  }

  canDraw({ mode, fill, marker, x, y }) {
    const known = ({ color, symbol = "circle" }) =>
      (isPacked(color) || [color].flat().every((name) => typeof name === "string")) &&
      [symbol].flat().every((name) => name in SYMBOLS);
    const plain = mode === "lines" || (mode === "markers" && known(marker));
    return plain && (!fill || fill === "toself") && isPacked(x) && isPacked(y);
  }

  // Over the whole graph, of which each trace is drawn within its own axes.
  place({ width, height }) {
    const scale = devicePixelRatio;
    this.element.width = Math.round(width * scale);
    this.element.height = Math.round(height * scale);
    this.context.scale(scale, scale);
    Object.assign(this.element.style, { left: 0, top: 0, width: `${width}px`, height: `${height}px` });
  }

  draw(trace, xaxis, yaxis) {
    const [xs, ys] = [unpackNumbers(trace.x), unpackNumbers(trace.y)];
    const points = Array.from(xs, (x, index) => [xaxis.l2p(x), yaxis.l2p(ys[index])]);
    this.context.save();
    this.context.translate(xaxis._offset, yaxis._offset);
    this.context.beginPath();
    this.context.rect(0, 0, xaxis._length, yaxis._length);
    this.context.clip();
    if (trace.mode === "markers") this.drawPoints(points, trace.marker);
    else if (trace.fill) this.fill(points, trace.fillcolor);
    else this.drawLine(points, trace.line, trace.opacity);
    this.context.restore();
  }

  drawPoints(points, marker) {
    const { symbol = "circle", size, opacity = 1 } = marker;
    const each = (values, index) => (Array.isArray(values) ? values[index] : values);
    const colours = coloursOfPoints(marker);
    this.context.globalAlpha = opacity;
    this.context.lineWidth = 1;
    for (const [index, [x, y]] of points.entries()) {
      const shape = each(symbol, index);
      const colour = each(colours, index);
      Object.assign(this.context, { fillStyle: colour, strokeStyle: colour });
      this.context.beginPath();
      SYMBOLS[shape](this.context, x, y, size / 2);
      if (shape.endsWith("-open")) this.context.stroke();
      else this.context.fill();
    }
    this.context.globalAlpha = 1;
  }

  fill(points, colour) {
    this.context.fillStyle = colour;
    this.context.beginPath();
    for (const [x, y] of points) this.context.lineTo(x, y);
    this.context.fill();
  }

  drawLine(points, { color, width, dash }, opacity = 1) {
    this.context.globalAlpha = opacity;
    Object.assign(this.context, { strokeStyle: color, lineWidth: width, lineJoin: "round" });
    this.context.setLineDash(dashesOf(dash, width));
    this.context.beginPath();
    let broken = true; // where a number is missing
    for (const [x, y] of points) {
      const missing = !Number.isFinite(x) || !Number.isFinite(y);
      if (!missing && broken) this.context.moveTo(x, y);
      if (!missing) this.context.lineTo(x, y);
      broken = missing;
    }
    this.context.stroke();
    this.context.globalAlpha = 1;
  }

  get shown() {
    return !this.element.hidden;
  }

  // Back to what Plotly has drawn.
  hide() {
    this.restore();
    this.element.hidden = true;
  }

  restore() {
    for (const group of this.replaced) group.style.visibility = "";
    this.replaced = [];
  }
}

const TAG = /<[^>]*>/g;

// Fresh texts in place of those of a figure that is all texts and shapes.
export class Texts {
  constructor() {
    this.shown = false;
  }

  // Remembers a figure before Plotly draws it.
  remember(figure) {
    this.texts = (figure.layout.annotations ?? []).map(({ text }) => text);
    this.known = this.texts.length && !figure.data.length ? this.besides(figure) : null;
  }

  // All of a figure besides its texts, of which the tags count.
  besides({ data, layout }) {
    const annotations = (layout.annotations ?? []).map(({ text, ...rest }) => ({
      ...rest,
      tags: text.match(TAG),
    }));
    return JSON.stringify([data.length, { ...layout, annotations }]);
  }

  canShow(figure) {
    return Boolean(this.known) && this.besides(figure) === this.known;
  }

  show(figure, graph) {
    this.graph = graph;
    this.shown = this.write(figure.layout.annotations.map(({ text }) => text));
    return this.shown;
  }

  // Into the texts that Plotly has made, piece by piece; false where it made something else.
  write(texts) {
    const pieces = texts.flatMap((text) => text.split(TAG).filter(Boolean));
    const nodes = [...this.graph.querySelectorAll(".annotation-text")].flatMap(leavesOf);
    if (nodes.length !== pieces.length) return false;
    for (const [index, node] of nodes.entries()) {
      if (node.nodeValue !== pieces[index]) node.nodeValue = pieces[index];
    }
    return true;
  }

  // Plotly draws only what differs from what it drew last, so it would leave other texts there.
  hide() {
    if (this.shown) this.write(this.texts);
    this.shown = false;
  }
}

// The texts in an element, in their order; Plotly leaves empty ones in between.
function leavesOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ? [node] : [];
  return [...node.childNodes].flatMap(leavesOf);
}
