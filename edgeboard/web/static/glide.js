/** A view that moves smoothly to another one. Values and arithmetic only. */

import { makeView } from "./view.js";

const LASTS_MS = 180;

/** From one view to another, beginning at `start`. */
export class Glide {
  #from;
  #start;

  /** @param {import("./view.js").View} from @param {import("./view.js").View} to @param {number} start ms */
  constructor(from, to, start) {
    this.#from = from;
    this.to = to;
    this.#start = start;
  }

  /** @param {number} now ms @returns {import("./view.js").View} `to` itself at the end */
  at(now) {
    const [from, to] = [this.#from, this.to];
    const done = Math.min(1, (now - this.#start) / LASTS_MS);
    if (done === 1) return to;
    const ease = 1 - (1 - done) ** 3;
    // the magnification by ratio, the place so that one point of the canvas holds still
    const zoom = from.zoom * (to.zoom / from.zoom) ** ease;
    const share = to.zoom === from.zoom ? ease : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / to.zoom);
    return makeView(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, zoom);
  }
}
