/**
 * A stroke under way: points come in, pieces for the log go out.
 *
 * Points are rounded to steps at once, so what is drawn here is what everybody will draw. A piece is due after 2 s or
 * 500 points, so that a power cut costs little; a further piece begins with the last point of the one before, so that
 * pieces join. What is logged is thinned; what is drawn while the pen moves is not.
 */

import { COORDINATE_END, POINTS_MAX, PRESSURE_MAX } from "./codec.js";
import { WIDTH_STEPS } from "./ink.js";
import { TOLERANCE, refine } from "./refine.js";

export const PIECE_LASTS_MS = 2_000;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Points of one gesture. */
export class StrokeRecorder {
  #scale;
  #width;
  #tolerance; // by which the logged outline may leave the drawn one; screen px where magnified
  #hasPressure;
  #start;
  #pieceAt;
  #logged = 0; // pieces taken
  #x = [];
  #y = [];
  #pressure = [];
  #time = [];

  /**
   * @param {{scale: number, width: number, zoom: number, hasPressure: boolean}} how steps per canvas px; 1/8 px; the
   *   zoom it is drawn at
   * @param {number} now ms, of the first point
   */
  constructor({ scale, width, zoom, hasPressure }, now) {
    this.#scale = scale;
    this.#width = width / WIDTH_STEPS;
    this.#tolerance = TOLERANCE / Math.max(zoom, 1);
    this.#hasPressure = hasPressure;
    this.#start = this.#pieceAt = now;
  }

  get scale() {
    return this.#scale;
  }

  /** How many points the piece under way has. */
  get length() {
    return this.#x.length;
  }

  /** Whether the piece under way holds anything that is not logged yet. */
  get isFresh() {
    return this.#x.length > (this.#logged > 0 ? 1 : 0);
  }

  /**
   * A point.
   * @param {number} x canvas px
   * @param {number} y canvas px
   * @param {number|null} pressure 0 .. 1
   * @param {number} now ms
   * @returns {{x: number, y: number, pressure: number|null}|null} in steps; null if it says nothing new
   */
  add(x, y, pressure, now) {
    const step = (value) => clamp(Math.round(value * this.#scale), 1 - COORDINATE_END, COORDINATE_END - 1);
    const last = this.#x.length - 1;
    const [sx, sy] = [step(x), step(y)];
    const level = this.#hasPressure ? clamp(Math.round((pressure ?? 0.5) * PRESSURE_MAX), 0, PRESSURE_MAX) : null;
    if (last >= 0 && sx === this.#x[last] && sy === this.#y[last]) {
      if (level === null || level <= this.#pressure[last]) return null;
      if (this.#logged === 0 || last > 0) {
        this.#pressure[last] = level; // pressing on one spot makes the dot larger, not longer
        return null;
      }
    }
    this.#x.push(sx);
    this.#y.push(sy);
    if (level !== null) this.#pressure.push(level);
    this.#time.push(Math.max(0, Math.round(now - this.#start)));
    return { x: sx, y: sy, pressure: level };
  }

  /** Whether it is time to log the piece. @param {number} now @returns {boolean} */
  isDue(now) {
    return this.isFresh && (this.#x.length >= POINTS_MAX || now - this.#pieceAt >= PIECE_LASTS_MS);
  }

  /** When it will be, if no more points come. @returns {number} ms */
  get due() {
    return this.#pieceAt + PIECE_LASTS_MS;
  }

  /** The piece under way, every point of it, to be drawn. @returns {import("./codec.js").Columns} */
  columns() {
    return {
      scale: this.#scale,
      x: this.#x,
      y: this.#y,
      pressure: this.#hasPressure ? this.#pressure : null,
      time: this.#time,
    };
  }

  /**
   * Take the piece under way for the log; the next one begins where it ends.
   * @param {number} now
   * @returns {import("./codec.js").Columns}
   */
  take(now) {
    const taken = refine(this.columns(), this.#width, this.#tolerance);
    this.#logged += 1;
    this.#pieceAt = now;
    for (const column of [this.#x, this.#y, this.#pressure, this.#time]) column.splice(0, column.length - 1);
    return taken;
  }
}
