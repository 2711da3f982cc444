/** Several ways to one end, begun one after another: the first that succeeds is taken, the others are given up. */

export const HEAD_START_MS = 350; // of one way before the next

/**
 * @template W, T
 * @param {W[]} ways the best first
 * @param {(way: W, signal: AbortSignal) => Promise<T>} open
 * @param {(result: T) => void} drop what comes too late
 * @param {AbortSignal} signal gives up all of them
 * @returns {Promise<{way: W, result: T}>}
 * @throws {Error} what the first way failed with, once all have failed
 */
export function race(ways, open, drop, signal) {
  return new Promise((resolve, reject) => {
    const running = new Map();
    const failures = new Map();
    let next = 0;
    let timer = null;
    let isOver = false;

    const settle = (finish) => {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      for (const abort of running.values()) abort.abort();
      finish();
    };
    const giveUp = () => settle(() => reject(new Error("given up")));
    const begin = () => {
      clearTimeout(timer);
      const way = ways[next++];
      const abort = new AbortController();
      running.set(way, abort);
      if (next < ways.length) timer = setTimeout(begin, HEAD_START_MS);
      open(way, abort.signal).then(
        (result) => {
          running.delete(way);
          if (isOver) drop(result);
          else settle(() => resolve({ way, result }));
        },
        (error) => {
          running.delete(way);
          failures.set(way, error);
          if (isOver) return;
          if (next < ways.length) begin();
          else if (running.size === 0) settle(() => reject(failures.get(ways[0])));
        },
      );
    };
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else begin();
  });
}
