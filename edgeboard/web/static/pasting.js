/** Text of other programs, pasted on the paper: it becomes a text of the board. */

import { rulerFor } from "./figures.js";
import { WIDTH_STEPS } from "./ink.js";
import { ItemType } from "./kinds.js";
import { cleanText, fitting, notePayload } from "./notes.js";
import { wrapped } from "./wrapping.js";

const SHARE = 0.8; // of the window's width, that a line of prose takes at most
const LINES_MAX = 8192;

/**
 * A pasted text as an item: its lines are kept, and one that is wider than the window is broken between words.
 * @param {string} pasted
 * @param {{colour: number, width: number}} ink of the tool that writes, width in 1/8 px
 * @param {import("./geometry.js").Rect} seen canvas px
 * @returns {{copy: import("./clipboard.js").Copy, isCut: boolean}|null} null if there is nothing to be seen in it
 */
export function textCopy(pasted, { colour, width }, seen) {
  const whole = cleanText(pasted.slice(0, 4 * LINES_MAX));
  if (whole.trim() === "") return null;
  const size = width / WIDTH_STEPS;
  const ruler = rulerFor(size);
  const broken = whole.split("\n").flatMap((line) =>
    /\S\s+\S/.test(line) ? wrapped([line], SHARE * (seen.x1 - seen.x0), (text) => ruler.measureText(text).width, LINES_MAX) : [line]);
  const full = broken.join("\n");
  const text = fitting(full);
  const payload = notePayload({ type: ItemType.TEXT, x: seen.x0, y: seen.y0, size, colour, text });
  const isCut = text !== full || pasted.length > 4 * LINES_MAX;
  return { copy: { type: ItemType.TEXT, pieces: [{ payload, cuts: [] }], registers: [] }, isCut };
}
