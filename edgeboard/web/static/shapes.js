/** Lines, arrows, rectangles and ellipses: a drag from one corner to the other, logged when the pointer lifts. */

import { WIDTH_STEPS } from "./ink.js";
import { ItemType, Shape } from "./kinds.js";
import { CursorTool } from "./live.js";
import { previewOf } from "./picture.js";
import { pack } from "./values.js";
import { toCanvas } from "./view.js";

const TAP_PX = 4; // on screen: less makes nothing
const TURN = Math.PI / 12; // to whose multiples Shift holds a line
const STAMP_PX = Object.freeze({ x: 160, y: 100 }); // on screen, of a shape that is put down without a pointer

/** A place on the canvas, rounded to what can be seen at this zoom: whole px, or the parts of one where it is magnified. */
export function rounded({ x, y }, zoom) {
  const steps = 2 ** Math.ceil(Math.log2(Math.max(1, zoom)));
  return { x: Math.round(x * steps) / steps, y: Math.round(y * steps) / steps };
}

/**
 * Where a drag ends with Shift held down: lines keep to multiples of 15 degrees, boxes become as high as wide.
 * @param {number} shape one of `Shape`
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @returns {{x: number, y: number}}
 */
export function constrained(shape, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  if (shape === Shape.RECTANGLE || shape === Shape.ELLIPSE) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    return { x: from.x + (dx < 0 ? -side : side), y: from.y + (dy < 0 ? -side : side) };
  }
  const angle = Math.round(Math.atan2(dy, dx) / TURN) * TURN;
  const length = dx * Math.cos(angle) + dy * Math.sin(angle);
  return { x: from.x + length * Math.cos(angle), y: from.y + length * Math.sin(angle) };
}

/**
 * The payload of a shape (docs/formats/oplog.md).
 * @param {number} shape one of `Shape`
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @param {{colour: number, width: number}} ink width in 1/8 px
 * @returns {Uint8Array}
 */
export function shapePayload(shape, from, to, { colour, width }) {
  return pack([shape, [from.x, from.y, to.x, to.y], colour, width / WIDTH_STEPS, null]);
}

/** Draws one shape. */
export class ShapeTool {
  #bench;
  #shape;
  #ink;
  #place;
  #zoom = 1;
  #from = null;
  #last = null; // the sample that says where it ends
  #start = null;
  cursor = CursorTool.PEN;

  /** @param {import("./tools.js").Bench} bench @param {{shape: number, colour: number, width: number}} how */
  constructor(bench, { shape, colour, width }) {
    this.#bench = bench;
    this.#shape = shape;
    this.#ink = { colour, width };
    this.#place = bench.place;
  }

  /** Put a shape of a handy size in the middle of the window. @param {import("./tools.js").Bench} bench @param {object} how */
  static stamp(bench, { shape, colour, width }) {
    const { zoom } = bench.view();
    const middle = bench.middle();
    const [w, h] = [STAMP_PX.x / zoom / 2, STAMP_PX.y / zoom / 2];
    const from = rounded({ x: middle.x - w, y: middle.y - h }, zoom);
    const to = rounded({ x: middle.x + w, y: middle.y + h }, zoom);
    const id = bench.board.addItem(ItemType.SHAPE, shapePayload(shape, from, to, { colour, width }), bench.place);
    bench.selection.replace([id]); // whoever has no pointer moves it with the keys
  }

  get ring() {
    return null;
  }

  get due() {
    return Infinity;
  }

  /** What is under way, as it would be logged. @returns {import("./picture.js").Picture|null} */
  get drawing() {
    return this.#isTap ? null : previewOf(ItemType.SHAPE, this.#payload());
  }

  begin(sample) {
    this.#zoom = this.#bench.view().zoom;
    this.#start = this.#last = sample;
    this.#from = this.#canvas(sample);
  }

  move(samples) {
    if (samples.length === 0) return;
    this.#last = samples.at(-1);
    if (!this.#isTap) this.#bench.live.figure(this.#bench.board.nextCounter, this.#place, ItemType.SHAPE, this.#payload());
  }

  tick() {}

  flush() {}

  end() {
    if (this.#isTap) {
      this.cancel();
      return;
    }
    this.#bench.board.addItem(ItemType.SHAPE, this.#payload(), this.#place);
    this.#bench.live.endFigure(true);
    this.#last = null;
  }

  cancel() {
    this.#bench.live.endFigure(false);
    this.#last = null;
  }

  get #isTap() {
    return this.#last === null || Math.hypot(this.#last.x - this.#start.x, this.#last.y - this.#start.y) < TAP_PX;
  }

  #payload() {
    const to = this.#canvas(this.#last);
    const end = this.#last.isShift ? rounded(constrained(this.#shape, this.#from, to), this.#zoom) : to;
    return shapePayload(this.#shape, this.#from, end, this.#ink);
  }

  #canvas({ x, y }) {
    return rounded(toCanvas(this.#bench.view(), x, y), this.#zoom);
  }
}
