/**
 * Pictures of items: what of an item a painter needs, worked out once per version of the item.
 *
 * A picture knows its box (a little generous, so that nothing is cut off), draws itself into a 2D context whose
 * transform is that of the canvas, and says whether a track touches it. Outlines are made when first drawn. Whatever
 * an item holds came from somebody else: what cannot be drawn has no picture.
 */

import { decodeColumns, decodeStroke } from "./codec.js";
import { FIGURES } from "./figures.js";
import {
  applied, asTransform, cutUnder, discsRect, inflated, invert, scaleOf, touches, transformedRect, united,
} from "./geometry.js";
import { coverRun } from "./cover.js";
import { MARKER_OPACITY, WIDTH_STEPS, cssColour, runs } from "./ink.js";
import { ItemType, Register, Tool } from "./kinds.js";
import { unite } from "./merge.js";
import { DecodeError } from "./varints.js";

/**
 * @typedef {object} Picture
 * @property {string} id of the item
 * @property {number} version of the item
 * @property {number} layer of the item
 * @property {import("./geometry.js").Rect} box canvas px
 * @property {(context: CanvasRenderingContext2D) => void} draw
 * @property {(x0: number, y0: number, x1: number, y1: number, radius: number) => boolean} touched whether a track meets it
 * @property {import("./geometry.js").Transform} [transform] of the item, where it has one
 * @property {Picture} [inner] the same without it
 * @property {() => import("./geometry.js").Rect|null} [tight] the box of what is painted and no more
 * @property {() => import("./ink.js").Discs[]} [runs] the ink of a stroke
 * @property {(x0: number, y0: number, x1: number, y1: number, radius: number) => [string, number[]][]} [cutUnder] of ink: what
 *   of its pieces a track touches, as `cut` ops say it
 */

const NOTHING = new Map();

/**
 * The picture of an item as it is now.
 * @param {import("./items.js").Item} item
 * @param {number|null} [tint] a colour to show it in instead of its own
 * @param {{of: (content: string) => {bitmap: ImageBitmap|null, share: number}}|null} [images] those that are here
 * @param {Map<string, number[]>} [wiped] cuts by piece that are not logged yet
 * @returns {Picture|null} null if it cannot be drawn
 */
export function pictureOf(item, tint = null, images = null, wiped = NOTHING) {
  if (tint !== null) return pictureOf(tinted(item, tint), null, images);
  const make = item.type === ItemType.STROKE ? (stroke) => pictureOfStroke(stroke, wiped) : FIGURES.get(item.type);
  if (make === undefined) return null;
  try {
    const picture = transformed(make(item, images), item.value(Register.TRANSFORM));
    if (picture === null || !isSane(picture.box)) return null;
    picture.id = item.id;
    picture.version = item.version;
    picture.layer = item.layer;
    return picture;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** An item that looks as if its style register said so. */
function tinted(item, colour) {
  const [, ...rest] = Array.isArray(item.value(Register.STYLE)) ? item.value(Register.STYLE) : [];
  const value = (register) => (register === Register.STYLE ? [colour, ...rest] : item.value(register));
  return { id: item.id, version: item.version, layer: item.layer, type: item.type, op: item.op, pieces: item.pieces, value };
}

/**
 * What an item would look like that is one op.
 * @param {number} type one of `ItemType`, not of ink
 * @param {Uint8Array} payload
 * @returns {Picture|null} null if it cannot be drawn
 */
export function previewOf(type, payload) {
  try {
    const picture = FIGURES.get(type)?.({ type, pieces: [{ payload }], value: () => undefined }) ?? null;
    return picture !== null && isSane(picture.box) ? picture : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function pictureOfStroke(item, wiped) {
  const { pieces, head } = readPieces(item, wiped);
  return strokePicture(pieces, restyled(item, head), () => readPieces(item, wiped).pieces);
}

function readPieces(item, wiped) {
  const pieces = [];
  let head = null;
  for (const piece of item.pieces) {
    let columns;
    try {
      if (head === null) ({ columns, ...head } = decodeStroke(piece.payload));
      else columns = decodeColumns(piece.payload);
    } catch (error) {
      if (!(error instanceof DecodeError) || head === null) throw error;
      continue; // the rest of the stroke is good
    }
    const more = wiped.get(piece.id);
    const { scale, x, y, pressure } = columns;
    const cuts = more === undefined ? piece.cuts : unite([piece.cuts, more]);
    pieces.push({ id: piece.id, columns: { scale, x, y, pressure }, cuts });
  }
  return { pieces, head };
}

/**
 * Strokes of the log and strokes under way are drawn alike: columns by piece, with their cuts.
 * @param {{id?: string, columns: import("./codec.js").Columns, cuts: number[]}[]} pieces
 * @param {{tool: number, colour: number, width: number, opacity?: number}} style width in 1/8 px
 * @param {(() => object[])|null} [again] gives the pieces once more, so that they are not kept when they have been drawn
 * @returns {Picture|null} without id and version; null if all of it is cut away
 */
export function strokePicture(pieces, { tool, colour, width, opacity = 1 }, again = null) {
  const alpha = opacity * (tool === Tool.MARKER ? MARKER_OPACITY : 1);
  const css = cssColour(colour);
  const ids = pieces.map(({ id }) => id);
  let kept = pieces;
  let outline = null;
  const traced = () => (kept ?? again()).map(({ columns, cuts }) => runs(columns, width, cuts));
  const byPiece = () => lately(ids, traced); // a hand that wipes or selects asks the same strokes again and again
  const allRuns = () => byPiece().flat();
  const tight = () => allRuns().map(discsRect).reduce(united, null);
  const isWhole = pieces.every(({ cuts }) => cuts.length === 0);
  const box = isWhole ? strokeBox(pieces, width / WIDTH_STEPS / 2) : tight();
  if (box === null) return null;
  return {
    box: isWhole ? box : inflated(box, 1),
    draw(context) {
      if (outline === null) {
        outline = outlineOf(traced().flat());
        if (again !== null) kept = null;
      }
      context.globalAlpha = alpha;
      if (outline.isLine) {
        context.strokeStyle = css;
        context.lineWidth = outline.width;
        context.stroke(outline.path);
      } else {
        context.fillStyle = css;
        context.fill(outline.path);
      }
    },
    touched: (x0, y0, x1, y1, radius) => allRuns().some((run) => touches(run, x0, y0, x1, y1, radius)),
    tight,
    runs: allRuns,
    cutUnder(x0, y0, x1, y1, radius) {
      const under = (pieceRuns) => unite(pieceRuns.map((run) => cutUnder(run, x0, y0, x1, y1, radius)));
      return byPiece().map((each, at) => [ids[at], under(each)]).filter(([, intervals]) => intervals.length > 0);
    },
  };
}

const LATELY_MAX = 128; // strokes
const asked = new Map(); // what was made for a key, the one asked last at the end

/** What `make` gives, kept as long as it is asked for. @template T @param {object} key @param {() => T} make @returns {T} */
function lately(key, make) {
  const value = asked.get(key) ?? make();
  asked.delete(key);
  asked.set(key, value);
  if (asked.size > LATELY_MAX) asked.delete(asked.keys().next().value);
  return value;
}

/** One path, so that a marker is painted once as a whole. Discs of one radius joined are a thick line with round ends. */
function outlineOf(all) {
  const path = new Path2D();
  const radius = all[0]?.r[0] ?? 0;
  if (!all.every(({ r }) => r.every((each) => each === radius))) {
    for (const discs of all) coverRun(path, discs);
    return { path, isLine: false, width: 0 };
  }
  for (const { x, y } of all) {
    path.moveTo(x[0], y[0]);
    if (x.length === 1) path.lineTo(x[0] + 0.001, y[0]); // a line of no length is not drawn everywhere
    for (let i = 1; i < x.length; i++) path.lineTo(x[i], y[i]);
  }
  return { path, isLine: true, width: 2 * radius };
}

/** Where the recorded points are; the curve through them leaves that by a part of a segment at most. */
function strokeBox(pieces, radius) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  let leap = 0;
  for (const { columns } of pieces) {
    const { scale, x, y } = columns;
    for (let i = 0; i < x.length; i++) {
      const px = x[i] / scale;
      const py = y[i] / scale;
      if (px < box.x0) box.x0 = px;
      if (px > box.x1) box.x1 = px;
      if (py < box.y0) box.y0 = py;
      if (py > box.y1) box.y1 = py;
      if (i > 0) leap = Math.max(leap, Math.abs(x[i] - x[i - 1]) / scale, Math.abs(y[i] - y[i - 1]) / scale);
    }
  }
  const margin = Math.max(radius, 0.3) + leap / 4 + 1;
  return { x0: box.x0 - margin, y0: box.y0 - margin, x1: box.x1 + margin, y1: box.y1 + margin };
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

/** A picture seen through its item's transform, if that has a way back. */
function transformed(picture, value) {
  if (picture === null || value === undefined) return picture;
  const there = asTransform(value);
  const back = invert(there);
  if (back === null) return picture;
  const inside = (act) => (x0, y0, x1, y1, radius) => {
    const from = applied(back, x0, y0);
    const to = applied(back, x1, y1);
    return act(from.x, from.y, to.x, to.y, radius * scaleOf(back));
  };
  return {
    box: transformedRect(picture.box, there),
    draw(context) {
      context.save();
      context.transform(...there);
      picture.draw(context);
      context.restore();
    },
    touched: inside(picture.touched),
    cutUnder: picture.cutUnder && inside(picture.cutUnder),
    transform: there,
    inner: picture,
  };
}

const isSane = ({ x0, y0, x1, y1 }) => [x0, y0, x1, y1].every(Number.isFinite) && x0 <= x1 && y0 <= y1;
