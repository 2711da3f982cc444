/**
 * What a canvas knows: every op that was applied, by what it is about.
 *
 * The twin of `edgeboard/canvas/facts.py`. Nothing is decided here. A fact joins a few lists, each sorted by stamp, and
 * stays as it is; who wins is asked of a View (`merge.js`). So the order in which facts come cannot matter.
 */

import { Kind } from "./kinds.js";
import { compareStamps } from "./ops.js";
import { DecodeError } from "./varints.js";

/** What a fact is to the canvas. */
export const Part = Object.freeze({
  VOID: 0, // unknown, or of a broken body
  ITEM: 1,
  PIECE: 2, // a further one
  SET: 3,
  ALIVE: 4,
  CUT: 5,
  CLEAR: 6,
  META: 7,
  ACL: 8,
  FLOOR: 9,
  STRUCK: 10, // its content was dropped at a floor
});

/** What may be dropped at a floor. Not alive: who still has the add of a dead item must find it dead. */
export const DROPPABLE = new Set([Part.ITEM, Part.PIECE, Part.SET, Part.CUT]);

const PARTS = new Map([
  [Kind.SET, Part.SET],
  [Kind.ALIVE, Part.ALIVE],
  [Kind.CUT, Part.CUT],
  [Kind.CLEAR, Part.CLEAR],
  [Kind.META, Part.META],
  [Kind.ACL, Part.ACL],
  [Kind.FLOOR, Part.FLOOR],
]);

/** One content of one op. */
export class Fact {
  /** @param {import("./ops.js").Op} op @param {{author: string, entry: number}|null} place */
  constructor(op, place) {
    /** @type {import("./ops.js").Op} */
    this.op = op;
    /** @type {string} */
    this.id = op.id;
    /** @type {object|null} the decoded body; null if it breaks its format: then the op is kept and does nothing */
    this.body = bodyOf(op);
    /** @type {number} one of `Part` */
    this.part = partOf(this.body);
    /** @type {{author: string, entry: number}[]} where it lies in the log; none for an own op that no host has logged */
    this.places = place === null ? [] : [place];
  }

  /** The content hash, hex. */
  get hash() {
    return this.op.hash;
  }

  /** Note a place. @returns {boolean} whether it is a new one */
  addPlace({ author, entry }) {
    if (this.places.some((place) => place.author === author && place.entry === entry)) return false;
    this.places.push({ author, entry });
    return true;
  }
}

function bodyOf(op) {
  try {
    return op.body;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function partOf(body) {
  if (body === null) return Part.VOID;
  if (body.kind === Kind.ADD) return body.item === null ? Part.ITEM : Part.PIECE;
  return PARTS.get(body.kind) ?? Part.VOID;
}

/** All facts, and the ways to find them. */
export class Facts {
  constructor() {
    /** @type {Map<string, Fact>} by op id: the content that came first */
    this.ops = new Map();
    /** @type {Map<string, Fact[]>} all contents, of ids that have several */
    this.forks = new Map();
    /** @type {Map<string, Fact[]>} further pieces by item */
    this.pieces = new Map();
    /** @type {Map<string, Map<number, Fact[]>>} by item and register */
    this.sets = new Map();
    /** @type {Map<string, Fact[]>} by target */
    this.alives = new Map();
    /** @type {Map<string, Fact[]>} by piece */
    this.cuts = new Map();
    /** @type {Fact[]} */
    this.clears = [];
    /** @type {Map<string, Fact[]>} by key */
    this.metas = new Map();
    /** @type {Map<string, Fact[]>} by subject */
    this.acls = new Map();
    /** @type {Map<string, Fact[]>} by id: all contents */
    this.floors = new Map();
    /** How many facts are struck. */
    this.struck = 0;
    /** @type {Map<string, string>} author tag to node, once introduced */
    this.nodes = new Map();
  }

  /** Put a fact where it is looked for. @param {Fact} fact */
  file(fact) {
    const { body } = fact;
    switch (fact.part) {
      case Part.PIECE:
        insert(listIn(this.pieces, body.item), fact);
        break;
      case Part.SET:
        if (!this.sets.has(body.target)) this.sets.set(body.target, new Map());
        insert(listIn(this.sets.get(body.target), body.register), fact);
        break;
      case Part.ALIVE:
        insert(listIn(this.alives, body.target), fact);
        break;
      case Part.CUT:
        insert(listIn(this.cuts, body.piece), fact);
        break;
      case Part.CLEAR:
        insert(this.clears, fact);
        break;
      case Part.META:
        insert(listIn(this.metas, body.key), fact);
        break;
      case Part.ACL:
        insert(listIn(this.acls, body.subject), fact);
        break;
      case Part.FLOOR:
        insert(listIn(this.floors, fact.id), fact);
        break;
    }
  }

  /** Every content of an op id. @param {string} id @returns {Fact[]} */
  contents(id) {
    const fork = this.forks.get(id);
    if (fork !== undefined) return fork;
    const fact = this.ops.get(id);
    return fact === undefined ? [] : [fact];
  }

  /** Every content of every op id. */
  *every() {
    for (const [id, fact] of this.ops) {
      const fork = this.forks.size === 0 ? undefined : this.forks.get(id);
      if (fork === undefined) yield fact;
      else yield* fork;
    }
  }
}

function listIn(map, key) {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}

/** Keep a list sorted by stamp; nearly always the new one is the last. */
function insert(facts, fact) {
  let at = facts.length;
  while (at > 0 && compareStamps(facts[at - 1].op, fact.op) > 0) at--;
  facts.splice(at, 0, fact);
}
