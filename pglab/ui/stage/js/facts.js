// The parts of a stage that are not panels: the numbers, the progress bar, and the table.

import { element, setText } from "./dom.js";

export class NumbersRow {
  constructor() {
    this.redraws = 0;
    this.tiles = [];
    this.element = element("div", "pgl-numbers");
  }

  show(numbers) {
    this.element.hidden = numbers.length === 0;
    if (numbers.length !== this.tiles.length) this.build(numbers.length);
    const changes = numbers.map((number, index) => this.showTile(this.tiles[index], number));
    if (!changes.some(Boolean)) return;
    this.redraws += 1;
    this.element.dataset.redraws = this.redraws;
  }

  build(count) {
    this.tiles = Array.from({ length: count }, (_, index) => {
      const tile = element("div", "pgl-number");
      tile.dataset.number = index;
      tile.append(element("div", "pgl-number-label"), element("div", "pgl-number-value"));
      return tile;
    });
    this.element.replaceChildren(...this.tiles);
  }

  showTile(tile, number) {
    const [label, value] = tile.children;
    tile.title = number.help;
    const labelled = setText(label, number.label);
    return setText(value, number.value) || labelled;
  }
}

export class ProgressBar {
  constructor() {
    this.element = element("div", "pgl-progress");
    this.track = element("div", "pgl-progress-track");
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-valuemin", 0);
    this.track.setAttribute("aria-valuemax", 100);
    this.fill = element("div", "pgl-progress-fill");
    this.marker = element("span", "pgl-progress-marker");
    this.label = element("span", "pgl-progress-label");
    this.track.append(this.fill);
    const text = element("div", "pgl-progress-text");
    text.append(this.marker, this.label);
    this.element.append(this.track, text);
  }

  show(progress) {
    this.element.hidden = progress === null;
    if (progress === null) return;
    const fraction = Math.min(Math.max(progress.fraction, 0), 1);
    this.fill.style.transform = `scaleX(${fraction})`;
    this.track.setAttribute("aria-valuenow", Math.round(100 * fraction));
    this.track.setAttribute("aria-valuetext", progress.label);
    setText(this.label, progress.label);
    this.label.parentElement.title = [progress.label, progress.help].filter(Boolean).join("\n");
    setText(this.marker, progress.marker_label ? `⚑ ${progress.marker_label}` : "");
    this.marker.hidden = !progress.marker_label;
  }

  say(text) {
    this.element.hidden = false;
    setText(this.label, text);
  }
}

// The table below the panels.
export class FactsTable {
  constructor() {
    this.element = element("table", "pgl-facts");
    this.element.hidden = true;
  }

  show(table) {
    const identity = JSON.stringify(table);
    if (identity === this.identity) return;
    this.identity = identity;
    this.element.hidden = table === null;
    if (table === null) return;
    const head = element("tr");
    head.append(element("td"), ...table.names.map((name) => this.cell("th", name, "col")));
    const rows = Object.entries(table.rows).map(([name, texts]) => {
      const row = element("tr");
      row.append(this.cell("th", name, "row"), ...texts.map((text) => this.cell("td", text)));
      return row;
    });
    head.querySelectorAll("th").forEach((cell, n) => {
      cell.style.borderBottom = `3px solid ${table.colours[n]}`;
    });
    this.element.replaceChildren(head, ...rows);
  }

  cell(kind, text, scope) {
    const cell = element(kind, "", text);
    if (scope) cell.scope = scope;
    return cell;
  }
}
