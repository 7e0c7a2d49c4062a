// Calls a function at the pace of the environment's own clock, and draws at most once per frame of
// the screen.

const MOST_STEPS_AT_ONCE = 5; // after a longer delay, the clock does not catch up

export class Clock {
  // `tick` takes one step and returns whether the game goes on; `draw` draws the last step.
  constructor(seconds, tick, draw) {
    this.interval = 1000 * seconds;
    this.tick = tick;
    this.draw = draw;
  }

  get running() {
    return this.request !== undefined;
  }

  start() {
    if (this.running) return;
    this.due = performance.now(); // the first step is due at once
    this.plan();
  }

  stop() {
    cancelAnimationFrame(this.request);
    this.request = undefined;
  }

  plan() {
    this.request = requestAnimationFrame(() => this.frame(performance.now()));
  }

  frame(now) {
    this.plan();
    this.due = Math.max(this.due, now - MOST_STEPS_AT_ONCE * this.interval);
    if (now < this.due) return;
    while (this.running && now >= this.due) {
      this.due += this.interval;
      if (!this.tick()) this.stop();
    }
    this.draw();
  }
}
