// Changes how Streamlit writes the browser's history when a script changes the address.
//
// Streamlit adds an entry to the history whenever the address changes. When a run begins, the page
// adds the run's address to its own address. This change must not add an entry to the history:
// otherwise, the button Back would always lead to the same page without the run.
//
// Streamlit also writes addresses that it remembers. But only the browser knows whether the page is
// a presentation now, so this script keeps the parameters of the presentation.

const VIEW = ["view", "show"]; // the names that only the browser changes; see address_bar.py

const push = history.pushState.bind(history);

function withoutRun(address) {
  const url = new URL(address);
  url.searchParams.delete("run");
  url.searchParams.sort();
  return url.href;
}

function hasRun(address) {
  return new URL(address).searchParams.has("run");
}

// Returns the whole address; an address of the same page gets the present parameters of the view.
function withView(address) {
  const [here, url] = [new URL(location.href), new URL(address, location.href)];
  if (url.pathname !== here.pathname) return url.href;
  for (const name of VIEW) {
    const [now, wanted] = [url, here].map(({ searchParams }) => searchParams.get(name));
    if (now === wanted) continue; // writing would spell the other parameters anew
    if (wanted === null) url.searchParams.delete(name);
    else url.searchParams.set(name, wanted);
  }
  return url.href;
}

function write(state, title, address) {
  const whole = withView(address);
  const begins = hasRun(whole) && !hasRun(location.href);
  const [now, then] = [location.href, whole].map(begins ? withoutRun : (href) => href);
  if (now === then) history.replaceState(state, title, whole);
  else push(state, title, whole);
}

if (!history.pushState.keepsOneEntry) {
  history.pushState = (state, title, address) =>
    address ? write(state, title, address) : push(state, title, address);
  history.pushState.keepsOneEntry = true;
}
