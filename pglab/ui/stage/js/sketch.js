// A field in which the visitor sketches a curve with one vertical slider per point; see sketch.py.

import { element } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HANDLE = 16; // pixels; browsers draw the handles of sliders about so large

class Sketch {
  constructor(parent) {
    this.root = element("div", "sketch");
    this.heading = element("p", "label");
    this.field = element("div", "field");
    this.line = document.createElementNS(SVG, "polyline");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 100 100");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(this.line);
    this.field.append(svg);
    this.below = element("p", "label below");
    this.root.append(this.heading, this.field, this.below);
    parent.append(this.root);
  }

  update({ steps, low, high, values, locked, texts }, send) {
    this.range = [low, high];
    this.send = send;
    this.heading.textContent = texts.returns;
    this.below.textContent = texts.steps;
    if (!this.sliders) this.build(steps, values);
    for (const [index, slider] of this.sliders.entries()) {
      slider.disabled = locked;
      if (locked) slider.value = values[index];
    }
    this.draw();
  }

  build(steps, values) {
    const [low, high] = this.range;
    const last = steps.at(-1);
    this.places = steps.map((step) => 100 * (step / last));
    this.sliders = steps.map((step, index) => {
      const slider = element("input", "");
      Object.assign(slider, { type: "range", min: low, max: high, step: (high - low) / 100 });
      slider.value = values[index];
      slider.style.left = `${this.places[index]}%`;
      slider.setAttribute("orient", "vertical");
      slider.addEventListener("input", () => this.draw());
      slider.addEventListener("change", () => this.send(this.values()));
      this.steps = steps;
      return slider;
    });
    const marks = steps.map((step, index) => this.mark("steps", "left", this.places[index], step));
    const ends = [low, high].map((value) =>
      this.mark("returns", "bottom", 100 - this.height(value), value),
    );
    this.field.append(...this.sliders, ...marks, ...ends);
  }

  mark(kind, side, place, value) {
    const mark = element("span", `mark ${kind}`, value.toLocaleString());
    mark.style[side] = `${place}%`;
    mark.setAttribute("aria-hidden", "true");
    return mark;
  }

  values() {
    return this.sliders.map((slider) => Number(slider.value));
  }

  // The middle of a handle stays half a handle away from the ends of its slider.
  height(value) {
    const [low, high] = this.range;
    const all = this.field.clientHeight || 1;
    return (100 * (HANDLE / 2 + ((high - value) / (high - low)) * (all - HANDLE))) / all;
  }

  draw() {
    const heights = this.values().map((value) => this.height(value));
    this.line.setAttribute("points", heights.map((y, i) => `${this.places[i]},${y}`).join(" "));
    for (const [index, slider] of this.sliders.entries()) {
      const step = this.steps[index].toLocaleString();
      slider.setAttribute("aria-label", `${this.heading.textContent}, ${step}`);
      slider.title = `${step}: ${Number(slider.value).toLocaleString()}`;
    }
  }
}

const sketches = new WeakMap();

export function sketch({ parentElement, data, setStateValue }) {
  if (!sketches.has(parentElement)) sketches.set(parentElement, new Sketch(parentElement));
  sketches.get(parentElement).update(data, (values) => setStateValue("heights", values));
}
