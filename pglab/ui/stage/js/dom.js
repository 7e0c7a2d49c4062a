// Small helpers for all parts of the stage.

export function element(tag, className, text = "") {
  const created = document.createElement(tag);
  created.className = className;
  created.textContent = text;
  return created;
}

// Changes the text of an element without other children. Where possible, the text node stays: for a
// new node, the browser would examine all styles with `:has()` around it.
export function setText(target, text) {
  if (target.textContent === text) return false;
  const [first, ...others] = target.childNodes;
  if (first?.nodeType === Node.TEXT_NODE && !others.length) first.data = text;
  else target.textContent = text;
  return true;
}

export function decodeBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)); // older browsers
}

// Returns a promise that resolves after the browser has shown a frame. A hidden tab shows no frame,
// so a timer also resolves the promise.
export function nextFrame() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 250);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
}
