// Tells whether a key event belongs to the element that has the focus.

const NOT_TYPED_IN = ["range", "radio", "checkbox", "button", "submit", "reset", "color", "file"];
const OPEN_ABOVE_THE_PAGE = `[role="dialog"], [role="menu"], [role="listbox"]`;

export function isTypedIn(target) {
  if (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName)) return true;
  if (target.tagName !== "INPUT" || target.readOnly) return false;
  if (target.role === "combobox") return target.ariaExpanded === "true";
  return !NOT_TYPED_IN.includes(target.type);
}

export function isAbovePage(target) {
  return Boolean(target.closest(OPEN_ABOVE_THE_PAGE));
}

// Whether a shortcut may act on the event.
export function mayBeShortcut(event) {
  const [target] = event.composedPath();
  if (!event.key || event.isComposing || !(target instanceof Element)) return false;
  if (target.closest("[data-own-keys]")) return false; // for example, a game that the visitor plays
  return !(event.ctrlKey || event.metaKey || event.altKey);
}
