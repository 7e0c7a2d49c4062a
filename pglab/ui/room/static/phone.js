// The page of a phone in a room: it shows what the server sends, and sends the member's answers.

import { element, setText } from "../../stage/js/dom.js";
import { Connection } from "./connection.js";
import { Pending } from "./pending.js";
import { Question } from "./question.js";
import { RunPlace } from "./run_place.js";

const SOON_MILLISECONDS = 2000; // until the next attempt if the library could not store an answer
const find = (name) => document.getElementById(name);

class Page {
  constructor(setup) {
    this.setup = setup;
    this.words = setup.words;
    this.answers = null; // by steps; null until the server has sent them
    this.network = "connecting";
    this.sentence = ""; // the server's last sentence about the room or an answer
    this.pending = new Pending(setup.code);
    this.question = new Question(find("question"), setup, (answer) => this.give(answer));
    this.run = new RunPlace(find("run"), setup.run, this.words);
  }

  start() {
    this.prepare();
    this.connection = new Connection(
      this.setup.live,
      (message) => this.take(message),
      (network) => this.changeNetwork(network),
    );
    this.draw();
  }

  prepare() {
    const { back, next, here, task, page, train, lessonAnswer } = this.words;
    const texts = { back, next, here, page, train };
    for (const [name, text] of Object.entries(texts)) find(name).textContent = text;
    find("task").firstChild.textContent = task;
    find("answer").firstChild.textContent = lessonAnswer;
    find("back").addEventListener("click", () => this.go(-1));
    find("next").addEventListener("click", () => this.go(1));
    find("here").addEventListener("click", () => this.connection.open());
  }

  // --- What comes from the server

  changeNetwork(network) {
    this.network = network;
    if (network === "open") this.answers = null;
    if (network === "unknown") location.reload(); // the server then shows the form for a code
    this.draw();
  }

  take(message) {
    if (message.view) this.takeView(message.view);
    else if (message.me) this.takeMember(message.me);
    else if (message.received) this.takeAnswer(message.received);
    else if (message.refused) this.takeRefusal(message.refused);
    else if (message.later) setTimeout(() => this.sendPending(), SOON_MILLISECONDS);
    else if ("notice" in message) this.sentence = message.notice;
    this.draw();
  }

  takeView(view) {
    if (this.view && (view.number !== this.view.number || view.state !== this.view.state)) {
      this.sentence = "";
    }
    this.view = view;
  }

  takeMember({ number, nickname, answers }) {
    this.answers = answers;
    find("member").textContent = nickname || this.words.member.replace("{n}", number);
    const step = this.pending.value?.step;
    if (step in answers) this.pending.clear(step);
    this.sendPending();
  }

  takeAnswer({ step, answer }) {
    this.answers ??= {};
    this.answers[step] = answer;
    this.pending.clear(step);
  }

  takeRefusal({ step, sentence }) {
    this.pending.clear(step);
    this.sentence = sentence;
  }

  // --- What the member does

  give(answer) {
    this.sentence = "";
    this.pending.set({ step: this.view.number, answer });
    this.sendPending();
    this.draw();
  }

  sendPending() {
    if (this.pending.value && this.answers) this.connection.send(this.pending.value);
  }

  go(change) {
    this.connection.send({ go: this.view.number + change });
  }

  // --- Drawing

  draw() {
    const { view, network } = this;
    this.drawStatus(this.status());
    find("here").hidden = network !== "replaced";
    if (!view || !this.answers) return;
    setText(find("lesson"), view.lesson);
    const place = this.words.step.replace("{n}", view.number).replace("{total}", view.steps);
    setText(find("place"), place);
    find("title").hidden = false;
    setText(find("title"), view.title);
    this.drawTask(view);
    this.question.show(view, this.ownAnswer, this.pending.isOf(view.number));
    drawMarkdown(find("answer"), view.answer);
    this.run.show(view);
    find("train").hidden = !view.trains;
    find("train").href = this.setup.train.replace("STEP", view.number);
    putBefore(find("now"), this.isAsked ? find("answer") : find("task"));
    this.drawMoves(view);
  }

  // The banner: one sentence, and links to what the member can do or watch now.
  drawStatus(sentence) {
    const { words, network } = this;
    const banner = find("status");
    banner.classList.toggle("lost", network !== "open" && network !== "connecting");
    banner.classList.toggle("received", sentence === words.received);
    const links = this.events.map(([name, text]) => {
      const link = element("a", "", text);
      link.href = `#${name}`;
      return link;
    });
    const parts = sentence ? [element("span", "", sentence), ...links] : links;
    const shown = JSON.stringify(parts.map((part) => part.textContent));
    if (shown === this.shownStatus) return; // a screen reader would read it again
    this.shownStatus = shown;
    banner.replaceChildren(...parts);
  }

  // While a question is shown in a class, the task is folded, so that the question is visible.
  drawTask({ number, task, page, question, mode }) {
    const details = find("task");
    drawMarkdown(details, task);
    const arrangement = `${number} ${Boolean(question)} ${mode}`;
    if (arrangement !== this.arrangement) details.open = !question || mode === "free";
    this.arrangement = arrangement;
    find("page").hidden = !page;
    if (page) find("page").href = new URL(page, new URL(this.setup.run.base, document.baseURI));
  }

  drawMoves({ mode, number, steps, ended }) {
    find("moves").hidden = mode !== "free" || ended;
    const isOpen = this.network === "open";
    find("back").disabled = !isOpen || number === 1;
    find("next").disabled = !isOpen || number === steps;
  }

  get ownAnswer() {
    const { number } = this.view;
    return this.answers[number] ?? (this.pending.isOf(number) ? this.pending.value.answer : null);
  }

  get hasAnswered() {
    return Boolean(this.view && this.answers && this.view.number in this.answers);
  }

  // Whether a question waits for the member's answer.
  get isAsked() {
    return this.view.accepts && !this.ownAnswer;
  }

  // What the member can do or watch beside the question: pairs of a place on the page and a text.
  get events() {
    const { words, view, network } = this;
    if (network !== "open" || !view || !this.answers) return [];
    const events = [];
    if (view.trains) events.push(["train", words.trainNow]);
    if (view.run) events.push(["run", words.runNow]);
    return events;
  }

  // One sentence: what happens now.
  status() {
    const { words, view, network } = this;
    if (network === "replaced") return words.elsewhere;
    if (network === "refused") return words.refused;
    if (network === "unknown" || !view || !this.answers) {
      return network === "lost" ? words.lost : words.connecting;
    }
    if (network !== "open") return words.lost;
    if (this.sentence) return this.sentence;
    if (view.ended) return words.ended;
    const waiting = this.events.length ? "" : view.hasQuestion ? words.soon : words.wall;
    if (!view.hasQuestion) return view.mode === "paced" ? waiting : "";
    if (view.result) return words.revealed;
    if (this.pending.isOf(view.number)) return words.sending;
    if (this.hasAnswered) return view.state === "closed" ? words.counts : words.received;
    if (view.accepts) return words.answerNow;
    return view.state === "waiting" ? waiting : words.closed;
  }
}

// Moves a part of the page; the focus stays where it is.
function putBefore(part, next) {
  if (part.nextElementSibling === next) return;
  const focused = document.activeElement;
  next.before(part);
  if (part.contains(focused)) focused.focus({ preventScroll: true });
}

function drawMarkdown(root, html) {
  root.hidden = !html;
  if (root.dataset.shown === html) return;
  root.dataset.shown = html;
  root.lastElementChild.innerHTML = html; // the server has made it safe
}

new Page(JSON.parse(document.body.dataset.setup)).start();
