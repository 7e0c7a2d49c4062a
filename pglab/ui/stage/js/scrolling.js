// Scrolls a part of the page into view when the server asks for this. Each request has a number, so
// the page scrolls only once for each request.

const PATIENCE_MILLISECONDS = 5000;
const done = new Map(); // for each page: the number of its last request

const parts = {
  // Scrolls to the top of the page. If the return plot is not visible there, scrolls to the line
  // above the stage.
  stage: () => {
    const line = document.querySelector(".st-key-experiment_line");
    const returns = document.querySelector('[data-panel="returns"]');
    if (!line || !returns) return false;
    document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
    if (returns.getBoundingClientRect().bottom > window.innerHeight) line.scrollIntoView();
    return true;
  },
  explanation: () => {
    const text = document.querySelector(".st-key-experiment_outcome");
    text?.scrollIntoView();
    return Boolean(text);
  },
};

export function bringIntoView({ data: { page, number, part } }) {
  if (number <= (done.get(page) ?? 0)) return;
  done.set(page, number);
  const end = performance.now() + PATIENCE_MILLISECONDS;
  const look = () => {
    if (!parts[part]() && performance.now() < end) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
