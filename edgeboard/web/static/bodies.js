/**
 * The bodies of ops, one constructor, encoder and decoder per kind (docs/formats/oplog.md, "Op").
 *
 * A body is a plain object with `kind` and the fields its constructor here takes. Op ids are texts, nodes and tags hex;
 * values of registers and meta stay bytes (`values.js` unpacks them). Bytes behind the fields named in the contract
 * belong to a later version and are skipped.
 */

import { COUNTER_MAX, NODE_BYTES, ORIGIN_BYTES, counterOf, fromHex, opId, originOf, toHex } from "./ids.js";
import { Kind, Register } from "./kinds.js";
import { elements, packSound, skip, unpackText } from "./values.js";
import { DecodeError, LimitError, Reader, Writer } from "./varints.js";
import { Vector } from "./vectors.js";

export const PIECES_MAX = 4096; // of an item, so an index is below it
export const INTERVALS_MAX = 1024; // in a cut
export const VALUE_MAX = 16 * 1024; // bytes
export const META_KEY_MAX = 128; // bytes of UTF-8
export const TEXT_MAX = 8 * 1024; // bytes of UTF-8

/**
 * A causal context: what its maker had seen; with `base` (a floor) on top of the context of that floor.
 * @typedef {{base: string|null, vector: Vector}} Context
 */

/** A new item. @param {{page?: number, layer?: number, type: number, payload: Uint8Array}} fields */
export function add({ page = 0, layer = 0, type, payload }) {
  return { kind: Kind.ADD, page, layer, type, item: null, index: 0, payload };
}

/** A further piece of an item. @param {string} item @param {number} index from 1 @param {object} fields as of `add` */
export function further(item, index, { page = 0, layer = 0, type, payload }) {
  return { kind: Kind.ADD, page, layer, type, item, index, payload };
}

/** Set a register; null stands for the default. @param {string} target an item @param {number} register @param {unknown} value */
export function set(target, register, value) {
  if (register === Register.TEXT && typeof value === "string") checkText(value);
  return setPacked(target, register, packSound(value));
}

/** @param {string} target an item @param {number} register @param {Uint8Array} value msgpack bytes */
export function setPacked(target, register, value) {
  return { kind: Kind.SET, target, register, value };
}

/** @param {string} target an item, a cut or a clear @param {boolean} live */
export function alive(target, live) {
  return { kind: Kind.ALIVE, target, alive: live };
}

/** @param {string} piece the add that holds it @param {ArrayLike<number>} intervals start, end, start, end … in 1/1024 */
export function cut(piece, intervals) {
  return { kind: Kind.CUT, piece, intervals: Array.from(intervals) };
}

/** @param {number} scope 0: all pages, n: page n − 1 @param {Context} context */
export function clear(scope, context) {
  return { kind: Kind.CLEAR, scope, context };
}

/** @param {string} key @param {unknown} value */
export function meta(key, value) {
  if (utf8Length(key) > META_KEY_MAX) throw new LimitError(`a key of meta is longer than ${META_KEY_MAX} bytes`);
  return metaPacked(key, packSound(value));
}

/** @param {string} key @param {Uint8Array} value msgpack bytes */
export function metaPacked(key, value) {
  return { kind: Kind.META, key, value };
}

/** @param {string} subject a node, hex @param {number} role @param {Context} context what is still accepted */
export function acl(subject, role, context) {
  return { kind: Kind.ACL, subject, role, context };
}

/** @param {Context} context */
export function floor(context) {
  return { kind: Kind.FLOOR, context };
}

/** A context that names no floor. @param {Vector} vector @returns {Context} */
export function absolute(vector) {
  return { base: null, vector };
}

/** Refuse a text above the limit. @param {string} text @throws {LimitError} */
export function checkText(text) {
  if (utf8Length(text) > TEXT_MAX) throw new LimitError(`a text is longer than ${TEXT_MAX} bytes`);
}

function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}

// ---------------------------------------------------------------------------------------------------------- encoding

/**
 * The bytes of a body.
 * @param {object} body
 * @param {string} id the op it becomes: refs to its own origin are short
 * @returns {Uint8Array}
 */
export function encodeBody(body, id) {
  const out = new Writer();
  switch (body.kind) {
    case Kind.ADD:
      out.u(body.page);
      out.u(body.layer);
      out.u(body.type * 2 + (body.item === null ? 0 : 1));
      if (body.item !== null) {
        if (body.index < 1 || body.index >= PIECES_MAX) {
          throw new LimitError(`piece ${body.index} of an item; the limit is ${PIECES_MAX}`);
        }
        writeRef(out, body.item, id);
        out.u(body.index);
      }
      out.bytes(body.payload);
      break;
    case Kind.SET:
      writeRef(out, body.target, id);
      out.u(body.register);
      out.bytes(body.value);
      break;
    case Kind.ALIVE:
      writeRef(out, body.target, id);
      out.byte(body.alive ? 1 : 0);
      break;
    case Kind.CUT:
      writeRef(out, body.piece, id);
      writeIntervals(out, body.intervals);
      break;
    case Kind.CLEAR:
      out.u(body.scope);
      writeContext(out, body.context, id);
      break;
    case Kind.META:
      out.byte(0x92);
      out.bytes(packSound(body.key));
      out.bytes(body.value);
      break;
    case Kind.ACL:
      out.bytes(fromHex(body.subject));
      out.u(body.role);
      writeContext(out, body.context, id);
      break;
    case Kind.FLOOR:
      writeContext(out, body.context, id);
      break;
    default:
      out.bytes(body.bytes);
  }
  return out.take();
}

/** @param {Writer} out @param {string} target @param {string} id the op that refers */
export function writeRef(out, target, id) {
  const origin = originOf(target);
  const distance = counterOf(id) - counterOf(target);
  if (origin === originOf(id) && distance > 0) {
    out.u(distance);
    return;
  }
  out.u(0);
  out.bytes(fromHex(origin));
  out.u(counterOf(target));
}

function writeIntervals(out, intervals) {
  const count = intervals.length / 2;
  if (count < 1 || count > INTERVALS_MAX) throw new LimitError(`a cut of ${count} intervals; there are 1 to ${INTERVALS_MAX}`);
  out.u(count);
  let end = 0;
  for (let i = 0; i < intervals.length; i += 2) {
    if (!(end <= intervals[i] && intervals[i] < intervals[i + 1])) {
      throw new LimitError("the intervals of a cut are empty or not in order");
    }
    out.u(intervals[i] - end);
    out.u(intervals[i + 1] - intervals[i]);
    end = intervals[i + 1];
  }
}

function writeContext(out, { base, vector }, id) {
  out.byte(base === null ? 0 : 1);
  if (base !== null) writeRef(out, base, id);
  vector.write(out);
}

// ---------------------------------------------------------------------------------------------------------- decoding

/**
 * The body of an op; an unknown kind gives {kind, bytes}.
 * @param {{id: string, kind: number, bodyBytes: Uint8Array}} op
 * @returns {object}
 * @throws {DecodeError} the body breaks its format
 */
export function decodeBody(op) {
  const input = new Reader(op.bodyBytes);
  switch (op.kind) {
    case Kind.ADD:
      return readAdd(input, op);
    case Kind.SET: {
      const target = readRef(input, op.id);
      const register = input.u();
      return setPacked(target, register, readValue(input.rest()));
    }
    case Kind.ALIVE: {
      const target = readRef(input, op.id);
      const live = input.byte();
      if (live > 1) throw new DecodeError("alive is neither 0 nor 1");
      return alive(target, live === 1);
    }
    case Kind.CUT: {
      const piece = readRef(input, op.id);
      return { kind: Kind.CUT, piece, intervals: readIntervals(input) };
    }
    case Kind.CLEAR: {
      const scope = input.u();
      return clear(scope, readContext(input, op.id));
    }
    case Kind.META:
      return readMeta(input.rest());
    case Kind.ACL: {
      const subject = toHex(input.bytes(NODE_BYTES));
      const role = input.u();
      return acl(subject, role, readContext(input, op.id));
    }
    case Kind.FLOOR:
      return floor(readContext(input, op.id));
    default:
      return { kind: op.kind, bytes: op.bodyBytes };
  }
}

function readAdd(input, op) {
  const page = input.u();
  const layer = input.u();
  const head = input.u();
  const type = Math.floor(head / 2);
  if (head % 2 === 0) return add({ page, layer, type, payload: input.rest() });
  const item = readRef(input, op.id);
  const index = input.u();
  if (index < 1) throw new DecodeError("a further piece has index 0");
  if (index >= PIECES_MAX) throw new LimitError(`piece ${index} of an item; the limit is ${PIECES_MAX}`);
  return further(item, index, { page, layer, type, payload: input.rest() });
}

/**
 * @param {Reader} input
 * @param {string} id the op that refers
 * @returns {string} the op referred to
 * @throws {DecodeError} it would be counted 0 or less
 */
export function readRef(input, id) {
  const distance = input.u();
  if (distance > 0) {
    const counter = counterOf(id) - distance;
    if (counter < 1) throw new DecodeError("a ref points before the first op of its origin");
    return opId(originOf(id), counter);
  }
  const origin = toHex(input.bytes(ORIGIN_BYTES));
  const counter = input.u();
  if (counter < 1 || counter > COUNTER_MAX) throw new DecodeError("a ref's counter is out of range");
  return opId(origin, counter);
}

function readIntervals(input) {
  const count = input.u();
  if (count < 1) throw new DecodeError("a cut has no interval");
  if (count > INTERVALS_MAX) throw new LimitError(`a cut of ${count} intervals; the limit is ${INTERVALS_MAX}`);
  const intervals = [];
  let end = 0;
  for (let i = 0; i < count; i++) {
    const start = end + input.u();
    const length = input.u();
    if (length < 1) throw new DecodeError("an interval of a cut is empty");
    end = start + length;
    if (end > Number.MAX_SAFE_INTEGER) throw new DecodeError("a number is above 2^53 − 1");
    intervals.push(start, end);
  }
  return intervals;
}

function readContext(input, id) {
  const form = input.byte();
  if (form > 1) throw new DecodeError("a causal context is neither absolute nor relative");
  const base = form === 1 ? readRef(input, id) : null;
  return { base, vector: Vector.read(input) };
}

function readValue(bytes) {
  if (bytes.length > VALUE_MAX) throw new LimitError(`a value of ${bytes.length} bytes; the limit is ${VALUE_MAX}`);
  if (skip(bytes, 0, bytes.length) !== bytes.length) throw new DecodeError("bytes follow a value");
  return bytes;
}

function readMeta(bytes) {
  const parts = elements(bytes);
  if (parts.length < 2) throw new DecodeError("meta has no key or no value");
  const key = unpackText(parts[0]);
  if (utf8Length(key) > META_KEY_MAX) throw new LimitError(`a key of meta is longer than ${META_KEY_MAX} bytes`);
  return metaPacked(key, parts[1]);
}
