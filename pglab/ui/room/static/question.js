// Shows the question of a step with choices or a sketch, and later the answers of the class.

import { element } from "../../stage/js/dom.js";
import { bars } from "./bars.js";
import { bandPicture } from "./band.js";
import { SketchField } from "./sketch_field.js";

export class Question {
  constructor(root, setup, onAnswer) {
    this.root = root;
    this.words = setup.words;
    this.sketchStyle = setup.sketchStyle;
    this.onAnswer = onAnswer;
  }

  // Shows the question of a view. `answer` is the member's own one, if the member has answered, and
  // `isSending` is true until the server has it.
  show(view, answer, isSending) {
    const { question, result } = view;
    this.root.hidden = !question;
    const key = JSON.stringify([view.number, question, result, view.right]);
    if (key !== this.key || (result && answer !== this.answer)) this.build(view, answer);
    this.key = key;
    this.answer = answer;
    if (question && !result) this.lock(view, answer, isSending);
  }

  build({ question, result, right }, answer) {
    this.root.replaceChildren();
    this.form = this.lockSketch = null;
    if (!question) return;
    const text = element("div", "markdown asked");
    text.id = "asked";
    text.dir = "auto";
    text.innerHTML = question.text; // the server has made it safe
    this.root.append(text);
    if (!result) this.root.append(this.buildForm(question, right));
    else if (question.choices) this.root.append(bars(question, result, right, answer, this.words));
    else this.root.append(bandPicture(question.axes, result, answer, this.words));
  }

  buildForm(question, right) {
    this.form = element("form", "answering");
    this.fields = element("fieldset", "");
    this.fields.setAttribute("aria-labelledby", "asked");
    this.button = element("button", "primary", this.words.answer);
    this.hint = element("p", "small", this.words.once);
    this.hint.id = "once";
    this.button.setAttribute("aria-describedby", "once");
    if (question.choices) this.buildChoices(question, right);
    else this.buildSketch(question.axes);
    this.form.append(this.fields, this.button, this.hint);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.onAnswer(this.read());
    });
    return this.form;
  }

  // In a free room, the choices that are `right` are shown after the member's own answer.
  buildChoices({ choices, several }, right) {
    this.inputs = choices.map((choice, index) => {
      const label = element("label", "choice");
      const input = element("input", "");
      Object.assign(input, { type: several ? "checkbox" : "radio", name: "choice", value: index });
      const text = element("span", "");
      text.dir = "auto";
      text.innerHTML = choice; // the server has made it safe
      label.append(input, text);
      if (right.includes(index)) label.append(element("strong", "mark right", this.words.right));
      this.fields.append(label);
      return input;
    });
    this.fields.addEventListener("change", () => {
      this.button.disabled = !this.isReady();
    });
    this.read = () => ({
      chosen: this.inputs.flatMap((input, index) => (input.checked ? [index] : [])),
    });
    this.isReady = () => this.inputs.some((input) => input.checked);
    this.fill = ({ chosen }) =>
      this.inputs.forEach((input, index) => {
        input.checked = chosen.includes(index);
      });
  }

  buildSketch(axes) {
    const field = new SketchField(this.fields, axes, this.words, this.sketchStyle, () => {
      this.button.disabled = false;
    });
    this.read = () => ({ points: field.points });
    this.isReady = () => field.isMoved;
    this.fill = ({ points }) => field.fill(points);
    this.lockSketch = (isLocked) => field.lock(isLocked);
  }

  // Lets the member answer, or not.
  lock({ accepts }, answer, isSending) {
    const locked = Boolean(answer) || !accepts;
    if (answer) this.fill(answer);
    this.lockSketch?.(locked);
    this.fields.disabled = locked;
    this.button.disabled = locked || !this.isReady();
    this.button.hidden = locked && !answer;
    this.hint.hidden = locked;
    const { answer: text, sendingShort, received } = this.words;
    this.button.textContent = answer ? (isSending ? sendingShort : received) : text;
  }
}
