/** What an item is called, to tell it from others without seeing it: its kind, its first words or its colour, its lock. */

import { ItemType, Register, Shape } from "./kinds.js";
import { COLOUR_NAMES, say } from "./locale.js";
import { isNote, readNote } from "./notes.js";
import { styleOf } from "./styles.js";
import { unpack } from "./values.js";

const WORDS_MAX = 40; // characters of a text that name it

/** What kind of item it is. @param {number|undefined} type one of `ItemType` @returns {string} */
export function kindName(type) {
  switch (type) {
    case ItemType.SHAPE:
      return say("Shape");
    case ItemType.TEXT:
      return say("Text");
    case ItemType.STICKY:
      return say("Sticky note");
    case ItemType.IMAGE:
      return say("Image");
    case ItemType.TICKER:
      return say("Marquee");
    default:
      return say("Stroke");
  }
}

/** @param {number} shape one of `Shape` @returns {string} */
function shapeName(shape) {
  switch (shape) {
    case Shape.LINE:
      return say("Line");
    case Shape.ARROW:
      return say("Arrow");
    case Shape.RECTANGLE:
      return say("Rectangle");
    case Shape.ELLIPSE:
      return say("Ellipse");
    default:
      return say("Shape");
  }
}

/** @param {import("./items.js").Item} item that has a picture, so its payload is sound @returns {string} */
export function nameOf(item) {
  const parts = [item.type === ItemType.SHAPE ? shapeName(unpack(item.pieces[0].payload)[0]) : kindName(item.type)];
  const { colour } = styleOf(item);
  if (isNote(item)) parts.push(wordsOf(readNote(item).text));
  else if (colour !== null && COLOUR_NAMES[colour] !== undefined) parts.push(say(COLOUR_NAMES[colour]));
  if (item.value(Register.LOCK) === true) parts.push(say("locked"));
  return parts.filter((part) => part !== "").join(", ");
}

function wordsOf(text) {
  const line = text.replace(/\s+/g, " ").trim();
  const letters = [...line];
  return letters.length > WORDS_MAX ? `${letters.slice(0, WORDS_MAX - 1).join("")}…` : line;
}
