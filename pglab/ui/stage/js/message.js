// Unpacks the messages that message.py packs. A message may leave out parts that the browser
// already has.

const decoder = new TextDecoder();

function readHead(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return [JSON.parse(decoder.decode(bytes.subarray(4, start))), start];
}

export class MessageReader {
  constructor() {
    this.parts = new Map(); // the parts of the latest picture, by their names
  }

  // Returns the head of a message. If the message contains a picture, the result also has the
  // picture's numbers, progress, table and panels.
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
    return { ...panel, figure, slices }; // as a text, the figure is cheap to compare
  }

  // Returns a player panel. All its frames share one background, and each frame has a small picture
  // of the part that differs from the background.
  player(panel) {
    const background = this.parts.get(`${panel.key}/background`);
    const frames = this.json(`${panel.key}/frames`).map(({ picture, left, top, ...frame }) => {
      const file = this.parts.get(`${panel.key}/picture ${picture}`);
      return { ...frame, image: { file, left, top, background } };
    });
    return { ...panel, frames };
  }
}

// Stores in each frame the slices and the subtitle from the same message. When the frame is shown,
// the panels may already have newer slices and a newer subtitle.
function joinFrames(panels) {
  for (const player of panels.filter(({ kind }) => kind === "player")) {
    const figures = panels.filter(({ playhead, slices }) => playhead === player.key && slices);
    const slices = Object.fromEntries(figures.map((figure) => [figure.key, figure.slices]));
    for (const frame of player.frames) Object.assign(frame, { slices, subtitle: player.subtitle });
  }
}
