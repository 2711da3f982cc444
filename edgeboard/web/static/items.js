/**
 * Items as a canvas knows them: what ops said about one id, and what that makes of it.
 *
 * A Subject is on demand: an op may speak of an id before the op of that id is here, so waiting is only an index.
 * An Item is a Subject's face for those who paint; it lives as long as the canvas, and `version` grows when it changes.
 */

import { Register } from "./kinds.js";
import { comparePieces, unite, winner } from "./merge.js";
import { unpack } from "./values.js";
import { DecodeError } from "./varints.js";

/** All that ops say about one id, whatever it turns out to be. */
export class Subject {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    /** @type {object|null} the entry of the op of this id */
    this.entry = null;
    /** @type {object[]} entries of `alive` ops */
    this.alives = [];
    /** @type {Map<number, object[]>} entries of `set` ops by register */
    this.sets = new Map();
    /** @type {object[]} entries of further pieces */
    this.further = [];
    /** @type {object[]} entries of cuts of the piece of this id */
    this.cuts = [];
    /** @type {Item|null} */
    this.item = null;
  }

  /** The winner among the alive ops, or null. */
  get lastWord() {
    return winner(this.alives);
  }

  /** Whether this cut or clear is in force: its own alive register, which nobody clears. */
  get inForce() {
    return this.entry !== null && this.entry.counts && (this.lastWord?.body.alive ?? true);
  }
}

/** One piece of an item. */
export class Piece {
  /** @param {object} entry of an add @param {number[]} cuts united, start, end, start, end … in 1/64 of a segment */
  constructor(entry, cuts) {
    /** @type {string} */
    this.id = entry.op.id;
    /** @type {import("./ops.js").Op} */
    this.op = entry.op;
    this.cuts = cuts;
  }

  /** The bytes of the add's payload; `codec.js` reads a stroke's. @returns {Uint8Array} */
  get payload() {
    return this.op.body.payload;
  }
}

/** An item, alive or dead. */
export class Item {
  /** @param {Subject} subject whose entry is the first add */
  constructor(subject) {
    /** @type {Subject} */
    this.subject = subject;
    /** @type {string} */
    this.id = subject.id;
    /** Grows whenever something about the item changes: a key for caches of pictures. */
    this.version = 0;
    /** @type {boolean} */
    this.alive = true;
    /** @type {object|null} the entry of the greatest clear in force that covers the item */
    this.clear = null;
    /** Where it stands in paint order; kept here so that it is found again after a change. */
    this.z = "";
    /** @type {Map<number, object>} winning entries by register */
    this.winners = new Map();
    this.#pieces = null;
    this.#values = new Map();
  }

  #pieces;
  #values;

  /** The op that first added it. @returns {import("./ops.js").Op} */
  get op() {
    return this.subject.entry.op;
  }

  /** @returns {number} one of `ItemType` */
  get type() {
    return this.subject.entry.body.type;
  }

  /** @returns {number} */
  get lamport() {
    return this.subject.entry.op.lamport;
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
    const value = this.value(Register.LAYER);
    const { page, layer } = this.subject.entry.body;
    const fits = (number) => Number.isSafeInteger(number) && number >= 0;
    return Array.isArray(value) && fits(value[0]) && fits(value[1]) ? value : [page, layer];
  }

  /** The pieces in order, with the cuts in force. @returns {Piece[]} */
  get pieces() {
    return this.#pieces;
  }

  /**
   * The winning value of a register.
   * @param {number} register
   * @returns {unknown} undefined if nobody set it, or to something that is not msgpack
   */
  value(register) {
    if (!this.#values.has(register)) {
      let value;
      const bytes = this.valueBytes(register);
      try {
        if (bytes !== null) value = unpack(bytes);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
      this.#values.set(register, value);
    }
    return this.#values.get(register);
  }

  /** The bytes of a register's winning value. @param {number} register @returns {Uint8Array|null} */
  valueBytes(register) {
    return this.winners.get(register)?.body.value ?? null;
  }

  /** Take over the winner of one register. @param {number} register @param {object|null} entry */
  settle(register, entry) {
    if (entry === null) this.winners.delete(register);
    else this.winners.set(register, entry);
    this.#values.delete(register);
    if (register === Register.Z) {
      const value = this.value(Register.Z);
      this.z = typeof value === "string" ? value : "";
    }
    this.version++;
  }

  /** Put the pieces together again. @param {(id: string) => Subject|undefined} subjectOf */
  assemble(subjectOf) {
    const entries = [this.subject.entry, ...this.subject.further.filter((entry) => entry.counts).sort(comparePieces)];
    this.#pieces = entries.map((entry) => {
      const cuts = subjectOf(entry.op.id).cuts.filter((each) => subjectOf(each.op.id).inForce);
      return new Piece(entry, unite(cuts.map((each) => each.body.intervals)));
    });
    this.version++;
  }
}
