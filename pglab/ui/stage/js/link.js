// The browser's end of the live channel: a WebSocket that brings the pictures of a run. If the
// connection is lost, the WebSocket is opened again automatically.

import { MessageReader } from "./message.js";

const FIRST_RETRY_MILLISECONDS = 300;
const LONGEST_RETRY_MILLISECONDS = 8000;
const FAILURES_UNTIL_REFUSED = 3; // failed attempts before the first successful connection
// Codes with which the server closes a channel: see socket.py.
export const UNKNOWN = 4404; // the server does not know the channel
export const TOO_MANY = 4429; // too many browsers have this channel open
const FIRST_OF_SERVER = 4000; // smaller codes mean that the connection was lost

export class Link {
  // The channels' addresses are relative to `base`. `onMessage` gets each message. `onRefused` is
  // called if the server works, but the channel cannot be opened. `onReturn` is called if the
  // server can be reached again, but may have forgotten the visit. `onClosed` gets the code of each
  // connection that ends.
  constructor(base, { onMessage, onRefused, onReturn, onClosed }) {
    this.base = base;
    this.onMessage = onMessage;
    this.onRefused = onRefused;
    this.onReturn = onReturn;
    this.onClosed = onClosed;
    this.name = "";
    this.failures = 0;
    this.opened = false; // whether the channel has ever been open
    this.refused = false; // whether `onRefused` has been called
    this.lost = false; // whether the connection was lost and has not come back yet
  }

  // Opens the channel with this name, unless this channel is already in use.
  use(name) {
    if (name === this.name) return;
    this.close();
    this.name = name;
    this.failures = 0;
    this.isReady = this.lost = false;
    if (name) this.open();
  }

  open() {
    const address = new URL(`live/${this.name}`, this.base);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    const reader = new MessageReader(); // on a new connection, the server sends all parts again
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.opened = true;
      this.failures = 0;
      if (this.isReady) socket.send("ready");
      if (this.lost) this.onReturn();
      this.lost = false;
    };
    socket.onmessage = ({ data }) => {
      this.isReady = false;
      this.onMessage(reader.read(new Uint8Array(data)));
    };
    socket.onclose = ({ code }) => this.retry(code);
    this.socket = socket;
  }

  // Asks for the next picture.
  ready() {
    if (this.isReady) return;
    this.isReady = true;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send("ready");
  }

  retry(code) {
    this.onClosed(code);
    if (code === UNKNOWN) return this.onReturn(); // the page's script must name another channel
    if (this.opened && code < FIRST_OF_SERVER) this.lost = true;
    this.failures += 1;
    if (!this.opened && this.failures >= FAILURES_UNTIL_REFUSED) this.reportRefusal();
    const wanted = FIRST_RETRY_MILLISECONDS * 2 ** (this.failures - 1);
    const delay = code === TOO_MANY ? LONGEST_RETRY_MILLISECONDS : wanted;
    this.timer = setTimeout(() => this.open(), Math.min(delay, LONGEST_RETRY_MILLISECONDS));
  }

  async reportRefusal() {
    const health = new URL("_stcore/health", this.base);
    const answer = await fetch(health).catch(() => null);
    if (!answer?.ok || this.refused) return;
    this.refused = true;
    this.onRefused();
  }

  close() {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
    this.name = "";
  }
}
