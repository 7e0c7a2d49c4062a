// Tells the server which point of a Plotly chart is under the pointer: see maps/pointing.py.

const REST_MILLISECONDS = 120; // a pointer that only crosses a point asks the server for nothing

const tellers = new WeakMap(); // for each container of a chart, the function that tells the server
const heard = new WeakSet(); // the charts that report the pointer

// Reports the points of a chart; Streamlit may have replaced the former chart of the container.
function hear(container) {
  const chart = container.querySelector(".js-plotly-plot");
  if (!chart || heard.has(chart)) return;
  heard.add(chart);
  const tell = (place) => tellers.get(container)?.(place);
  chart.on("plotly_hover", ({ points }) => {
    const place = points.map(({ customdata }) => customdata).find(Number.isInteger);
    if (place !== undefined) tell(place);
  });
  chart.on("plotly_unhover", () => tell(null));
}

export function reportPointer({ data: { container: name }, setStateValue, parentElement }) {
  const container = document.querySelector(`.st-key-${CSS.escape(name)}`);
  if (!container) return;
  if (!tellers.has(container)) container.addEventListener("pointerover", () => hear(container));
  parentElement.pointed ??= { place: null, timer: 0 }; // stays when the component is drawn again
  const { pointed } = parentElement;
  tellers.set(container, (place) => {
    clearTimeout(pointed.timer);
    pointed.timer = setTimeout(() => {
      if (place === pointed.place) return;
      pointed.place = place;
      setStateValue("place", place);
    }, REST_MILLISECONDS);
  });
}
