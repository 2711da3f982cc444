/**
 * msgpack values: packing, unpacking with named limits, and finding where a value ends.
 *
 * Registers and meta keep the bytes of their values as they came and unpack them only to show them, so a canvas does
 * not depend on how a language reads an odd value. The codec itself is vendored.
 */

import { DecodeError, LimitError } from "./varints.js";
import { Decoder } from "./vendor/msgpack/Decoder.mjs";
import { Encoder } from "./vendor/msgpack/Encoder.mjs";

const ITEMS_MAX = 16 * 1024; // of one array or map: an op holds no more bytes than that
const DEPTH_MAX = 64;

const encoder = new Encoder({ maxDepth: DEPTH_MAX + 1 }); // it counts what is inside the innermost, too
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decoder = new Decoder({ maxArrayLength: ITEMS_MAX, maxMapLength: ITEMS_MAX });

/**
 * The bytes of a value, as Python's `msgpack.packb` makes them: whole numbers in the shortest form, others as float64.
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function pack(value) {
  return encoder.encode(value);
}

/**
 * The bytes of a value that every reader takes.
 * @param {unknown} value
 * @returns {Uint8Array}
 * @throws {LimitError} too deep, half a character in a text, or nothing that msgpack knows
 */
export function packSound(value) {
  try {
    const packed = encoder.encode(value);
    skip(packed, 0, packed.length, checkText);
    return packed;
  } catch (error) {
    throw new LimitError(`no msgpack value: ${error.message}`);
  }
}

/**
 * The one value that fills `data`.
 * @param {Uint8Array} data
 * @returns {unknown}
 * @throws {DecodeError} not msgpack, or bytes are left over
 */
export function unpack(data) {
  if (skip(data, 0, data.length, checkText) !== data.length) throw new DecodeError("bytes follow a value");
  try {
    return decoder.decode(data);
  } catch (error) {
    throw new DecodeError(`not a msgpack value: ${error.message}`);
  }
}

/**
 * Where the value that begins at `at` ends. Looks at the structure only.
 * @param {Uint8Array} data
 * @param {number} at
 * @param {number} end
 * @param {((data: Uint8Array, at: number, end: number) => void)|null} [look] is shown every head, with its text or bin
 * @returns {number}
 * @throws {DecodeError} cut short, or the byte that msgpack never uses
 */
export function skip(data, at, end, look = null) {
  const open = []; // how many values each array or map around us still wants
  for (;;) {
    const head = headOf(data, at, end);
    if (head.end <= end) look?.(data, at, head.end);
    at = head.end;
    if (at > end) throw new DecodeError("a msgpack value is cut short");
    if (head.values > 0) {
      if (head.values > end - at) throw new DecodeError("a msgpack value is cut short");
      if (open.length >= DEPTH_MAX) throw new DecodeError("a msgpack value is too deep");
      open.push(head.values);
      continue;
    }
    while (open.length > 0 && --open[open.length - 1] === 0) open.pop();
    if (open.length === 0) return at;
  }
}

/**
 * The text that fills `data`, strictly: what is not UTF-8 is not a text.
 * @param {Uint8Array} data
 * @returns {string}
 * @throws {DecodeError} not a text
 */
export function unpackText(data) {
  if (skip(data, 0, data.length) !== data.length) throw new DecodeError("bytes follow a value");
  const head = textHead(data[0]);
  if (head === 0) throw new DecodeError("not a text");
  return decodeText(data.subarray(head));
}

/** How many bytes stand before the UTF-8 of a text; 0 if it is none. */
function textHead(first) {
  if ((first & 0xe0) === 0xa0) return 1;
  return first >= 0xd9 && first <= 0xdb ? 1 + (1 << (first - 0xd9)) : 0;
}

function decodeText(bytes) {
  try {
    return strict.decode(bytes);
  } catch {
    throw new DecodeError("a text is not UTF-8");
  }
}

/** The vendored decoder takes any bytes for text; we, as Python, do not. */
function checkText(data, at, end) {
  const head = textHead(data[at]);
  for (let i = at + head; head > 0 && i < end; i++) {
    if (data[i] < 0x80) continue;
    decodeText(data.subarray(i, end));
    return;
  }
}

/**
 * The whole number, 0 .. 2^53 − 1, that fills `data`: written as an integer, for 1.0 is none in other languages.
 * @param {Uint8Array} data
 * @returns {number|null}
 */
export function unpackWhole(data) {
  const first = data[0];
  if (first >= 0x80 && !(first >= 0xcc && first <= 0xcf) && !(first >= 0xd0 && first <= 0xd3)) return null;
  const value = decoder.decode(data);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/**
 * The elements of an array that fills `data`, as the bytes of each.
 * @param {Uint8Array} data
 * @returns {Uint8Array[]}
 * @throws {DecodeError} not an array that fills `data`
 */
export function elements(data) {
  if (skip(data, 0, data.length) !== data.length) throw new DecodeError("bytes follow a value");
  if (!isArray(data[0])) throw new DecodeError("not a msgpack array");
  const { end: start, values } = headOf(data, 0, data.length);
  const parts = [];
  let at = start;
  for (let i = 0; i < values; i++) {
    const next = skip(data, at, data.length);
    parts.push(data.subarray(at, next));
    at = next;
  }
  return parts;
}

function isArray(first) {
  return (first & 0xf0) === 0x90 || first === 0xdc || first === 0xdd;
}

/** The extent of one head: where it ends (with the bytes of a text, bin or ext) and how many values follow it. */
function headOf(data, at, end) {
  if (at >= end) throw new DecodeError("a msgpack value is cut short");
  const first = data[at];
  if (first < 0x80 || first >= 0xe0) return { end: at + 1, values: 0 };
  if (first < 0x90) return { end: at + 1, values: 2 * (first & 0x0f) };
  if (first < 0xa0) return { end: at + 1, values: first & 0x0f };
  if (first < 0xc0) return { end: at + 1 + (first & 0x1f), values: 0 };
  switch (first) {
    case 0xc0: case 0xc2: case 0xc3: return { end: at + 1, values: 0 };
    case 0xc4: case 0xd9: return { end: at + 2 + big(data, at + 1, 1, end), values: 0 };
    case 0xc5: case 0xda: return { end: at + 3 + big(data, at + 1, 2, end), values: 0 };
    case 0xc6: case 0xdb: return { end: at + 5 + big(data, at + 1, 4, end), values: 0 };
    case 0xc7: return { end: at + 3 + big(data, at + 1, 1, end), values: 0 };
    case 0xc8: return { end: at + 4 + big(data, at + 1, 2, end), values: 0 };
    case 0xc9: return { end: at + 6 + big(data, at + 1, 4, end), values: 0 };
    case 0xca: return { end: at + 5, values: 0 };
    case 0xcb: return { end: at + 9, values: 0 };
    case 0xcc: case 0xd0: return { end: at + 2, values: 0 };
    case 0xcd: case 0xd1: return { end: at + 3, values: 0 };
    case 0xce: case 0xd2: return { end: at + 5, values: 0 };
    case 0xcf: case 0xd3: return { end: at + 9, values: 0 };
    case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return { end: at + 2 + (1 << (first - 0xd4)), values: 0 };
    case 0xdc: return { end: at + 3, values: big(data, at + 1, 2, end) };
    case 0xdd: return { end: at + 5, values: big(data, at + 1, 4, end) };
    case 0xde: return { end: at + 3, values: 2 * big(data, at + 1, 2, end) };
    case 0xdf: return { end: at + 5, values: 2 * big(data, at + 1, 4, end) };
    default: throw new DecodeError("0xc1 is not msgpack");
  }
}

function big(data, at, count, end) {
  if (at + count > end) throw new DecodeError("a msgpack value is cut short");
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 256 + data[at + i];
  return value;
}
