// Draws the texts of a figure that has only texts and shapes, such as the drawing of a network.

import { annotationsOf } from "./plotly_internals.js";

const TAG = /<[^>]*>/g;

// Replaces Plotly's texts by new texts.
export class Texts {
  constructor() {
    this.shown = false;
  }

  // Remembers a figure before Plotly draws it.
  remember(figure) {
    this.texts = (figure.layout.annotations ?? []).map(({ text }) => text);
    this.known = this.texts.length && !figure.data.length ? this.besides(figure) : null;
  }

  // Returns a figure without its texts, as a string to compare. The string includes the HTML tags
  // of the texts.
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

  // Writes the texts into Plotly's text nodes. Returns false if the number of text nodes differs
  // from the number of texts.
  write(texts) {
    const pieces = texts.flatMap((text) => text.split(TAG).filter(Boolean));
    const nodes = annotationsOf(this.graph).flatMap(leavesOf);
    if (nodes.length !== pieces.length) return false;
    for (const [index, node] of nodes.entries()) {
      if (node.nodeValue !== pieces[index]) node.nodeValue = pieces[index];
    }
    return true;
  }

  // Restores the old texts, because Plotly draws only the differences from its own last picture.
  hide() {
    if (this.shown) this.write(this.texts);
    this.shown = false;
  }
}

// Returns the text nodes in an element, in order, without Plotly's empty text nodes.
function leavesOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ? [node] : [];
  return [...node.childNodes].flatMap(leavesOf);
}
