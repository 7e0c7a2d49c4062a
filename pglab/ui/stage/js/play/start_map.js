// A small heatmap of the policy. A click or the arrow keys choose the start of the next episode.

import { coloursOf } from "../colours.js";
import { decodeBase64, element, setText } from "../dom.js";

const SIDE = 240; // pixels of the square canvas
const KEY_STEPS = 40; // an arrow key moves the start by this part of the axis
const RING = 7;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class StartMap {
  // `onChoice` gets the chosen state.
  constructor(onChoice) {
    this.onChoice = onChoice;
    this.element = element("div", "map");
    this.canvas = element("canvas", "map-canvas");
    Object.assign(this.canvas, { width: SIDE, height: SIDE, tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.context = this.canvas.getContext("2d");
    this.title = element("p", "map-title");
    this.yLabel = element("span", "map-y");
    this.xLabel = element("span", "map-x");
    this.element.append(this.title, this.yLabel, this.canvas, this.xLabel);
    this.canvas.addEventListener("click", (event) => this.choosePixel(event));
    this.canvas.addEventListener("keydown", (event) => this.moveByKey(event));
  }

  // `map` has the probabilities of one action on a square grid, rows from low to high y.
  update(map, texts) {
    this.map = map;
    this.title.textContent = map.title;
    this.canvas.setAttribute("aria-label", texts.map);
    this.picture = this.paintCells(new Float32Array(decodeBase64(map.values).buffer));
    this.draw();
  }

  paintCells(values) {
    const size = Math.sqrt(values.length);
    const colours = coloursOf(this.map.scale);
    const cells = new Uint32Array(values.length);
    values.forEach((value, i) => {
      const row = size - 1 - Math.floor(i / size);
      cells[row * size + (i % size)] = colours[Math.round(255 * value)];
    });
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const bytes = new Uint8ClampedArray(cells.buffer);
    canvas.getContext("2d").putImageData(new ImageData(bytes, size, size), 0, 0);
    return canvas;
  }

  // Marks a state with a ring; null removes the ring.
  mark(state) {
    this.marked = state;
    this.draw();
  }

  draw() {
    const { context } = this;
    context.drawImage(this.picture, 0, 0, SIDE, SIDE);
    setText(this.xLabel, this.labelOf(this.map.x));
    setText(this.yLabel, this.labelOf(this.map.y));
    if (!this.marked) return;
    const { x, y } = this.map;
    const share = ({ axis, low, high }) => (this.marked[axis] - low) / (high - low);
    context.beginPath();
    context.arc(SIDE * share(x), SIDE * (1 - share(y)), RING, 0, 2 * Math.PI);
    for (const [width, colour] of [[5, "#fff"], [2.5, "#1f1f1f"]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  }

  // The name of an axis, and the value of the chosen start.
  labelOf({ axis, label }) {
    if (!this.marked) return label;
    return `${label}: ${this.marked[axis].toFixed(2).replace("-", "−")}`;
  }

  choosePixel(event) {
    const box = this.canvas.getBoundingClientRect();
    this.choose((event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height);
  }

  moveByKey(event) {
    const direction = ARROWS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y, rest } = this.map;
    const state = this.marked ?? rest;
    const share = ({ axis, low, high }) => (state[axis] - low) / (high - low);
    this.choose(share(x) + direction[0] / KEY_STEPS, share(y) + direction[1] / KEY_STEPS);
  }

  // Chooses the state at a place of the map, given as shares of its width and height. The other
  // coordinates are those of the plane.
  choose(across, up) {
    const { x, y, rest } = this.map;
    const state = [...rest];
    for (const [{ axis, low, high }, share] of [[x, across], [y, up]]) {
      state[axis] = low + Math.min(Math.max(share, 0), 1) * (high - low);
    }
    this.onChoice(state);
  }
}
