/** What colour and width items have, and the register value that gives them another. Values only. */

import { decodeStroke } from "./codec.js";
import { ItemType, Register, Tool } from "./kinds.js";
import { unpack } from "./values.js";
import { DecodeError } from "./varints.js";

const STEPS = 8; // a stroke's width is in 1/8 px, that of a shape in px
const AT = new Map([ // where in a payload the colour and the width are
  [ItemType.SHAPE, { colour: 2, width: 3 }],
  [ItemType.TEXT, { colour: 4 }],
  [ItemType.STICKY, { colour: 5 }],
  [ItemType.CONNECTOR, { colour: 3, width: 4 }],
]);

/**
 * How an item is drawn.
 * @param {import("./items.js").Item} item
 * @returns {{colour: number|null, width: number|null, isMarker: boolean}} width in 1/8 px; null where it has none
 */
export function styleOf(item) {
  const own = ownStyle(item);
  const later = item.value(Register.STYLE);
  const [colour, width] = Array.isArray(later) ? later : [];
  const isLater = (value) => typeof value === "number" && Number.isFinite(value);
  const unit = item.type === ItemType.STROKE ? 1 : STEPS;
  return {
    colour: own.colour !== null && isLater(colour) ? colour : own.colour,
    width: own.width !== null && isLater(width) ? width * unit : own.width,
    isMarker: own.isMarker,
  };
}

function ownStyle(item) {
  const nothing = { colour: null, width: null, isMarker: false };
  try {
    if (item.type === ItemType.STROKE) {
      const { tool, colour, width } = decodeStroke(item.pieces[0].payload);
      return { colour, width, isMarker: tool === Tool.MARKER };
    }
    const at = AT.get(item.type);
    const fields = at === undefined ? null : unpack(item.pieces[0].payload);
    if (!Array.isArray(fields)) return nothing;
    const width = at.width === undefined ? null : Number(fields[at.width]) * STEPS;
    return { colour: Number(fields[at.colour]), width, isMarker: false };
  } catch (error) {
    if (error instanceof DecodeError) return nothing;
    throw error;
  }
}

/**
 * The style register of an item with another colour or width; what is not named stays.
 * @param {import("./items.js").Item} item
 * @param {{colour?: number, width?: number}} change width in 1/8 px
 * @returns {unknown[]|null} null if it has no such thing
 */
export function restyled(item, { colour, width }) {
  const own = ownStyle(item);
  const before = item.value(Register.STYLE);
  const value = Array.isArray(before) ? [...before] : [null, null, null, null];
  let isChanged = false;
  if (colour !== undefined && own.colour !== null) {
    value[0] = colour;
    isChanged = true;
  }
  if (width !== undefined && own.width !== null) {
    value[1] = item.type === ItemType.STROKE ? width : width / STEPS;
    isChanged = true;
  }
  return isChanged ? value : null;
}
