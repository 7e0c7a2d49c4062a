// Lists the visible texts in the window that are smaller than `least` pixels on the screen. Each line
// has the size and the beginning of a text. The sizes include all CSS and SVG transformations.
({ least }) => {
  const SLACK = 0.05; // pixels; browsers round sizes

  function scaleOf(element) {
    if (element instanceof SVGElement) {
      const { a, b } = element.getScreenCTM();
      return Math.hypot(a, b);
    }
    const { width } = element.getBoundingClientRect();
    const outer = element.closest(".pgl-figure"); // the only transformed part of a page
    return outer && width ? outer.getBoundingClientRect().width / outer.offsetWidth : 1;
  }

  function isSeen(element, range) {
    const { width, height, top, bottom } = range.getBoundingClientRect();
    if (width < 1 || height < 1 || bottom < 0 || top > innerHeight) return false;
    if (element.closest(".katex-mathml, script, style")) return false;
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  }

  const found = [];
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    range.selectNodeContents(node);
    const element = node.parentElement;
    if (!node.data.replace(/[\s\u200b]/g, "") || !isSeen(element, range)) continue;
    seen += 1;
    const size = Number.parseFloat(getComputedStyle(element).fontSize) * scaleOf(element);
    if (size < least - SLACK) found.push(`${size.toFixed(1)}: ${node.data.trim().slice(0, 60)}`);
  }
  return { seen, found };
}
