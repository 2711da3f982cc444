/** When live items go out, and when those of others have had their time: the two timers of live traffic. */

/** Holds at most one timer for either way. */
export class LivePace {
  #out;
  #incoming;
  #clock;
  #send;
  #onExpired;
  #timer = null;
  #due = Infinity;
  #expiry = null;

  /**
   * @param {object} parts
   * @param {import("./live.js").LiveSender} parts.out
   * @param {import("./live.js").LiveReceiver} parts.incoming
   * @param {() => number} parts.clock ms
   * @param {(items: import("./frames.js").LiveItem[]) => void} parts.send
   * @param {() => void} parts.onExpired something of others is not shown any more
   */
  constructor({ out, incoming, clock, send, onExpired }) {
    this.#out = out;
    this.#incoming = incoming;
    this.#clock = clock;
    this.#send = send;
    this.#onExpired = onExpired;
  }

  /** Send live items when they are due. Called whenever there may be something new. */
  arm() {
    const due = this.#out.nextTimer(this.#clock()) ?? Infinity;
    if (this.#timer !== null && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (due === Infinity) return;
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const items = this.#out.frame(this.#clock());
      if (items !== null) this.#send(items);
      this.arm();
    }, Math.max(0, due - this.#clock()));
  }

  /** Drop what others have not confirmed, when it is time. Called whenever something came in. */
  armExpiry() {
    clearTimeout(this.#expiry);
    const due = this.#incoming.nextTimer();
    if (due === null) return;
    this.#expiry = setTimeout(() => {
      if (this.#incoming.expire(this.#clock())) this.#onExpired();
      this.armExpiry();
    }, Math.max(0, due - this.#clock()));
  }
}
