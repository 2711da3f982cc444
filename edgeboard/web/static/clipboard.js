/**
 * Items out of the canvas and into it again: for duplicates, and for the clipboard between boards of one browser.
 *
 * On the clipboard a selection is JSON of our own. The asynchronous clipboard is missing on plain HTTP, so this goes by
 * the events `copy`, `cut` and `paste`. What is pasted may have been made up by anybody: it is checked as if it came from
 * the network, and nothing of it is used if any of it breaks the format.
 */

import { PIECES_MAX, VALUE_MAX } from "./bodies.js";
import { united } from "./geometry.js";
import { fromHex, toHex } from "./ids.js";
import { read } from "./items.js";
import { Register } from "./kinds.js";
import { pictureOf } from "./picture.js";
import { unpack } from "./values.js";
import { DecodeError } from "./varints.js";

export const MIME = "application/x-edgeboard+json";
const FORMAT = "edgeboard-items";
const VERSION = 1;
const ITEMS_MAX = 5_000;
const TEXT_MAX = 64 * 1024 * 1024; // characters that are looked at
const PAYLOAD_MAX = 16 * 1024; // bytes: an op holds no more
const NOT_COPIED = new Set([Register.Z, Register.LAYER, Register.LOCK]); // a copy is new: on top, here, and open

/**
 * @typedef {object} Copy an item without its id
 * @property {number} type one of `ItemType`
 * @property {{payload: Uint8Array, cuts: number[]}[]} pieces in order
 * @property {[number, Uint8Array][]} registers and the msgpack bytes of their values
 * @property {number} [page] on which it goes; that which is shown if it is missing
 */

/** @param {import("./items.js").Item} item @returns {Copy} */
export function copyOf(item) {
  const registers = [...item.winners.keys()].filter((register) => !NOT_COPIED.has(register) && item.value(register) !== undefined);
  return {
    type: item.type,
    pieces: item.pieces.map(({ payload, cuts }) => ({ payload, cuts })),
    registers: registers.sort((a, b) => a - b).map((register) => [register, item.valueBytes(register)]),
  };
}

/** The box around copies, canvas px. @param {Copy[]} copies @returns {import("./geometry.js").Rect|null} */
export function boxOfCopies(copies) {
  return copies.map(({ type, pieces, registers }) => {
    const values = new Map(registers);
    return pictureOf({ id: "", version: 0, layer: 0, type, pieces, value: (register) => read(values.get(register) ?? null) })?.box ?? null;
  }).reduce(united, null);
}

/** What goes onto the clipboard. @param {Copy[]} copies @param {string} room @returns {string} JSON */
export function clipText(copies, room) {
  const items = copies.map(({ type, pieces, registers }) => ({
    type,
    pieces: pieces.map(({ payload, cuts }) => (cuts.length > 0 ? { payload: toHex(payload), cuts } : { payload: toHex(payload) })),
    registers: registers.map(([register, value]) => [register, toHex(value)]),
  }));
  return JSON.stringify({ format: FORMAT, version: VERSION, room, items });
}

/**
 * What a text of the clipboard says.
 * @param {string} text
 * @returns {{copies: Copy[], room: string}|null} null if it is not ours, or breaks the format
 */
export function readClip(text) {
  if (text.length > TEXT_MAX || !text.includes(FORMAT)) return null;
  try {
    const { format, version, room, items } = Object(JSON.parse(text));
    if (format !== FORMAT || version !== VERSION || !Array.isArray(items) || items.length > ITEMS_MAX) return null;
    return { copies: items.map(readCopy), room: String(room) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DecodeError) return null;
    throw error;
  }
}

/** Whether a text looks like what is copied here, sound or not. @param {string} text */
export const isClip = (text) => text.startsWith(`{"format":"${FORMAT}"`);

function readCopy(item) {
  const { type, pieces, registers } = Object(item);
  check(isNumber(type, 2 ** 31) && Array.isArray(pieces) && pieces.length >= 1 && pieces.length <= PIECES_MAX);
  check(Array.isArray(registers) && registers.length <= 256);
  return { type, pieces: pieces.map(readPiece), registers: registers.map(readRegister) };
}

function readPiece(piece) {
  const { payload, cuts = [] } = Object(piece);
  check(Array.isArray(cuts) && cuts.length % 2 === 0 && cuts.length <= 64 * 1024);
  cuts.forEach((edge, at) => check(isNumber(edge, 2 ** 32) && (at === 0 || edge > cuts[at - 1])));
  return { payload: bytes(payload, PAYLOAD_MAX), cuts };
}

function readRegister(entry) {
  const [register, hex] = Array.isArray(entry) ? entry : [];
  check(isNumber(register, 2 ** 31) && !NOT_COPIED.has(register));
  const value = bytes(hex, VALUE_MAX);
  unpack(value); // so that nothing gets onto the board which it would not take
  return [register, value];
}

function bytes(hex, most) {
  check(typeof hex === "string" && hex.length <= 2 * most && /^(?:[0-9a-f]{2})*$/.test(hex));
  return fromHex(hex);
}

const isNumber = (value, end) => Number.isSafeInteger(value) && value >= 0 && value < end;

function check(condition) {
  if (!condition) throw new DecodeError("what was copied breaks its format");
}

/**
 * Listen to what is copied and pasted; fields and dialogs keep theirs.
 * @param {Window} target
 * @param {{copy: () => string|null, remove: () => void, paste: (text: string) => boolean}} commands `copy` gives null if
 *   nothing is selected, `paste` says whether the text was taken
 */
export function listenToClipboard(target, { copy, remove, paste }) {
  const isElsewhere = ({ target: element }) =>
    element instanceof Element && element.closest("dialog, input, textarea, [contenteditable]") !== null;
  const give = (event) => {
    const text = isElsewhere(event) ? null : copy();
    if (text === null || event.clipboardData === null) return false;
    event.clipboardData.setData(MIME, text);
    event.clipboardData.setData("text/plain", text); // for another browser
    event.preventDefault();
    return true;
  };
  target.addEventListener("copy", give);
  target.addEventListener("cut", (event) => give(event) && remove());
  target.addEventListener("paste", (event) => {
    if (isElsewhere(event) || event.clipboardData === null) return;
    if (event.clipboardData.files.length > 0) return; // an image, with words about it
    const text = event.clipboardData.getData(MIME) || event.clipboardData.getData("text/plain");
    if (paste(text)) event.preventDefault();
  }, true);
}
