/**
 * The board of this page: the canvas, whose hand this is, and everything that changes the one by the other.
 *
 * Every change is an op: made here, applied here at once, then handed to `onMade`, which keeps and sends it. What the
 * host sends comes in as batches. `onChanged` hears which items may look different. No network, no screen, no clock.
 */

import { BatchReader } from "./batch.js";
import { INTERVALS_MAX, absolute, add, alive, clear, cut, further, meta, set, setPacked } from "./bodies.js";
import { Document } from "./canvas.js";
import { encodeColumns, encodeStroke } from "./codec.js";
import { opId, opBytes } from "./ids.js";
import { ItemType, Kind, Maker, Undo, decodeOp } from "./ops.js";
import { redo, review, undo } from "./undo.js";
import { say } from "./locale.js";
import { pack, unpack } from "./values.js";
import { DecodeError, LimitError } from "./varints.js";

const PORTION = 250; // ops of a large gesture that the canvas takes at a time

/** One person's board. */
export class Board {
  #reader = new BatchReader();
  #label = () => null;
  #batches = []; // as they were read, for the story
  #behind = []; // ops of a large gesture that are logged, and that the canvas has not taken yet
  #defer;
  #deeds = 0; // of this person, on this page and on others
  /** Batches and ops that could not be read, and other things that ought not to happen. */
  troubles = { unreadable: 0, equivocations: 0 };
  /** Whether this person has something to take back, as `review` found it. */
  canUndo = false;
  canRedo = false;
  /** Whether this page only looks. */
  isReadOnly = false;

  /**
   * @param {object} parts
   * @param {string} parts.person hex
   * @param {(ops: import("./ops.js").Op[]) => void} parts.onMade
   * @param {(ids: Iterable<string>) => void} parts.onChanged
   * @param {(id: string) => void} parts.onArrived an op is known from now on
   * @param {() => void} [parts.onMeta] what the room says of its pages and layers may have changed
   * @param {() => number|null} [parts.label] Unix ms to date ops with, or null
   * @param {(work: () => void) => void} [parts.defer] calls back when there is time, so that frames come between; by default
   *   large gestures are taken at once
   */
  constructor({ person, onMade, onChanged, onArrived, onMeta = () => {}, label, defer = null }) {
    this.#defer = defer;
    this.person = person;
    this.document = new Document();
    this.maker = new Maker();
    this.document.own(this.maker.origin, person);
    this.onMade = onMade;
    this.onChanged = onChanged;
    this.onArrived = onArrived;
    this.onMeta = onMeta;
    if (label !== undefined) this.#label = label;
  }

  /** This page load. @returns {string} hex */
  get origin() {
    return this.maker.origin;
  }

  /** What has been taken in, as bytes. @returns {Uint8Array} */
  get vector() {
    return this.#reader.vector.encode();
  }

  // ------------------------------------------------------------------------------------------------------ taking in

  /**
   * A batch of the host.
   * @param {Uint8Array} data kept
   * @returns {{tag: string, first: number, end: number}[]} ranges that are missing before it
   */
  receive(data) {
    let batches;
    try {
      batches = this.#reader.receive(data);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.troubles.unreadable += 1;
      return [];
    }
    const changed = new Set();
    let isMeta = false;
    for (const batch of batches) isMeta = this.#apply(batch, changed) || isMeta;
    this.#tell(changed, isMeta);
    return batches.length === 0 ? this.#reader.gaps() : [];
  }

  /** @returns {boolean} whether it says something of pages or layers, or of who may */
  #apply(batch, changed) {
    const { tag, introduction, origins, entries } = batch;
    let isMeta = false;
    this.#batches.push(batch);
    const include = (ids) => ids.forEach((id) => changed.add(id));
    if (introduction !== null) include(this.document.introduce(tag, introduction.node));
    for (const { origin, person } of origins) this.document.own(origin, person);
    for (const { op, place, dropped } of entries) {
      if (op === null) {
        include(this.document.skip(place, dropped));
        continue;
      }
      this.#witness(op);
      const applied = this.document.apply(op, place);
      include(applied.items);
      if (applied.equivocation) this.troubles.equivocations += 1;
      isMeta ||= isAboutRoom(op);
      this.onArrived(op.id);
    }
    return isMeta;
  }

  /** Another page of this person has done something. */
  #witness({ id, origin }) {
    if (origin !== this.origin && this.document.personOf(origin) === this.person && !this.document.has(id)) this.#deeds += 1;
  }

  #tell(changed, isMeta) {
    if (isMeta) this.onMeta();
    if (changed.size > 0) this.onChanged(changed);
  }

  /**
   * Ops of others near the end of the log, ahead of their batches, which will say where they lie.
   * @param {{origin: string, person: string, tails: Uint8Array[]}[]} owners
   */
  foresee(owners) {
    for (const { origin, person, tails } of owners) this.#include(tails.map((tail) => ({ origin, person, tail })));
  }

  /**
   * Ops of this person that an earlier page load kept.
   * @param {{origin: string, tail: Uint8Array}[]} kept
   */
  adopt(kept) {
    this.#include(kept.map(({ origin, tail }) => ({ origin, person: this.person, tail })));
  }

  #include(ops) {
    this.#catchUp();
    const changed = new Set();
    let isMeta = false;
    for (const { origin, person, tail } of ops) {
      this.document.own(origin, person);
      try {
        const op = decodeOp(origin, tail);
        this.document.apply(op).items.forEach((id) => changed.add(id));
        isMeta ||= isAboutRoom(op);
        this.onArrived(op.id);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.troubles.unreadable += 1;
      }
    }
    this.#tell(changed, isMeta);
  }

  // --------------------------------------------------------------------------------------------------------- making

  /** The counter that the next op will have. */
  get nextCounter() {
    return this.maker.counter + 1;
  }

  /**
   * Log a piece of a stroke.
   * @param {string|null} item null: a new one
   * @param {number} index of the piece
   * @param {{tool: number, colour: number, width: number, page: number, layer: number}} style
   * @param {import("./codec.js").Columns} columns
   * @returns {string} the item
   */
  addPiece(item, index, style, columns) {
    const { page, layer } = style;
    if (item === null) {
      const payload = encodeStroke({ ...style, columns });
      return this.#make([{ body: add({ page, layer, type: ItemType.STROKE, payload }), more: false }])[0].id;
    }
    const payload = encodeColumns(columns);
    this.#make([{ body: further(item, index, { page, layer, type: ItemType.STROKE, payload }), more: true }]);
    return item;
  }

  /**
   * Set registers of items that live, as one gesture.
   * @param {{id: string, register: number, value: unknown}[]} changes null stands for a register's default
   * @returns {number} how many were set
   */
  setAll(changes) {
    this.#catchUp();
    const living = changes.filter(({ id }) => this.document.isAlive(id));
    this.#make(living.map(({ id, register, value }, at) => ({ body: set(id, register, value), more: at > 0 })));
    return living.length;
  }

  /**
   * Add items like others: with their pieces, cuts and registers, as one gesture.
   * @param {import("./clipboard.js").Copy[]} copies
   * @param {{page: number, layer: number}} here for those that name no page
   * @param {[string, unknown][]} [entries] of meta, which belong to it
   * @returns {string[]} the new items
   */
  addCopies(copies, here, entries = []) {
    const bodies = [];
    const next = () => opId(this.maker.origin, this.maker.counter + 1 + bodies.length);
    const ids = this.#idsOf(copies);
    copies.forEach(({ type, pieces, registers, ends = null, page: other }, at) => {
      const id = ids[at];
      const { page, layer } = other === undefined ? here : { page: other, layer: 0 };
      pieces.forEach(({ payload: own, cuts }, index) => {
        const piece = next();
        const payload = ends === null ? own : joining(own, ends.map((end) => ids[end] ?? null));
        bodies.push(index === 0 ? add({ page, layer, type, payload }) : further(id, index, { page, layer, type, payload }));
        for (let at = 0; at < cuts.length; at += 2 * INTERVALS_MAX) bodies.push(cut(piece, cuts.slice(at, at + 2 * INTERVALS_MAX)));
      });
      for (const [register, value] of registers) bodies.push(setPacked(id, register, value));
    });
    this.commit([...bodies, ...entries.map(([key, value]) => meta(key, value))]);
    return ids;
  }

  /** The ids that copies will have: those of their first pieces. */
  #idsOf(copies) {
    let counter = this.maker.counter + 1;
    return copies.map(({ pieces, registers }) => {
      const id = opId(this.maker.origin, counter);
      const cuts = pieces.map((piece) => Math.ceil(piece.cuts.length / (2 * INTERVALS_MAX)));
      counter += pieces.length + registers.length + cuts.reduce((sum, each) => sum + each, 0);
      return id;
    });
  }

  /**
   * Say something of the room: of its pages and layers (docs/formats/oplog.md), as one gesture.
   * @param {[string, unknown][]} entries keys and values; null stands for the default
   * @param {boolean} [more] whether this goes on with the gesture of the op before
   */
  setMeta(entries, more = false) {
    this.#make(entries.map(([key, value], at) => ({ body: meta(key, value), more: more || at > 0 })));
  }

  /**
   * Log an item that is one op.
   * @param {number} type one of `ItemType`
   * @param {Uint8Array} payload
   * @param {{page: number, layer: number}} place
   * @param {boolean} [more] whether this goes on with the gesture of the op before
   * @returns {string} its id
   * @throws {LimitError} too large for an op; nothing has been logged
   */
  addItem(type, payload, { page, layer }, more = false) {
    return this.#make([{ body: add({ page, layer, type, payload }), more }])[0].id;
  }

  /**
   * Set a register of an item.
   * @param {string} item
   * @param {number} register one of `Register`
   * @param {unknown} value null: the default
   * @param {boolean} [more] whether this goes on with the gesture of the op before
   * @throws {LimitError} too large for an op; nothing has been logged
   */
  set(item, register, value, more = false) {
    this.#make([{ body: set(item, register, value), more }]);
  }

  /**
   * Cut parts out of strokes.
   * @param {Iterable<[string, number[]]>} cuts by piece, united intervals in 1/1024 of a segment
   * @param {boolean} more whether this goes on with the gesture of the op before
   * @returns {boolean} whether anything was cut
   */
  cut(cuts, more) {
    const bodies = [];
    for (const [piece, intervals] of cuts) {
      for (let at = 0; at < intervals.length; at += 2 * INTERVALS_MAX) bodies.push(cut(piece, intervals.slice(at, at + 2 * INTERVALS_MAX)));
    }
    this.#make(bodies.map((body, at) => ({ body, more: more || at > 0 })));
    return bodies.length > 0;
  }

  /**
   * Take away strokes of which nothing is left, as far as nobody else has cut them: what others took may come back.
   * @param {string[]} ids
   * @param {boolean} more whether this goes on with the gesture of the op before
   */
  sweep(ids, more) {
    this.#catchUp();
    const { document, person } = this;
    const isOwn = ({ op }) => document.personOf(op.origin) === person;
    const mine = ids.filter((id) => document.item(id)?.pieces.every((piece) => (document.facts.cuts.get(piece.id) ?? []).every(isOwn)));
    this.erase(mine, more);
  }

  /**
   * Take away everything on a page that this person sees, and nothing that others draw meanwhile.
   * @param {number} page
   * @returns {number} how many items went
   */
  clear(page) {
    this.#catchUp();
    const before = this.document.items().filter((item) => item.page === page).map(({ id }) => id);
    if (before.length === 0) return 0;
    let hasCleared = false;
    try {
      this.#make([{ body: clear(page + 1, absolute(this.document.held)), more: false }]);
      hasCleared = true;
    } catch (error) {
      if (!(error instanceof LimitError)) throw error; // too many authors for one op: one for each item does it too
    }
    this.erase(before, hasCleared); // what is seen but not in the log yet, and what came here from another page
    return before.length;
  }

  /**
   * Take items away.
   * @param {string[]} ids
   * @param {boolean} more whether this goes on with the gesture of the op before
   */
  erase(ids, more) {
    this.#catchUp();
    const living = ids.filter((id) => this.document.isAlive(id));
    this.#make(living.map((id, at) => ({ body: alive(id, false), more: more || at > 0 })), true);
    return living.length;
  }

  /** Take back the person's last gesture that shows. @returns {boolean} whether there was one */
  undo() {
    this.#catchUp();
    return this.#repeat(undo(this.document, this.person));
  }

  /** Bring back what was taken back last. @returns {boolean} whether there was something */
  redo() {
    this.#catchUp();
    return this.#repeat(redo(this.document, this.person));
  }

  /** The log as it came, for `story.js`. @returns {object[]} as `BatchReader` gives them */
  get batches() {
    return this.#batches;
  }

  /** To be asked later: whether this person has done nothing since, so that an undo takes back what was done last. @returns {() => boolean} */
  get untouched() {
    const deeds = this.#deeds;
    return () => this.#deeds === deeds;
  }

  /** Make ops of these bodies, as one gesture. @param {object[]} bodies */
  commit(bodies) {
    this.#make(bodies.map((body, at) => ({ body, more: at > 0 })), true);
  }

  /** Why there is nothing to take back or to bring back, for people to read. @param {"undo"|"redo"} what @returns {string} */
  whyNot(what) {
    if (this.document.hasEnded) return say("There is nothing of yours left to change: what was erased long ago is gone for good");
    return what === "undo" ? say("Nothing of yours to undo") : say("Nothing of yours to redo");
  }

  #repeat({ flag, bodies }) {
    this.#make(bodies.map((body, at) => ({ body, more: at > 0, flag })), true);
    if (this.#behind.length === 0) this.review();
    else [this.canUndo, this.canRedo] = [true, true]; // until somebody has the time to look
    return bodies.length > 0;
  }

  /** Find out anew what can be undone. It looks at every op, so do it when there is time. */
  review() {
    if (this.#behind.length === 0) Object.assign(this, review(this.document, this.person));
  }

  /**
   * Make ops, log them, and let the canvas take them.
   * @param {{body: object, more: boolean, flag?: number}[]} commands
   * @param {boolean} [isGradual] whether the canvas may take many of them in portions
   */
  #make(commands, isGradual = false) {
    if (this.isReadOnly) return [];
    this.#catchUp();
    const { counter } = this.maker;
    const seen = this.document.lamport + 1;
    let ops;
    try {
      ops = commands.map(({ body, more, flag = Undo.ORDINARY }) => this.maker.make(body, seen, { undo: flag, more, at: this.#label() }));
    } catch (error) {
      this.maker.counter = counter; // a gesture is logged whole or not at all
      throw error;
    }
    if (ops.length === 0) return ops;
    if (!commands[0].more) this.#deeds += 1;
    [this.canUndo, this.canRedo] = [true, false]; // so it is after an ordinary gesture
    if (isGradual && this.#defer !== null && ops.length > 2 * PORTION) {
      this.onMade(ops); // all of it is logged before any of it is shown
      this.#behind = ops;
      this.#advance(PORTION);
      return ops;
    }
    const changed = new Set(ops.flatMap((op) => [...this.document.apply(op).items]));
    this.onMade(ops);
    this.#tell(changed, ops.some(isAboutRoom));
    return ops;
  }

  /** The canvas takes so many more of the ops that are logged already. */
  #advance(count) {
    const ops = this.#behind.slice(0, count);
    this.#behind = this.#behind.slice(count);
    const changed = new Set(ops.flatMap((op) => [...this.document.apply(op).items]));
    this.#tell(changed, ops.some(isAboutRoom));
    if (this.#behind.length === 0) return;
    const rest = this.#behind;
    this.#defer(() => this.#behind === rest && this.#advance(PORTION));
  }

  /** What comes next builds on all that was made. */
  #catchUp() {
    if (this.#behind.length > 0) this.#advance(Infinity);
  }
}

/** The payload of a connector, between these items. */
function joining(payload, ids) {
  const value = unpack(payload);
  ids.forEach((id, at) => (value[at] = id === null ? null : opBytes(id)));
  return pack(value);
}

/** Whether an op may change what the room says of its pages and layers. */
function isAboutRoom({ kind }) {
  return kind === Kind.META || kind === Kind.ACL;
}
