// Sheets are canvases on which a worker draws. The worker decodes and draws everything that changes
// with each frame of the player. If the page itself drew these changes, the browser would combine
// the many layers of all graphs again after each change.

import { element } from "./dom.js";

// Performs calls on a canvas context, in order. A call uses a method of the context, sets a
// property of the context, or is one of three further commands.
function performCalls(context, calls) {
  for (const [name, ...values] of calls) {
    if (name === "resize") [context.canvas.width, context.canvas.height] = values;
    else if (name === "cells") drawCells(context, ...values);
    else if (name === "strokePath") context.stroke(new Path2D(values[0]));
    else if (typeof context[name] === "function") context[name](...values);
    else [context[name]] = values;
  }
}

const CELL_PARTS = 4; // a cell is drawn with this many pixels per side

// For each pixel along one side of a grid, returns the grid point before the pixel, and the pixel's
// place between this point (0) and the next point (1). All grid points are evenly spaced, except
// the point `moved`.
function placesAlong(points, moved) {
  const at = (point) => (moved?.[0] === point ? moved[1] : point);
  return Array.from({ length: CELL_PARTS * (points - 1) + 1 }, (_, pixel) => {
    const place = pixel / CELL_PARTS;
    let point = Math.min(Math.floor(place), points - 2);
    if (place < at(point)) point -= 1;
    else if (place > at(point + 1)) point += 1;
    return [point, (place - at(point)) / (at(point + 1) - at(point))];
  });
}

// Draws the levels of a grid as colours; between grid points, the levels are interpolated. The
// first row is the lowest row. `span` holds the pixel positions of the grid's outer points.
function drawCells(context, { levels, rows, columns, nodes }, palette, span) {
  const [acrosses, ups] = [placesAlong(columns, nodes[0]), placesAlong(rows, nodes[1])];
  const [width, height] = [acrosses.length, ups.length];
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  for (const [y, [row, up]] of ups.entries()) {
    for (const [x, [column, right]] of acrosses.entries()) {
      const place = row * columns + column;
      const below = levels[place] * (1 - right) + levels[place + 1] * right;
      const above = levels[place + columns] * (1 - right) + levels[place + columns + 1] * right;
      pixels[(height - 1 - y) * width + x] = palette[Math.round(below * (1 - up) + above * up)];
    }
  }
  const source = globalThis.OffscreenCanvas
    ? new OffscreenCanvas(width, height)
    : Object.assign(document.createElement("canvas"), { width, height });
  source.getContext("2d").putImageData(picture, 0, 0);
  const [stepX, stepY] = [
    (span.right - span.left) / (width - 1),
    (span.bottom - span.top) / (height - 1),
  ];
  context.drawImage(
    source,
    span.left - stepX / 2,
    span.top - stepY / 2,
    stepX * width,
    stepY * height,
  );
}

async function decode(file) {
  const type = "image/webp";
  if (!globalThis.ImageDecoder) return createImageBitmap(new Blob([file], { type }));
  const decoder = new ImageDecoder({ type, data: file }); // a decoder is much faster than a blob
  const { image } = await decoder.decode();
  decoder.close();
  return image;
}

class Drawer {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
    this.orders = 0;
    this.drawn = 0; // the number of the newest finished order
  }

  perform(calls) {
    this.drawn = this.orders += 1;
    performCalls(this.context, calls);
  }

  setBackground(file) {
    this.background = decode(file).catch(() => null);
  }

  // Draws the background and a part of a picture, unless a newer order has finished meanwhile.
  async show({ file, left, top }) {
    const order = (this.orders += 1);
    const [background, part] = await Promise.all([this.background, decode(file).catch(() => null)]);
    if (background && part && order > this.drawn) {
      this.drawn = order;
      this.fill(background);
      this.context.drawImage(part, left, top);
    }
    part?.close();
  }

  fill(image) {
    const [width, height] = [image.displayWidth ?? image.width, image.displayHeight ?? image.height];
    const { canvas } = this.context;
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
    }
    this.context.drawImage(image, 0, 0);
  }
}

function serveSheets() {
  const drawers = new Map();
  const serve = ({ id, canvas, calls, background, image }) => {
    if (canvas) drawers.set(id, new Drawer(canvas));
    else if (calls) drawers.get(id).perform(calls);
    else if (background) drawers.get(id).setBackground(background);
    else if (image) drawers.get(id).show(image);
    else drawers.delete(id);
  };
  onmessage = ({ data }) => data.forEach(serve);
}

// The worker that draws all sheets, and the drawing orders that the next message to it contains.
const sheets = { worker: null, open: 0, made: 0, orders: [] };

function orderSheet(order) {
  if (sheets.orders.length === 0) queueMicrotask(sendSheetOrders);
  sheets.orders.push(order);
}

function sendSheetOrders() {
  const { worker, orders } = sheets;
  sheets.orders = [];
  worker.postMessage(
    orders,
    orders.flatMap(({ canvas }) => canvas ?? []),
  );
  if (sheets.open > 0) return;
  worker.terminate();
  sheets.worker = null;
}

export class Sheet {
  constructor(className) {
    this.element = element("canvas", className);
    if (!this.element.transferControlToOffscreen) {
      this.drawer = new Drawer(this.element); // for older browsers
      return;
    }
    const constants = `const CELL_PARTS = ${CELL_PARTS};`;
    const source = [constants, performCalls, placesAlong, drawCells, decode, Drawer, serveSheets].join("\n") + "\nserveSheets();";
    sheets.worker ??= new Worker(URL.createObjectURL(new Blob([source])));
    sheets.open += 1;
    this.id = sheets.made += 1;
    orderSheet({ id: this.id, canvas: this.element.transferControlToOffscreen() });
  }

  draw(calls) {
    if (this.drawer) this.drawer.perform(calls);
    else orderSheet({ id: this.id, calls });
  }

  // Shows a picture: a background, and a smaller image at a place on this background.
  show({ background, ...image }) {
    if (background !== this.background) this.setBackground(background);
    this.background = background;
    if (this.drawer) this.drawer.show(image);
    else orderSheet({ id: this.id, image });
  }

  setBackground(background) {
    if (this.drawer) this.drawer.setBackground(background);
    else orderSheet({ id: this.id, background });
  }

  destroy() {
    if (this.drawer) return;
    sheets.open -= 1;
    orderSheet({ id: this.id });
  }
}
