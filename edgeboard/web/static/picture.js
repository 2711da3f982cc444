/**
 * Pictures of items: what of an item a painter needs, worked out once per version of the item.
 *
 * A picture knows its box (a little generous, so that nothing is cut off), draws itself into a 2D context whose
 * transform is that of the canvas, and says whether a track touches it. Outlines are made when first drawn. Whatever
 * an item holds came from somebody else: what cannot be drawn has no picture.
 */

import { FIGURES } from "./figures.js";
import { applied, asTransform, invert, scaleOf, transformedRect, united } from "./geometry.js";
import { pictureOfStroke } from "./inkpicture.js";
import { ItemType, Register } from "./kinds.js";
import { DecodeError } from "./varints.js";

/**
 * @typedef {object} Picture
 * @property {string} id of the item
 * @property {number} version of the item
 * @property {number} layer of the item
 * @property {string} z of the item, its key in paint order
 * @property {import("./geometry.js").Rect} box canvas px
 * @property {(context: CanvasRenderingContext2D) => void} draw
 * @property {(x0: number, y0: number, x1: number, y1: number, radius: number) => boolean} touched whether a track meets it
 * @property {boolean} [isHeavy] whether it takes long to paint
 * @property {(before: Picture) => import("./geometry.js").Rect|null} [differs] where it looks different from an earlier one
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
 * @param {Picture|null} [before] of the item as it was: what did not change of its ink is not made again
 * @returns {Picture|null} null if it cannot be drawn
 */
export function pictureOf(item, tint = null, images = null, wiped = NOTHING, before = null) {
  if (tint !== null) return pictureOf(tinted(item, tint), null, images);
  const ink = (stroke) => pictureOfStroke(stroke, wiped, before?.inner ?? before);
  const make = item.type === ItemType.STROKE ? ink : FIGURES.get(item.type);
  if (make === undefined) return null;
  try {
    const picture = transformed(make(item, images), item.value(Register.TRANSFORM));
    if (picture === null || !isSane(picture.box)) return null;
    picture.id = item.id;
    picture.version = item.version;
    picture.layer = item.layer;
    picture.z = item.z;
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
  return { id: item.id, version: item.version, layer: item.layer, z: item.z, type: item.type, op: item.op, pieces: item.pieces, value };
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

/**
 * What has to be painted anew when an item has another picture.
 * @param {Picture} before
 * @param {Picture} now
 * @returns {import("./geometry.js").Rect|null} null: nothing
 */
export function differing(before, now) {
  const isThere = before.z === now.z && before.layer === now.layer;
  return isThere && now.differs !== undefined ? now.differs(before) : united(before.box, now.box);
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
    touched: inside((...track) => picture.touched(...track)),
    cutUnder: picture.cutUnder && inside((...track) => picture.cutUnder(...track)),
    isHeavy: picture.isHeavy,
    transform: there,
    inner: picture,
  };
}

const isSane = ({ x0, y0, x1, y1 }) => [x0, y0, x1, y1].every(Number.isFinite) && x0 <= x1 && y0 <= y1;
