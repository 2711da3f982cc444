/**
 * Texts and sticky notes: what they are made of, and the tools that put them down. What is typed is the editor's affair.
 *
 * A note is what its item's payload and registers say: {type, x, y, w, h, size, colour, text}, in px of the canvas.
 */

import { TEXT_MAX } from "./bodies.js";
import { WIDTH_STEPS } from "./ink.js";
import { ItemType, Register } from "./kinds.js";
import { CursorTool } from "./live.js";
import { rounded } from "./shapes.js";
import { pack, unpack } from "./values.js";
import { toCanvas } from "./view.js";

export const STICKY_SIZE = 200; // px, of a new one
const TAP_PX = 8; // on screen: more is no tap
const REACH_PX = 4; // on screen: how near a tap has to come

/** @typedef {{type: number, x: number, y: number, w: number, h: number, size: number, colour: number, text: string}} Note */

/** The payload of a note (docs/formats/oplog.md). @param {Note} note @returns {Uint8Array} */
export function notePayload({ type, x, y, w, h, size, colour, text }) {
  return pack(type === ItemType.TEXT ? [x, y, text, size, colour] : [x, y, w, h, text, colour]);
}

/**
 * What an item says as a note.
 * @param {import("./items.js").Item} item a text or a sticky note that has a picture, so its numbers are sound
 * @returns {Note}
 */
export function readNote(item) {
  const value = unpack(item.pieces[0].payload);
  const later = item.value(Register.TEXT);
  const [newColour] = Array.isArray(item.value(Register.STYLE)) ? item.value(Register.STYLE) : [];
  const isText = item.type === ItemType.TEXT;
  const [x, y, w, h] = isText ? [value[0], value[1], 0, 0] : value;
  const [own, colour] = isText ? [value[2], value[4]] : [value[4], value[5]];
  return {
    type: item.type,
    x,
    y,
    w,
    h,
    size: isText && value[3] > 0 ? Math.min(value[3], 1000) : 20,
    colour: Number.isSafeInteger(newColour) ? newColour : Number.isSafeInteger(colour) ? colour : isText ? 0 : 6,
    text: typeof later === "string" ? later : typeof own === "string" ? own : "",
  };
}

/** Text as it may be logged: whole characters, line ends of one kind, nothing empty at the end. @param {string} text */
export function cleanText(text) {
  const whole = new TextDecoder().decode(new TextEncoder().encode(text));
  return whole.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n\t]/gu, "").replace(/\s+$/, "");
}

/** How many bytes of a text are too many; 0 if it fits. @param {string} text @returns {number} */
export function excess(text) {
  return Math.max(0, new TextEncoder().encode(text).length - TEXT_MAX);
}

/** As much of a text as an op holds. @param {string} text @returns {string} */
export function fitting(text) {
  if (excess(text) === 0) return text;
  const bytes = new TextEncoder().encode(text).slice(0, TEXT_MAX);
  return new TextDecoder().decode(bytes, { stream: true }); // half a character at the end is left out
}

/**
 * The topmost text or sticky note there.
 * @param {import("./tools.js").Bench} bench
 * @param {{x: number, y: number}} sample screen px
 * @returns {import("./items.js").Item|null}
 */
export function noteAt(bench, sample) {
  const { board, painter, view } = bench;
  const { x, y } = toCanvas(view(), sample.x, sample.y);
  const reach = REACH_PX / view().zoom;
  const item = ({ id }) => board.document.item(id);
  const isThere = (picture) => isNote(item(picture)) && picture.touched(x, y, x, y, reach) && !bench.isFixed(picture.id);
  const picture = painter.pictures().findLast(isThere);
  return picture === undefined ? null : item(picture);
}

/** Whether an item is a text or a sticky note. @param {import("./items.js").Item} item */
export const isNote = ({ type }) => type === ItemType.TEXT || type === ItemType.STICKY;

const TWO_TAPS_MS = 400;
const TWO_TAPS_PX = 16;

/** Two taps at one place, one soon after the other. */
export class DoubleTap {
  #last = null;

  /** @param {{x: number, y: number, time: number}} sample where and when a tap begins @returns {boolean} */
  isSecond({ x, y, time }) {
    const last = this.#last;
    const isSecond = last !== null && time - last.time <= TWO_TAPS_MS && Math.hypot(x - last.x, y - last.y) <= TWO_TAPS_PX;
    this.#last = isSecond ? null : { x, y, time };
    return isSecond;
  }
}

/** Puts a text or a sticky note where one taps, or opens the one that is there. */
export class NoteTool {
  #bench;
  #how;
  #start = null;
  #isTap = true;

  /** @param {import("./tools.js").Bench} bench @param {{type: number, colour: number, width: number}} how width: of a text, 1/8 px */
  constructor(bench, how) {
    this.#bench = bench;
    this.#how = how;
  }

  /** Begin one in the middle of the window, selected when it is done. @param {import("./tools.js").Bench} bench @param {object} how */
  static stamp(bench, how) {
    bench.editor.write(newNote(how, bench.middle(), bench.view().zoom), (id) => bench.selection.replace([id]));
  }

  cursor = CursorTool.NONE;

  get drawing() {
    return null;
  }

  get ring() {
    return null;
  }

  get due() {
    return Infinity;
  }

  begin(sample) {
    this.#start = sample;
  }

  move(samples) {
    for (const { x, y } of samples) if (Math.hypot(x - this.#start.x, y - this.#start.y) > TAP_PX) this.#isTap = false;
  }

  tick() {}

  flush() {}

  end() {
    if (!this.#isTap) return;
    const { editor, view } = this.#bench;
    const there = noteAt(this.#bench, this.#start);
    if (there !== null) editor.edit(there.id);
    else editor.write(newNote(this.#how, toCanvas(view(), this.#start.x, this.#start.y), view().zoom));
  }

  cancel() {}
}

/** A note that begins here: a text with its first line at the pointer, a sticky note around it. */
function newNote({ type, colour, width = 0 }, { x, y }, zoom) {
  const size = width / WIDTH_STEPS;
  const [w, h] = type === ItemType.TEXT ? [0, 0] : [STICKY_SIZE, STICKY_SIZE];
  const place = rounded({ x: x - w / 2, y: type === ItemType.TEXT ? y - 0.65 * size : y - h / 2 }, zoom);
  return { type, ...place, w, h, size, colour, text: "" };
}
