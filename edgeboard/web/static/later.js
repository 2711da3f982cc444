/** A part of the page that is fetched later than the others: when somebody asks for it, or when there is time. */
export class Later {
  #load;
  #promise = null;
  /** The part, once it is there; else null. */
  now = null;

  /** @param {() => Promise<object>} load */
  constructor(load) {
    this.#load = load;
  }

  /** Fetch it, once; after a failure it is tried again. @returns {Promise<object>} */
  get() {
    this.#promise ??= this.#load().then(
      (part) => (this.now = part),
      (error) => {
        this.#promise = null;
        throw error;
      },
    );
    return this.#promise;
  }
}

const IDLE_MS = 3_000; // after the page is up

/** Fetch parts one after another while there is nothing else to do. @param {Later[]} parts */
export function fetchInTime(parts) {
  const idle = globalThis.requestIdleCallback ?? ((run) => setTimeout(run, 200));
  const next = ([first, ...rest]) => first?.get().catch(() => {}).then(() => idle(() => next(rest)));
  setTimeout(() => idle(() => next(parts)), IDLE_MS);
}
