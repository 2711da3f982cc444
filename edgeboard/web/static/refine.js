/**
 * Thinning that keeps the look: fewer points, and the drawn outline stays within a tolerance (docs/formats/ink.md).
 *
 * A point goes if the stroke is still drawn where it was drawn while the pen moved: every disc of one drawing lies on
 * the other with what its place and its radius are off adding up to at most the tolerance, and the other way round. Each
 * point is asked once, from the first to the last. Pressures and times are first rounded to what nobody sees. The twin of
 * `edgeboard/canvas/refine.py`, operation by operation.
 */

import { PRESSURE_MAX, TIME_STEP, levelOf, pressureOf } from "./codec.js";
import { Curve, points } from "./ink.js";

export const TOLERANCE = 0.5; // px
const LEVELS = [15, 100, 255, 1023, 2047]; // of pressure; the first that is fine enough is taken
const LEVEL_SHARE = 0.25; // of the tolerance that rounding a pressure may take
const RADIUS_SLOPE = 0.65; // of the half width, from no pressure to full pressure
const SPAN_MAX = 32; // points in a row that may go
const SLIDE = 2; // points beyond the neighbours of a segment that it is compared with
const REACH = 7; // points to either side that shape what changes, and what that is compared with

/**
 * The stroke of the points that stay, with rounded pressures and times.
 * @param {import("./codec.js").Columns} columns one piece, as recorded
 * @param {number} width px, at full pressure
 * @param {number} [tolerance] px by which the drawn outline may differ; 0 leaves the stroke as recorded
 * @returns {import("./codec.js").Columns}
 */
export function refine(columns, width, tolerance = TOLERANCE) {
  if (tolerance <= 0) return columns;
  const { time = null } = columns;
  const coarse = {
    ...columns,
    pressure: columns.pressure ? rounded(columns.pressure, width, tolerance) : null,
    time: time === null ? null : Array.from(time, (ms) => Math.floor((ms + TIME_STEP / 2) / TIME_STEP) * TIME_STEP),
  };
  return chosen(coarse, refined(columns, coarse.pressure, width, tolerance));
}

/** Pressures in as few levels as a stroke of this width allows. */
function rounded(pressure, width, tolerance) {
  for (const levels of LEVELS) {
    if (((width / 2) * RADIUS_SLOPE) / (2 * levels) > tolerance * LEVEL_SHARE) continue;
    return Array.from(pressure, (value) => pressureOf(levelOf(value, levels), levels));
  }
  return pressure;
}

/** The columns of these points. @param {import("./codec.js").Columns} columns @param {number[]} indices */
export function chosen({ scale, ...columns }, indices) {
  const pick = (column) => (column ? indices.map((at) => column[at]) : null);
  return { scale, ...Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, pick(column)])) };
}

/**
 * Which points stay.
 * @param {import("./codec.js").Columns} columns as recorded
 * @param {ArrayLike<number>|null} pressure as it will be logged
 * @param {number} width px, at full pressure
 * @param {number} tolerance px
 * @returns {number[]} their indices, rising, the first and the last among them
 */
export function refined(columns, pressure, width, tolerance) {
  const last = columns.x.length - 1;
  if (last < 2) return Array.from({ length: last + 1 }, (_, at) => at);
  const recorded = points(columns);
  const full = laid(new Curve(recorded, width));
  const coarse = { ...recorded, pressure: pressure === null ? null : Float64Array.from(pressure) };
  const kept = [0];
  for (let point = 1; point < last; point++) {
    const window = kept.slice(-REACH);
    const gap = window.length - 1;
    for (let at = point + 1; at <= Math.min(point + REACH, last); at++) window.push(at);
    const isShort = window[gap + 1] - window[gap] <= SPAN_MAX;
    if (!isShort || !isSame(full, coarse, window, gap, last, width, tolerance)) kept.push(point);
  }
  return [...kept, last];
}

/** The discs of a curve, and where among them each of its points stands. */
function laid(curve) {
  const places = [0];
  for (let i = 0; i < curve.end; i++) places.push(places[i] + curve.parts(i));
  return { ...curve.discs(), places };
}

function picked({ x, y, pressure }, indices) {
  const pick = (column) => Float64Array.from(indices, (at) => column[at]);
  return { x: pick(x), y: pick(y), pressure: pressure === null ? null : pick(pressure) };
}

/** Whether the points of the window are drawn on the full curve, and it on them, around segment `gap`. */
function isSame(full, coarse, window, gap, last, width, tolerance) {
  const thin = laid(new Curve(picked(coarse, window), width));
  const end = window.length - 1;
  const low = window[0] === 0 ? 0 : 2; // segments whose points all have their neighbours
  const high = window[end] === last ? end : end - 2;
  for (const off of [0, -1, 1, -2, 2, -3, 3]) {
    const i = gap + off;
    if (i < low || i >= high) continue;
    const [start, stop] = [window[i], window[i + 1]];
    if (off >= -2 && off <= 2) {
      // smoothing slides points towards their neighbours
      const first = full.places[Math.max(0, window[Math.max(0, i - 1)] - SLIDE)];
      const behind = full.places[Math.min(last, window[Math.min(end, i + 2)] + SLIDE)];
      const near = full.places[start];
      if (!isNear(thin, thin.places[i], thin.places[i + 1], full, first, behind, near, tolerance)) return false;
    }
    const [first, behind] = [thin.places[Math.max(low, i - 1)], thin.places[Math.min(high, i + 2)]];
    if (!isNear(full, full.places[start], full.places[stop], thin, first, behind, thin.places[i], tolerance)) return false;
  }
  return true;
}

/** Whether every disc from `a0` to `a1` of one curve lies on the other, from `b0` to `b1`; `near` is tried first. */
function isNear(a, a0, a1, b, b0, b1, near, tolerance) {
  const count = b1 - b0;
  for (let i = a0; i <= a1; i++) {
    let isFound = false;
    // neighbours of a disc are near the neighbours of what it was near
    for (let n = 0; n < count && !isFound; n++) {
      const at = b0 + ((near - b0 + n) % count);
      if (!isOn(a, i, b, at, tolerance)) continue;
      isFound = true;
      near = at;
    }
    if (!isFound) return false;
  }
  return true;
}

/** Whether disc i of one curve lies on what joins disc `at` of the other to the next. */
function isOn(a, i, { x: xs, y: ys, r: rs }, at, tolerance) {
  const [x, y] = [a.x[i], a.y[i]];
  const dx = xs[at + 1] - xs[at];
  const dy = ys[at + 1] - ys[at];
  const square = dx * dx + dy * dy;
  const u = square > 0 ? Math.min(1, Math.max(0, ((x - xs[at]) * dx + (y - ys[at]) * dy) / square)) : 0;
  const offX = x - xs[at] - u * dx;
  const offY = y - ys[at] - u * dy;
  const slack = tolerance - Math.abs(a.r[i] - rs[at] - u * (rs[at + 1] - rs[at]));
  return slack >= 0 && offX * offX + offY * offY <= slack * slack;
}
