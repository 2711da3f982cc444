/**
 * Identifiers as text: an op id is "0123456789abcdef:17", everything else lowercase hex.
 *
 * The twin of `edgeboard/ids.py`, where an op id is one integer; both order by (origin, counter). Hex of a fixed length
 * sorts as its bytes do, so plain string comparison serves for origins, tags, nodes and hashes.
 */

import { DecodeError } from "./varints.js";

export const COUNTER_MAX = 2 ** 32 - 1;
export const ORIGIN_BYTES = 8;
export const PERSON_BYTES = 16;
export const NODE_BYTES = 16;
export const TAG_BYTES = 8;
export const OP_ID_BYTES = 12;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const OP_ID = /^([0-9a-f]{16}):([1-9][0-9]{0,9})$/;

/** @param {Uint8Array} bytes @returns {string} lowercase hex */
export function toHex(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
  return text;
}

/**
 * @param {string} text lowercase or uppercase hex
 * @returns {Uint8Array}
 * @throws {DecodeError} not hex
 */
export function fromHex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new DecodeError("not hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** @param {string} originHex @param {number} counter @returns {string} */
export function opId(originHex, counter) {
  return `${originHex}:${counter}`;
}

/** @param {string} id an op id @returns {string} its origin in hex */
export function originOf(id) {
  return id.slice(0, 16);
}

/** @param {string} id an op id @returns {number} */
export function counterOf(id) {
  return Number(id.slice(17));
}

/**
 * Read a printed op id, from outside.
 * @param {string} text
 * @returns {string} the same text
 * @throws {DecodeError} not of that form
 */
export function parseOp(text) {
  const match = OP_ID.exec(text);
  if (!match || Number(match[2]) > COUNTER_MAX) throw new DecodeError("not an op id");
  return text;
}

/** Order by origin, then counter as a number. @param {string} a @param {string} b @returns {number} as sort wants it */
export function compareOps(a, b) {
  if (a === b) return 0;
  const left = a.slice(0, 16);
  const right = b.slice(0, 16);
  if (left !== right) return left < right ? -1 : 1;
  return Number(a.slice(17)) - Number(b.slice(17));
}

/** The 12 bytes of an op id: origin, then the counter, big endian. @param {string} id @returns {Uint8Array} */
export function opBytes(id) {
  const bytes = new Uint8Array(OP_ID_BYTES);
  bytes.set(fromHex(originOf(id)));
  new DataView(bytes.buffer).setUint32(ORIGIN_BYTES, counterOf(id));
  return bytes;
}

/**
 * The op id of 12 bytes.
 * @param {Uint8Array} bytes
 * @returns {string}
 * @throws {DecodeError} not 12 bytes, or counter 0
 */
export function opFromBytes(bytes) {
  if (bytes.length !== OP_ID_BYTES) throw new DecodeError("an op id has 12 bytes");
  const counter = new DataView(bytes.buffer, bytes.byteOffset, OP_ID_BYTES).getUint32(ORIGIN_BYTES);
  if (counter === 0) throw new DecodeError("an op counter is 0");
  return opId(toHex(bytes.subarray(0, ORIGIN_BYTES)), counter);
}

/** A new origin, for one page load: 64 random bits in hex. @returns {string} */
export function randomOrigin() {
  return toHex(crypto.getRandomValues(new Uint8Array(ORIGIN_BYTES)));
}

/** A new person id, for one device: 128 random bits in hex. @returns {string} */
export function randomPerson() {
  return toHex(crypto.getRandomValues(new Uint8Array(PERSON_BYTES)));
}

/** Order by bytes, a prefix first. @param {Uint8Array} a @param {Uint8Array} b @returns {number} */
export function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** @param {Uint8Array} a @param {Uint8Array} b @returns {boolean} */
export function equalBytes(a, b) {
  return compareBytes(a, b) === 0;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concatBytes(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
