/**
 * Items as those who paint see them: what the rules make of the facts about one id, kept until a fact changes it.
 *
 * An Item lives as long as its canvas knows it, alive or dead, and `version` grows whenever anything about it changes.
 */

import { TEXT_MAX } from "./bodies.js";
import { fromHex, opBytes } from "./ids.js";
import { Register } from "./kinds.js";
import { comparePaint } from "./merge.js";
import { elements, unpack, unpackText, unpackWhole } from "./values.js";
import { DecodeError } from "./varints.js";

/** One piece of an item. */
export class Piece {
  /** @param {import("./facts.js").Fact} fact of an add @param {number[]} cuts united, start, end … in 1/1024 of a segment */
  constructor(fact, cuts) {
    /** @type {string} */
    this.id = fact.id;
    /** @type {import("./ops.js").Op} */
    this.op = fact.op;
    this.cuts = cuts;
  }

  /** The bytes of the add's payload; `codec.js` reads a stroke's. @returns {Uint8Array} */
  get payload() {
    return this.op.body.payload;
  }
}

/** An item, alive or dead. Nothing here is to be set from outside but by its canvas. */
export class Item {
  #values = new Map();

  /** @param {import("./facts.js").Fact} fact of the first add */
  constructor(fact) {
    this.fact = fact;
    /** @type {string} */
    this.id = fact.id;
    /** Grows whenever something about the item changes: a key for caches of pictures. */
    this.version = 0;
    this.alive = false;
    /** Its key in paint order. */
    this.z = "";
    /** The pieces in order, with the cuts in force. @type {Piece[]} */
    this.pieces = [];
    /** Winning facts by register. @type {Map<number, import("./facts.js").Fact>} */
    this.winners = new Map();
  }

  /** The op that first added it. @returns {import("./ops.js").Op} */
  get op() {
    return this.fact.op;
  }

  /** @returns {number} one of `ItemType` */
  get type() {
    return this.fact.body.type;
  }

  /** @returns {number} */
  get lamport() {
    return this.fact.op.lamport;
  }

  /** Its page: that of the first add until register 5 says otherwise. @returns {number} */
  get page() {
    return this.#placed()[0];
  }

  /** Its layer; as `page`. @returns {number} */
  get layer() {
    return this.#placed()[1];
  }

  #placed() {
    if (Array.isArray(this.value(Register.LAYER))) {
      const place = elements(this.valueBytes(Register.LAYER)).slice(0, 2).map(unpackWhole);
      if (place.length === 2 && !place.includes(null)) return place;
    }
    return [this.fact.body.page, this.fact.body.layer];
  }

  /**
   * The winning value of a register.
   * @param {number} register
   * @returns {unknown} undefined if nobody set it, or to null (the default), or to something that cannot be read
   */
  value(register) {
    if (!this.#values.has(register)) {
      const value = read(this.valueBytes(register));
      this.#values.set(register, register === Register.TEXT && !isText(value) ? undefined : value);
    }
    return this.#values.get(register);
  }

  /** The bytes of a register's winning value. @param {number} register @returns {Uint8Array|null} */
  valueBytes(register) {
    return this.winners.get(register)?.body.value ?? null;
  }

  /** Take over who wins a register. @param {number} register @param {import("./facts.js").Fact|null} fact */
  settle(register, fact) {
    if (fact === null) this.winners.delete(register);
    else this.winners.set(register, fact);
    this.#values.delete(register);
    if (register === Register.Z) this.z = readText(this.valueBytes(Register.Z)) ?? "";
  }
}

/** Items alive, kept in paint order (rule 9). */
export class Painting {
  /** @type {Item[]} */
  items = [];

  clear() {
    this.items = [];
  }

  /** @param {Item} item */
  insert(item) {
    this.items.splice(this.#position(item), 0, item);
  }

  /** Takes an item out if it is there; it must not have changed since it came. @param {Item} item */
  remove(item) {
    const at = this.#position(item);
    if (this.items[at] === item) this.items.splice(at, 1);
  }

  #position(item) {
    const { items } = this;
    let low = 0;
    let high = items.length;
    if (high > 0 && comparePaint(items[high - 1], item) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePaint(items[middle], item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What the digest of a canvas is taken over, of one item. @param {Item} item @returns {unknown[]} */
export function canonicalItem(item) {
  const registers = [...item.winners].sort((a, b) => a[0] - b[0]).map(([register, fact]) => [register, fact.body.value]);
  const cuts = item.pieces.flatMap((piece, number) => (piece.cuts.length > 0 ? [[number, piece.cuts]] : []));
  return [opBytes(item.id), item.pieces.map((piece) => fromHex(piece.op.hash)), registers, cuts];
}

/** A value, or undefined where there is none, it is null, or it cannot be read. @param {Uint8Array|null} bytes */
export function read(bytes) {
  return attempt(unpack, bytes) ?? undefined;
}

function isText(value) {
  return typeof value === "string" && new TextEncoder().encode(value).length <= TEXT_MAX;
}

function readText(bytes) {
  return attempt(unpackText, bytes);
}

function attempt(decode, bytes) {
  if (bytes === null) return undefined;
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
