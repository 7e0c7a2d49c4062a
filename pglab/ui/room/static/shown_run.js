// Shows the teacher's run on a phone's page. The app's stage does this without Streamlit.

import { TOO_MANY, UNKNOWN } from "../../stage/js/link.js";
import { OTHER_THEME, Stage } from "../../stage/js/stage.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export class ShownRun extends Stage {
  // `say` shows a sentence about the run.
  constructor(parentElement, { base, head }, words, say) {
    super(parentElement, new URL(base, document.baseURI));
    this.firstHead = { ...head, sequence: 0, running: false, drawn: 0, landmark: false };
    this.words = words;
    this.say = say;
    this.onScheme = () => document.dispatchEvent(new Event(OTHER_THEME));
    dark.addEventListener("change", this.onScheme);
  }

  // Opens the channel with which others watch the run.
  follow(channel) {
    this.receive({ ...this.firstHead, channel });
  }

  receiveLive(message) {
    if ("left" in message) this.say(message.left ? this.words.runLeft : "");
    else {
      this.say("");
      super.receiveLive(message);
    }
  }

  noteClosed(code) {
    const { runGone, runFull, runLost } = this.words;
    this.say(code === UNKNOWN ? runGone : code === TOO_MANY ? runFull : runLost);
  }

  // The page of a phone has no visit that the server could have forgotten.
  noteReturn() {}

  destroy() {
    dark.removeEventListener("change", this.onScheme);
    super.destroy();
  }
}
