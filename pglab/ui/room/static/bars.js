// Draws the answers of the class as a list with a bar for each choice.

import { element } from "../../stage/js/dom.js";

export function bars({ choices }, { answered, counts }, right, answer, words) {
  const list = element("ul", "bars");
  for (const [index, choice] of choices.entries()) {
    const item = element("li", "");
    const text = element("span", "text");
    text.dir = "auto";
    text.innerHTML = choice; // the server has made it safe
    const bar = element("span", "bar");
    bar.append(element("span", "filled"));
    bar.firstChild.style.width = `${answered ? (100 * counts[index]) / answered : 0}%`;
    const count = words.count.replace("{n}", counts[index]).replace("{total}", answered);
    item.append(text, ...marks(index, right, answer, words), bar, element("span", "count", count));
    item.classList.toggle("right", right.includes(index));
    list.append(item);
  }
  if (answered) return list;
  return element("p", "", words.nobody);
}

function marks(index, right, answer, words) {
  const shown = [];
  if (answer?.chosen?.includes(index)) shown.push(element("strong", "mark", words.yours));
  if (right.includes(index)) shown.push(element("strong", "mark right", words.right));
  return shown;
}
