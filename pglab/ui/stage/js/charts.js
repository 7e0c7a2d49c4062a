// Shows the ordinary charts of a page as panels of a stage, because a presentation can enlarge only
// panels. Streamlit still draws its own charts, but they are hidden meanwhile.

import { element } from "./dom.js";
import { Stage } from "./stage.js";

// A picture without a run.
const STILL = { running: false, channel: "", numbers: [], progress: null, table: null };

const CHARTS = "[data-testid=stPlotlyChart] .js-plotly-plot";

// Plotly keeps some numbers in typed arrays, which JSON would write as objects.
function plain(_name, value) {
  return ArrayBuffer.isView(value) ? Array.from(value) : value;
}

// Returns a figure as the server made it: without what belongs to Streamlit's theme and the page.
function figureOf({ data, layout }) {
  const { template, font, width, height, autosize, paper_bgcolor, plot_bgcolor, ...own } = layout;
  for (const [name, axis] of Object.entries(own)) {
    // As in Streamlit's theme; the stage's own figures have margins with enough room.
    if (/^[xy]axis\d*$/.test(name)) own[name] = { automargin: true, ...axis };
  }
  return JSON.stringify({ data, layout: own }, plain);
}

function panelOf(chart) {
  const { name, title, subtitle } = chart.layout.meta;
  const panel = { kind: "figure", key: name, title, subtitle, alt: title, emphasis: "none" };
  return { ...panel, figure: figureOf(chart) };
}

export class Charts {
  // `head` is the part that all messages to a stage have in common.
  constructor(head) {
    this.head = { ...head, ...STILL };
    this.drawn = 0;
    this.identity = "[]"; // the charts that are drawn now
    this.holder = element("div", "pgl-charts");
    document.body.append(this.holder);
  }

  // Draws all charts that have a title and that are not drawn yet as they are now.
  update() {
    const charts = [...document.querySelectorAll(CHARTS)].filter(({ layout }) => layout?.meta?.title);
    const panels = charts.map(panelOf);
    const identity = JSON.stringify(panels);
    if (identity === this.identity) return;
    this.identity = identity;
    this.stage ??= new Stage(this.holder);
    const drawn = (this.drawn += 1);
    this.stage.receive({ ...this.head, sequence: drawn, drawn, panels });
  }

  destroy() {
    this.stage?.destroy();
    this.holder.remove();
  }
}
