// The texts of a figure that has only texts and shapes, such as the drawing of a network.

import { annotationsOf } from "./plotly_internals.js";

const TAG = /<[^>]*>/g;

// Writes new texts in place of those that Plotly has drawn.
export class Texts {
  constructor() {
    this.shown = false;
  }

  // Remembers a figure before Plotly draws it.
  remember(figure) {
    this.texts = (figure.layout.annotations ?? []).map(({ text }) => text);
    this.known = this.texts.length && !figure.data.length ? this.besides(figure) : null;
  }

  // Everything in a figure except its texts; their tags do count.
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

  // Writes into Plotly's text nodes, piece by piece; returns false if their number differs.
  write(texts) {
    const pieces = texts.flatMap((text) => text.split(TAG).filter(Boolean));
    const nodes = annotationsOf(this.graph).flatMap(leavesOf);
    if (nodes.length !== pieces.length) return false;
    for (const [index, node] of nodes.entries()) {
      if (node.nodeValue !== pieces[index]) node.nodeValue = pieces[index];
    }
    return true;
  }

  // Restores the old texts: Plotly draws only what differs from its last picture.
  hide() {
    if (this.shown) this.write(this.texts);
    this.shown = false;
  }
}

// The text nodes in an element, in order, without the empty ones that Plotly leaves.
function leavesOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ? [node] : [];
  return [...node.childNodes].flatMap(leavesOf);
}
