/**
 * Pictures of strokes: those of the log and those under way are drawn alike, piece by piece.
 *
 * A piece that did not change is not read, traced or painted again when a further one comes: a stroke that grows costs what
 * it grows by. Points are dropped once they are outlined, and read again when a hand asks what it touches.
 */

import { decodeColumns, decodeStroke } from "./codec.js";
import { coverRun } from "./cover.js";
import { cutUnder, discsRect, inflated, overlap, touches, united } from "./geometry.js";
import { MARKER_OPACITY, WIDTH_STEPS, cssColour, runs } from "./ink.js";
import { Register, Tool } from "./kinds.js";
import { unite } from "./merge.js";
import { DecodeError } from "./varints.js";

const HEAVY = 2_000; // points
const LATELY_MAX = 256; // parts

/** One piece as it is drawn. */
class Part {
  id;
  cuts;
  width; // in 1/8 px
  box; // canvas px; null: nothing of it is left
  length; // points
  hasPressure;
  #again; // gives the columns once more; null if they are kept
  #columns;
  #outline = null;

  constructor(id, columns, cuts, width, again = null) {
    [this.id, this.cuts, this.width] = [id, cuts, width];
    const { scale, x, y, pressure = null } = columns;
    this.length = x.length;
    this.hasPressure = pressure !== null;
    this.#columns = { scale, x, y, pressure }; // times and tilts are not drawn
    this.#again = again;
    if (cuts.length === 0) this.box = boxOf(columns, width / WIDTH_STEPS / 2);
    else this.box = this.runs().map(discsRect).reduce(united, null);
    if (cuts.length > 0 && this.box !== null) this.box = inflated(this.box, 1);
  }

  #traced() {
    return runs(this.#columns ?? this.#again(), this.width, this.cuts);
  }

  /** What of it is visible; a hand that wipes or selects asks for the same ones again and again. @returns {import("./ink.js").Discs[]} */
  runs() {
    return lately(this, () => this.#traced());
  }

  /** @returns {{path: Path2D, isLine: boolean, width: number}} */
  outline() {
    if (this.#outline === null) {
      this.#outline = outlineOf(this.#traced(), this.hasPressure);
      if (this.#again !== null) this.#columns = null;
    }
    return this.#outline;
  }

  /** Whether it is drawn as this would be. */
  isAs({ id, cuts, width }) {
    return this.id === id && this.width === width && this.cuts.length === cuts.length && this.cuts.every((each, at) => each === cuts[at]);
  }
}

/** A stroke; see `Picture` in picture.js. */
class InkPicture {
  box;
  parts;
  head; // what its first piece says of its style
  #css;
  #alpha;

  constructor(parts, css, alpha, head) {
    this.parts = parts;
    this.head = head;
    this.box = parts.reduce((box, part) => united(box, part.box), null);
    [this.#css, this.#alpha] = [css, alpha];
  }

  draw(context) {
    context.globalAlpha = this.#alpha;
    context.fillStyle = context.strokeStyle = this.#css;
    for (const { path, isLine, width } of this.#alpha === 1 ? this.parts.map((part) => part.outline()) : [this.#union()]) {
      context.lineWidth = width;
      if (isLine) context.stroke(path);
      else context.fill(path);
    }
  }

  /** One path, so that where a marker's pieces meet it is painted once. */
  #union() {
    if (this.parts.length === 1) return this.parts[0].outline();
    const hasPressure = this.parts.some((part) => part.hasPressure);
    if (hasPressure && !this.parts.every((part) => part.hasPressure)) {
      return outlineOf(this.parts.flatMap((part) => part.runs()), true);
    }
    const path = new Path2D();
    for (const part of this.parts) path.addPath(part.outline().path);
    return { ...this.parts[0].outline(), path };
  }

  get isHeavy() {
    return this.parts.reduce((sum, { length }) => sum + length, 0) > HEAVY;
  }

  /** Where it looks different from what it was, or all of both if it looks different everywhere. @param {object} before */
  differs(before) {
    if (!(before instanceof InkPicture) || before.#css !== this.#css || before.#alpha !== this.#alpha) return united(this.box, before.box);
    const [old, now] = [new Set(before.parts), new Set(this.parts)];
    const changed = [...before.parts.filter((part) => !now.has(part)), ...this.parts.filter((part) => !old.has(part))];
    return changed.reduce((box, part) => united(box, part.box), null);
  }

  #near(x0, y0, x1, y1, radius) {
    const track = { x0: Math.min(x0, x1), y0: Math.min(y0, y1), x1: Math.max(x0, x1), y1: Math.max(y0, y1) };
    const wide = inflated(track, radius);
    return this.parts.filter(({ box }) => overlap(box, wide));
  }

  touched(x0, y0, x1, y1, radius) {
    const near = this.#near(x0, y0, x1, y1, radius);
    return near.some((part) => part.runs().some((run) => touches(run, x0, y0, x1, y1, radius)));
  }

  tight() {
    return this.runs().map(discsRect).reduce(united, null);
  }

  runs() {
    return this.parts.flatMap((part) => part.runs());
  }

  cutUnder(x0, y0, x1, y1, radius) {
    const under = (part) => unite(part.runs().map((run) => cutUnder(run, x0, y0, x1, y1, radius)));
    const near = this.#near(x0, y0, x1, y1, radius);
    return near.map((part) => [part.id, under(part)]).filter(([, intervals]) => intervals.length > 0);
  }
}

/**
 * The picture of a stroke of the log.
 * @param {import("./items.js").Item} item
 * @param {Map<string, number[]>} wiped cuts by piece that are not logged yet
 * @param {InkPicture|null} before of the same item: what is still true of it is taken over
 * @returns {InkPicture|null} null if all of it is cut away
 * @throws {DecodeError} its first piece cannot be read
 */
export function pictureOfStroke(item, wiped, before) {
  const known = new Map(before instanceof InkPicture ? before.parts.map((part) => [part.id, part]) : []);
  const [first] = item.pieces;
  let head = known.has(first?.id) ? before.head : null;
  let columns = null;
  if (head === null) ({ columns, ...head } = decodeStroke(first.payload));
  const style = restyled(item, head);
  const parts = [];
  for (const piece of item.pieces) {
    const { id, payload } = piece;
    const more = wiped.get(id);
    const cuts = more === undefined ? piece.cuts : unite([piece.cuts, more]);
    const part = known.get(id);
    if (part?.isAs({ id, cuts, width: style.width })) {
      parts.push(part);
      continue;
    }
    const again = () => (piece === first ? decodeStroke(payload).columns : decodeColumns(payload));
    try {
      parts.push(new Part(id, piece === first && columns !== null ? columns : again(), cuts, style.width, again));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // the rest of the stroke is good
    }
  }
  return picture(parts, style, head);
}

/**
 * The picture of a stroke under way, or of a part of it.
 * @param {import("./codec.js").Columns} columns
 * @param {{tool: number, colour: number, width: number}} style width in 1/8 px
 * @returns {InkPicture}
 */
export function pictureOfColumns(columns, style) {
  return picture([new Part("", columns, [], style.width)], style, null);
}

function picture(parts, { tool, colour, opacity = 1 }, head) {
  const left = parts.filter(({ box }) => box !== null);
  if (left.length === 0) return null;
  return new InkPicture(left, cssColour(colour), opacity * (tool === Tool.MARKER ? MARKER_OPACITY : 1), head);
}

/** The style of a stroke: its own, where the register does not say otherwise. */
function restyled(item, own) {
  const value = item.value(Register.STYLE);
  if (!Array.isArray(value)) return own;
  const [colour, width, , opacity] = value;
  return {
    tool: own.tool,
    colour: Number.isSafeInteger(colour) && colour >= 0 ? colour : own.colour,
    width: Number.isSafeInteger(width) && width >= 1 && width <= 2048 ? width : own.width,
    opacity: Number.isFinite(opacity) ? Math.min(1, Math.max(0, opacity)) : 1,
  };
}

const asked = new Map(); // what was made for a part, the one asked last at the end

/** What `make` gives, kept as long as it is asked for. @template T @param {object} key @param {() => T} make @returns {T} */
function lately(key, make) {
  const value = asked.get(key) ?? make();
  asked.delete(key);
  asked.set(key, value);
  if (asked.size > LATELY_MAX) asked.delete(asked.keys().next().value);
  return value;
}

/** One path. Discs of one radius joined are a thick line with round ends. */
function outlineOf(all, hasPressure) {
  const path = new Path2D();
  if (hasPressure) {
    for (const discs of all) coverRun(path, discs);
    return { path, isLine: false, width: 0 };
  }
  for (const { x, y } of all) {
    path.moveTo(x[0], y[0]);
    if (x.length === 1) path.lineTo(x[0] + 0.001, y[0]); // a line of no length is not drawn everywhere
    for (let i = 1; i < x.length; i++) path.lineTo(x[i], y[i]);
  }
  return { path, isLine: true, width: 2 * (all[0]?.r[0] ?? 0) };
}

/** Where the recorded points are; the curve through them leaves that by a part of a segment at most. */
function boxOf({ scale, x, y }, radius) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  let leap = 0;
  for (let i = 0; i < x.length; i++) {
    const px = x[i] / scale;
    const py = y[i] / scale;
    if (px < box.x0) box.x0 = px;
    if (px > box.x1) box.x1 = px;
    if (py < box.y0) box.y0 = py;
    if (py > box.y1) box.y1 = py;
    if (i > 0) leap = Math.max(leap, Math.abs(x[i] - x[i - 1]) / scale, Math.abs(y[i] - y[i - 1]) / scale);
  }
  return inflated(box, Math.max(radius, 0.3) + leap / 4 + 1);
}
