/**
 * The canvas: a pure function of the set of ops, kept up op by op (docs/formats/oplog.md, "Merge").
 *
 * The twin of `edgeboard/canvas/document.py`. Adds, sets, alive, cuts and meta are applied as they come, in time that
 * does not grow with the canvas; a clear looks at every item once. What is rare and reaches far (an acl, a floor, two
 * contents under one id) settles everything anew from the ops, which is the same function.
 *
 * A guest applies its own op without a place, before its host has logged it; such an op counts, and gets its place
 * when it comes back.
 */

import { compareOps, fromHex, opBytes } from "./ids.js";
import { Kind, Role } from "./kinds.js";
import { Item, Subject } from "./items.js";
import { comparePaint, compareText, holdsAny, nextIn, winner } from "./merge.js";
import { equalBytes } from "./ids.js";
import { compareStamps } from "./ops.js";
import { pack, unpack } from "./values.js";
import { DecodeError } from "./varints.js";
import { sha256 } from "./vendor/hashes/sha2.js";

export const DIGEST_BYTES = 16;

/**
 * @typedef {object} Applied
 * @property {boolean} fresh whether the op was not known before
 * @property {string[]} items ids of the items that may look different now, be it that they came, went or changed
 * @property {boolean} equivocation two contents under this op's id: an alarm
 */

/** One room's canvas. */
export class Document {
  #entries = new Map(); // op id -> {op, body, counts, places}
  #subjects = new Map(); // id -> Subject
  #items = new Map(); // id -> Item, alive or dead
  #painted = []; // items alive, in paint order
  #clears = new Map(); // op id -> entry
  #meta = new Map(); // key -> entries
  #floors = new Map(); // op id -> {entry, gone: Set|null}
  #acls = new Map(); // node -> entries
  #nodes = new Map(); // author tag -> node
  #held = new Map(); // author tag -> {next, ahead: Set}
  #persons = new Map(); // origin -> person
  #gone = new Set(); // items that floors have ended
  #admins;
  #withFloors;

  /** @param {{admins?: Iterable<string>, floors?: boolean}} [options] nodes (hex) that may sign acls */
  constructor({ admins = [], floors = true } = {}) {
    this.#admins = new Set(admins);
    this.#withFloors = floors;
    /** The highest Lamport number seen. */
    this.lamport = 0;
  }

  // -------------------------------------------------------------------------------------------------- who is who

  /**
   * An author's node, as the author's first batch says.
   * @param {string} tag @param {string} nodeHex
   * @returns {string[]} items that may look different now
   */
  introduce(tag, nodeHex) {
    if (this.#nodes.has(tag)) return [];
    this.#nodes.set(tag, nodeHex);
    return this.#acls.size > 0 && this.#held.has(tag) ? this.#settle() : [];
  }

  /** Whose an origin is, as the table of origins of an author says; the first word stays. */
  own(originHex, personHex) {
    if (!this.#persons.has(originHex)) this.#persons.set(originHex, personHex);
  }

  /** @param {string} originHex @returns {string|null} */
  personOf(originHex) {
    return this.#persons.get(originHex) ?? null;
  }

  // -------------------------------------------------------------------------------------------------- taking ops in

  /**
   * Take in an op, or one more place of it.
   * @param {import("./ops.js").Op} op
   * @param {{author: string, entry: number}|null} [place] null for an own op that no host has logged yet
   * @returns {Applied}
   */
  apply(op, place = null) {
    const known = this.#entries.get(op.id);
    if (known !== undefined) return this.#again(known, op, place);
    const entry = { op, body: bodyOf(op), places: place === null ? [] : [place], counts: true };
    entry.counts = this.#accepted(entry);
    this.#entries.set(op.id, entry);
    this.lamport = Math.max(this.lamport, op.lamport);
    const touched = new Set();
    this.#subject(op.id).entry = entry;
    if (entry.body !== null) this.#enter(entry, touched);
    const ended = place !== null && this.#hold(place);
    return { fresh: true, items: ended ? this.#settle() : [...touched], equivocation: false };
  }

  /**
   * A place whose op was dropped at a floor: held, though nothing came with it.
   * @param {{author: string, entry: number}} place
   * @returns {string[]} items that may look different now
   */
  skip(place) {
    return this.#hold(place) ? this.#settle() : [];
  }

  #again(entry, op, place) {
    let settle = false;
    let touched = [];
    if (place !== null && !entry.places.some((each) => each.author === place.author && each.entry === place.entry)) {
      entry.places.push(place);
      settle = this.#hold(place);
      settle ||= this.#acls.size > 0;
      if (!settle && entry.body?.kind === Kind.ADD && entry.body.item === null && this.#clears.size > 0) {
        touched = this.#review(entry.op.id);
      }
    }
    const equivocation = !equalBytes(entry.op.tail, op.tail);
    if (equivocation && op.hash < entry.op.hash) {
      entry.op = op;
      entry.body = bodyOf(op);
      this.lamport = Math.max(this.lamport, op.lamport);
      for (const floor of this.#floors.values()) floor.gone = null;
      settle = true;
    }
    return { fresh: false, items: settle ? this.#settle() : touched, equivocation };
  }

  /** File an entry under what it speaks of, and let that follow. */
  #enter(entry, touched) {
    const { body, op } = entry;
    switch (body.kind) {
      case Kind.ADD:
        if (body.item === null) this.#born(entry, touched);
        else {
          this.#subject(body.item).further.push(entry);
          this.#assemble(body.item, touched);
        }
        break;
      case Kind.SET:
        this.#enterSet(entry, touched);
        break;
      case Kind.ALIVE:
        this.#subject(body.target).alives.push(entry);
        this.#revive(body.target, touched);
        break;
      case Kind.CUT:
        this.#subject(body.piece).cuts.push(entry);
        this.#assemblePiece(body.piece, touched);
        break;
      case Kind.CLEAR:
        this.#clears.set(op.id, entry);
        this.#sweep(entry, touched);
        break;
      case Kind.META:
        listIn(this.#meta, body.key).push(entry);
        break;
      case Kind.ACL:
        listIn(this.#acls, body.subject).push(entry);
        for (const id of this.#settle()) touched.add(id);
        break;
      case Kind.FLOOR:
        this.#floors.set(op.id, { entry, gone: null });
        for (const id of this.#settle()) touched.add(id);
        break;
    }
  }

  #enterSet(entry, touched) {
    const subject = this.#subject(entry.body.target);
    listIn(subject.sets, entry.body.register).push(entry);
    const { item } = subject;
    if (item === null || !entry.counts) return;
    const last = item.winners.get(entry.body.register);
    if (last !== undefined && compareStamps(entry.op, last.op) < 0) return;
    this.#unpaint(item);
    item.settle(entry.body.register, entry);
    this.#paint(item);
    touched.add(item.id);
  }

  #born(entry, touched) {
    const subject = this.#subject(entry.op.id);
    if (!entry.counts || this.#gone.has(subject.id)) return;
    const item = new Item(subject);
    subject.item = item;
    this.#items.set(item.id, item);
    for (const [register, entries] of subject.sets) item.settle(register, winner(entries));
    item.assemble((id) => this.#subject(id));
    item.clear = this.#clearOf(entry);
    item.alive = isAlive(item);
    this.#paint(item);
    touched.add(item.id);
  }

  #assemble(id, touched) {
    const item = this.#subjects.get(id)?.item;
    if (!item) return;
    item.assemble((each) => this.#subject(each));
    touched.add(id);
  }

  /** The item of a piece is put together again. */
  #assemblePiece(id, touched) {
    const body = this.#entries.get(id)?.body;
    if (body?.kind === Kind.ADD) this.#assemble(body.item ?? id, touched);
  }

  /** An alive op spoke of an item, a cut or a clear. */
  #revive(id, touched) {
    const subject = this.#subject(id);
    if (subject.item !== null) {
      const item = subject.item;
      this.#unpaint(item);
      item.alive = isAlive(item);
      item.version++;
      this.#paint(item);
      touched.add(id);
    } else if (subject.entry?.body?.kind === Kind.CUT) this.#assemblePiece(subject.entry.body.piece, touched);
    else if (subject.entry?.body?.kind === Kind.CLEAR) this.#sweep(subject.entry, touched);
  }

  /** A clear came, or came into or out of force. */
  #sweep(clear, touched) {
    const inForce = this.#subject(clear.op.id).inForce;
    for (const item of this.#items.values()) {
      const covering = inForce && this.#covers(clear, item.subject.entry);
      if (covering ? item.clear !== null && compareStamps(item.clear.op, clear.op) >= 0 : item.clear !== clear) continue;
      for (const id of this.#review(item.id)) touched.add(id);
    }
  }

  /** Which clear covers an item is asked again. @returns {string[]} */
  #review(id) {
    const item = this.#items.get(id);
    if (item === undefined) return [];
    this.#unpaint(item);
    const before = item.alive;
    item.clear = this.#clearOf(item.subject.entry);
    item.alive = isAlive(item);
    if (item.alive !== before) item.version++;
    this.#paint(item);
    return item.alive === before ? [] : [id];
  }

  #clearOf(entry) {
    let best = null;
    for (const clear of this.#clears.values()) {
      if (best !== null && compareStamps(clear.op, best.op) < 0) continue;
      if (this.#subject(clear.op.id).inForce && this.#covers(clear, entry)) best = clear;
    }
    return best;
  }

  #covers({ op, body }, entry) {
    if (body.scope > 0 && body.scope - 1 !== entry.body.page) return false;
    if (op.origin === entry.op.origin && entry.op.counter < op.counter) return true;
    return holdsAny(entry.places, body.context, this.#floorContext);
  }

  #floorContext = (id) => {
    const body = this.#entries.get(id)?.body;
    return body?.kind === Kind.FLOOR ? body.context : null;
  };

  #subject(id) {
    let subject = this.#subjects.get(id);
    if (subject === undefined) this.#subjects.set(id, (subject = new Subject(id)));
    return subject;
  }

  // -------------------------------------------------------------------------------------------------- acl and floors

  /** Rule 7: whether an op counts. */
  #accepted(entry) {
    if (this.#acls.size === 0 || entry.places.length === 0) return true;
    return entry.places.some((place) => {
      const node = this.#nodes.get(place.author);
      const acl = node === undefined ? null : this.#aclOf(node);
      if (acl === null || acl.body.role >= Role.DRAW) return true;
      return holdsAny([place], acl.body.context, this.#floorContext);
    });
  }

  #aclOf(node) {
    let best = null;
    for (const entry of this.#acls.get(node) ?? []) {
      if (best !== null && compareStamps(entry.op, best.op) < 0) continue;
      if (entry.places.some((place) => this.#admins.has(this.#nodes.get(place.author)))) best = entry;
    }
    return best;
  }

  /** The role of a node by the acls. @param {string} nodeHex @returns {number} */
  roleOf(nodeHex) {
    return this.#aclOf(nodeHex)?.body.role ?? Role.MODERATE;
  }

  /** Note a place as held. @returns {boolean} whether a floor that waited for it is complete now */
  #hold({ author, entry }) {
    let held = this.#held.get(author);
    if (held === undefined) this.#held.set(author, (held = { next: 0, ahead: new Set() }));
    if (entry < held.next) return false;
    held.ahead.add(entry);
    while (held.ahead.delete(held.next)) held.next++;
    if (!this.#withFloors) return false;
    for (const floor of this.#floors.values()) {
      if (floor.gone === null && floor.entry.counts && this.#holds(floor.entry.body.context)) return true;
    }
    return false;
  }

  /** Whether everything in a context is held. */
  #holds(context) {
    const authors = new Set();
    const seen = new Set();
    for (let at = context; at !== null; ) {
      for (const author of at.vector.next.keys()) authors.add(author);
      if (at.base === null) break;
      if (seen.has(at.base)) break;
      seen.add(at.base);
      at = this.#floorContext(at.base);
      if (at === null) return false; // what an unknown floor holds is unknown
    }
    for (const author of authors) {
      if ((this.#held.get(author)?.next ?? 0) < nextIn(context, author, this.#floorContext)) return false;
    }
    return true;
  }

  /** Rule 8: the items that are dead by the ops inside a floor's context alone. */
  #endedBy(context) {
    const inside = new Document({ admins: this.#admins, floors: false });
    for (const [tag, node] of this.#nodes) inside.introduce(tag, node);
    inside.#floorContext = this.#floorContext;
    for (const { op, places } of this.#entries.values()) {
      for (const place of places) if (holdsAny([place], context, this.#floorContext)) inside.apply(op, place);
    }
    const ended = new Set();
    for (const item of inside.#items.values()) if (!item.alive) ended.add(item.id);
    return ended;
  }

  /** Everything anew from the ops. @returns {string[]} every item there was or is */
  #settle() {
    const touched = new Set(this.#items.keys());
    const versions = new Map([...this.#items].map(([id, item]) => [id, item.version]));
    const entries = [...this.#entries.values()];
    this.#subjects.clear();
    this.#items.clear();
    this.#clears.clear();
    this.#meta.clear();
    this.#acls.clear();
    const floors = this.#floors;
    this.#floors = new Map();
    this.#painted = [];
    for (const entry of entries) {
      this.#subject(entry.op.id).entry = entry;
      if (entry.body?.kind === Kind.ACL) listIn(this.#acls, entry.body.subject).push(entry);
    }
    for (const entry of entries) entry.counts = this.#accepted(entry);
    this.#gone = new Set();
    for (const entry of entries) {
      if (entry.body?.kind !== Kind.FLOOR) continue;
      const floor = floors.get(entry.op.id) ?? { entry, gone: null };
      this.#floors.set(entry.op.id, floor);
      if (!this.#withFloors || !entry.counts) continue;
      if (floor.gone === null && this.#holds(entry.body.context)) floor.gone = this.#endedBy(entry.body.context);
      for (const id of floor.gone ?? []) this.#gone.add(id);
    }
    const far = new Set([Kind.ACL, Kind.FLOOR]);
    for (const entry of entries) if (entry.body !== null && !far.has(entry.body.kind)) this.#enter(entry, touched);
    for (const item of this.#items.values()) item.version += (versions.get(item.id) ?? 0) + 1;
    return [...touched];
  }

  // -------------------------------------------------------------------------------------------------- looking at it

  /** The items alive, in paint order. The array is the canvas's own: look, do not touch. @returns {Item[]} */
  items() {
    return this.#painted;
  }

  /** An item, alive or dead; null if it was never added, or has gone for good. @param {string} id @returns {Item|null} */
  item(id) {
    return this.#items.get(id) ?? null;
  }

  /** @param {string} id an item, a cut or a clear @returns {boolean} */
  isAlive(id) {
    const item = this.#items.get(id);
    if (item !== undefined) return item.alive;
    const subject = this.#subjects.get(id);
    const kind = subject?.entry?.body?.kind;
    return (kind === Kind.CUT || kind === Kind.CLEAR) && subject.inForce;
  }

  /** The winning value of a key of meta, or undefined. @param {string} key @returns {unknown} */
  meta(key) {
    const entry = winner(this.#meta.get(key) ?? []);
    try {
      return entry === null ? undefined : unpack(entry.body.value);
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  /** The keys of meta that have a value, sorted. @returns {string[]} */
  metaKeys() {
    return [...this.#meta].filter(([, entries]) => winner(entries) !== null).map(([key]) => key).sort(compareText);
  }

  /** Whether an op is known. @param {string} id @returns {boolean} */
  has(id) {
    return this.#entries.has(id);
  }

  /** How many ops are known. */
  get size() {
    return this.#entries.size;
  }

  /** An op that is known. @param {string} id @returns {import("./ops.js").Op|null} */
  op(id) {
    return this.#entries.get(id)?.op ?? null;
  }

  /** The digest of the canvas. @returns {Uint8Array} 16 bytes */
  digest() {
    return sha256(pack(this.canonical())).slice(0, DIGEST_BYTES);
  }

  /** What the digest is taken over. @returns {[unknown[], unknown[]]} */
  canonical() {
    const items = [...this.#painted].sort((a, b) => compareOps(a.id, b.id));
    const meta = this.metaKeys().map((key) => [key, winner(this.#meta.get(key)).body.value]);
    return [items.map(canonicalItem), meta];
  }

  // -------------------------------------------------------------------------------------------------- paint order

  /** Where an item stands, or would. */
  #position(item) {
    let low = 0;
    let high = this.#painted.length;
    if (high > 0 && comparePaint(this.#painted[high - 1], item) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePaint(this.#painted[middle], item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #paint(item) {
    if (item.alive) this.#painted.splice(this.#position(item), 0, item);
  }

  #unpaint(item) {
    const at = this.#position(item);
    if (this.#painted[at] === item) this.#painted.splice(at, 1);
  }
}

/** A body, or null if it breaks its format: then the op is kept and does nothing. */
function bodyOf(op) {
  try {
    return op.body;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Rule 4. */
function isAlive({ subject, clear }) {
  const last = subject.lastWord;
  if (last === null) return clear === null;
  return clear !== null && compareStamps(clear.op, last.op) > 0 ? false : last.body.alive;
}

function canonicalItem(item) {
  const registers = [...item.winners].sort((a, b) => a[0] - b[0]).map(([register, entry]) => [register, entry.body.value]);
  const cuts = [];
  item.pieces.forEach((piece, number) => {
    if (piece.cuts.length > 0) cuts.push([number, piece.cuts]);
  });
  return [opBytes(item.id), item.pieces.map((piece) => fromHex(piece.op.hash)), registers, cuts];
}

function listIn(map, key) {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}
