/**
 * Who wins: the rules of docs/formats/oplog.md, "Merge", asked of a set of facts.
 *
 * The twin of `edgeboard/canvas/merge.py`. A View looks at all entries of the log, or at those inside a causal context
 * alone, which is how a floor finds what is dead at it. It keeps nothing but what it has resolved; the document throws
 * it away when something happens that changes who may.
 */

import { Part } from "./facts.js";
import { compareOps } from "./ids.js";
import { Role } from "./kinds.js";
import { compareStamps } from "./ops.js";
import { Vector } from "./vectors.js";

/**
 * Contents of one op id compete only within these: otherwise an acl could depend on whom it refuses, and what a floor
 * has ended could begin again.
 */
const rivalry = (part) => (part === Part.ACL || part === Part.FLOOR ? part : 0);

/** The canvas as far as some entries of the log go: all of them, or those that `limits` covers. */
export class View {
  #facts;
  #admins;
  #limits;
  #contexts = new Map(); // fact -> Vector or null
  #roles; // by node, where an acl says something
  #plain = false; // nothing is refused, forked or left out: whatever is there counts

  /**
   * @param {import("./facts.js").Facts} facts
   * @param {Set<string>} admins nodes (hex) whose acls count
   * @param {Vector|null} [limits]
   */
  constructor(facts, admins, limits = null) {
    this.#facts = facts;
    this.#admins = admins;
    this.#limits = limits;
    /** @type {Map<string, Vector>} nodes that may no longer draw, and what is still accepted of them */
    this.barred = new Map(); // nobody, as far as acls are concerned
    this.#roles = new Map();
    this.barred = this.#findBarred();
    this.#plain = limits === null && this.barred.size === 0 && facts.forks.size === 0 && facts.struck === 0;
  }

  // ------------------------------------------------------------------------------------------------------ what counts

  /** Whether a content is accepted and is the one that its op id stands for (rules 1 and 7). */
  counts(fact) {
    if (this.#plain) return true;
    if (!this.#isAccepted(fact)) return false;
    const rivals = this.#facts.forks.get(fact.id);
    if (rivals === undefined) return true;
    const rank = rivalry(fact.part);
    return !rivals.some((rival) => rivalry(rival.part) === rank && rival.hash < fact.hash && this.#isAccepted(rival));
  }

  #isAccepted(fact) {
    if (fact.part === Part.STRUCK) return false;
    if (fact.part === Part.ACL) return this.places(fact).some(({ author }) => this.#admins.has(this.#facts.nodes.get(author)));
    if (this.#limits === null && fact.places.length === 0) return true; // our own, on its way to our host
    if (fact.part === Part.FLOOR || this.barred.size === 0) return this.places(fact).length > 0;
    return this.places(fact).some((place) => this.#isWelcome(place));
  }

  #isWelcome({ author, entry }) {
    const still = this.barred.get(this.#facts.nodes.get(author));
    return still === undefined || still.covers(author, entry);
  }

  /** The places of a fact inside the limits. @returns {{author: string, entry: number}[]} */
  places(fact) {
    const limits = this.#limits;
    return limits === null ? fact.places : fact.places.filter(({ author, entry }) => limits.covers(author, entry));
  }

  /** The one of facts sorted by stamp that wins, or null. @param {import("./facts.js").Fact[]|undefined} facts */
  winner(facts) {
    if (facts === undefined) return null;
    for (let i = facts.length - 1; i >= 0; i--) if (this.counts(facts[i])) return facts[i];
    return null;
  }

  // -------------------------------------------------------------------------------------------- causal contexts, roles

  /**
   * The context of a fact as one vector.
   * @returns {Vector|null} null while a floor that it is relative to is not held: then the fact waits without effect
   */
  contextOf(fact, context) {
    if (context.base === null) return context.vector;
    if (!this.#contexts.has(fact)) this.#contexts.set(fact, this.#resolve(fact, context));
    return this.#contexts.get(fact);
  }

  #resolve(fact, context) {
    const chain = [context];
    const seen = new Set([fact.id]);
    for (let { base } = context; base !== null; ) {
      const floors = (this.#facts.floors.get(base) ?? []).filter((floor) => this.#isAccepted(floor));
      if (floors.length === 0 || seen.has(base)) return null;
      seen.add(base);
      const floor = floors.reduce((least, each) => (each.hash < least.hash ? each : least));
      chain.push(floor.body.context);
      ({ base } = floor.body.context);
    }
    const entries = new Map();
    for (const { vector } of chain.reverse()) for (const [tag, next] of vector.next) entries.set(tag, next);
    return new Vector(entries);
  }

  #findBarred() {
    const barred = new Map();
    for (const [subject, acls] of this.#facts.acls) {
      for (let i = acls.length - 1; i >= 0; i--) {
        const accepted = this.counts(acls[i]) ? this.contextOf(acls[i], acls[i].body.context) : null;
        if (accepted === null) continue;
        this.#roles.set(subject, acls[i].body.role);
        if (acls[i].body.role < Role.DRAW) barred.set(subject, accepted);
        break;
      }
    }
    return barred;
  }

  /** The role of a node by the acls. @param {string} node hex @returns {number} */
  roleOf(node) {
    return this.#roles.get(node) ?? Role.MODERATE;
  }

  // ------------------------------------------------------------------------------------------------------ who is alive

  /** Whether a cut or a clear has effect, by its own alive register. @param {string} id */
  isLive(id) {
    return this.winner(this.#facts.alives.get(id))?.body.alive ?? true;
  }

  /** Whether an item is dead by its alive ops and the live clears that cover it (rule 4). */
  isDead(item) {
    const { clears } = this.#facts;
    const last = this.winner(this.#facts.alives.get(item.id));
    if (last !== null && !last.body.alive) return true;
    for (let i = clears.length - 1; i >= 0; i--) {
      if (last !== null && compareStamps(clears[i].op, last.op) < 0) return false;
      if (this.clears(clears[i], item)) return true;
    }
    return false;
  }

  /** Whether a clear counts, is live and covers an item. */
  clears(clear, item) {
    return this.counts(clear) && this.isLive(clear.id) && this.covers(clear, item);
  }

  /** Whether a clear covers an item, be it live or not. */
  covers(clear, item) {
    const { op, body } = clear;
    const seen = this.contextOf(clear, body.context);
    if (seen === null || (body.scope > 0 && body.scope - 1 !== item.body.page)) return false;
    if (op.origin === item.op.origin && item.op.counter < op.counter) return true;
    return this.places(item).some(({ author, entry }) => seen.covers(author, entry));
  }

  // ------------------------------------------------------------------------------------------------------ what items are

  /** The pieces of an item in their order, itself first (rule 2). @returns {import("./facts.js").Fact[]} */
  pieces(item) {
    const further = this.#facts.pieces.get(item.id);
    if (further === undefined) return [item];
    const counting = further.filter((piece) => this.counts(piece));
    counting.sort((a, b) => a.body.index - b.body.index || compareOps(a.id, b.id));
    return [item, ...counting];
  }

  /** What the live cuts of a piece take, united (rule 5). @param {string} piece @returns {number[]} start, end, … */
  cutOut(piece) {
    const cuts = (this.#facts.cuts.get(piece) ?? []).filter((cut) => this.counts(cut) && this.isLive(cut.id));
    return unite(cuts.map((cut) => cut.body.intervals));
  }
}

/**
 * Intervals united: sorted, those that touch become one.
 * @param {Iterable<ArrayLike<number>>} lists each start, end, start, end …
 * @returns {number[]} in the same form
 */
export function unite(lists) {
  const pairs = [];
  for (const list of lists) for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
  pairs.sort((a, b) => a[0] - b[0]);
  const united = [];
  for (const [start, end] of pairs) {
    const last = united.length - 1;
    if (last > 0 && start <= united[last]) united[last] = Math.max(united[last], end);
    else united.push(start, end);
  }
  return united;
}

/** Text order by code points, as Python has it. @param {string} a @param {string} b @returns {number} */
export function compareText(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above every other unit. */
function rank(unit) {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The key of an item that nobody has reordered: its Lamport number. @param {number} lamport @returns {string} 14 hex digits */
export function spelled(lamport) {
  return lamport.toString(16).padStart(14, "0");
}

/** What rule 9 orders an item by first. @param {{z: string, lamport: number}} item @returns {string} */
export function paintKey({ z, lamport }) {
  return z === "" ? spelled(lamport) : z;
}

/**
 * Paint order: (key, Lamport, op id of the first add), the key being z or the Lamport number spelled.
 * @param {{z: string, lamport: number, id: string}} a
 * @param {{z: string, lamport: number, id: string}} b
 * @returns {number} as sort wants it
 */
export function comparePaint(a, b) {
  if (a.z !== b.z) {
    const order = compareText(paintKey(a), paintKey(b));
    if (order !== 0) return order;
  }
  if (a.lamport !== b.lamport) return a.lamport - b.lamport;
  return compareOps(a.id, b.id);
}
