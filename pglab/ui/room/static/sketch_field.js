// The field in which a member sketches a curve. A lesson without a room has the same field.

import { element } from "../../stage/js/dom.js";
import { sketch } from "../../stage/js/sketch.js";

export class SketchField {
  // `onMove` is called when the member has moved a point.
  constructor(parent, axes, words, style, onMove) {
    this.axes = axes;
    this.words = words;
    this.onMove = onMove;
    this.values = axes.steps.map(() => axes.low);
    this.isMoved = false; // a straight line at the bottom is no answer
    this.isLocked = false;
    this.field = element("div", "");
    const host = element("div", "");
    parent.append(host);
    const link = element("link", "");
    Object.assign(link, { rel: "stylesheet", href: style });
    link.onload = () => {
      this.hasStyle = true; // the size of the field comes from its style
      this.draw();
    };
    // The style is only for this field.
    host.attachShadow({ mode: "open" }).append(link, this.field);
  }

  get points() {
    return this.axes.steps.map((step, index) => [step, this.values[index]]);
  }

  fill(points) {
    if (points.length === this.values.length) this.values = points.map(([, height]) => height);
  }

  lock(isLocked) {
    this.isLocked = isLocked;
    this.draw();
  }

  draw() {
    if (!this.hasStyle) return;
    const { steps, low, high } = this.axes;
    sketch({
      parentElement: this.field,
      data: {
        steps: steps.map(Math.round),
        low,
        high,
        values: this.values,
        locked: this.isLocked,
        texts: this.words,
      },
      setStateValue: (_name, values) => {
        this.values = values;
        this.isMoved = true;
        this.onMove();
      },
    });
  }
}
