// Returns the clicked link if it opens another page of the app in this tab, otherwise null.
function linkToAnotherPage(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.pathname === location.pathname) return null;
  return link.target || event.ctrlKey || event.metaKey || event.shiftKey ? null : link;
}

// Notices when the visitor goes to another page of the app. Every request to the server names the
// page that sends the request. If the old page sends a request after the visitor has left,
// Streamlit returns to the old page, or the new page stays blank. So `onLeave` must stop further
// requests. If `isOnItsWay` says that a request is being sent, the visitor's click is repeated
// afterwards.
export class Departure {
  constructor(onLeave, isOnItsWay) {
    this.onLeave = onLeave;
    this.isOnItsWay = isOnItsWay;
    this.path = location.pathname;
    this.onClick = (event) => {
      const link = linkToAnotherPage(event); // the event's target may be an icon inside the link
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
