/**
 * Pen and marker. A stroke is drawn from its recorder while it is under way, shown to others through the live sender,
 * and logged in pieces through the board, so the network is never waited for.
 */

import { CursorTool } from "./live.js";
import { pictureOfColumns } from "./inkpicture.js";
import { StrokeRecorder } from "./stroke.js";
import { scaleFor, toCanvas } from "./view.js";

/** Draws one stroke with the pen or the marker. */
export class StrokeTool {
  #bench;
  #style;
  #recorder = null;
  #item = null;
  #pieces = 0;
  #predicted = []; // samples that may come next: shown, never logged
  cursor = CursorTool.PEN;

  /** @param {import("./tools.js").Bench} bench @param {{tool: number, colour: number, width: number}} style */
  constructor(bench, { tool, colour, width }) {
    this.#bench = bench;
    this.#style = { tool, colour, width, ...bench.place };
  }

  /** Where a ring shows what is touched: nowhere. */
  get ring() {
    return null;
  }

  /** What is under way, to be drawn. @returns {import("./picture.js").Picture|null} */
  get drawing() {
    if (this.#recorder === null || this.#recorder.length === 0) return null;
    return pictureOfColumns(this.#foreseen(this.#recorder.columns()), this.#style);
  }

  begin(sample, { hasPressure }) {
    const { zoom } = this.#bench.view();
    this.#recorder = new StrokeRecorder({ scale: scaleFor(zoom), width: this.#style.width, zoom, hasPressure }, sample.time);
    this.#announce();
    this.#add(sample);
  }

  move(samples, predicted = []) {
    this.#predicted = predicted;
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
    this.#predicted = [];
    this.flush();
    this.#bench.live.cancel(); // of the piece that would have come next
    this.#recorder = null;
  }

  /** It was no stroke. What has been logged by then stays: it was seen by others. */
  cancel() {
    this.#bench.live.cancel();
    this.#recorder = null;
  }

  /** The stroke with what may come next at its end, so that the ink keeps up with the pen. */
  #foreseen(columns) {
    if (this.#predicted.length === 0) return columns;
    const { scale } = columns;
    const places = this.#predicted.map(({ x, y }) => toCanvas(this.#bench.view(), x, y));
    const steps = (key) => places.map((place) => Math.round(place[key] * scale));
    const last = columns.pressure?.at(-1) ?? 0;
    return {
      scale,
      x: [...columns.x, ...steps("x")],
      y: [...columns.y, ...steps("y")],
      pressure: columns.pressure === null ? null : [...columns.pressure, ...places.map(() => last)],
    };
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
