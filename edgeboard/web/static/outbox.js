/**
 * What this device has drawn and what is not yet safe elsewhere: kept until two boards have it.
 *
 * The truth is in memory; a store (IndexedDB in a browser) follows it, so that a closed tab loses nothing. Ops are put
 * before they are sent and leave only at the `safe` receipt. What a host refuses stays too, marked, for its maker to
 * decide. Ops of earlier page loads keep their own origin and are handed over again as they were.
 */

import { OUTBOX, putAll, transact } from "./database.js";
import { compareOps, opId } from "./ids.js";
import { Level, isWithin } from "./wire.js";

/**
 * @typedef {object} Kept
 * @property {string} id op id
 * @property {string} origin hex
 * @property {number} counter
 * @property {Uint8Array} tail
 * @property {boolean} more of the same gesture as the op before
 * @property {string|null} room the room's id (hex) if it was known when the op was made
 * @property {number} level 0 not acknowledged, 1 saved by the host
 * @property {{code: number, text: string}|null} refused
 */

/** The ops of one person in one room that are not yet safe. */
export class Outbox {
  #store;
  #entries = new Map();
  #failed = null;
  #onChange;
  #spill;
  #writing = new Set(); // ids whose first write is not confirmed

  /**
   * @param {Promise<OutboxStore|null>} store null: memory only; what is put before it opens is written then
   * @param {() => void} [onChange] called after counts or persistence changed
   * @param {import("./spill.js").Spill|null} [spill] for the moment in which the page goes
   */
  constructor(store, onChange = () => {}, spill = null) {
    this.#onChange = onChange;
    this.#spill = spill;
    this.#store = store.then((opened) => {
      if (opened === null) this.#fail("this browser keeps nothing");
      return opened;
    });
  }

  /** Whether what is here outlives the page. */
  get persistent() {
    return this.#failed === null;
  }

  /** Why not. @returns {string|null} */
  get trouble() {
    return this.#failed;
  }

  /**
   * What earlier pages left, in the order it was made per origin. It is part of this outbox from now on.
   * @returns {Promise<Kept[]>} empty if the store fails; `trouble` tells
   */
  async load() {
    let rows;
    try {
      rows = (await (await this.#store)?.all()) ?? [];
    } catch (error) {
      this.#fail(error);
      return [];
    }
    const spilled = this.#spill?.read() ?? [];
    const all = new Map([...spilled, ...rows].map((row) => [row.id, row])); // the store's word counts
    const fresh = [...all.values()].filter((row) => !this.#entries.has(row.id)).sort((a, b) => compareOps(a.id, b.id));
    for (const row of fresh) this.#entries.set(row.id, row);
    if (fresh.length > 0) this.#onChange();
    if (spilled.length > 0) {
      const isKept = await this.#write((store) => store.put(fresh));
      if (!isKept) {
        for (const row of fresh) this.#writing.add(row.id); // then it is this page that answers for them
        this.spill();
      }
      this.#spill.clear();
    }
    return fresh;
  }

  /** The page may go at any moment: write down at once what the store has not confirmed. */
  spill() {
    this.#spill?.write([...this.#writing].map((id) => this.#entries.get(id)).filter((row) => row !== undefined));
  }

  /**
   * Keep ops that were just made. Memory has them when this returns, the store a moment later.
   * @param {{origin: string, counter: number, tail: Uint8Array, more: boolean}[]} ops
   * @param {string|null} room
   * @param {boolean} [isAlone] no host has them, so the store should not trust its caches
   * @returns {Promise<void>} when the store has them too; never rejects
   */
  put(ops, room, isAlone = false) {
    const rows = ops.map(({ origin, counter, tail, more }) => ({
      id: opId(origin, counter),
      origin,
      counter,
      tail,
      more,
      room,
      level: 0,
      refused: null,
    }));
    for (const row of rows) {
      this.#entries.set(row.id, row);
      this.#writing.add(row.id);
    }
    this.#onChange();
    return this.#write((store) => store.put(rows, isAlone)).then((isKept) => {
      if (isKept) for (const row of rows) this.#writing.delete(row.id);
    });
  }

  /**
   * A receipt of the host.
   * @param {number} level
   * @param {string} origin
   * @param {number[]} counters from, to, from, to …
   */
  receipt(level, origin, counters) {
    const done = [];
    for (const entry of this.#within(origin, counters)) {
      if (level >= Level.SAFE) done.push(entry.id);
      else if (level === Level.SAVED) entry.level = Level.SAVED;
    }
    for (const id of done) {
      this.#entries.delete(id);
      this.#writing.delete(id);
    }
    this.#onChange();
    if (done.length > 0) this.#write((store) => store.remove(done));
  }

  /** The host did not take an op. @returns {Kept|null} the op, if it is ours */
  refuse(origin, counter, code, text) {
    const entry = this.#entries.get(opId(origin, counter));
    if (entry === undefined) return null;
    entry.refused = { code, text };
    this.#onChange();
    this.#write((store) => store.put([entry]));
    return entry;
  }

  /**
   * Let go of the marks, so that refused ops are handed over again.
   * @param {(code: number) => boolean} [isMeant] by the code they were refused with
   * @returns {Kept[]} those ops
   */
  retry(isMeant = () => true) {
    const again = this.refused().filter(({ refused }) => isMeant(refused.code));
    if (again.length === 0) return again;
    for (const entry of again) entry.refused = null;
    this.#onChange();
    this.#write((store) => store.put(again));
    return again;
  }

  /** Forget refused ops, because their maker said so. @returns {Kept[]} those ops */
  discard() {
    const gone = this.refused();
    for (const entry of gone) this.#entries.delete(entry.id);
    this.#onChange();
    if (gone.length > 0) this.#write((store) => store.remove(gone.map((entry) => entry.id)));
    return gone;
  }

  /**
   * What a new link has to hand over: everything that is not safe, was not refused and belongs to this room.
   * @param {string} room the room's id
   * @returns {Kept[]}
   */
  toSubmit(room) {
    return [...this.#entries.values()].filter((entry) => !entry.refused && (entry.room ?? room) === room);
  }

  /**
   * A board that joins a mesh calls its rooms by other ids: what was meant for a room then is meant for it now.
   * @param {string|null} before the room's id until now; null if it has none
   * @param {string} after
   */
  move(before, after) {
    const moved = before === null ? [] : [...this.#entries.values()].filter((entry) => entry.room === before);
    for (const entry of moved) entry.room = after;
    if (moved.length > 0) this.#write((store) => store.put(moved));
  }

  /** How many ops are kept. */
  get size() {
    return this.#entries.size;
  }

  /** Ops no host has acknowledged. @returns {Kept[]} */
  unsent() {
    return [...this.#entries.values()].filter((entry) => entry.level < Level.SAVED && !entry.refused);
  }

  /** Ops that are not safe yet, refused ones left out. @returns {Kept[]} */
  unsafe() {
    return [...this.#entries.values()].filter((entry) => !entry.refused);
  }

  /** @returns {Kept[]} */
  refused() {
    return [...this.#entries.values()].filter((entry) => entry.refused);
  }

  /** Ops of another board that had the same address and room name. @param {string} room @returns {Kept[]} */
  foreign(room) {
    return [...this.#entries.values()].filter((entry) => entry.room !== null && entry.room !== room);
  }

  #within(origin, counters) {
    const isMeant = isWithin(counters);
    return [...this.#entries.values()].filter((entry) => entry.origin === origin && isMeant(entry.counter));
  }

  /** @returns {Promise<boolean>} whether the store has it */
  async #write(change) {
    try {
      const store = await this.#store;
      if (store === null) return false;
      await change(store);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error) {
    this.#failed = String(error?.message ?? error).slice(0, 200);
    this.#onChange();
  }
}

/** How many gestures these ops are. @param {{more: boolean}[]} ops @returns {number} */
export function gestures(ops) {
  const starts = ops.reduce((count, { more }) => count + (more ? 0 : 1), 0);
  return ops.length > 0 ? Math.max(starts, 1) : 0;
}

/**
 * Where an outbox is kept in a browser: one row per op, keyed by person, room name, origin and counter.
 * @typedef {{all: () => Promise<Kept[]>, put: (rows: Kept[], isAlone?: boolean) => Promise<void>, remove: (ids: string[]) => Promise<void>}} OutboxStore
 */

/**
 * The part of the database that is one person's in one room.
 * @param {Promise<IDBDatabase|null>} database
 * @param {string} person hex
 * @param {string} roomName
 * @returns {Promise<OutboxStore|null>} null where there is none
 */
export async function openStore(database, person, roomName) {
  const opened = await database;
  return opened === null ? null : new IndexedStore(opened, person, roomName);
}

class IndexedStore {
  #database;
  #person;
  #roomName;

  constructor(database, person, roomName) {
    this.#database = database;
    this.#person = person;
    this.#roomName = roomName;
  }

  all() {
    return this.#transact("readonly", (store) => {
      const range = IDBKeyRange.bound([this.#person, this.#roomName], [this.#person, this.#roomName, []]);
      return store.getAll(range);
    }).then((rows) =>
      rows.map(({ origin, counter, tail, more, room, level, refused }) => ({
        id: opId(origin, counter),
        origin,
        counter,
        tail,
        more: more ?? false,
        room: room ?? null,
        level: level ?? 0,
        refused: refused ?? null,
      })),
    );
  }

  put(rows, isAlone = false) {
    const toRow = ({ origin, counter, tail, more, room, level, refused }) => ({
      person: this.#person,
      roomName: this.#roomName,
      origin,
      counter,
      tail: tail.slice(), // a view would drag the whole buffer along
      more,
      room,
      level,
      refused,
    });
    return putAll(this.#database, OUTBOX, rows, toRow, isAlone ? "strict" : "default");
  }

  remove(ids) {
    const keyOf = (origin, counter) => [this.#person, this.#roomName, origin, counter];
    return this.#transact("readwrite", (store) => {
      for (const { origin, from, to } of runsOf(ids)) store.delete(IDBKeyRange.bound(keyOf(origin, from), keyOf(origin, to)));
    });
  }

  #transact(mode, work) {
    return transact(this.#database, OUTBOX, mode, work);
  }
}

/** Ids of one origin that follow each other are let go of together. @param {string[]} ids @returns {{origin: string, from: number, to: number}[]} */
function runsOf(ids) {
  const runs = [];
  for (const id of ids) {
    const [origin, counter] = [id.slice(0, 16), Number(id.slice(17))];
    const last = runs.at(-1);
    if (last !== undefined && last.origin === origin && last.to === counter - 1) last.to = counter;
    else runs.push({ origin, from: counter, to: counter });
  }
  return runs;
}
