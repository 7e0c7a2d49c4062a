// Contains all code that uses Plotly's undocumented interface. If a version of Plotly has another
// interface, `isUnderstood` returns false, and Plotly draws everything by itself.

const SLACK = 1; // pixels

// Returns the start of an axis in the graph, the length of the axis (both in pixels), and a
// function that converts values to pixels along the axis. On a vertical axis, these pixels count
// from the top. Returns null if Plotly's data do not contain the axis.
export function axisOf(graph, name) {
  const axis = graph._fullLayout?.[name];
  if (!Number.isFinite(axis?._offset) || !(axis._length > 0) || !axis.l2p) return null;
  return { start: axis._offset, length: axis._length, pixelOf: (value) => axis.l2p(value) };
}

// Returns whether this module's assumptions hold for the graph that Plotly has just drawn.
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

// Returns whether a vertical axis and the horizontal axis span exactly the area in which Plotly
// reacts to the pointer.
function coversItsPlot(graph, name) {
  const [x, y] = [axisOf(graph, "xaxis"), axisOf(graph, name)];
  const plot = graph.querySelector(`.x${name.replace("axis", "")} .nsewdrag`);
  return Object.entries({ x: x.start, y: y.start, width: x.length, height: y.length }).every(
    ([side, pixels]) => Math.abs(plot?.getAttribute(side) - pixels) < SLACK,
  );
}

// Returns Plotly's layer of shapes, legend and texts. Axes and marks are in the layers below this
// layer. The label under the pointer is in a layer above.
export function topLayerOf(graph) {
  return graph.querySelector(".infolayer")?.closest(".main-svg");
}

// Returns the elements of a trace's marks. Returns [] if Plotly draws no marks for this trace, and
// null if the marks cannot be found.
export function marksOf(graph, index) {
  const { uid, visible } = graph._fullData?.[index] ?? {};
  if (!uid) return null;
  if (visible !== true) return [];
  const marks = [...graph.querySelectorAll(`.trace${uid}`)];
  return marks.length ? marks : null;
}

// Returns whether the visitor has switched off a trace in the legend.
export function isSwitchedOff(graph, index) {
  return graph._fullData[index].visible === "legendonly";
}

export function annotationsOf(graph) {
  return [...graph.querySelectorAll(".annotation-text")];
}

// Makes Plotly use `values()` for the label under the pointer in a heatmap.
export function lendValues(graph, values) {
  const known = graph.calcdata?.[0]?.[0];
  if (known?.z) known.z = values();
}
