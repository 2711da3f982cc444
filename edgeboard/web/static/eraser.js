/** The eraser of whole items. */

import { CursorTool } from "./live.js";
import { toCanvas } from "./view.js";

export const ERASER_RADIUS = 9; // screen px

/** Takes away every item that it touches: one swipe is one gesture. */
export class EraserTool {
  #bench;
  #last = null;
  #erased = 0;
  cursor = CursorTool.ERASER;

  /** @param {import("./tools.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  get drawing() {
    return null;
  }

  /** Where it is, in screen px. @returns {{x: number, y: number, radius: number}|null} */
  get ring() {
    return this.#last === null ? null : { x: this.#last.x, y: this.#last.y, radius: ERASER_RADIUS };
  }

  get due() {
    return Infinity;
  }

  begin(sample) {
    this.#last = sample;
    this.#wipe(sample, sample);
  }

  move(samples) {
    for (const sample of samples) {
      this.#wipe(this.#last, sample);
      this.#last = sample;
    }
  }

  tick() {}

  flush() {}

  end() {}

  cancel() {}

  #wipe(from, to) {
    const view = this.#bench.view();
    const [a, b] = [toCanvas(view, from.x, from.y), toCanvas(view, to.x, to.y)];
    const touched = this.#bench.painter.touched(a.x, a.y, b.x, b.y, ERASER_RADIUS / view.zoom);
    if (touched.length > 0) this.#erased += this.#bench.board.erase(touched, this.#erased > 0);
  }
}
