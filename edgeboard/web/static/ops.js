/**
 * Ops: the envelope (docs/formats/oplog.md, "Op"), its enums, and who makes them.
 *
 * An op is an origin and a tail. A tail is encoded once and never again: what is decoded keeps its bytes, and the
 * content hash is taken over them.
 */

import { COUNTER_MAX, concatBytes, counterOf, fromHex, opId, originOf, randomOrigin, toHex } from "./ids.js";
import { decodeBody, encodeBody } from "./bodies.js";
import { DecodeError, LimitError, Reader, Writer } from "./varints.js";
import { sha256 } from "./vendor/hashes/sha2.js";

export { ItemType, Kind, Register, Undo } from "./kinds.js";

export const TAIL_MAX = 16 * 1024; // bytes
export const HASH_BYTES = 16;
const LAMPORT_MAX = Number.MAX_SAFE_INTEGER; // below 2^53

/** One immutable op. */
export class Op {
  #body;
  #hash;
  #bodyError;

  /** Made by `decodeOp` and `Maker`; fields as in the contract. */
  constructor({ origin, counter, lamport, kind, undo, more, at, tail, bodyAt }) {
    /** @type {string} */
    this.id = opId(origin, counter);
    /** @type {string} hex */
    this.origin = origin;
    /** @type {number} */
    this.counter = counter;
    /** @type {number} */
    this.lamport = lamport;
    /** @type {number} one of `Kind`, or one we do not know */
    this.kind = kind;
    /** @type {number} one of `Undo` */
    this.undo = undo;
    /** @type {boolean} of the same gesture as counter − 1 */
    this.more = more;
    /** @type {number|null} Unix ms, a label */
    this.at = at;
    /** @type {Uint8Array} */
    this.tail = tail;
    /** Where in the tail the body begins. */
    this.bodyAt = bodyAt;
  }

  /** The bytes of the body. */
  get bodyBytes() {
    return this.tail.subarray(this.bodyAt);
  }

  /**
   * The body, decoded on first use; see `bodies.js` for its fields.
   * @throws {DecodeError} each time, if the body breaks its format
   */
  get body() {
    if (this.#bodyError) throw this.#bodyError;
    if (this.#body === undefined) {
      try {
        this.#body = decodeBody(this);
      } catch (error) {
        if (error instanceof DecodeError) this.#bodyError = error;
        throw error;
      }
    }
    return this.#body;
  }

  /** The content hash in hex, taken on first use. @returns {string} */
  get hash() {
    this.#hash ??= toHex(contentHash(this.origin, this.tail));
    return this.#hash;
  }
}

/**
 * SHA-256(origin ‖ tail)[:16].
 * @param {string} originHex
 * @param {Uint8Array} tail
 * @returns {Uint8Array}
 */
export function contentHash(originHex, tail) {
  return sha256(concatBytes(fromHex(originHex), tail)).slice(0, HASH_BYTES);
}

/**
 * Read an op. Its body is decoded when asked for.
 * @param {string} originHex
 * @param {Uint8Array} tail kept as it is, not copied
 * @returns {Op}
 * @throws {DecodeError} the envelope breaks the format
 * @throws {LimitError} more than `TAIL_MAX` bytes
 */
export function decodeOp(originHex, tail) {
  if (tail.length > TAIL_MAX) throw new LimitError(`an op of ${tail.length} bytes; the limit is ${TAIL_MAX}`);
  const input = new Reader(tail);
  const counter = input.u();
  if (counter < 1 || counter > COUNTER_MAX) throw new DecodeError("an op's counter is out of range");
  const lamport = counter + input.u();
  if (lamport > LAMPORT_MAX) throw new DecodeError("a Lamport number is above 2^53 − 1");
  const head = input.u();
  const bits = head % 16;
  const undo = bits >> 2;
  if (undo > 2) throw new DecodeError("an op is neither ordinary nor undo nor redo");
  const at = (bits & 1) === 1 ? input.u() : null;
  const kind = Math.floor(head / 16);
  return new Op({ origin: originHex, counter, lamport, kind, undo, more: (bits & 2) === 2, at, tail, bodyAt: input.at });
}

/**
 * The tail of an op.
 * @param {{origin: string, counter: number, lamport: number, kind: number, undo?: number, more?: boolean,
 *   at?: number|null, body: Uint8Array}} fields
 * @returns {Uint8Array}
 * @throws {LimitError} the tail or the Lamport number would be above its limit
 */
export function encodeOp({ counter, lamport, kind, undo = 0, more = false, at = null, body }) {
  if (lamport < counter || lamport > LAMPORT_MAX) {
    throw new LimitError(`the Lamport number ${lamport} is not within ${counter} .. 2^53 − 1`);
  }
  const out = new Writer(body.length + 16);
  out.u(counter);
  out.u(lamport - counter);
  out.u(kind * 16 + undo * 4 + (more ? 2 : 0) + (at === null ? 0 : 1));
  if (at !== null) out.u(at);
  out.bytes(body);
  if (out.length > TAIL_MAX) throw new LimitError(`an op of ${out.length} bytes; the limit is ${TAIL_MAX}`);
  return out.take();
}

/** Makes the ops of one origin and counts them from 1. */
export class Maker {
  /**
   * @param {string} [origin] hex; by default a new random one, as each page load needs
   * @param {number} [counter] how many ops it has made
   */
  constructor(origin = randomOrigin(), counter = 0) {
    this.origin = origin;
    this.counter = counter;
    this.lamport = counter;
  }

  /** The id the next op will have. @returns {string} */
  get next() {
    return opId(this.origin, this.counter + 1);
  }

  /**
   * Make the next op.
   * @param {object} body one of the bodies of `bodies.js`: its `kind` and its fields
   * @param {number} lamport the highest Lamport number seen (`document.lamport`); the op gets one more
   * @param {{undo?: number, more?: boolean, at?: number|null}} [options]
   * @returns {Op}
   * @throws {LimitError} the op would be too large; nothing has been counted
   */
  make(body, lamport, { undo = 0, more = false, at = null } = {}) {
    const counter = this.counter + 1;
    if (counter > COUNTER_MAX) throw new LimitError("an origin has made all the ops it can");
    const stamp = Math.max(lamport, this.lamport) + 1;
    const id = opId(this.origin, counter);
    const tail = encodeOp({ counter, lamport: stamp, kind: body.kind, undo, more, at, body: encodeBody(body, id) });
    const op = decodeOp(this.origin, tail);
    this.counter = counter;
    this.lamport = stamp;
    return op;
  }
}

/** Order of stamps: (Lamport, origin, counter). @param {Op} a @param {Op} b @returns {number} as sort wants it */
export function compareStamps(a, b) {
  if (a.lamport !== b.lamport) return a.lamport - b.lamport;
  if (a.origin !== b.origin) return a.origin < b.origin ? -1 : 1;
  return a.counter - b.counter;
}

export { counterOf, originOf };
