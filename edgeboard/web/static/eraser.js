/** The erasers: one takes whole items, the other exactly the ink that it wipes over. One swipe is one gesture. */

import { CursorTool } from "./live.js";
import { unite } from "./merge.js";
import { toCanvas } from "./view.js";

const LOG_EVERY_MS = 400; // of a wipe that goes on: others see it, and a page that dies loses no more

/** What both have in common: a round thing that moves. */
class Wiper {
  cursor = CursorTool.ERASER;
  #last = null;

  /** @param {import("./tools.js").Bench} bench @param {{radius: number}} how screen px */
  constructor(bench, { radius }) {
    this.bench = bench;
    this.radius = radius;
  }

  get drawing() {
    return null;
  }

  /** Where it is, in screen px. @returns {{x: number, y: number, radius: number}|null} */
  get ring() {
    return this.#last === null ? null : { x: this.#last.x, y: this.#last.y, radius: this.radius };
  }

  get due() {
    return Infinity;
  }

  begin(sample) {
    this.move([sample]);
  }

  move(samples) {
    const view = this.bench.view();
    for (const sample of samples) {
      const from = this.#last ?? sample;
      this.#last = sample;
      const [a, b] = [toCanvas(view, from.x, from.y), toCanvas(view, sample.x, sample.y)];
      this.wipe(a.x, a.y, b.x, b.y, this.radius / view.zoom);
    }
  }

  tick() {}

  flush() {}

  end() {}

  /** What was wiped by then was seen by others, and stays so: it can be undone. */
  cancel() {
    this.end();
  }
}

/** Takes away every item that it touches. */
export class EraserTool extends Wiper {
  #erased = 0;

  wipe(x0, y0, x1, y1, radius) {
    const touched = this.bench.painter.touched(x0, y0, x1, y1, radius);
    if (touched.length > 0) this.#erased += this.bench.board.erase(touched, this.#erased > 0);
  }
}

/** Takes away the ink that it wipes over and leaves the rest of the stroke; it does nothing to what is no ink. */
export class PartialEraserTool extends Wiper {
  #wiped = new Map(); // piece -> intervals that are not logged yet
  #items = new Set(); // whose pieces these are
  #touched = new Set(); // items that this gesture has cut
  #isGoingOn = false; // whether the gesture has made an op
  #logAt = Infinity;

  get due() {
    return this.#logAt;
  }

  wipe(x0, y0, x1, y1, radius) {
    const { painter, clock } = this.bench;
    const changed = [];
    for (const { id, pieces } of painter.cutUnder(x0, y0, x1, y1, radius)) {
      changed.push(id);
      this.#items.add(id);
      for (const [piece, intervals] of pieces) this.#wiped.set(piece, unite([this.#wiped.get(piece) ?? [], intervals]));
    }
    if (changed.length === 0) return;
    painter.showCut(this.#wiped, changed);
    if (this.#logAt === Infinity) this.#logAt = clock() + LOG_EVERY_MS;
  }

  tick(now) {
    if (now >= this.#logAt) this.#log();
  }

  flush() {
    this.#log();
  }

  end() {
    this.#log();
    const gone = [...this.#touched].filter((id) => this.bench.painter.picture(id) === undefined);
    this.bench.board.sweep(gone, this.#isGoingOn);
  }

  #log() {
    this.#logAt = Infinity;
    if (this.#wiped.size === 0) return;
    this.#items.forEach((id) => this.#touched.add(id));
    const cuts = [...this.#wiped];
    this.#wiped = new Map();
    this.#items.clear();
    this.bench.painter.showCut(this.#wiped, []); // the ops say it from here on
    this.#isGoingOn = this.bench.board.cut(cuts, this.#isGoingOn) || this.#isGoingOn;
  }
}
