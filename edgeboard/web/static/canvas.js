/**
 * The canvas: a pure function of the set of ops, whatever their order, repetition and route.
 *
 * The twin of `edgeboard/canvas/document.py`; rules are numbered as in docs/formats/oplog.md, "Merge". A fact is filed
 * under what it is about (`facts.js`), the rules are asked (`merge.js`), and what they say of each item is kept
 * (`items.js`) and brought up to date by what a fact touches. A stroke, a set or an erase costs the same on a full
 * canvas as on an empty one; a clear looks at every item. What is rare and reaches far (an acl, a floor, two contents of
 * one op) has every item looked at anew.
 *
 * A guest applies its own op without a place, before its host has logged it; such an op counts, and gets its place
 * when it comes back.
 */

import { DROPPABLE, Fact, Facts, Part } from "./facts.js";
import { compareOps, equalBytes } from "./ids.js";
import { Item, Painting, Piece, canonicalItem, read } from "./items.js";
import { View, comparePaint, compareText } from "./merge.js";
import { pack } from "./values.js";
import { Holdings } from "./vectors.js";
import { sha256 } from "./vendor/hashes/sha2.js";

export const DIGEST_BYTES = 16;

/**
 * @typedef {object} Applied
 * @property {boolean} fresh whether this content was not known before
 * @property {string[]} items ids of the items that may look different now, be it that they came, went or changed
 * @property {boolean} equivocation another content of this op id was known: an alarm
 */

/** One room's canvas. */
export class Document {
  #facts = new Facts();
  #view = null;
  #admins;
  #items = new Map(); // id -> Item, alive or dead
  #painted = new Painting(); // items alive, in paint order
  #persons = new Map(); // origin -> person
  #held = new Holdings();
  #hashes = null; // content hash -> fact, or null where dropped; once anything was dropped
  #floors = []; // facts whose context is not held yet
  #gone = new Set(); // items that a floor has ended

  /** @param {{admins?: Iterable<string>}} [options] nodes (hex) whose acls count */
  constructor({ admins = [] } = {}) {
    this.#admins = new Set(admins);
    /** The highest Lamport number seen. */
    this.lamport = 0;
  }

  // ------------------------------------------------------------------------------------------------------ what comes in

  /**
   * Say whose author this is.
   * @param {string} tag @param {string} node hex
   * @returns {string[]} items that may look different now
   */
  introduce(tag, node) {
    const facts = this.#facts;
    if (facts.nodes.get(tag) === node) return [];
    facts.nodes.set(tag, node);
    this.#view = null;
    if (facts.acls.size === 0) return [];
    if (facts.floors.size > 0) this.#settleAnew();
    return this.#refreshAll();
  }

  /** Say whose origin this is; the first claim stays. @param {string} origin hex @param {string} person hex */
  own(origin, person) {
    if (!this.#persons.has(origin)) this.#persons.set(origin, person);
  }

  /**
   * Take in an op, or one more place of it. Never throws for what is in it.
   * @param {import("./ops.js").Op} op
   * @param {{author: string, entry: number}|null} [place] null for an own op that no host has logged yet
   * @returns {Applied}
   */
  apply(op, place = null) {
    if (place !== null) this.#held.take(place);
    if (op.lamport > this.lamport) this.lamport = op.lamport;
    const known = this.#facts.contents(op.id);
    const same = known.find((fact) => equalBytes(fact.op.tail, op.tail));
    let touched;
    if (same === undefined) touched = this.#take(new Fact(op, place), known);
    else touched = place !== null && same.addPlace(place) ? this.#placed(same) : [];
    return { fresh: same === undefined, items: this.#withSettled(touched), equivocation: same === undefined && known.length > 0 };
  }

  /**
   * Take the place of an op that was dropped at a floor.
   * @param {{author: string, entry: number}} place
   * @param {string} content its content hash, hex
   * @returns {string[]} items that may look different now
   */
  skip(place, content) {
    this.#held.take(place);
    if (this.#hashes === null) {
      this.#hashes = new Map();
      for (const fact of this.#facts.every()) this.#hashes.set(fact.hash, fact);
    }
    const fact = this.#hashes.get(content) ?? null;
    if (!this.#hashes.has(content)) this.#hashes.set(content, null);
    if (fact === null || fact.part === Part.STRUCK) return this.#withSettled([]);
    const [ids, part] = this.#touched(fact);
    const all = !DROPPABLE.has(fact.part) || this.#facts.forks.has(fact.id) || this.#facts.floors.size > 0;
    this.#strike(fact);
    if (this.#facts.floors.size > 0) this.#settleAnew();
    return this.#withSettled(all ? this.#refreshAll() : this.#refresh(ids, part));
  }

  /** Make a content void that was dropped elsewhere. */
  #strike(fact) {
    fact.part = Part.STRUCK;
    this.#facts.struck++;
    this.#view = null;
  }

  /** A new content: of a new op, or one more of a known one. */
  #take(fact, known) {
    const facts = this.#facts;
    if (known.length > 0) {
      facts.forks.set(fact.id, [...known, fact]);
      this.#view = null;
    } else facts.ops.set(fact.id, fact);
    facts.file(fact);
    if (this.#hashes !== null) {
      if (this.#hashes.get(fact.hash) === null) this.#strike(fact);
      this.#hashes.set(fact.hash, fact);
    }
    if (fact.part === Part.FLOOR) this.#floors.push(fact);
    if (far(fact)) this.#view = null;
    if (known.length > 0 && facts.forks.get(fact.id).some((each) => each.part === Part.FLOOR)) this.#settleAnew();
    if (known.length > 0 || far(fact)) return this.#refreshAll();
    return this.#follow(fact);
  }

  /** A known content has one more place. */
  #placed(fact) {
    if (far(fact)) {
      this.#view = null;
      return this.#refreshAll();
    }
    if (this.#facts.forks.has(fact.id)) return this.#refreshAll();
    if (this.#facts.acls.size > 0) return this.#follow(fact);
    return fact.part === Part.ITEM && this.#facts.clears.length > 0 ? this.#refresh([fact.id], revive) : [];
  }

  /** Let what a fact says follow. @returns {string[]} the items it touches */
  #follow(fact) {
    const touched = this.#refresh(...this.#touched(fact));
    if (fact.part !== Part.ALIVE) return touched;
    for (const target of this.#facts.contents(fact.body.target)) {
      if (target.part === Part.CUT || target.part === Part.CLEAR) touched.push(...this.#follow(target));
    }
    return touched;
  }

  /** Which items a fact touches itself, and which part of them. */
  #touched(fact) {
    const { body } = fact;
    switch (fact.part) {
      case Part.ITEM:
        return [[fact.id], renew];
      case Part.PIECE:
        return [[body.item], assemble];
      case Part.SET:
        return [[body.target], (item, view, facts) => resettle(item, view, facts, body.register)];
      case Part.CUT:
        return [this.#itemsOf(body.piece), assemble];
      case Part.CLEAR:
        return [this.under(fact), revive];
      case Part.ALIVE:
        return [this.#itemsOf(body.target), revive];
      default:
        return [[], renew];
    }
  }

  /** The items that an add stands for or belongs to. */
  #itemsOf(id) {
    const adds = this.#facts.contents(id).filter(({ part }) => part === Part.ITEM || part === Part.PIECE);
    return adds.map((fact) => fact.body.item ?? fact.id);
  }

  /** The items that a clear covers, or would if it were live. @param {Fact} clear @returns {string[]} */
  under(clear) {
    const view = this.view;
    const covered = [];
    for (const fact of this.#facts.every()) {
      if (fact.part === Part.ITEM && !this.#gone.has(fact.id) && view.covers(clear, fact)) covered.push(fact.id);
    }
    return covered;
  }

  // ------------------------------------------------------------------------------------------------ items, kept current

  /** Bring a part of some items up to date. @returns {string[]} those of them that there were or are */
  #refresh(ids, part) {
    const touched = [];
    for (const id of ids) {
      const before = this.#items.get(id);
      const item = part === renew ? this.#bear(id) : before;
      if (before !== undefined || item !== undefined) touched.push(id);
      if (item === undefined) continue;
      this.#painted.remove(item);
      part(item, this.view, this.#facts);
      item.version++;
      if (item.alive) this.#painted.insert(item);
    }
    return touched;
  }

  /** The item of an id, as the content that counts has it. */
  #bear(id) {
    const view = this.view;
    const fact = this.#gone.has(id) ? undefined : this.#facts.contents(id).find((each) => each.part === Part.ITEM && view.counts(each));
    const known = this.#items.get(id);
    if (known !== undefined && known.fact === fact) return known;
    if (known !== undefined) {
      this.#painted.remove(known);
      this.#items.delete(id);
    }
    if (fact === undefined) return undefined;
    const item = new Item(fact);
    item.version = known === undefined ? 0 : known.version + 1;
    this.#items.set(id, item);
    return item;
  }

  /** Everything anew. @returns {string[]} every item there was or is */
  #refreshAll() {
    const before = [...this.#items.keys()];
    const ids = new Set();
    for (const fact of this.#facts.every()) if (fact.part === Part.ITEM || this.#items.has(fact.id)) ids.add(fact.id);
    this.#painted.clear();
    const view = this.view;
    const alive = [];
    for (const id of ids) {
      const item = this.#bear(id);
      if (item === undefined) continue;
      renew(item, view, this.#facts);
      item.version++;
      if (item.alive) alive.push(item);
    }
    for (const item of alive.sort(comparePaint)) this.#painted.insert(item);
    return [...new Set([...before, ...this.#items.keys()])];
  }

  // ------------------------------------------------------------------------------------------------------------- floors

  /** Settle the floors whose context is held now (rule 8). */
  #withSettled(touched) {
    if (this.#floors.length === 0) return touched;
    const gone = this.#settle();
    for (const id of gone) this.#bear(id);
    return gone.size > 0 ? [...new Set([...touched, ...gone])] : touched;
  }

  /** @returns {Set<string>} items that are gone now and were not before */
  #settle() {
    const waiting = [];
    const gone = new Set();
    for (const floor of this.#floors) {
      const context = this.#readyContext(floor);
      if (context === null) {
        waiting.push(floor);
        continue;
      }
      const inside = new View(this.#facts, this.#admins, context);
      for (const fact of this.#facts.every()) {
        if (fact.part === Part.ITEM && !this.#gone.has(fact.id) && inside.counts(fact) && inside.isDead(fact)) gone.add(fact.id);
      }
    }
    this.#floors = waiting;
    for (const id of gone) this.#gone.add(id);
    return gone;
  }

  #readyContext(floor) {
    if (floor.places.length === 0) return null;
    const context = this.view.contextOf(floor, floor.body.context);
    return context !== null && this.#held.vector.includes(context) ? context : null;
  }

  /** After what changes who was an admin or what a floor's context was: all floors from the start. */
  #settleAnew() {
    this.#view = null;
    this.#gone.clear();
    this.#floors = [...this.#facts.floors.values()].flat().filter((floor) => floor.part !== Part.STRUCK);
    this.#settle();
  }

  // ------------------------------------------------------------------------------------------------------- what is there

  /** The rules over everything held. @returns {View} */
  get view() {
    this.#view ??= new View(this.#facts, this.#admins);
    return this.#view;
  }

  /** What the rules are asked of; not to be changed. @returns {Facts} */
  get facts() {
    return this.#facts;
  }

  /** Which entries were applied or skipped, without gaps: the context of a clear that is made now. @returns {import("./vectors.js").Vector} */
  get held() {
    return this.#held.vector.copy();
  }

  /** How many ops are known. */
  get size() {
    return this.#facts.ops.size;
  }

  /** The items alive, in paint order. The array is the canvas's own: look, do not touch. @returns {Item[]} */
  items() {
    return this.#painted.items;
  }

  /** An item, alive or dead; null if it was never added, or has gone for good. @param {string} id @returns {Item|null} */
  item(id) {
    return this.#items.get(id) ?? null;
  }

  /** Whether a floor has ended this item. @param {string} id @returns {boolean} */
  isGone(id) {
    return this.#gone.has(id);
  }

  /** Whether floors have ended any item that was known here. @returns {boolean} */
  get hasEnded() {
    return this.#gone.size > 0;
  }

  /** Whether an item is alive, or a cut or a clear has effect. @param {string} id @returns {boolean} */
  isAlive(id) {
    const view = this.view;
    const fact = this.#facts.contents(id).find((each) => view.counts(each));
    if (fact === undefined) return false;
    if (fact.part === Part.ITEM) return this.#items.get(id)?.alive ?? false;
    return (fact.part === Part.CUT || fact.part === Part.CLEAR) && view.isLive(id);
  }

  /** @param {string} origin hex @returns {string|null} hex */
  personOf(origin) {
    return this.#persons.get(origin) ?? null;
  }

  /** Whether any content of this op is known. @param {string} id @returns {boolean} */
  has(id) {
    return this.#facts.ops.has(id);
  }

  /** An op that is known: the content that came first. @param {string} id @returns {import("./ops.js").Op|null} */
  op(id) {
    return this.#facts.ops.get(id)?.op ?? null;
  }

  /** Where an op lies in the log, all its contents together. @param {string} id @returns {{author: string, entry: number}[]} */
  places(id) {
    return this.#facts.contents(id).flatMap((fact) => fact.places);
  }

  /** The role of a node by the acls. @param {string} node hex @returns {number} */
  roleOf(node) {
    return this.view.roleOf(node);
  }

  /** The winning value of a key of meta; undefined as `Item.value`. @param {string} key @returns {unknown} */
  meta(key) {
    return read(this.view.winner(this.#facts.metas.get(key))?.body.value ?? null);
  }

  /** The keys of meta that somebody set, sorted. @returns {string[]} */
  metaKeys() {
    return [...this.#facts.metas.keys()].filter((key) => this.view.winner(this.#facts.metas.get(key)) !== null).sort(compareText);
  }

  /** 16 bytes that are equal wherever the canvas is the same. @returns {Uint8Array} */
  digest() {
    return sha256(pack(this.canonical())).slice(0, DIGEST_BYTES);
  }

  /** What the digest is taken over. @returns {[unknown[], unknown[]]} */
  canonical() {
    const items = [...this.#painted.items].sort((a, b) => compareOps(a.id, b.id));
    const metas = this.metaKeys().map((key) => [key, this.view.winner(this.#facts.metas.get(key)).body.value]);
    return [items.map(canonicalItem), metas];
  }
}

/** Whether a fact may change what any other one counts for. */
function far({ part }) {
  return part === Part.ACL || part === Part.FLOOR;
}

// Parts of an item, brought up to date.

function revive(item, view) {
  item.alive = !view.isDead(item.fact);
}

function resettle(item, view, facts, register) {
  item.settle(register, view.winner(facts.sets.get(item.id)?.get(register)));
}

function assemble(item, view) {
  item.pieces = view.pieces(item.fact).map((piece) => new Piece(piece, view.cutOut(piece.id)));
}

function renew(item, view, facts) {
  revive(item, view);
  for (const register of facts.sets.get(item.id)?.keys() ?? []) resettle(item, view, facts, register);
  assemble(item, view);
}
