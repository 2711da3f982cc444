/**
 * Items on the move: taken off the sheet and drawn above it while their transform is not decided, then set down by one op
 * each. Nobody else sees anything before that.
 *
 * A few are drawn as they are. Many are painted once into a bitmap, in slices, and only then leave the sheet.
 */

import { IDENTITY, applied, multiply, transformedRect, united } from "./geometry.js";
import { rounded } from "./handles.js";
import { Register } from "./kinds.js";

const DRAWN_MAX = 250; // items that are drawn anew in every frame
const SLICE_MS = 7;

/** The selected items, as long as they are moved. */
export class Carry {
  #bench;
  #ids;
  #pictures;
  #box;
  #bitmap = null;
  #painted = 0;

  /** @param {import("./tools.js").Bench} bench with something selected that is not locked */
  constructor(bench) {
    this.#bench = bench;
    this.#ids = new Set(bench.selection.ids);
    this.#pictures = bench.painter.pictures(this.#ids);
    this.#box = this.#pictures.reduce((box, picture) => united(box, picture.box), null);
    if (this.#pictures.length > DRAWN_MAX) this.#bitmap = bench.painter.bitmap(this.#box);
    if (this.#bitmap === null) bench.painter.lift(this.#ids);
    this.to(IDENTITY);
  }

  /** They are here now. @param {import("./geometry.js").Transform} delta since they were taken up */
  to(delta) {
    this.#bench.selection.delta = delta;
  }

  /** Paint more of the bitmap. @param {() => number} clock ms @returns {boolean} whether there is more to do */
  advance(clock) {
    if (this.#bitmap === null || this.#painted === this.#pictures.length) return false;
    const end = clock() + SLICE_MS;
    while (this.#painted < this.#pictures.length) {
      this.#bitmap.draw(this.#pictures[this.#painted++]);
      if (this.#painted % 8 === 0 && clock() >= end) return true;
    }
    this.#bench.painter.lift(this.#ids);
    return false;
  }

  /** How they look where they are now. @returns {import("./picture.js").Picture|null} */
  get drawing() {
    const delta = this.#bench.selection.delta ?? IDENTITY;
    if (this.#box === null) return null;
    return {
      box: transformedRect(this.#box, delta),
      draw: (context) => {
        context.save();
        context.transform(...delta);
        if (this.#bitmap !== null) this.#bitmap.show(context);
        else for (const picture of this.#pictures) picture.draw(context);
        context.restore();
      },
    };
  }

  /** Set them down here: one op each, one gesture. @returns {number} how many there were */
  commit() {
    const { board, selection } = this.#bench;
    const delta = selection.delta ?? IDENTITY;
    const changes = [];
    if (!isNothing(delta, this.#box)) {
      // from where each was taken up, though somebody may have moved it meanwhile: that is what this person saw
      for (const { id, transform = IDENTITY } of this.#pictures) {
        changes.push({ id, register: Register.TRANSFORM, value: rounded(multiply(delta, transform)) });
      }
    }
    this.#down();
    return board.setAll(changes);
  }

  /** Back to where they were. */
  cancel() {
    this.#down();
  }

  #down() {
    this.#bench.painter.lift([]);
    this.#bench.selection.delta = null;
    this.#bench.selection.stale();
  }
}

/** Whether a transform moves no corner of a box by as much as can be written down. */
function isNothing(delta, box) {
  if (box === null) return true;
  const corners = [[box.x0, box.y0], [box.x1, box.y0], [box.x0, box.y1]];
  return corners.every(([x, y]) => {
    const there = applied(delta, x, y);
    return Math.abs(there.x - x) < 1 / 512 && Math.abs(there.y - y) < 1 / 512;
  });
}
