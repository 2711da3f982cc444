/**
 * Transforms, rectangles, and what a point or an eraser's track touches. Values and arithmetic only.
 *
 * A transform is [a, b, c, d, e, f] as in SVG: x' = a·x + c·y + e, y' = b·x + d·y + f. A rect is {x0, y0, x1, y1}.
 */

import { CUT_STEPS } from "./ink.js";

export const IDENTITY = Object.freeze([1, 0, 0, 1, 0, 0]);

/** @typedef {{x0: number, y0: number, x1: number, y1: number}} Rect */
/** @typedef {readonly number[]} Transform */

/** A register's value as a transform, or the identity if it is none. @param {unknown} value @returns {Transform} */
export function asTransform(value) {
  return Array.isArray(value) && value.length >= 6 && value.slice(0, 6).every(Number.isFinite) ? value.slice(0, 6) : IDENTITY;
}

/** First `inner`, then `outer`. @param {Transform} outer @param {Transform} inner @returns {number[]} */
export function multiply(outer, inner) {
  const [a, b, c, d, e, f] = outer;
  const [p, q, r, s, t, u] = inner;
  return [a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f];
}

/** The way back, or null if there is none. @param {Transform} transform @returns {number[]|null} */
export function invert([a, b, c, d, e, f]) {
  const determinant = a * d - b * c;
  if (!Number.isFinite(1 / determinant)) return null;
  return [
    d / determinant,
    -b / determinant,
    -c / determinant,
    a / determinant,
    (c * f - d * e) / determinant,
    (b * e - a * f) / determinant,
  ];
}

/** @param {Transform} transform @param {number} x @param {number} y @returns {{x: number, y: number}} */
export function applied([a, b, c, d, e, f], x, y) {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** By how much lengths grow, about. @param {Transform} transform @returns {number} */
export function scaleOf([a, b, c, d]) {
  return Math.sqrt(Math.abs(a * d - b * c));
}

/** @param {number} dx @param {number} dy @returns {number[]} */
export function translation(dx, dy) {
  return [1, 0, 0, 1, dx, dy];
}

/** The rect around a rect that has been transformed. @param {Rect} rect @param {Transform} transform @returns {Rect} */
export function transformedRect(rect, transform) {
  const corners = [
    applied(transform, rect.x0, rect.y0),
    applied(transform, rect.x1, rect.y0),
    applied(transform, rect.x0, rect.y1),
    applied(transform, rect.x1, rect.y1),
  ];
  const xs = corners.map((corner) => corner.x);
  const ys = corners.map((corner) => corner.y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

/** @param {Rect|null} a @param {Rect|null} b @returns {Rect|null} the rect around both */
export function united(a, b) {
  if (a === null || b === null) return a ?? b;
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

/** @param {Rect} rect @param {number} by @returns {Rect} */
export function inflated({ x0, y0, x1, y1 }, by) {
  return { x0: x0 - by, y0: y0 - by, x1: x1 + by, y1: y1 + by };
}

/** Whether they share a point. @param {Rect} a @param {Rect} b @returns {boolean} */
export function overlap(a, b) {
  return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
}

/** Whether `inner` lies in `outer`. @param {Rect} outer @param {Rect} inner @returns {boolean} */
export function contains(outer, inner) {
  return outer.x0 <= inner.x0 && inner.x1 <= outer.x1 && outer.y0 <= inner.y0 && inner.y1 <= outer.y1;
}

/** What of a rect lies outside another, in rects that share no more than edges. @param {Rect} inner @param {Rect} outer @returns {Rect[]} */
export function outside(inner, outer) {
  const [top, bottom] = [Math.max(inner.y0, outer.y0), Math.min(inner.y1, outer.y1)];
  const strips = [
    { ...outer, y1: top },
    { ...outer, y0: bottom },
    { ...outer, y0: top, y1: bottom, x1: inner.x0 },
    { ...outer, y0: top, y1: bottom, x0: inner.x1 },
  ];
  return strips.filter(({ x0, y0, x1, y1 }) => x0 < x1 && y0 < y1);
}

/** The rect of what a run paints. @param {import("./ink.js").Discs} discs @returns {Rect|null} */
export function discsRect({ x, y, r }) {
  if (x.length === 0) return null;
  const rect = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let i = 0; i < x.length; i++) {
    rect.x0 = Math.min(rect.x0, x[i] - r[i]);
    rect.y0 = Math.min(rect.y0, y[i] - r[i]);
    rect.x1 = Math.max(rect.x1, x[i] + r[i]);
    rect.y1 = Math.max(rect.y1, y[i] + r[i]);
  }
  return rect;
}

// --------------------------------------------------------------------------------------------------------- hit tests

const clamp = (value) => Math.min(1, Math.max(0, value));

/** Where on the segment from a to b the point nearest to (x, y) lies, 0 .. 1. */
function nearestOn(ax, ay, bx, by, x, y) {
  const dx = bx - ax;
  const dy = by - ay;
  const square = dx * dx + dy * dy;
  return square > 0 ? clamp(((x - ax) * dx + (y - ay) * dy) / square) : 0;
}

/** The distance of a point from a segment. @returns {number} */
export function distanceToSegment(x, y, ax, ay, bx, by) {
  const at = nearestOn(ax, ay, bx, by, x, y);
  return Math.hypot(x - ax - at * (bx - ax), y - ay - at * (by - ay));
}

/**
 * Where two segments are nearest.
 * @returns {{at: number, distance: number}} `at`: 0 .. 1 on the first one
 */
function nearest(ax, ay, bx, by, cx, cy, dx, dy) {
  const ux = bx - ax;
  const uy = by - ay;
  const vx = dx - cx;
  const vy = dy - cy;
  const cross = ux * vy - uy * vx;
  if (cross !== 0) {
    const at = ((cx - ax) * vy - (cy - ay) * vx) / cross;
    const other = ((cx - ax) * uy - (cy - ay) * ux) / cross;
    if (at >= 0 && at <= 1 && other >= 0 && other <= 1) return { at, distance: 0 };
  }
  let best = { at: 0, distance: distanceToSegment(ax, ay, cx, cy, dx, dy) };
  const consider = (at, distance) => {
    if (distance < best.distance) best = { at, distance };
  };
  consider(1, distanceToSegment(bx, by, cx, cy, dx, dy));
  consider(nearestOn(ax, ay, bx, by, cx, cy), distanceToSegment(cx, cy, ax, ay, bx, by));
  consider(nearestOn(ax, ay, bx, by, dx, dy), distanceToSegment(dx, dy, ax, ay, bx, by));
  return best;
}

/**
 * How far a track is from places joined by straight lines.
 * @param {number[][]} places [x, y] each
 * @returns {number} px; 0 where they cross
 */
export function distanceToSegments(places, x0, y0, x1, y1) {
  let least = Infinity;
  for (let i = 0; i + 1 < places.length && least > 0; i++) {
    const [[ax, ay], [bx, by]] = [places[i], places[i + 1]];
    least = Math.min(least, nearest(ax, ay, bx, by, x0, y0, x1, y1).distance);
  }
  return least;
}

/**
 * Whether a track, the segment from (x0, y0) to (x1, y1) with a radius, touches the ink of a run. A point is a track
 * from itself to itself.
 * @param {import("./ink.js").Discs} discs
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {number} radius px
 * @returns {boolean}
 */
export function touches({ x, y, r }, x0, y0, x1, y1, radius) {
  if (x.length === 1) return distanceToSegment(x[0], y[0], x0, y0, x1, y1) <= radius + r[0];
  for (let i = 0; i + 1 < x.length; i++) {
    const { at, distance } = nearest(x[i], y[i], x[i + 1], y[i + 1], x0, y0, x1, y1);
    if (distance <= radius + r[i] + at * (r[i + 1] - r[i])) return true;
  }
  return false;
}

/**
 * What of a run's path a track touches: where a disc of the ink and the round eraser share a point.
 * @param {import("./ink.js").Discs} discs with their path parameters
 * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {number} radius px
 * @returns {number[]} start, end, start, end … in 1/1024 of a segment, united; empty if nothing is touched
 */
export function cutUnder({ x, y, r, t }, x0, y0, x1, y1, radius) {
  const intervals = [];
  const include = (start, end) => {
    const last = intervals.length - 1;
    if (last > 0 && start <= intervals[last]) intervals[last] = Math.max(intervals[last], end);
    else intervals.push(start, end);
  };
  if (x.length === 1 && distanceToSegment(x[0], y[0], x0, y0, x1, y1) <= radius + r[0]) {
    const at = Math.floor(t[0] * CUT_STEPS);
    include(at, at + 1);
  }
  for (let i = 0; i + 1 < x.length; i++) {
    const { at, distance } = nearest(x[i], y[i], x[i + 1], y[i + 1], x0, y0, x1, y1);
    if (distance > radius + Math.max(r[i], r[i + 1])) continue;
    // how far the track is from the disc at u, less than nothing where they meet: a convex function of u
    const gap = (u) => {
      const away = distanceToSegment(x[i] + u * (x[i + 1] - x[i]), y[i] + u * (y[i + 1] - y[i]), x0, y0, x1, y1);
      return away - radius - r[i] - u * (r[i + 1] - r[i]);
    };
    const inside = gap(at) <= 0 ? at : lowest(gap);
    if (gap(inside) > 0) continue;
    const from = t[i] + boundary(gap, inside, 0) * (t[i + 1] - t[i]);
    const to = t[i] + boundary(gap, inside, 1) * (t[i + 1] - t[i]);
    const start = Math.floor(from * CUT_STEPS);
    include(start, Math.max(Math.ceil(to * CUT_STEPS), start + 1));
  }
  return intervals;
}

/** From a place inside towards `side` (0 or 1), the last place that is still inside. */
function boundary(gap, from, side) {
  if (gap(side) <= 0) return side;
  let [near, far] = [from, side];
  for (let i = 0; i < 12; i++) {
    const middle = (near + far) / 2;
    if (gap(middle) <= 0) near = middle;
    else far = middle;
  }
  return far; // on the far side of the edge, so that nothing that is touched stays
}

/** Where in 0 .. 1 a convex function is lowest, about. */
function lowest(value) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (value(left) <= value(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}
