/**
 * The story of a room: its gestures in the order of their stamps, each with the time of the batch that logged it. A gesture
 * that took long, as a stroke of many pieces, is told piece by piece; what was done at once is one step.
 *
 * Stamps give the order, since every op knows what its maker had seen; times are labels of boards whose clocks may be
 * wrong, so they are shown and paced by, and never sorted by. What floors have dropped since is not in the log any more
 * and not told here (`edgeboard export --at` reads the boards' history for that). No screen, no clock.
 */

import { alive, metaPacked, setPacked } from "./bodies.js";
import { Document } from "./canvas.js";
import { equalBytes } from "./ids.js";
import { Kind } from "./kinds.js";
import { compareStamps } from "./ops.js";

export const SITTING_GAP_MS = 30 * 60_000; // of rest between two sittings
const TOGETHER_MS = 500; // between ops of one gesture that were one act
const NIL = Uint8Array.of(0xc0); // a register's default

/** @typedef {{entries: {op: import("./ops.js").Op, place: {author: string, entry: number}|null}[], time: number}} Step */

/** A room's past, to be looked at step by step. */
export class Story {
  #steps;
  #introductions = new Map();
  #persons;
  #document = null;
  #at = 0;

  /**
   * @param {object[]} batches as `BatchReader` gives them
   * @param {(origin: string) => string|null} personOf
   */
  constructor(batches, personOf) {
    this.#persons = personOf;
    const told = [];
    for (const { tag, introduction, entries, time } of batches) {
      if (introduction !== null) this.#introductions.set(tag, introduction.node);
      for (const { op, place } of entries) {
        // a floor ends what is dead for good; here it is still to be seen before it died
        if (op !== null && op.kind !== Kind.FLOOR) told.push({ op, place, time });
      }
    }
    this.#steps = together(told.sort((a, b) => compareStamps(a.op, b.op)));
  }

  /** How many steps there are; positions go from 0 (an empty board) to this. */
  get length() {
    return this.#steps.length;
  }

  /** When the step before a position was logged. @param {number} position @returns {number|null} Unix ms; null at 0 */
  timeAt(position) {
    return position > 0 ? this.#steps[Math.min(position, this.length) - 1].time : null;
  }

  /** Whose the step before a position was. @param {number} position @returns {string|null} person, hex */
  personAt(position) {
    return position > 0 ? this.#persons(this.#steps[position - 1].entries[0].op.origin) : null;
  }

  /** All whose steps these are, in the order in which they came. @returns {Set<string>} hex */
  persons() {
    const found = this.#steps.flatMap(({ entries }) => entries.map(({ op }) => this.#persons(op.origin)));
    return new Set(found.filter((person) => person !== null));
  }

  /** Positions at which people sat down again after a rest; the first is 0. @returns {number[]} */
  sittings() {
    const starts = [];
    this.#steps.forEach(({ time }, at) => {
      if (at === 0 || time - this.#steps[at - 1].time >= SITTING_GAP_MS) starts.push(at);
    });
    return starts;
  }

  /**
   * How far a player has come that has shown a position for a while. Rests are cut short.
   * @param {number} position
   * @param {number} budget ms of the room's time
   * @param {number} restMax ms of the room's time that a rest takes at most
   * @returns {{position: number, left: number}} where to go on, and what is left of the budget
   */
  after(position, budget, restMax) {
    let left = budget;
    let at = position;
    while (at < this.length) {
      const rest = at === 0 ? 0 : Math.min(restMax, Math.max(0, this.#steps[at].time - this.#steps[at - 1].time));
      if (rest > left) break;
      left -= rest;
      at += 1;
    }
    return { position: at, left: at === this.length ? 0 : left };
  }

  /**
   * The canvas at a position. The same document is returned, further on, until the way goes back.
   * @param {number} position 0 .. length
   * @returns {{document: Document, changed: Set<string>|null}} null: the document is another one than before
   */
  seek(position) {
    const isBack = this.#document === null || position < this.#at;
    if (isBack) {
      this.#document = new Document();
      this.#at = 0;
      for (const [tag, node] of this.#introductions) this.#document.introduce(tag, node);
    }
    const changed = new Set();
    for (; this.#at < Math.min(position, this.length); this.#at++) {
      for (const { op, place } of this.#steps[this.#at].entries) {
        const person = this.#persons(op.origin);
        if (person !== null) this.#document.own(op.origin, person);
        for (const id of this.#document.apply(op, place).items) changed.add(id);
      }
    }
    return { document: this.#document, changed: isBack ? null : changed };
  }
}

/** The steps of ops in their order. @returns {Step[]} */
function together(told) {
  const steps = [];
  const last = new Map(); // of each origin: its step, and the op that would go on with it
  for (const { op, place, time } of told) {
    let { step, next } = last.get(op.origin) ?? {};
    if (!op.more || next !== op.counter || Math.abs(time - step.time) > TOGETHER_MS) {
      step = { entries: [], time };
      steps.push(step);
    }
    step.entries.push({ op, place });
    step.time = time;
    last.set(op.origin, { step, next: op.counter + 1 });
  }
  return steps;
}

/**
 * What makes a canvas look as it did: one gesture of ordinary ops, so it can be undone and merges with what others do.
 * @param {Document} now
 * @param {Document} then an earlier state of the same room
 * @returns {{bodies: object[], lost: number}} `lost`: items that are gone for good
 */
export function restoring(now, then) {
  const bodies = [];
  let lost = 0;
  const before = new Map(then.items().map((item) => [item.id, item]));
  for (const { id } of now.items()) if (!before.has(id)) bodies.push(alive(id, false));
  for (const [id, old] of before) {
    const item = now.item(id);
    if (item === null) {
      lost += 1;
      continue;
    }
    if (!item.alive) bodies.push(alive(id, true));
    for (const register of new Set([...item.winners.keys(), ...old.winners.keys()])) {
      const wanted = old.valueBytes(register) ?? NIL;
      if (!equalBytes(wanted, item.valueBytes(register) ?? NIL)) bodies.push(setPacked(id, register, wanted));
    }
    for (const piece of item.pieces) {
      for (const { id: cut } of now.facts.cuts.get(piece.id) ?? []) {
        const was = then.has(cut) && then.view.isLive(cut);
        if (now.view.isLive(cut) !== was) bodies.push(alive(cut, was));
      }
    }
  }
  for (const key of new Set([...now.metaKeys(), ...then.metaKeys()])) {
    const wanted = metaOf(then, key);
    if (!equalBytes(wanted, metaOf(now, key))) bodies.push(metaPacked(key, wanted));
  }
  return { bodies, lost };
}

/** The packed value of a key of meta. */
function metaOf(document, key) {
  return document.view.winner(document.facts.metas.get(key))?.body.value ?? NIL;
}
