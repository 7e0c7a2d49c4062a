// Marks the player's observation on a figure with a ring. Also draws the path of the episode: a
// line through the observations of all frames that the player has shown so far.

import { pixelsPerPixel } from "./enlargement.js";
import { Sheet } from "./sheet.js";

const RING = { radius: 6.5, white: 3, black: 7 }; // pixels; a white circle on a wider black circle
const TRAIL = { colour: "#1f1f1f", width: 1.5 };

// Returns a value's pixel in the graph; null if there is no axis, or if the value is outside the
// axis.
function pixelOnAxis(axis, value) {
  const pixel = axis?.pixelOf(value);
  return pixel >= 0 && pixel <= axis.length ? axis.start + pixel : null;
}

export class Playhead {
  constructor() {
    this.sheet = new Sheet("pgl-playhead");
    this.element = this.sheet.element;
    this.element.hidden = true;
    this.size = [0, 0];
    this.points = [];
    this.point = null;
  }

  // Moves the ring to a point, or removes ring and path if `point` is null.
  move(point, episode, xaxis, yaxis) {
    this.pass(point, episode, xaxis, yaxis);
    this.point = point;
    this.draw(xaxis, yaxis);
  }

  // Extends the path to a point, but draws nothing yet.
  pass(point, episode, xaxis, yaxis) {
    if (episode !== this.episode || point === null) [this.points, this.path] = [[], ""];
    this.episode = episode;
    if (point && point !== this.points.at(-1)) this.extend(point, xaxis, yaxis);
  }

  extend(point, xaxis, yaxis) {
    this.points.push(point);
    const pixels = this.pixels(point, xaxis, yaxis);
    if (pixels) this.path += `${this.path ? "L" : "M"}${pixels.map((value) => value.toFixed(1))}`;
  }

  resize({ width, height }) {
    this.size = [width, height];
    const scale = pixelsPerPixel();
    const pixels = this.size.map((side) => Math.round(side * scale));
    this.sheet.draw([["resize", ...pixels], ["scale", scale, scale]]);
  }

  // Draws the ring and the path again after the axes have changed.
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

  // Returns the pixels of a point; null if the point is outside the axes.
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
