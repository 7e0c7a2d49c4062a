// Whether a click on a link opens another page of the app in this tab.
function opensAnotherPage(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.pathname === location.pathname) return false;
  return !link.target && !(event.ctrlKey || event.metaKey || event.shiftKey);
}

// Watches for the visitor's wish to see another page of the app. Every request to the server names
// the page that it comes from. Behind that wish, such a request would make Streamlit go back to
// the old page, or leave the new one blank: `onLeave` must end them, and where one `isOnItsWay`,
// the wish waits until it is sent.
class Departure {
  constructor(onLeave, isOnItsWay) {
    this.onLeave = onLeave;
    this.isOnItsWay = isOnItsWay;
    this.path = location.pathname;
    this.onClick = (event) => {
      if (opensAnotherPage(event)) this.leave(event, () => event.target.click());
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
