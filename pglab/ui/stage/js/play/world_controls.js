// The controls that change the game's world: a slider for each quantity, and buttons for pushes.

import { element, setText } from "../dom.js";

class Slider {
  constructor(onInput) {
    this.element = element("label", "slider");
    this.name = element("span", "");
    this.input = Object.assign(element("input", ""), { type: "range" });
    this.output = element("span", ""); // an `output` would take the label from the slider
    this.element.append(this.name, this.output, this.input);
    this.input.addEventListener("input", () => {
      this.show();
      onInput();
    });
  }

  update({ label, low, high, step, usual, unit, factor, digits }) {
    const first = this.factor === undefined;
    Object.assign(this, { usual, unit, factor, digits });
    setText(this.name, label);
    Object.assign(this.input, { min: low, max: high, step });
    if (first) this.reset();
  }

  reset() {
    this.input.value = this.usual;
    this.show();
  }

  show() {
    const text = `${Number(this.input.value).toFixed(this.digits)} ${this.unit}`;
    setText(this.output, text);
    this.input.setAttribute("aria-valuetext", text);
  }

  get value() {
    return Number(this.input.value) === this.usual ? null : Number(this.input.value) * this.factor;
  }
}

export class WorldControls {
  // `onChange` gets the values that differ from the usual world; `onPush` gets the two pushes.
  constructor(onChange, onPush) {
    this.onChange = onChange;
    this.onPush = onPush;
    this.element = element("fieldset", "world");
    this.legend = element("legend", "");
    this.sliders = element("div", "sliders");
    this.pushes = element("div", "pushes");
    this.reset = element("button", "");
    this.reset.type = "button";
    this.reset.addEventListener("click", () => this.resetAll());
    this.element.append(this.legend, this.sliders, this.pushes);
  }

  update({ sliders, pushes }, texts) {
    setText(this.legend, texts.world);
    setText(this.reset, texts.usualWorld);
    this.byName ??= this.makeSliders(sliders);
    for (const slider of sliders) this.byName[slider.name].update(slider);
    if (!this.pushes.children.length) this.pushes.append(...this.makePushes(pushes), this.reset);
  }

  makeSliders(described) {
    const made = {};
    for (const { name } of described) {
      made[name] = new Slider(() => this.report());
      this.sliders.append(made[name].element);
    }
    return made;
  }

  makePushes(described) {
    return described.map(({ label, help, cart, pole }) => {
      const button = element("button", "", label);
      Object.assign(button, { type: "button", title: help });
      button.addEventListener("click", () => this.onPush(cart, pole));
      return button;
    });
  }

  resetAll() {
    for (const slider of Object.values(this.byName)) slider.reset();
    this.report();
  }

  report() {
    const changed = {};
    for (const [name, { value }] of Object.entries(this.byName)) {
      if (value !== null) changed[name] = value;
    }
    this.onChange(changed);
  }
}
