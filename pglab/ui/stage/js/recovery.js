// Asks Streamlit to run the page's whole script if the server may have forgotten the visit: see
// recovery.py.

let send = () => {};

export function askForRecovery() {
  send("recover", performance.now());
}

export function offer({ setTriggerValue }) {
  send = setTriggerValue;
}
