// All that the stage uses of Plotly besides its documented interface. Where it is missing or means
// something else in another version, `isUnderstood` tells, and Plotly draws everything by itself.

const SLACK = 1; // pixels

// An axis: where it begins in the graph, its length in pixels, and the pixel along it of a value,
// the vertical one's from the top; null where Plotly tells nothing.
export function axisOf(graph, name) {
  const axis = graph._fullLayout?.[name];
  if (!Number.isFinite(axis?._offset) || !(axis._length > 0) || !axis.l2p) return null;
  return { start: axis._offset, length: axis._length, pixelOf: (value) => axis.l2p(value) };
}

// Whether the graph that Plotly has just drawn is what this module takes it for.
export function isUnderstood(graph) {
  const { layout } = graph;
  const names = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  if (!topLayerOf(graph) || !names.every((name) => spansItsRange(graph, name))) return false;
  return names.every((name) => name[0] === "x" || coversItsPlot(graph, name));
}

function spansItsRange(graph, name) {
  const axis = axisOf(graph, name);
  const [first, last] = graph.layout[name].range.map((value) => axis?.pixelOf(value));
  const [left, right] = name[0] === "x" ? [first, last] : [last, first];
  return Math.abs(left) < SLACK && Math.abs(right - axis.length) < SLACK;
}

// Of a vertical axis and the horizontal one: their plot is where Plotly takes the pointer.
function coversItsPlot(graph, name) {
  const [x, y] = [axisOf(graph, "xaxis"), axisOf(graph, name)];
  const plot = graph.querySelector(`.x${name.replace("axis", "")} .nsewdrag`);
  return Object.entries({ x: x.start, y: y.start, width: x.length, height: y.length }).every(
    ([side, pixels]) => Math.abs(plot?.getAttribute(side) - pixels) < SLACK,
  );
}

// The layer of shapes, legend and texts; axes and marks are in those below, and what Plotly says
// under the pointer is in one above.
export function topLayerOf(graph) {
  return graph.querySelector(".infolayer")?.closest(".main-svg");
}

// The elements of a trace's marks; null where Plotly does not tell, none where it draws no marks.
export function marksOf(graph, index) {
  const { uid, visible } = graph._fullData?.[index] ?? {};
  if (!uid) return null;
  if (visible !== true) return [];
  const marks = [...graph.querySelectorAll(`.trace${uid}`)];
  return marks.length ? marks : null;
}

// Whether a reader has switched a trace off in the legend.
export function isSwitchedOff(graph, index) {
  return graph._fullData[index].visible === "legendonly";
}

export function annotationsOf(graph) {
  return [...graph.querySelectorAll(".annotation-text")];
}

// Has Plotly say these values under the pointer over a heatmap, in place of those it was given.
export function lendValues(graph, values) {
  const known = graph.calcdata?.[0]?.[0];
  if (known?.z) known.z = values();
}
