// Draws lines, filled areas and points on a canvas, in the same styles as Plotly.

import { coloursOf } from "./colours.js";
import { isPacked, unpackNumbers } from "./packed.js";

// Plotly's dash styles. The unit is the line's width, but at least 3 pixels.
const DASHES = {
  solid: [],
  dot: [1, 1],
  dash: [3, 3],
  longdash: [5, 5],
  dashdot: [3, 1, 1, 1],
};

// Returns the lengths of dashes and gaps in pixels. A style is a name or a list such as "9px,3px".
function dashesOf(style, width) {
  const multiples = DASHES[style];
  if (multiples) return multiples.map((part) => part * Math.max(width, 3));
  return style.split(",").map(Number.parseFloat);
}

// Functions that draw the outlines of Plotly's symbols. Only symbols that the figures use are here.
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

// Returns one CSS colour for all points, or a list with a colour for each point.
function coloursOfPoints({ color, colorscale, cmin, cmax }) {
  if (!isPacked(color)) return color;
  const scale = Array.from(coloursOf(colorscale), (rgba) => {
    const [red, green, blue] = [rgba, rgba >> 8, rgba >> 16].map((bits) => bits & 255);
    return `rgb(${red} ${green} ${blue})`;
  });
  const shade = (value) => Math.round((255 * (value - cmin)) / (cmax - cmin));
  return Array.from(unpackNumbers(color), (value) => scale[Math.min(Math.max(shade(value), 0), 255)]);
}

// Returns whether this module can draw a trace in the same way as Plotly.
export function canDraw({ mode, fill, line, marker, x, y }) {
  if (!isPacked(x) || !isPacked(y)) return false;
  if (mode === "markers") return isPlainMarker(marker);
  return mode === "lines" && (fill ? fill === "toself" && line?.width === 0 : isPlainLine(line));
}

function isPlainLine({ width, dash = "solid", shape = "linear" } = {}) {
  const dashed = dash in DASHES || /^[\d.]+px(,[\d.]+px)*$/.test(dash);
  return Number.isFinite(width) && dashed && shape === "linear";
}

function isPlainMarker({ color, symbol = "circle", line }) {
  const coloured = isPacked(color) || [color].flat().every((name) => typeof name === "string");
  return coloured && !line && [symbol].flat().every((name) => name in SYMBOLS);
}

// Draws a trace; parts outside the axes are cut off.
export function drawTrace(context, trace, xaxis, yaxis) {
  const [xs, ys] = [unpackNumbers(trace.x), unpackNumbers(trace.y)];
  const points = Array.from(xs, (x, index) => [xaxis.pixelOf(x), yaxis.pixelOf(ys[index])]);
  context.save();
  context.translate(xaxis.start, yaxis.start);
  context.beginPath();
  context.rect(0, 0, xaxis.length, yaxis.length);
  context.clip();
  context.globalAlpha = trace.opacity ?? 1;
  if (trace.mode === "markers") drawPoints(context, points, trace.marker);
  else if (trace.fill) fillArea(context, points, trace.fillcolor);
  else drawLine(context, points, trace.line);
  context.restore();
}

function drawPoints(context, points, marker) {
  const { symbol = "circle", size, opacity = 1 } = marker;
  const each = (values, index) => (Array.isArray(values) ? values[index] : values);
  const colours = coloursOfPoints(marker);
  context.globalAlpha *= opacity;
  context.lineWidth = 1;
  for (const [index, [x, y]] of points.entries()) {
    const shape = each(symbol, index);
    const colour = each(colours, index);
    Object.assign(context, { fillStyle: colour, strokeStyle: colour });
    context.beginPath();
    SYMBOLS[shape](context, x, y, size / 2);
    if (shape.endsWith("-open")) context.stroke();
    else context.fill();
  }
}

function fillArea(context, points, colour) {
  context.fillStyle = colour;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.fill();
}

function drawLine(context, points, { color, width, dash = "solid" }) {
  Object.assign(context, { strokeStyle: color, lineWidth: width, lineJoin: "round" });
  context.setLineDash(dashesOf(dash, width));
  context.beginPath();
  let broken = true; // a missing number interrupts the line
  for (const [x, y] of points) {
    const missing = !Number.isFinite(x) || !Number.isFinite(y);
    if (!missing && broken) context.moveTo(x, y);
    if (!missing) context.lineTo(x, y);
    broken = missing;
  }
  context.stroke();
}
