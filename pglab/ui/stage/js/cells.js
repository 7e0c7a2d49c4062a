// Draws the cells of a heatmap. The shown slice may change with each frame of the player. A worker
// draws the cells. Plotly draws the axes, the colour bar and the label under the pointer.

import { SHORT_COLOUR_BAR, coloursOf } from "./colours.js";
import { pixelsPerPixel } from "./enlargement.js";
import { unpackNumbers } from "./packed.js";
import { axisOf, topLayerOf } from "./plotly_internals.js";
import { Sheet } from "./sheet.js";

const LEVELS = 256; // a slice has one byte per cell

const shownValue = (value, logistic) => (logistic ? 1 / (1 + Math.exp(-value)) : value);

// Returns the value of each level of a slice, in the unit of the colour bar.
function valuesOf({ ends: [low, high], logistic }) {
  const value = (level) => low + (level * (high - low)) / (LEVELS - 1);
  return Array.from({ length: LEVELS }, (_, level) => shownValue(value(level), logistic));
}

export class Cells {
  constructor() {
    this.sheet = new Sheet("pgl-cells");
    this.element = this.sheet.element;
    this.late = false;
  }

  // Shows one of the slices; returns whether the shown slice has changed.
  show(slices, index) {
    if (slices === this.slices && index === this.index) return false;
    [this.slices, this.index] = [slices, index];
    this.draw();
    return true;
  }

  get subtitle() {
    return this.slices?.subtitles[this.index];
  }

  get levels() {
    const { levels, rows, columns } = this.slices;
    return levels.subarray(rows * columns * this.index, rows * columns * (this.index + 1));
  }

  // The values of the shown slice in Plotly's order: row by row, the lowest row first.
  get values() {
    const { rows, columns } = this.slices;
    const [values, { levels }] = [valuesOf(this.slices), this];
    return Array.from({ length: rows }, (_, row) =>
      Array.from(levels.subarray(row * columns, (row + 1) * columns), (level) => values[level]),
    );
  }

  // Remembers a figure before Plotly draws it, and gives the cells to the figure. Plotly reads the
  // cells when it draws and when it saves a picture.
  remember(figure) {
    const [trace] = figure.data;
    this.known = this.slices && trace?.type === "heatmap" ? this.besides(figure) : null;
    this.outgrown = false;
    if (!this.known) return;
    [this.low, this.high] = [trace.zmin, trace.zmax];
    this.ends = ["x", "y"].map((side) => unpackNumbers(trace[side])).map((all) => [all[0], all.at(-1)]);
    this.colours = coloursOf(trace.colorscale);
    const cells = this;
    Object.defineProperty(trace, "z", { enumerable: true, get: () => cells.values });
  }

  // Returns all parts of a figure, except the ends of its colour scale, as a text to compare.
  besides({ data: [trace, ...others], layout }) {
    return JSON.stringify([{ ...trace, zmin: 0, zmax: 0 }, others, layout]);
  }

  // Returns whether Plotly's picture can stay as it is. If `hurried` is true, an outdated colour
  // bar may also stay, unless it is far too short. The cells then use the outdated colours.
  canShow(figure, hurried) {
    this.outgrown = false;
    if (!this.known || this.besides(figure) !== this.known) return false;
    const { zmin, zmax } = figure.data[0];
    this.late = zmin !== this.low || zmax !== this.high;
    if (!this.late) return true;
    const room = (SHORT_COLOUR_BAR - 1) * (this.high - this.low);
    this.outgrown = zmin < this.low - room || zmax > this.high + room;
    return hurried && !this.outgrown;
  }

  // Puts the cells between Plotly's layers: above Plotly's marks, and below Plotly's labels.
  place(graph) {
    const [xaxis, yaxis] = [axisOf(graph, "xaxis"), axisOf(graph, "yaxis")];
    if (!this.slices || !this.ends || !xaxis || !yaxis) return;
    const top = topLayerOf(graph);
    if (this.element.nextSibling !== top) top.before(this.element);
    const size = [xaxis.length, yaxis.length];
    const style = [xaxis.start, yaxis.start, ...size].map((pixels) => `${pixels}px`);
    ["left", "top", "width", "height"].forEach((side, n) => (this.element.style[side] = style[n]));
    const [left, right] = this.ends[0].map(xaxis.pixelOf);
    const [bottom, highest] = this.ends[1].map(yaxis.pixelOf);
    this.span = { left, right, top: highest, bottom };
    const pixels = size.map((length) => Math.round(length * pixelsPerPixel()));
    this.scale = [pixels[0] / size[0], pixels[1] / size[1]];
    this.sheet.draw([["resize", ...pixels], ["scale", ...this.scale]]);
    this.draw();
  }

  draw() {
    if (!this.span || !this.slices || !this.colours) return;
    const { rows, columns } = this.slices;
    const nodes = this.slices.nodes[this.index];
    const grid = { levels: this.levels.slice(), rows, columns, nodes };
    this.sheet.draw([["cells", grid, this.palette, this.span]]);
  }

  // The colours of all levels.
  get palette() {
    const perUnit = (LEVELS - 1) / (this.high - this.low);
    return Uint32Array.from(valuesOf(this.slices), (value) => {
      const shade = Math.round((value - this.low) * perUnit);
      return this.colours[Math.min(Math.max(shade, 0), LEVELS - 1)];
    });
  }

  get shown() {
    return this.late; // otherwise Plotly's picture is up to date
  }

  hide() {
    this.late = false;
  }
}
