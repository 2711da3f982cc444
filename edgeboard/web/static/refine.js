/**
 * Thinning that keeps the look: what is drawn from the points that stay is what was drawn while the pen moved.
 *
 * `thin.js` keeps the recorded polyline; but strokes are drawn smoothed (docs/formats/ink.md), and smoothing over points
 * that stand far apart cuts corners and bulges beside them. So after thinning the two curves are laid side by side, and
 * where they part, points come back, until they agree.
 */

import { Curve, points } from "./ink.js";
import { TOLERANCE, kept } from "./thin.js";

const ROUNDS_MAX = 16; // each halves what it looks at, so few are needed
const REACH = 3; // points to either side that shape a segment and what it is compared with

/**
 * Which points stay.
 * @param {import("./codec.js").Columns} columns
 * @param {number} [tolerance] px that the drawn curve may move
 * @returns {number[]} their indices, rising, the first and the last among them
 */
export function refined(columns, tolerance = TOLERANCE) {
  const full = laid(columns);
  const last = columns.x.length - 1;
  if (last < 2) return Array.from({ length: last + 1 }, (_, at) => at);
  const stays = new Set(kept(columns, tolerance));
  const known = new Set(); // segments that agree, with the points that shape them
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const indices = [...stays].sort((a, b) => a - b);
    if (indices.length > last) return indices;
    const thinned = laid(chosen(columns, indices));
    let isGood = true;
    for (let i = 0; i + 1 < indices.length; i++) {
      const key = `${indices[i]}:${indices.slice(Math.max(0, i - REACH), i + 2 + REACH)}`;
      if (known.has(key)) continue;
      if (agrees(full, thinned, indices, i, tolerance)) known.add(key);
      else {
        isGood = false;
        comeBack(stays, indices, i);
      }
    }
    if (isGood) return indices;
  }
  return Array.from({ length: last + 1 }, (_, at) => at);
}

/** The columns of some points. @param {import("./codec.js").Columns} columns @param {number[]} indices */
export function chosen({ scale, x, y, pressure = null, time = null }, indices) {
  const choose = (column) => (column === null ? null : indices.map((at) => column[at]));
  return { scale, x: choose(x), y: choose(y), pressure: choose(pressure), time: choose(time) };
}

/** A curve as it is drawn: points, and where among them each recorded point stands. */
function laid(columns) {
  const { x, y, t } = new Curve(points(columns), 1).discs();
  const at = new Int32Array(columns.x.length);
  for (let i = 0; i < t.length; i++) if (Number.isInteger(t[i])) at[t[i]] = i;
  return { x, y, at };
}

/** Whether segment i of the thinned curve lies on the full one, and the full one on it. */
function agrees(full, thinned, indices, i, tolerance) {
  const [from, to] = [indices[i], indices[i + 1]];
  const [fullEnd, thinEnd] = [full.at.length - 1, indices.length - 1];
  // smoothing slides points along the curve, so a little more than the segment itself is compared
  const reach = to - from + 2;
  const [low, high] = [full.at[Math.max(0, from - reach)], full.at[Math.min(fullEnd, to + reach)]];
  if (!isNear(thinned, thinned.at[i], thinned.at[i + 1], full, low, high, tolerance)) return false;
  const [before, behind] = [thinned.at[Math.max(0, i - 1)], thinned.at[Math.min(thinEnd, i + 2)]];
  return isNear(full, full.at[from], full.at[to], thinned, before, behind, tolerance);
}

/** Whether every point from `a0` to `a1` of one polyline is near the other between `b0` and `b1`. */
function isNear(a, a0, a1, b, b0, b1, tolerance) {
  const limit = tolerance * tolerance;
  const count = b1 - b0;
  let start = 0; // neighbours of a point are near the neighbours of what it was near
  for (let i = a0; i <= a1; i++) {
    let isFound = false;
    for (let n = 0; n < count && !isFound; n++) {
      const at = (start + n) % count;
      if (squareDistance(a.x[i], a.y[i], b, b0 + at) > limit) continue;
      isFound = true;
      start = at;
    }
    if (!isFound) return false;
  }
  return true;
}

function squareDistance(x, y, { x: xs, y: ys }, at) {
  const dx = xs[at + 1] - xs[at];
  const dy = ys[at + 1] - ys[at];
  const square = dx * dx + dy * dy;
  const u = square > 0 ? Math.min(1, Math.max(0, ((x - xs[at]) * dx + (y - ys[at]) * dy) / square)) : 0;
  const offX = x - xs[at] - u * dx;
  const offY = y - ys[at] - u * dy;
  return offX * offX + offY * offY;
}

/** Halve segment i; where it has nothing left to give, halve its neighbours. */
function comeBack(stays, indices, i) {
  const halve = (at) => {
    if (at < 0 || at + 1 >= indices.length || indices[at + 1] - indices[at] < 2) return false;
    stays.add((indices[at] + indices[at + 1]) >> 1);
    return true;
  };
  if (halve(i)) return;
  const before = halve(i - 1);
  const behind = halve(i + 1);
  if (before || behind) return;
  halve(i - 2);
  halve(i + 2);
}
