// Canvases that a worker draws on. What changes at every frame of the player is drawn there: on
// the page itself each change would make the browser arrange the many layers of all graphs anew.

// One call of the context after another: its methods, its properties, and two of our own.
function performCalls(context, calls) {
  for (const [name, ...values] of calls) {
    if (name === "resize") [context.canvas.width, context.canvas.height] = values;
    else if (name === "strokePath") context.stroke(new Path2D(values[0]));
    else if (typeof context[name] === "function") context[name](...values);
    else [context[name]] = values;
  }
}

function serveSheets() {
  const contexts = new Map();
  const serve = ({ id, canvas, calls, bitmaps = [] }) => {
    if (canvas) contexts.set(id, canvas.getContext("2d"));
    else if (calls) performCalls(contexts.get(id), calls);
    else contexts.delete(id);
    for (const bitmap of bitmaps) bitmap.close();
  };
  onmessage = ({ data }) => data.forEach(serve);
}

// The worker, and what it will be told of the present moment in one message.
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
    orders.flatMap(({ canvas, bitmaps = [] }) => (canvas ? [canvas] : bitmaps)),
  );
  if (sheets.open > 0) return;
  worker.terminate();
  sheets.worker = null;
}

class Sheet {
  constructor(className) {
    this.element = element("canvas", className);
    if (!this.element.transferControlToOffscreen) {
      this.context = this.element.getContext("2d"); // older browsers
      return;
    }
    const source = [performCalls, serveSheets].join("\n") + "\nserveSheets();";
    sheets.worker ??= new Worker(URL.createObjectURL(new Blob([source])));
    sheets.open += 1;
    this.id = sheets.made += 1;
    orderSheet({ id: this.id, canvas: this.element.transferControlToOffscreen() });
  }

  // `bitmaps` among the values are given away.
  draw(calls, bitmaps = []) {
    if (!this.context) return orderSheet({ id: this.id, calls, bitmaps });
    performCalls(this.context, calls);
    for (const bitmap of bitmaps) bitmap.close();
  }

  destroy() {
    if (this.context) return;
    sheets.open -= 1;
    orderSheet({ id: this.id });
  }
}
