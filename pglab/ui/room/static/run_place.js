// The part of a phone's page that shows the teacher's run. The scripts of the stage are loaded only
// when a run is shown.

import { element, setText } from "../../stage/js/dom.js";

export class RunPlace {
  constructor(root, setup, words) {
    this.root = root;
    this.setup = setup;
    this.words = words;
    this.details = root.querySelector("details");
    this.run = null; // the run that the room shows
    this.step = 0; // the lesson step of the phone
    this.details.addEventListener("toggle", () => this.follow());
  }

  // Shows the run of a view. After a run, a sentence stays until the next step.
  show({ run, number, ended }) {
    const isOther = run?.name !== this.run?.name;
    const hasEnded = isOther && !run && !ended;
    if (isOther) {
      this.leave();
      this.run = run;
      this.say(hasEnded ? this.words.runEnded : "");
    }
    if (run) setText(this.details.firstElementChild, this.words.run.replace("{title}", run.title));
    if (run || hasEnded) this.root.hidden = false;
    else if (ended || number !== this.step) this.root.hidden = true;
    this.root.classList.toggle("ended", !run);
    if (hasEnded) this.details.open = true; // so that the sentence is seen
    this.step = number;
    if (isOther) this.follow();
  }

  // Follows the run while the place is open. A closed place gets no pictures.
  async follow() {
    const { run } = this;
    if (!run || !this.details.open) return this.leave();
    if (this.stage) return;
    this.say(this.words.connecting);
    try {
      const [{ ShownRun }] = await Promise.all([import("./shown_run.js"), this.loadStyle()]);
      if (this.run !== run || !this.details.open || this.stage) return;
      const say = (sentence) => this.say(sentence);
      this.stage = new ShownRun(this.details.lastElementChild, this.setup, this.words, say);
      this.stage.follow(run.name);
    } catch (error) {
      console.error(error);
      this.say(this.words.runFailed);
    }
  }

  leave() {
    this.stage?.destroy();
    this.stage = null;
  }

  loadStyle() {
    this.style ??= new Promise((resolve, reject) => {
      const link = element("link", "");
      Object.assign(link, { rel: "stylesheet", href: this.setup.style, onload: resolve });
      link.onerror = () => reject(new Error(`${this.setup.style} is missing`));
      document.head.append(link);
    });
    return this.style;
  }

  say(sentence) {
    const status = this.details.querySelector("[role=status]");
    setText(status, sentence);
  }
}
