// Draws the sketches of the class: their median, the middle half, and the member's own sketch.

import { element } from "../../stage/js/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 180;

export function bandPicture(axes, { answered, band }, answer, words) {
  const figure = element("figure", "band");
  if (!band) {
    figure.append(element("p", "", words.nobody));
    return figure;
  }
  const own = answer?.points ?? [];
  const last = Math.max(axes.steps.at(-1), band.steps.at(-1));
  const place = (step, value) => {
    const height = (value - axes.low) / (axes.high - axes.low);
    return `${((WIDTH * step) / last).toFixed(1)},${(HEIGHT * (1 - height)).toFixed(1)}`;
  };
  const along = (values) => band.steps.map((step, index) => place(step, values[index]));
  const back = [];
  for (const point of along(band.high)) back.unshift(point);
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  svg.setAttribute("aria-label", `${words.returns}, ${words.steps}`);
  svg.append(
    shape("polygon", {
      class: "quartiles",
      points: [...along(band.low), ...back].join(" "),
    }),
    shape("polyline", { class: "median", points: along(band.median).join(" ") }),
    shape("polyline", { class: "own", points: own.map((point) => place(...point)).join(" ") }),
  );
  const between = (low, high) => `${low.toLocaleString()} – ${high.toLocaleString()}`;
  figure.append(
    element("p", "small", `${words.returns}: ${between(axes.low, axes.high)}`),
    svg,
    element("p", "small below", `${words.steps}: ${between(0, Math.round(last))}`),
    legend(own.length > 0, answered, words),
  );
  return figure;
}

function legend(hasOwn, answered, words) {
  const list = element("ul", "legend");
  const entries = [
    ["median", words.median.replace("{n}", answered)],
    ["quartiles", words.quartiles],
  ];
  if (hasOwn) entries.push(["own", words.yourSketch]);
  for (const [kind, text] of entries) {
    const item = element("li", "", text);
    item.prepend(element("span", `sample ${kind}`));
    list.append(item);
  }
  return list;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
