// Lists the texts in the window that are not fully legible now: one line for each fault.
//
// There are four faults. A text is "cut" if a part of the text is outside the window or outside an
// element that hides its overflow. If scrolling shows this part, the text is not "cut". A text is
// "covered" if another element lies over the text. Two texts "overlap" if they lie over each other.
// A row is "wrapped" if its parts need more than one line.
({ rows }) => {
  const SLACK = 1.5; // pixels; smaller differences are not faults
  const HEADROOM = 0.2; // empty part above and below the letters, as a share of the box's height
  const SHARED = 1.5; // pixels; two texts may overlap by this much
  const LONGEST = 60;
  const SPACE = 8; // pixels; a space at the end of a line may reach so far beyond the element
  const NARROW = 420; // pixels; the style sheets use the same width
  const faults = new Set();
  const remembered = (ask) => {
    const answers = new Map(); // nothing on the page moves while this script runs
    return (element) => {
      if (!answers.has(element)) answers.set(element, ask(element));
      return answers.get(element);
    };
  };
  const styleOf = remembered((element) => getComputedStyle(element));
  const frameOf = remembered((element) => element.getBoundingClientRect());
  const name = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, LONGEST)}”`;

  // A formula is treated as one text. Some elements are ignored.
  const whole = (element) => element.closest(".katex");
  const ignored = remembered((element) =>
    element.closest(
      "script, style, noscript, [aria-hidden=true] .katex-mathml, .katex-mathml, title, " +
        "[data-testid=stDecoration], [data-testid=stStatusWidget], [data-testid=stToolbar]",
    ),
  );

  const isOpaque = remembered(
    (element) =>
      !element || (Number(styleOf(element).opacity) >= 0.05 && isOpaque(element.parentElement)),
  );
  const isSeen = remembered(
    (element) =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      isOpaque(element),
  );

  function intersection(a, b) {
    return {
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    };
  }

  const isEmpty = (box) => box.right - box.left < 1 || box.bottom - box.top < 1;

  // Tells whether a text is only for screen readers. Such a text is hidden in a frame of one pixel.
  const isForScreenReaders = remembered((element) => {
    if (!element || element === document.body) return false;
    const { width, height } = frameOf(element);
    const { overflow, clipPath } = styleOf(element);
    const framed = /hidden|clip/.test(overflow) && (width <= 2 || height <= 2);
    const cutAway = clipPath === "inset(50%)"; // a skip link is visible only if it has the focus
    return framed || cutAway || isForScreenReaders(element.parentElement);
  });

  // Returns the visible part of a box, and whether an ancestor of the element cuts off another part.
  // If scrolling shows this other part, it is not cut off.
  function clipped(box, element) {
    let shown = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
    let scrollsX = false;
    let scrollsY = false;
    let cut = false;
    const hangs = /pre-wrap|break-spaces/.test(styleOf(element).whiteSpace);
    const roomX = hangs ? SPACE : SLACK;
    for (let up = element; up && up !== document.documentElement; up = up.parentElement) {
      const style = styleOf(up);
      const svg = up instanceof SVGSVGElement;
      const [x, y] = svg ? ["hidden", "hidden"] : [style.overflowX, style.overflowY];
      const frame = frameOf(up);
      // The whole page must not need sideways scrolling.
      if (/auto|scroll/.test(x) && up.dataset?.testid !== "stMain") scrollsX = true;
      if (/auto|scroll/.test(y)) scrollsY = true;
      const beyondX = Math.max(frame.left - shown.left, shown.right - frame.right);
      const beyondY = Math.max(frame.top - shown.top, shown.bottom - frame.bottom);
      const room = Math.max(SLACK, HEADROOM * (box.bottom - box.top));
      if (x !== "visible") {
        if (!scrollsX && beyondX > roomX) cut = true;
        shown = intersection(shown, { ...shown, left: frame.left, right: frame.right });
      }
      if (y !== "visible") {
        if (!scrollsY && beyondY > room) cut = true;
        shown = intersection(shown, { ...shown, top: frame.top, bottom: frame.bottom });
      }
      if (style.position === "fixed") break;
    }
    const beside = !scrollsX && (box.right > innerWidth + SLACK || box.left < -SLACK);
    return { shown, cut: cut || beside };
  }

  const inWindow = (box) =>
    !isEmpty(box) && box.top >= 0 && box.bottom <= innerHeight && box.right > 0;

  // Returns the texts in the window. Each text has the boxes of its visible lines.
  function texts() {
    const found = new Map();
    const range = document.createRange();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || ignored(parent)) continue;
      const owner = whole(parent) ?? parent;
      if (found.has(owner) && owner !== parent) continue;
      let boxes;
      if (owner !== parent) boxes = [...owner.getClientRects()]; // a box for each line
      else {
        range.selectNodeContents(node);
        boxes = [...range.getClientRects()];
        if (parent instanceof SVGElement && boxes.length > 1) boxes = [range.getBoundingClientRect()];
      }
      boxes = boxes.filter(inWindow);
      if (!boxes.length || !isSeen(parent) || isForScreenReaders(parent)) continue;
      const known = found.get(owner) ?? { owner, text: "", boxes: [] };
      known.text += owner === parent ? node.data : owner.textContent;
      known.boxes.push(...boxes);
      found.set(owner, known);
    }
    return [...found.values()];
  }

  // Labels at the pointer, popovers and toasts may cover other elements.
  const floats = (element) =>
    element.closest(".hoverlayer, [data-baseweb=popover], [role=tooltip], [data-testid=stToast]");
  const related = (a, b) => a === b || a.contains(b) || b.contains(a);

  const seen = [];
  for (const { owner, text, boxes } of texts()) {
    let wasCut = false;
    for (const box of boxes) {
      const { shown, cut } = clipped(box, owner);
      wasCut ||= cut;
      if (!isEmpty(shown)) seen.push({ owner, text, box: shown, floating: floats(owner) });
    }
    if (wasCut) faults.add(`cut: ${name(text)}`);
  }

  // Returns the box of the letters alone, without the empty part around them.
  function glyphs({ box, owner }) {
    const upright = !(owner instanceof SVGElement) || box.right - box.left > 0.8 * (box.bottom - box.top);
    const [dx, dy] = upright
      ? [0, HEADROOM * (box.bottom - box.top)]
      : [HEADROOM * (box.right - box.left), 0];
    return { left: box.left + dx, right: box.right - dx, top: box.top + dy, bottom: box.bottom - dy };
  }

  const drawn = seen.map((one) => ({ ...one, box: glyphs(one) }));
  drawn.sort((a, b) => a.box.top - b.box.top);
  for (const [i, a] of drawn.entries()) {
    for (const b of drawn.slice(i + 1)) {
      if (b.box.top > a.box.bottom - SHARED) break;
      if (a.owner === b.owner || related(a.owner, b.owner)) continue;
      if (Boolean(a.floating) !== Boolean(b.floating)) continue;
      const both = intersection(a.box, b.box);
      if (both.right - both.left > SHARED && both.bottom - both.top > SHARED) {
        faults.add(`overlap: ${name(a.text)} and ${name(b.text)}`);
      }
    }
  }

  for (const { owner, text, box, floating } of seen) {
    if (floating) continue;
    const root = owner.closest("svg") ?? owner; // a figure consists of several SVG drawings
    const figure = root.parentElement;
    const mayBeAbove = (other) =>
      related(other, owner) ||
      floats(other) ||
      isSticky(other) ||
      (root !== owner && other.closest("svg")?.parentElement === figure);
    for (const share of [0.1, 0.5, 0.9]) {
      const x = box.left + share * (box.right - box.left);
      const y = (box.top + box.bottom) / 2;
      const first = document.elementFromPoint(x, y); // this is faster than a list of all elements
      if (first && mayBeAbove(first)) continue;
      for (const other of document.elementsFromPoint(x, y)) {
        if (mayBeAbove(other)) break;
        if (!isSeen(other) || !covers(other)) continue;
        const kind = String(other.className?.baseVal ?? other.className).slice(0, LONGEST);
        faults.add(`covered: ${name(text)} by <${other.tagName.toLowerCase()} class="${kind}">`);
        break;
      }
    }
  }

  // Headers and the sidebar stay in place during scrolling, and may cover other elements.
  function isSticky(element) {
    return element.closest("header, [data-testid=stSidebar], [data-testid=stExpandSidebarButton]");
  }

  // A transparent layer, which only receives pointer events, does not cover other elements.
  function covers(element) {
    if (element.closest(".modebar")) return Boolean(element.closest(".modebar-btn"));
    const { backgroundColor, fill, fillOpacity } = styleOf(element);
    const clear = /, 0\)$|transparent/.test(backgroundColor);
    const painted = element instanceof SVGElement && fill !== "none" && Number(fillOpacity) > 0.05;
    return !clear || painted || /IMG|CANVAS|VIDEO|BUTTON/.test(element.tagName);
  }

  for (const selector of rows) {
    for (const row of document.querySelectorAll(selector)) {
      if (row.clientWidth < NARROW) continue; // a narrow row may wrap
      const parts = [...row.children].filter((part) => isSeen(part) && part.getBoundingClientRect().width > 0);
      const middles = parts.map((part) => {
        const box = part.getBoundingClientRect();
        return (box.top + box.bottom) / 2;
      });
      if (Math.max(...middles) - Math.min(...middles) > 20) faults.add(`wrapped: ${selector}`);
    }
  }
  for (const button of document.querySelectorAll("button, [role=radio]")) {
    const label = button.querySelector("[data-testid=stMarkdownContainer]");
    if (!label || !isSeen(label) || button.closest(".st-key-experiments")) continue; // these buttons contain whole sentences
    const lines = seen.filter(({ owner }) => label.contains(owner)).map(({ box }) => box);
    const first = lines[0];
    if (lines.some((box) => box.top > first.bottom - SLACK)) faults.add(`wrapped: ${name(label.textContent)}`);
  }

  return [...faults].toSorted();
}
