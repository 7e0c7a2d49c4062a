// The connection of a phone to its room: a WebSocket that reconnects automatically.

const FIRST_RETRY_MILLISECONDS = 400;
const LONGEST_RETRY_MILLISECONDS = 8000;
const HEARTBEAT_MILLISECONDS = 10_000;
const SILENCE_MILLISECONDS = 5000; // after this time without an answer, the connection is dead
// Codes with which the server closes the connection: see phone.py.
const FINAL = new Map([
  [4403, "refused"],
  [4404, "unknown"],
  [4409, "replaced"],
]);
const BUSY = 4429; // too many messages

export class Connection {
  // `onMessage` gets each message. `onChange` is called with "open" or "lost", or with "refused",
  // "unknown" or "replaced" if the connection does not open again by itself.
  constructor(address, onMessage, onChange) {
    this.address = new URL(address, document.baseURI);
    this.address.protocol = this.address.protocol.replace("http", "ws");
    this.onMessage = onMessage;
    this.onChange = onChange;
    this.failures = 0;
    this.heartbeat = setInterval(() => this.check(), HEARTBEAT_MILLISECONDS);
    // A phone that wakes up, or has a network again, must not wait for a timer.
    document.addEventListener("visibilitychange", () => document.hidden || this.check());
    window.addEventListener("online", () => this.reopen());
    window.addEventListener("pageshow", () => this.check());
    this.open();
  }

  open() {
    clearTimeout(this.retryTimer);
    this.isFinal = false;
    const socket = new WebSocket(this.address);
    socket.onopen = () => this.onChange("open");
    socket.onmessage = ({ data }) => {
      this.failures = 0;
      clearTimeout(this.silence);
      this.silence = null;
      this.onMessage(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.end(code);
    this.socket = socket;
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  // Sends a message, and reports whether there is a connection for it.
  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
    return this.isOpen;
  }

  // Finds out whether the server still answers. Browsers do not notice every lost connection.
  check() {
    if (this.isFinal) return;
    if (!this.isOpen) {
      if (this.socket.readyState !== WebSocket.CONNECTING) this.open();
      return;
    }
    this.send({ ping: true });
    this.silence ??= setTimeout(() => this.reopen(), SILENCE_MILLISECONDS);
  }

  // Gives up the present connection, and opens another one.
  reopen() {
    if (this.isFinal) return;
    this.forget();
    this.onChange("lost");
    this.open();
  }

  end(code) {
    this.forget();
    if (FINAL.has(code)) {
      this.isFinal = true;
      this.onChange(FINAL.get(code));
      return;
    }
    this.onChange("lost");
    const wanted = FIRST_RETRY_MILLISECONDS * 2 ** this.failures;
    const delay = code === BUSY ? LONGEST_RETRY_MILLISECONDS : wanted;
    this.failures += 1;
    // All phones of a class lose a restarted server at once, but must not come back at once.
    const spread = 0.5 + Math.random();
    const milliseconds = Math.min(delay, LONGEST_RETRY_MILLISECONDS) * spread;
    this.retryTimer = setTimeout(() => this.open(), milliseconds);
  }

  forget() {
    clearTimeout(this.silence);
    this.silence = null;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}
