/**
 * Version vectors: per author tag, how many entries of its log are held without a gap.
 *
 * The twin of `edgeboard/vectors.py`. Entry n is covered when n < next.
 */

import { TAG_BYTES, fromHex, toHex } from "./ids.js";
import { DecodeError, LimitError, Reader, Writer } from "./varints.js";

export const AUTHORS_MAX = 10_000;

/** A version vector. All methods but `advance` leave it as it is. */
export class Vector {
  /** @param {Iterable<[string, number]>} [entries] pairs of author tag (hex) and next */
  constructor(entries = []) {
    /** @type {Map<string, number>} */
    this.next = new Map();
    for (const [tag, next] of entries) if (next > 0) this.next.set(tag, next);
  }

  /** How many entries of this author are held; 0 for a stranger. @param {string} tag @returns {number} */
  get(tag) {
    return this.next.get(tag) ?? 0;
  }

  /** Whether the author is named at all. @param {string} tag @returns {boolean} */
  has(tag) {
    return this.next.has(tag);
  }

  /** How many authors are named. */
  get size() {
    return this.next.size;
  }

  /** Pairs sorted by tag. */
  *[Symbol.iterator]() {
    yield* [...this.next].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }

  /** @param {string} tag @param {number} entry @returns {boolean} */
  covers(tag, entry) {
    return entry < this.get(tag);
  }

  /** Whether everything `other` holds is held here too. @param {Vector} other @returns {boolean} */
  includes(other) {
    for (const [tag, next] of other.next) if (this.get(tag) < next) return false;
    return true;
  }

  /** The least vector that includes both. @param {Vector} other @returns {Vector} */
  merge(other) {
    const merged = new Vector(this.next);
    for (const [tag, next] of other.next) merged.advance(tag, next);
    return merged;
  }

  /** Hold entries of `tag` up to `next`; never goes back. @param {string} tag @param {number} next */
  advance(tag, next) {
    if (next > this.get(tag)) this.next.set(tag, next);
  }

  /** @returns {Vector} */
  copy() {
    return new Vector(this.next);
  }

  /**
   * What is held here and lacks there, in order of author.
   * @param {Vector} other
   * @returns {{tag: string, first: number, end: number}[]}
   */
  beyond(other) {
    const ranges = [];
    for (const [tag, end] of this) {
      const first = other.get(tag);
      if (end > first) ranges.push({ tag, first, end });
    }
    return ranges;
  }

  /** @param {Vector} other @returns {boolean} */
  equals(other) {
    return this.size === other.size && this.includes(other);
  }

  /** @param {Writer} out */
  write(out) {
    out.u(this.size);
    for (const [tag, next] of this) {
      out.bytes(fromHex(tag));
      out.u(next);
    }
  }

  /** The canonical encoding. @returns {Uint8Array} */
  encode() {
    const out = new Writer(1 + this.size * 10);
    this.write(out);
    return out.take();
  }

  /**
   * @param {Reader} input
   * @returns {Vector}
   * @throws {DecodeError} cut short, not sorted, or an entry of 0
   * @throws {LimitError} more than `AUTHORS_MAX` authors
   */
  static read(input) {
    const count = input.u();
    if (count > AUTHORS_MAX) throw new LimitError(`a vector of ${count} authors; the limit is ${AUTHORS_MAX}`);
    const vector = new Vector();
    let last = "";
    for (let i = 0; i < count; i++) {
      const tag = toHex(input.bytes(TAG_BYTES));
      if (tag <= last) throw new DecodeError("a vector is not sorted");
      const next = input.u();
      if (next === 0) throw new DecodeError("a vector has an entry of 0");
      vector.next.set(tag, next);
      last = tag;
    }
    return vector;
  }

  /**
   * A vector that fills `data`.
   * @param {Uint8Array} data
   * @returns {Vector}
   * @throws {DecodeError} as `read`, or bytes are left over
   */
  static decode(data) {
    const input = new Reader(data);
    const vector = Vector.read(input);
    if (input.left > 0) throw new DecodeError("bytes follow a vector");
    return vector;
  }
}

/** Which entries are held, whatever order they come in: a vector, and what lies behind its gaps. */
export class Holdings {
  #ahead = new Map(); // author tag -> Set of entries behind a gap

  constructor() {
    /** What is held without a gap. */
    this.vector = new Vector();
  }

  /** @param {{author: string, entry: number}} place */
  take({ author, entry }) {
    const held = this.vector.get(author);
    if (entry < held) return;
    if (entry > held) {
      if (!this.#ahead.has(author)) this.#ahead.set(author, new Set());
      this.#ahead.get(author).add(entry);
      return;
    }
    const ahead = this.#ahead.get(author);
    let next = entry + 1;
    while (ahead?.delete(next)) next++;
    this.vector.advance(author, next);
  }
}
