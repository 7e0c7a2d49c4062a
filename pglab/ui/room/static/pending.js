// Keeps the answer that the server has not confirmed yet, even when the page is reloaded.

export class Pending {
  constructor(code) {
    this.key = `pglab.room.${code}`;
    this.value = this.load();
  }

  load() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null; // the browser keeps nothing, or something else is stored there
    }
  }

  set(value) {
    this.value = value;
    try {
      if (value) localStorage.setItem(this.key, JSON.stringify(value));
      else localStorage.removeItem(this.key);
    } catch {
      // The browser keeps nothing; the answer is lost only if the page is closed now.
    }
  }

  // Whether the answer to this step waits for its confirmation.
  isOf(step) {
    return this.value?.step === step;
  }

  clear(step) {
    if (this.isOf(step)) this.set(null);
  }
}
