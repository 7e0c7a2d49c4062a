// The game of the chapter *Play it yourself*. The visitor or the agent plays CartPole in the
// browser. When an episode ends, the server gets the episode.

import { element, setText } from "../dom.js";
import { Clock } from "./clock.js";
import { Game } from "./game.js";
import { HEIGHT, WIDTH, drawCartPole } from "./picture.js";
import { Policy } from "./policy.js";
import { sampleAction } from "./random.js";
import { StartMap } from "./start_map.js";
import { resultOf, returnOf, stateOf } from "./words.js";
import { WorldControls } from "./world_controls.js";

const PLAYERS = ["you", "agent"];
const ARROWS = { ArrowLeft: 0, ArrowRight: 1 };
const games = new WeakMap(); // for each parent element, its game

function button(className, onClick) {
  const created = element("button", className);
  created.type = "button";
  created.addEventListener("click", onClick);
  return created;
}

class Play {
  constructor(parentElement, { setup }) {
    this.calls = 0;
    this.start = null; // the chosen start of the next episodes; null means a random start
    this.player = "you";
    this.phase = "ready"; // or "playing", "paused", "over"
    this.held = []; // the actions of the keys and buttons that are held down; the last one counts
    this.framesDrawn = 0;
    this.game = new Game(setup);
    this.clock = new Clock(setup.physics.tau, () => this.tick(), () => this.draw());
    this.stillMotion = matchMedia("(prefers-reduced-motion: reduce)");
    this.root = element("div", "play");
    this.build();
    parentElement.append(this.root);
    this.listen();
  }

  build() {
    this.players = PLAYERS.map((player) => button("player", () => this.choosePlayer(player)));
    this.canvas = Object.assign(element("canvas", "screen"), { width: WIDTH, height: HEIGHT });
    this.canvas.tabIndex = 0;
    this.canvas.dataset.ownKeys = ""; // the page's shortcuts do not act on these keys
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-describedby", "spoken");
    this.context = this.canvas.getContext("2d");
    this.numbers = element("p", "numbers");
    this.spoken = element("p", "spoken"); // for screen readers; changes only now and then
    this.spoken.id = "spoken";
    this.spoken.setAttribute("role", "status");
    this.main = button("main", () => this.pressMain());
    this.single = button("single", () => this.stepByHand(null));
    this.arrows = [0, 1].map((action) => button("arrow", (event) => this.clickArrow(event, action)));
    this.random = button("random", () => this.chooseStart(null));
    this.startMap = new StartMap((state) => this.chooseStart(state));
    this.world = new WorldControls(
      (values) => this.changeWorld(values),
      (cart, pole) => this.game.push(cart, pole),
    );
    const switches = element("div", "players");
    switches.setAttribute("role", "group");
    switches.append(...this.players);
    const controls = element("div", "controls");
    controls.append(this.arrows[0], this.main, this.single, this.arrows[1]);
    const left = element("div", "game");
    const frame = element("div", "frame");
    frame.append(this.canvas);
    left.append(switches, frame, this.numbers, controls, this.spoken);
    const right = element("div", "side");
    right.append(this.startMap.element, this.random, this.world.element);
    this.root.append(left, right);
  }

  listen() {
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.canvas.addEventListener("keyup", (event) => this.release(ARROWS[event.key]));
    this.arrows.forEach((arrow, action) => {
      arrow.addEventListener("pointerdown", (event) => {
        event.preventDefault(); // the focus stays on the game
        arrow.setPointerCapture(event.pointerId);
        this.hold(action);
      });
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
        arrow.addEventListener(end, () => this.release(action));
      }
      for (const other of ["mousedown", "contextmenu"]) {
        arrow.addEventListener(other, (event) => event.preventDefault());
      }
    });
    this.root.addEventListener("focusout", (event) => {
      this.held = [];
      if (!this.root.contains(event.relatedTarget) && this.player === "you") this.pause();
    });
    this.onHidden = () => document.hidden && this.pause();
    document.addEventListener("visibilitychange", this.onHidden);
    this.onMotion = () => this.show();
    this.stillMotion.addEventListener("change", this.onMotion);
  }

  update(data, setTriggerValue) {
    this.data = data;
    this.send = (episode) => setTriggerValue("episode", episode);
    const { texts } = data;
    this.newPolicy = new Policy(data.policy);
    this.root.dataset.scheme = getComputedStyle(this.root).colorScheme;
    this.root.querySelector(".players").setAttribute("aria-label", texts.players);
    this.players.forEach((choice, i) => setText(choice, texts[PLAYERS[i]]));
    this.arrows.forEach((arrow, i) => {
      setText(arrow, ["◀", "▶"][i]);
      arrow.setAttribute("aria-label", data.actions[i]);
    });
    setText(this.random, texts.randomStart);
    setText(this.single, texts.step);
    this.startMap.update(data.map, texts);
    this.world.update(data.world, texts);
    if (this.game.episode === 0) this.begin();
    if (this.phase === "ready") this.policy = this.newPolicy;
    this.show();
  }

  // --- Episodes

  // Prepares the next episode. The policy stays the same during an episode.
  begin() {
    this.clock.stop();
    this.policy = this.newPolicy;
    this.game.begin(this.start);
    this.phase = "ready";
    this.show();
  }

  choosePlayer(player) {
    this.player = player;
    this.begin();
  }

  chooseStart(state) {
    this.start = state;
    this.begin();
    this.say();
  }

  changeWorld(values) {
    this.game.change({ ...this.game.setup.usual, ...values });
    this.draw();
  }

  pressMain() {
    if (this.phase === "playing" && !this.stillMotion.matches) return this.pause();
    const isNew = this.phase === "over" || this.stillMotion.matches;
    if (isNew) this.begin();
    this.canvas.focus({ preventScroll: true });
    if (!isNew || this.player === "agent") this.play();
  }

  play() {
    if (this.stillMotion.matches || this.phase === "over") return;
    this.phase = "playing";
    this.show();
    this.clock.start();
  }

  pause() {
    this.held = [];
    if (this.phase !== "playing") return;
    this.clock.stop();
    this.phase = "paused";
    this.show();
    this.say();
  }

  tick() {
    const { game } = this;
    const action =
      this.player === "agent"
        ? sampleAction(this.policy.probabilities(game.observation), game.drawAction())
        : game.actionOfKeys(this.held.at(-1) ?? null);
    this.take(action);
    return !game.over;
  }

  take(action) {
    this.game.step(action);
    if (this.game.over) this.end();
  }

  // With reduced motion, each press of a button or key takes one step.
  stepByHand(action) {
    if (this.game.over) return;
    this.phase = "playing";
    if (action === null || this.player === "agent") this.tick();
    else this.take(action);
    this.show();
    this.say();
  }

  end() {
    this.phase = "over";
    this.held = [];
    this.show();
    this.say();
    this.send(this.game.record(this.player));
  }

  // --- Keys and buttons

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    event.stopPropagation();
    if (event.key === "Escape") return this.leave();
    const action = ARROWS[event.key];
    if (action !== undefined) {
      event.preventDefault();
      if (this.stillMotion.matches || !event.repeat) this.hold(action);
    } else if (["Enter", " "].includes(event.key)) {
      event.preventDefault();
      if (!event.repeat) this.pressMain();
    }
  }

  // Pauses the game and gives the keys back to the page.
  leave() {
    this.pause();
    this.main.focus();
  }

  hold(action) {
    if (this.stillMotion.matches) return this.stepByHand(action);
    this.held = [...this.held.filter((other) => other !== action), action];
    if (this.player === "you" && this.phase !== "over") this.play();
    this.showHeld();
  }

  release(action) {
    this.held = this.held.filter((other) => other !== action);
    this.showHeld();
  }

  // A click without a pointer comes from the Enter key or a screen reader. It leads to the game, where
  // the arrow keys push.
  clickArrow(event, action) {
    if (event.detail) return;
    this.hold(action);
    if (!this.stillMotion.matches) this.canvas.focus({ preventScroll: true });
  }

  // --- What is shown

  show() {
    const { texts } = this.data;
    const still = this.stillMotion.matches;
    const label = still || this.phase === "over" ? "again" : this.phase;
    setText(this.main, texts.main[label]);
    this.players.forEach((choice, i) =>
      choice.setAttribute("aria-pressed", PLAYERS[i] === this.player),
    );
    this.single.hidden = !still;
    this.single.disabled = this.game.over;
    for (const arrow of this.arrows) arrow.disabled = this.player === "agent" || this.game.over;
    this.random.disabled = this.start === null;
    this.root.dataset.phase = this.phase;
    this.canvas.setAttribute("aria-label", texts.game[this.player]);
    this.startMap.mark(this.start);
    this.draw();
  }

  showHeld() {
    const pushing = this.held.at(-1);
    this.arrows.forEach((arrow, action) => arrow.classList.toggle("held", action === pushing));
  }

  draw() {
    const { game, context, root } = this;
    drawCartPole(context, game.observation, game.world.length, game.setup.physics.xThreshold);
    this.framesDrawn += 1;
    root.dataset.framesDrawn = this.framesDrawn;
    root.dataset.step = game.rows.length;
    setText(this.numbers, this.numbersInWords());
  }

  numbersInWords() {
    const { game, phase, data } = this;
    if (phase === "over") return resultOf(game, data.texts);
    if (phase !== "ready") return returnOf(game, data.texts);
    return data.texts.ready[this.stillMotion.matches ? "still" : this.player];
  }

  // Tells a screen reader the result or the state.
  say() {
    const { game, phase, data } = this;
    setText(this.spoken, (phase === "over" ? resultOf : stateOf)(game, data.texts));
  }

  destroy() {
    this.clock.stop();
    document.removeEventListener("visibilitychange", this.onHidden);
    this.stillMotion.removeEventListener("change", this.onMotion);
    this.root.remove();
  }
}

export function mountPlay({ parentElement, data, setTriggerValue }) {
  if (!games.has(parentElement)) games.set(parentElement, new Play(parentElement, data));
  const play = games.get(parentElement);
  const call = ++play.calls;
  play.update(data, setTriggerValue);
  return () => {
    if (call !== play.calls) return; // only the newest call may remove the game
    games.delete(parentElement);
    play.destroy();
  };
}
