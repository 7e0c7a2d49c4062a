// The figure panels of the stage: each keeps one Plotly graph and updates it in place.

const GRAPH_CONFIG = {
  displaylogo: false,
  modeBarButtons: [["toImage", "resetScale2d"]],
  responsive: false, // the panel's own ResizeObserver follows more than the window
};

const PATIENCE_MILLISECONDS = 450; // between two redraws of a patient figure

let plotlyLoading = null;

function loadPlotly(path, failure) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      plotlyLoading = null; // the next stage may try again
      script.remove();
      reject(new Error(failure));
    };
    script.src = new URL(path, document.baseURI).href;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : fail());
    script.onerror = fail;
    document.head.append(script);
  });
  return plotlyLoading;
}

// Streamlit publishes its theme as custom properties of the component's ancestors.
function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const theme = {
    text: read("text-color") || style.color,
    surface: read("secondary-background-color") || "transparent",
    border: read("border-color") || style.color,
    font: read("font") || style.fontFamily,
  };
  return { ...theme, identity: Object.values(theme).join("|") };
}

function themedAxis(axis, theme) {
  return {
    gridcolor: theme.border,
    linecolor: theme.border,
    zerolinecolor: theme.border,
    tickcolor: theme.border,
    automargin: false,
    ...axis,
  };
}

// Room for tick labels and titles. Plotly's own automatic margins lay out every figure twice.
function marginsFor(fontSize) {
  const margins = { l: 4.4, r: 1, t: 0.5, b: 3.2 };
  return Object.fromEntries(
    Object.entries(margins).map(([side, ems]) => [side, Math.round(ems * fontSize)]),
  );
}

// Fills in what the figure leaves open; whatever it states explicitly stays.
function themedLayout(layout, theme, size, revision) {
  const fontSize = Math.round(Math.min(Math.max(size.height / 23, 12), 18));
  const clear = "rgba(0,0,0,0)";
  const themed = {
    paper_bgcolor: clear,
    plot_bgcolor: clear,
    uirevision: revision,
    margin: marginsFor(fontSize),
    ...layout,
    font: { family: theme.font, color: theme.text, size: fontSize, ...layout.font },
    hoverlabel: {
      bgcolor: theme.surface,
      bordercolor: theme.border,
      ...layout.hoverlabel,
      font: { family: theme.font, color: theme.text, ...layout.hoverlabel?.font },
    },
    modebar: { bgcolor: clear, color: theme.border, activecolor: theme.text, ...layout.modebar },
    autosize: false,
    width: size.width,
    height: size.height,
  };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of new Set(["xaxis", "yaxis", ...axes])) {
    themed[name] = themedAxis(layout[name], theme);
  }
  return themed;
}

// Pixel of a value inside the graph, or null outside the axis. The axis object is Plotly's
// private state, so anything unexpected counts as outside.
function pixelOnAxis(axis, value) {
  const pixel = axis?.l2p?.(value);
  if (!Number.isFinite(pixel) || !Number.isFinite(axis._offset)) return null;
  return pixel >= 0 && pixel <= axis._length ? axis._offset + pixel : null;
}

// The path of a stream's episode, drawn as far as its frames have been shown. `episode` is null
// where the figure itself draws the path.
class Trail {
  constructor() {
    this.element = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.element.setAttribute("class", "pgl-trail");
    this.line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    this.element.append(this.line);
    this.points = [];
  }

  // Only the new point is drawn: a whole path at every frame would cost the browser its redraws.
  add(point, episode, xaxis, yaxis) {
    if (episode !== this.episode || point === null) {
      this.points = [];
      this.line.points.clear();
    }
    this.episode = episode;
    if (!point || episode === null) return;
    this.points.push(point);
    this.draw(point, xaxis, yaxis);
  }

  draw([x, y], xaxis, yaxis) {
    const [left, top] = [pixelOnAxis(xaxis, x), pixelOnAxis(yaxis, y)];
    if (left === null || top === null) return;
    const pixel = this.element.createSVGPoint();
    [pixel.x, pixel.y] = [left, top];
    this.line.points.appendItem(pixel);
  }

  redraw(xaxis, yaxis, size) {
    this.element.setAttribute("width", size.width);
    this.element.setAttribute("height", size.height);
    this.line.points.clear();
    for (const point of this.points) this.draw(point, xaxis, yaxis);
  }
}

// Plotly's typed array of two dimensions, or null where there is none.
function unpackCells(packed) {
  if (packed?.dtype !== "f4" || !packed.shape) return null;
  const [rows, columns] = packed.shape.split(",").map(Number);
  return { rows, columns, values: new Float32Array(decodeBase64(packed.bdata).buffer) };
}

// 256 colours along a Plotly colour scale, as RGBA bytes.
function coloursOf(scale) {
  const context = Object.assign(document.createElement("canvas"), { width: 256, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const gradient = context.createLinearGradient(0, 0, 256, 0);
  for (const [place, colour] of scale) gradient.addColorStop(place, colour);
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 1);
  return new Uint32Array(context.getImageData(0, 0, 256, 1).data.buffer);
}

// Fresh cells over a heatmap that Plotly has drawn, with the colours of its colour bar. Plotly
// needs many times as long, for the axes and the bar too, though only the cells have changed.
class Cells {
  constructor() {
    this.element = element("canvas", "pgl-cells");
    this.element.hidden = true;
    this.source = document.createElement("canvas");
    this.context = this.element.getContext("2d");
  }

  // Remembers a figure before Plotly draws it and writes into it.
  remember(figure) {
    const [trace] = figure.data;
    this.known = trace?.type === "heatmap" ? this.besides(figure) : null;
    if (!this.known) return;
    [this.low, this.high] = [trace.zmin, trace.zmax];
    if (this.scale !== JSON.stringify(trace.colorscale)) {
      this.scale = JSON.stringify(trace.colorscale);
      this.colours = coloursOf(trace.colorscale);
    }
  }

  // All of a figure besides its cells and the ends of its colour scale.
  besides({ data: [trace, ...others], layout }) {
    return JSON.stringify([{ ...trace, z: 0, zmin: 0, zmax: 0 }, others, layout]);
  }

  // Whether this figure differs from Plotly's in its cells alone. A patient one may keep the
  // colour bar of a moment ago too, and the cells are then coloured by that.
  canShow(figure, patient) {
    const [trace] = figure.data;
    const sameScale = trace?.zmin === this.low && trace?.zmax === this.high;
    return Boolean(this.known) && (sameScale || patient) && this.besides(figure) === this.known;
  }

  show(figure, xaxis, yaxis) {
    const cells = unpackCells(figure.data[0].z);
    if (!cells || !xaxis?._length || !yaxis?._length) return false;
    const picture = new ImageData(cells.columns, cells.rows);
    const pixels = new Uint32Array(picture.data.buffer);
    const perUnit = 255 / (this.high - this.low);
    cells.values.forEach((value, index) => {
      const row = cells.rows - 1 - Math.floor(index / cells.columns); // the first row is lowest
      const shade = Math.round(Math.min(Math.max((value - this.low) * perUnit, 0), 255));
      pixels[row * cells.columns + (index % cells.columns)] = this.colours[shade];
    });
    this.place(xaxis, yaxis);
    this.draw(picture);
    this.element.hidden = false;
    return true;
  }

  // The axes end in the middle of the outer cells, so half of these is cut off.
  draw(picture) {
    const { width, height } = picture;
    [this.source.width, this.source.height] = [width, height];
    this.source.getContext("2d").putImageData(picture, 0, 0);
    [this.element.width, this.element.height] = [2 * (width - 1), 2 * (height - 1)];
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(this.source, -1, -1, 2 * width, 2 * height);
  }

  place(xaxis, yaxis) {
    Object.assign(this.element.style, {
      left: `${xaxis._offset}px`,
      top: `${yaxis._offset}px`,
      width: `${xaxis._length}px`,
      height: `${yaxis._length}px`,
    });
  }
}

class FigureView {
  constructor(requestPaint) {
    this.requestPaint = requestPaint;
    this.json = "";
    this.themeIdentity = "";
    this.size = { width: 0, height: 0 };
    this.visible = false;
    this.stale = true;
    this.waitUntil = 0;
    this.redraws = 0;
    this.point = null;
    this.element = element("div", "pgl-figure");
    this.element.setAttribute("role", "img");
    this.graph = element("div", "pgl-graph");
    this.ring = element("div", "pgl-ring");
    this.ring.hidden = true;
    this.cells = new Cells();
    this.trail = new Trail();
    this.message = element("p", "pgl-message");
    this.message.hidden = true;
    this.element.append(this.graph, this.cells.element, this.trail.element, this.ring, this.message);
    this.observeScreen();
    this.observeSize();
    this.observePointer();
  }

  // Plotly's own figure is under the pointer, so that it can say what is there.
  observePointer() {
    for (const [event, inside] of [["pointerenter", true], ["pointerleave", false]]) {
      this.element.addEventListener(event, () => {
        this.pointed = inside;
        if (this.cells.element.hidden) return;
        this.stale = true;
        this.requestPaint();
      });
    }
  }

  observeScreen() {
    this.screenObserver = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      if (this.visible && this.stale) this.requestPaint();
    });
    this.screenObserver.observe(this.element);
  }

  observeSize() {
    this.sizeObserver = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this.element;
      if (width === this.size.width && height === this.size.height) return;
      this.size = { width, height };
      this.stale = this.anew = true;
      this.requestPaint();
    });
    this.sizeObserver.observe(this.element);
  }

  update(panel) {
    this.alt = panel.alt || panel.title;
    if (this.message.hidden) this.element.setAttribute("aria-label", this.alt);
    this.key = panel.key;
    this.playhead = panel.playhead;
    this.patient = panel.patient;
    if (!panel.playhead) this.movePlayhead(null, null);
    if (panel.figure === this.json) return;
    this.json = panel.figure;
    this.stale = true;
  }

  needsPaint(theme, running) {
    if (theme.identity !== this.themeIdentity) this.stale = this.anew = true;
    if (!running && !this.cells.element.hidden) this.stale = true;
    if (this.mustWait(running) && !this.cells.known) return false;
    return this.stale && this.visible && this.size.width > 0 && this.size.height > 0;
  }

  mustWait(running) {
    return this.patient && running && performance.now() < this.waitUntil;
  }

  // Cells alone, where that is all that is new or all there is time for.
  paintCells(figure, running) {
    const { xaxis, yaxis } = this.graph._fullLayout ?? {};
    if (!running || this.anew || this.pointed) return false;
    if (this.patient && !this.mustWait(running)) return false;
    if (!this.cells.canShow(figure, this.patient)) return false;
    const zoomed = [[xaxis, figure.layout.xaxis], [yaxis, figure.layout.yaxis]].some(
      ([axis, whole]) => axis?.range?.some((end, index) => end !== whole.range[index]),
    );
    return !zoomed && this.cells.show(figure, xaxis, yaxis);
  }

  async paint(plotly, theme, running) {
    this.stale = false;
    const figure = JSON.parse(this.json);
    if (this.paintCells(figure, running)) return this.countRedraw();
    if (this.mustWait(running) && !this.anew) {
      this.stale = true;
      return;
    }
    this.anew = false;
    this.waitUntil = performance.now() + PATIENCE_MILLISECONDS;
    this.themeIdentity = theme.identity;
    const { data, layout } = figure;
    const themed = themedLayout(layout, theme, this.size, this.key);
    const config = {
      ...GRAPH_CONFIG,
      toImageButtonOptions: { format: "png", filename: this.key, scale: 2 },
    };
    const first = this.redraws === 0;
    this.cells.remember(figure);
    await plotly.react(this.graph, data, themed, config);
    if (this.gone) return plotly.purge(this.graph);
    if (first) this.followAxes();
    this.cells.element.hidden = true;
    this.message.hidden = true;
    this.placeOverlay();
    this.countRedraw();
  }

  countRedraw() {
    this.redraws += 1;
    this.element.parentElement.dataset.redraws = this.redraws;
  }

  followAxes() {
    this.graph.on?.("plotly_relayouting", () => this.placeOverlay());
    this.graph.on?.("plotly_relayout", () => this.placeOverlay());
  }

  fail(error) {
    this.message.textContent = error.message;
    this.message.hidden = false;
    this.element.setAttribute("aria-label", error.message); // the role hides the children
  }

  movePlayhead(point, episode) {
    this.point = point;
    const layout = this.graph._fullLayout;
    this.trail.add(point, episode, layout?.xaxis, layout?.yaxis);
    this.placeRing();
  }

  placeOverlay() {
    const layout = this.graph._fullLayout;
    this.trail.redraw(layout?.xaxis, layout?.yaxis, this.size);
    this.placeRing();
  }

  placeRing() {
    const layout = this.graph._fullLayout;
    const x = this.point && pixelOnAxis(layout?.xaxis, this.point[0]);
    const y = this.point && pixelOnAxis(layout?.yaxis, this.point[1]);
    this.ring.hidden = x === null || y === null;
    if (!this.ring.hidden) this.ring.style.transform = `translate(${x}px, ${y}px)`;
  }

  destroy() {
    this.gone = true;
    this.screenObserver.disconnect();
    this.sizeObserver.disconnect();
    window.Plotly?.purge(this.graph);
    this.element.remove();
  }
}
