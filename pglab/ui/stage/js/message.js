// Unpacks the messages of message.py. A message may leave out parts that the browser already has.

const decoder = new TextDecoder();

function readHead(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return [JSON.parse(decoder.decode(bytes.subarray(4, start))), start];
}

export class MessageReader {
  constructor() {
    this.parts = new Map(); // the parts of the latest picture, by their names
  }

  // Returns the head of a message and, if there is a picture, its numbers, progress, table and
  // panels.
  read(bytes) {
    const [{ sent, kept, ...head }, start] = readHead(bytes);
    if (!sent) return head;
    const parts = new Map(kept.map((name) => [name, this.parts.get(name)]));
    let place = start;
    for (const [name, length] of sent) {
      parts.set(name, bytes.slice(place, place + length));
      place += length;
    }
    this.parts = parts;
    const panels = this.json("panels").map((key) => this.panel(key));
    joinFrames(panels);
    const [numbers, progress, table] = ["numbers", "progress", "table"].map((n) => this.json(n));
    return { ...head, numbers, progress, table, panels };
  }

  text(name) {
    return decoder.decode(this.parts.get(name));
  }

  json(name) {
    return JSON.parse(this.text(name));
  }

  panel(key) {
    const panel = this.json(key);
    return panel.kind === "figure" ? this.figure(panel) : this.player(panel);
  }

  figure(panel) {
    const { key, traces } = panel;
    const data = Array.from({ length: traces }, (_, n) => this.text(`${key}/trace ${n}`)).join(",");
    const figure = `{"data":[${data}],"layout":${this.text(`${key}/layout`)}}`;
    const slices = panel.slices
      ? { ...this.json(`${key}/slices`), levels: this.parts.get(`${key}/levels`) }
      : null;
    return { ...panel, figure, slices }; // the figure is text, which is cheap to compare
  }

  // The picture of a frame is a part that differs from the common background.
  player(panel) {
    const background = this.parts.get(`${panel.key}/background`);
    const frames = this.json(`${panel.key}/frames`).map(({ picture, left, top, ...frame }) => {
      const file = this.parts.get(`${panel.key}/picture ${picture}`);
      return { ...frame, image: { file, left, top, background } };
    });
    return { ...panel, frames };
  }
}

// Gives each frame the slices and subtitle that were sent with it. When the frame is shown, its
// panels may already have newer ones.
function joinFrames(panels) {
  for (const player of panels.filter(({ kind }) => kind === "player")) {
    const figures = panels.filter(({ playhead, slices }) => playhead === player.key && slices);
    const slices = Object.fromEntries(figures.map((figure) => [figure.key, figure.slices]));
    for (const frame of player.frames) Object.assign(frame, { slices, subtitle: player.subtitle });
  }
}
