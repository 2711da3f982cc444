/**
 * How a stroke looks (docs/formats/ink.md): points, smoothed to discs, joined to an outline.
 *
 * The twin of `edgeboard/canvas/ink.py`: IEEE doubles in the order written there, so that a panel, a page and an SVG
 * agree. Discs are columns {x, y, r, t}: centre and radius in px, and the path parameter at which each stands.
 */

export const PALETTE = Object.freeze([
  "#1d1d1f", "#6e6e73", "#c7c7cc", "#ffffff", "#d92d20", "#e8590c", "#f2b705", "#2b8a3e",
  "#0b7285", "#1971c2", "#3b3bb3", "#7b2cbf", "#c2255c", "#7f4f24", "#f5b8c5", "#a5d8ff",
]);
export const PAGE_COLOUR = "#ffffff";
export const MARKER_OPACITY = 0.4;
export const RADIUS_MIN = 0.3; // px
export const PARTS_MAX = 8; // of a segment
export const PART_LENGTH = 4; // px
export const CUT_STEPS = 1024; // of the path parameter, in a segment
export const WIDTH_STEPS = 8; // of a stroke's width, in a px
const PRESSURE_MAX = 4095;

/**
 * A colour number as CSS: 0 .. 15 the palette, else 16 + 0xRRGGBB.
 * @param {number} colour
 * @returns {string}
 */
export function cssColour(colour) {
  if (colour < 16) return PALETTE[colour] ?? PALETTE[0];
  return `#${((colour - 16) & 0xffffff).toString(16).padStart(6, "0")}`;
}

/**
 * @typedef {{x: Float64Array, y: Float64Array, pressure: Float64Array|null}} Points
 * @typedef {{x: Float64Array, y: Float64Array, r: Float64Array, t: Float64Array}} Discs
 */

/** The points of a piece in px, as recorded. @param {import("./codec.js").Columns} columns @returns {Points} */
export function points({ scale, x, y, pressure }) {
  return {
    x: divided(x, scale),
    y: divided(y, scale),
    pressure: pressure ? new Float64Array(pressure) : null,
  };
}

function divided(column, scale) {
  const values = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) values[i] = column[i] / scale;
  return values;
}

/** Inner values become (a + 2·b + c) / 4. @param {Float64Array} values @returns {Float64Array} */
function smoothed(values) {
  const result = values.slice();
  for (let i = 1; i + 1 < values.length; i++) result[i] = (values[i - 1] + 2 * values[i] + values[i + 1]) / 4;
  return result;
}

/** The smoothed curve of one piece. */
export class Curve {
  /** @param {Points} recorded @param {number} width px */
  constructor(recorded, width) {
    this.x = smoothed(recorded.x);
    this.y = smoothed(recorded.y);
    this.pressure = recorded.pressure === null ? null : smoothed(recorded.pressure);
    this.width = width;
  }

  /** The highest path parameter. */
  get end() {
    return this.x.length - 1;
  }

  /** Into how many parts segment i is cut. @param {number} i @returns {number} */
  parts(i) {
    const dx = this.x[i + 1] - this.x[i];
    const dy = this.y[i + 1] - this.y[i];
    return Math.min(PARTS_MAX, 1 + Math.floor(Math.sqrt(dx * dx + dy * dy) / PART_LENGTH));
  }

  /** Segment i at u (0 .. 1) goes to place `at` of the discs. */
  put(discs, at, i, u) {
    const { x, y } = this;
    const last = x.length - 1;
    const before = i > 0 ? i - 1 : 0;
    const next = i < last ? i + 1 : last;
    const behind = i + 2 < last ? i + 2 : last;
    discs.x[at] = catmullRom(x[before], x[i], x[next], x[behind], u);
    discs.y[at] = catmullRom(y[before], y[i], y[next], y[behind], u);
    let radius = this.width / 2;
    if (this.pressure !== null) {
      const pressure = this.pressure[i] + (this.pressure[next] - this.pressure[i]) * u;
      radius = (this.width / 2) * (0.35 + (0.65 * pressure) / PRESSURE_MAX);
    }
    discs.r[at] = Math.max(radius, RADIUS_MIN);
    discs.t[at] = i + u;
  }

  /** All discs from path parameter `from` to `to`, both included. @returns {Discs} */
  discs(from = 0, to = this.end) {
    const first = Math.min(Math.floor(from), Math.max(this.end - 1, 0));
    let most = from === 0 && to === this.end ? 1 : 2; // of the whole, each part has one, and the end
    for (let i = first; i < to; i++) most += this.parts(i);
    const discs = room(most);
    let count = 0;
    if (from < to) {
      this.put(discs, count++, first, from - first);
      for (let i = first; i < to; i++) {
        const parts = this.parts(i);
        for (let j = 0; j < parts; j++) {
          const t = i + j / parts;
          if (t > from && t < to) this.put(discs, count++, i, j / parts);
        }
      }
    }
    const last = Math.min(Math.floor(to), Math.max(this.end - 1, 0));
    this.put(discs, count++, last, to - last);
    return cutTo(discs, count);
  }
}

function catmullRom(p0, p1, p2, p3, u) {
  const u2 = u * u;
  const u3 = u2 * u;
  return 0.5 * (2 * p1 + (p2 - p0) * u + (2 * p0 - 5 * p1 + 4 * p2 - p3) * u2 + (3 * p1 - p0 - 3 * p2 + p3) * u3);
}

function room(count) {
  const column = () => new Float64Array(count);
  return { x: column(), y: column(), r: column(), t: column() };
}

function cutTo(discs, count) {
  const { x, y, r, t } = discs;
  if (x.length === count) return discs;
  return { x: x.slice(0, count), y: y.slice(0, count), r: r.slice(0, count), t: t.slice(0, count) };
}

/**
 * What of a path of `end` segments is visible.
 * @param {number[]} cuts united intervals in 1/1024: start, end, start, end …
 * @param {number} end the highest path parameter
 * @returns {[number, number][]} from and to, in path parameters
 */
export function visible(cuts, end) {
  const runs = [];
  let from = 0;
  for (let i = 0; i < cuts.length; i += 2) {
    const start = cuts[i] / CUT_STEPS;
    const stop = cuts[i + 1] / CUT_STEPS;
    if (start > end) break;
    if (start > from) runs.push([from, start]);
    from = stop;
  }
  if (from < end || (end === 0 && from === 0)) runs.push([from, end]);
  return runs;
}

/**
 * The discs of one piece, in runs that its cuts leave.
 * @param {import("./codec.js").Columns} columns
 * @param {number} width in 1/8 px
 * @param {number[]} [cuts] united, in 1/1024 of a segment
 * @returns {Discs[]}
 */
export function runs(columns, width, cuts = []) {
  const curve = new Curve(points(columns), width / WIDTH_STEPS);
  return visible(cuts, curve.end).map(([from, to]) => curve.discs(from, to));
}

// ----------------------------------------------------------------------------------------------------------- outlines

/**
 * Draw the outline of a run into something with moveTo, lineTo, arc and closePath: a Path2D, a canvas context or an
 * SvgPath. It is made of convex shapes that all turn the same way, so fill it with the nonzero rule.
 * @param {{moveTo: Function, lineTo: Function, arc: Function, closePath: Function}} path
 * @param {Discs} discs
 */
export function traceRun(path, { x, y, r }) {
  let drawn = -1; // the last disc that is whole on the paper
  for (let i = 0; i + 1 < x.length; i++) {
    const dx = x[i + 1] - x[i];
    const dy = y[i + 1] - y[i];
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance <= Math.abs(r[i] - r[i + 1])) {
      const larger = r[i] > r[i + 1] || (r[i] === r[i + 1] && drawn === i) ? i : i + 1;
      if (larger !== drawn) traceDisc(path, x[larger], y[larger], r[larger]);
      drawn = r[i] === r[i + 1] ? i + 1 : larger;
      continue;
    }
    const along = Math.atan2(dy, dx);
    const turn = Math.acos((r[i] - r[i + 1]) / distance);
    path.moveTo(x[i] + r[i] * Math.cos(along + turn), y[i] + r[i] * Math.sin(along + turn));
    path.arc(x[i], y[i], r[i], along + turn, along - turn + 2 * Math.PI);
    path.arc(x[i + 1], y[i + 1], r[i + 1], along - turn, along + turn);
    path.closePath();
    drawn = i + 1;
  }
  if (x.length === 1) traceDisc(path, x[0], y[0], r[0]);
}

function traceDisc(path, x, y, r) {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, 2 * Math.PI);
  path.closePath();
}

/** The same calls as a Path2D takes, as the text of an SVG path's `d`. */
export class SvgPath {
  #parts = [];

  moveTo(x, y) {
    this.#parts.push(`M${short(x)} ${short(y)}`);
  }

  lineTo(x, y) {
    this.#parts.push(`L${short(x)} ${short(y)}`);
  }

  /** Clockwise from angle `start` to `end`, after a line to where it begins. */
  arc(x, y, r, start, end) {
    this.lineTo(x + r * Math.cos(start), y + r * Math.sin(start));
    const halves = end - start > 1.9 * Math.PI ? [(start + end) / 2, end] : [end];
    let from = start;
    for (const to of halves) {
      const large = to - from > Math.PI ? 1 : 0;
      this.#parts.push(`A${short(r)} ${short(r)} 0 ${large} 1 ${short(x + r * Math.cos(to))} ${short(y + r * Math.sin(to))}`);
      from = to;
    }
  }

  closePath() {
    this.#parts.push("Z");
  }

  toString() {
    return this.#parts.join("");
  }
}

function short(value) {
  return String(Math.round(value * 1000) / 1000);
}

/**
 * The outline of a piece as one path.
 * @template P
 * @param {P} path see `traceRun`
 * @param {Discs[]} piece as `runs` gives them
 * @returns {P}
 */
export function tracePiece(path, piece) {
  for (const discs of piece) traceRun(path, discs);
  return path;
}
