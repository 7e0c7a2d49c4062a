// Keeps the browser's Back button useful. Streamlit adds an entry to the history whenever the address
// changes. When a run begins, the page adds the run's address to its own: this must not be an entry
// of its own, because Back would then lead to the same page without the run, and no further.

const push = history.pushState.bind(history);

function withoutRun(address) {
  const url = new URL(address, location.href);
  url.searchParams.delete("run");
  url.searchParams.sort();
  return url.href;
}

function hasRun(address) {
  return new URL(address, location.href).searchParams.has("run");
}

if (!history.pushState.keepsOneEntry) {
  history.pushState = (state, title, address) => {
    const begins = address && hasRun(address) && !hasRun(location.href);
    if (begins && withoutRun(address) === withoutRun(location.href)) {
      history.replaceState(state, title, address);
    } else {
      push(state, title, address);
    }
  };
  history.pushState.keepsOneEntry = true;
}
