// Changes what Streamlit does with the history of the browser when a script writes an address.
//
// Streamlit adds an entry to the history whenever the address changes. When a run begins, the page
// adds the run's address to its own: this must not be an entry of its own, because Back would then
// lead to the same page without the run, and no further.
//
// Streamlit also writes addresses from its memory. The browser alone knows whether the page is a
// presentation now, so the parameters of the presentation always stay as they are.

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
