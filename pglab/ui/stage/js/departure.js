// The link that a click follows to another page of the app in this tab.
function linkToAnotherPage(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.pathname === location.pathname) return null;
  return link.target || event.ctrlKey || event.metaKey || event.shiftKey ? null : link;
}

// Watches for the visitor's wish to see another page of the app. Every request to the server names
// the page that it comes from. Behind that wish, such a request would make Streamlit go back to
// the old page, or leave the new one blank: `onLeave` must end them, and where one `isOnItsWay`,
// the wish waits until it is sent.
export class Departure {
  constructor(onLeave, isOnItsWay) {
    this.onLeave = onLeave;
    this.isOnItsWay = isOnItsWay;
    this.path = location.pathname;
    this.onClick = (event) => {
      const link = linkToAnotherPage(event); // not the target, which may be a picture in it
      if (link) this.leave(event, () => link.click());
    };
    this.onHistory = (event) => {
      if (location.pathname === this.path) return;
      const again = new PopStateEvent("popstate", { state: event.state });
      this.leave(event, () => window.dispatchEvent(again));
    };
    document.addEventListener("click", this.onClick, true);
    window.addEventListener("popstate", this.onHistory, true);
  }

  leave(event, repeat) {
    this.onLeave();
    if (!this.isOnItsWay()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(repeat, 0);
  }

  destroy() {
    document.removeEventListener("click", this.onClick, true);
    window.removeEventListener("popstate", this.onHistory, true);
  }
}
