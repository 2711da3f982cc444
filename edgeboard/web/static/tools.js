/**
 * What a pointer does to the board: draw, or erase. Each tool takes one gesture from its begin to its end.
 *
 * Screen px come in and canvas px go on. A stroke is drawn from its recorder while it is under way, shown to others
 * through the live sender, and logged in pieces through the board, so the network is never waited for.
 */

import { Tool } from "./kinds.js";
import { CursorTool } from "./live.js";
import { StrokeRecorder } from "./stroke.js";
import { scaleFor, toCanvas } from "./view.js";

export const ERASER_RADIUS = 9; // screen px

/**
 * @typedef {object} Bench what tools work with
 * @property {import("./board.js").Board} board
 * @property {import("./painter.js").Painter} painter
 * @property {import("./live.js").LiveSender} live
 * @property {() => import("./view.js").View} view
 * @property {() => number} clock ms
 */

/** Draws one stroke with the pen or the marker. */
export class StrokeTool {
  #bench;
  #style;
  #recorder = null;
  #item = null;
  #pieces = 0;
  cursor = CursorTool.PEN;

  /** @param {Bench} bench @param {{tool: number, colour: number, width: number}} style */
  constructor(bench, { tool, colour, width }) {
    this.#bench = bench;
    this.#style = { tool, colour, width, page: 0, layer: 0 };
  }

  /** Where a ring shows what is touched: nowhere. */
  get ring() {
    return null;
  }

  /** What is under way, to be drawn. @returns {{columns: object, style: object}|null} */
  get drawing() {
    return this.#recorder === null || this.#recorder.length === 0
      ? null
      : { columns: this.#recorder.columns(), style: this.#style };
  }

  begin(sample, { hasPressure }) {
    const { zoom } = this.#bench.view();
    this.#recorder = new StrokeRecorder({ scale: scaleFor(zoom), width: this.#style.width, zoom, hasPressure }, sample.time);
    this.#announce();
    this.#add(sample);
  }

  move(samples) {
    for (const sample of samples) {
      this.#add(sample);
      if (this.#recorder.isDue(sample.time)) this.#log(sample.time);
    }
  }

  /** Time passes, the pen may rest. @param {number} now */
  tick(now) {
    if (this.#recorder.isDue(now)) this.#log(now);
  }

  /** When `tick` matters. @returns {number} ms */
  get due() {
    return this.#recorder.due;
  }

  /** Log what there is: the page may be gone in a moment. */
  flush() {
    if (this.#recorder.isFresh) this.#log(this.#bench.clock());
  }

  end() {
    this.flush();
    this.#bench.live.cancel(); // of the piece that would have come next
    this.#recorder = null;
  }

  /** It was no stroke. What has been logged by then stays: it was seen by others. */
  cancel() {
    this.#bench.live.cancel();
    this.#recorder = null;
  }

  #add({ x, y, pressure, time }) {
    const place = toCanvas(this.#bench.view(), x, y);
    const point = this.#recorder.add(place.x, place.y, pressure, time);
    if (point !== null) this.#bench.live.point(point.x, point.y, point.pressure);
  }

  #log(now) {
    const columns = this.#recorder.take(now);
    this.#item = this.#bench.board.addPiece(this.#item, this.#pieces, this.#style, columns);
    this.#pieces += 1;
    this.#bench.live.finish();
    this.#announce();
    const last = columns.x.length - 1;
    this.#bench.live.point(columns.x[last], columns.y[last], columns.pressure?.[last] ?? null);
  }

  /** The op that comes next will log what is drawn from here on. */
  #announce() {
    this.#bench.live.begin(this.#bench.board.nextCounter, this.#style, this.#recorder.scale);
  }
}

/** Takes away every item that it touches: one swipe is one gesture. */
export class EraserTool {
  #bench;
  #last = null;
  #erased = 0;
  cursor = CursorTool.ERASER;

  /** @param {Bench} bench */
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

/** The tools by name, as the toolbar has them; the hand moves the paper and is no tool of a stroke. */
export const TOOLS = Object.freeze({
  pen: { tool: Tool.PEN, widths: [12, 24, 40, 72, 128] },
  marker: { tool: Tool.MARKER, widths: [80, 128, 192, 288, 448] },
  eraser: null,
  hand: null,
});
