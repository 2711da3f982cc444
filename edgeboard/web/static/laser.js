/** The laser pointer: a trail that others see and nobody keeps. It is gone a second after the pointer has been there. */

import { CursorTool } from "./live.js";
import { toCanvas } from "./view.js";

let presses = 0;

/** Points while the pointer is down. */
export class LaserTool {
  #bench;
  #number;
  cursor = CursorTool.NONE;

  /** @param {import("./tools.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
    this.#number = presses++;
  }

  get drawing() {
    return null;
  }

  get ring() {
    return null;
  }

  get due() {
    return Infinity;
  }

  begin(sample) {
    this.#point(sample);
  }

  move(samples) {
    samples.forEach((sample) => this.#point(sample));
  }

  tick() {}

  flush() {}

  end() {}

  cancel() {}

  #point(sample) {
    const { board, clock, live, place, trails, view } = this.#bench;
    const { x, y } = toCanvas(view(), sample.x, sample.y);
    trails.add(board.origin, { number: this.#number, page: place.page, x, y, at: clock() });
    live.laser(this.#number, place.page, x, y);
  }
}
