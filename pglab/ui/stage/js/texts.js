// The texts of a figure that is all texts and shapes, such as the drawing of a network.

import { annotationsOf } from "./plotly_internals.js";

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
    const nodes = annotationsOf(this.graph).flatMap(leavesOf);
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
