// One game of CartPole: it takes steps, and records everything that the server needs to check them.

import { isTerminated, step } from "./cartpole.js";
import { episodeStreams } from "./random.js";

export class Game {
  // `setup` has the physics, the usual world, the seed, the time limit, the range of random starts,
  // and the value of each coordinate that noise of 100 % would reach.
  constructor(setup) {
    this.setup = setup;
    this.world = { ...setup.usual };
    this.episode = 0;
  }

  // Begins an episode in the state `start`, or in a random state if `start` is null.
  begin(start) {
    this.episode += 1;
    const { seed, randomStart } = this.setup;
    const [starts, actions, noise] = episodeStreams(seed, this.episode, 3);
    this.drawAction = actions;
    this.drawNoise = noise;
    this.isRandom = start === null;
    this.state = start ?? [0, 0, 0, 0].map(() => randomStart * (2 * starts() - 1));
    this.pushes = [0, 0];
    this.rows = [];
    this.states = [this.state];
    this.seen = [this.observe()];
    this.terminated = false;
    this.lastAction = starts() < 0.5 ? 0 : 1;
  }

  // Changes values of the world. Before the first step, the player sees the state anew.
  change(values) {
    Object.assign(this.world, values);
    if (!this.rows.length) this.seen = [this.observe()];
  }

  // Changes the velocity of the cart (m/s) and of the pole (rad/s) in the next step.
  push(cart, pole) {
    this.pushes = [this.pushes[0] + cart, this.pushes[1] + pole];
  }

  observe() {
    const { noise } = this.world;
    const { noiseScale } = this.setup;
    return this.state.map((value, i) =>
      Math.fround(value + noise * noiseScale[i] * (2 * this.drawNoise() - 1)),
    );
  }

  get observation() {
    return this.seen.at(-1);
  }

  get over() {
    return this.terminated || this.rows.length >= this.setup.mostSteps;
  }

  // CartPole has no action without a push. Without a key, the pushes alternate.
  actionOfKeys(held) {
    return held ?? 1 - this.lastAction;
  }

  step(action) {
    const { length, gravity, noise } = this.world;
    const [x, velocity, angle, turning] = this.state;
    const [cart, pole] = this.pushes;
    this.rows.push([action, length, gravity, noise, cart, pole]);
    const pushed = [x, velocity + cart, angle, turning + pole];
    this.state = step(pushed, action, this.world, this.setup.physics);
    this.states.push(this.state);
    this.seen.push(this.observe());
    this.pushes = [0, 0];
    this.lastAction = action;
    this.terminated = isTerminated(this.state, this.setup.physics);
  }

  // What the server gets at the end of an episode.
  record(player) {
    const { isRandom, rows, states, seen } = this;
    return { player, randomStart: isRandom, rows, states, seen };
  }
}
