/**
 * Undo and redo: a person's own gestures, across reloads, and never what others did.
 *
 * The twin of `edgeboard/canvas/undo.py`. Nothing is remembered: the gestures of a person are read off the person's own
 * ops, which say what belongs together and what was an undo or a redo. An undo is a new gesture that gives each register
 * back what it held before, where the person's own op still wins it; gestures that would change nothing to be seen are
 * passed over. An op that was undone, and the op that undid it, cancel, whoever made them: what wins without them is what
 * stands.
 */

import { alive as aliveBody, metaPacked, setPacked } from "./bodies.js";
import { Part } from "./facts.js";
import { equalBytes } from "./ids.js";
import { read } from "./items.js";
import { Undo } from "./kinds.js";
import { unite } from "./merge.js";
import { compareStamps } from "./ops.js";

export const DEPTH = 200; // gestures
const NIL = Uint8Array.of(0xc0); // a register's default

/**
 * What to submit: bodies of one gesture, each op marked with `flag` and each but the first with `more`. Nothing is left to
 * do if there are none.
 * @typedef {{flag: number, bodies: object[]}} Step
 */

/**
 * What undoes the person's last gesture that shows.
 * @param {import("./canvas.js").Document} document
 * @param {string} person hex
 * @returns {Step}
 */
export function undo(document, person) {
  const history = new History(document, person);
  return { flag: Undo.UNDO, bodies: firstOf(history.done, (gesture) => history.undoing(gesture)) };
}

/**
 * What brings back the gesture that the person's last undo took away, if it still shows.
 * @param {import("./canvas.js").Document} document
 * @param {string} person hex
 * @returns {Step}
 */
export function redo(document, person) {
  const history = new History(document, person);
  return { flag: Undo.REDO, bodies: firstOf(history.undone, ([gesture, undoing]) => history.redoing(gesture, undoing)) };
}

/**
 * Whether there is something to undo, and something to redo.
 * @param {import("./canvas.js").Document} document
 * @param {string} person hex
 * @returns {{canUndo: boolean, canRedo: boolean}}
 */
export function review(document, person) {
  const history = new History(document, person);
  return {
    canUndo: firstOf(history.done, (gesture) => history.undoing(gesture)).length > 0,
    canRedo: firstOf(history.undone, ([gesture, undoing]) => history.redoing(gesture, undoing)).length > 0,
  };
}

/** The first bodies there are, from the newest on. */
function firstOf(list, bodiesOf) {
  for (let i = list.length - 1; i >= 0; i--) {
    const bodies = bodiesOf(list[i]);
    if (bodies.length > 0) return bodies;
  }
  return [];
}

/** Ops that belong together, by the register they act on. */
class Gesture {
  #keys = null;

  constructor(facts) {
    /** One of `Undo`: what its first op says. */
    this.flag = facts[0].op.undo;
    this.facts = facts;
  }

  /** Whether it acts on anything. */
  get acts() {
    return this.facts.some((fact) => keyOf(fact) !== null);
  }

  /** By the text of the key, in the order they came; few gestures are ever asked. @returns {Map<string, {key, facts}>} */
  get keys() {
    if (this.#keys !== null) return this.#keys;
    this.#keys = new Map();
    for (const fact of this.facts) {
      const key = keyOf(fact);
      if (key === null) continue;
      const text = textOf(key);
      const known = this.#keys.get(text);
      if (known === undefined) this.#keys.set(text, { key, facts: [fact] });
      else known.facts.push(fact);
    }
    return this.#keys;
  }

  /** Whether `other` is known as an undo or redo of this: by its first register, for others may know nothing of this. */
  answers(other) {
    const [first] = other.keys.keys();
    return this.keys.has(first);
  }

  /** Its facts on the registers that another one acts on. @param {Gesture} other */
  on(other) {
    const found = [];
    for (const text of other.keys.keys()) for (const fact of this.keys.get(text)?.facts ?? []) found.push(fact);
    return found;
  }
}

/** The register that a fact acts on: {target}, {item, register} or {name}; null if none. */
function keyOf({ part, id, body }) {
  switch (part) {
    case Part.ITEM:
    case Part.CUT:
    case Part.CLEAR:
      return { target: id };
    case Part.ALIVE:
      return { target: body.target };
    case Part.SET:
      return { item: body.target, register: body.register };
    case Part.META:
      return { name: body.key };
    default:
      return null;
  }
}

/** A key as text; one of a name may be any text, so it comes behind a sign of its own. */
const textOf = ({ target, item, register, name }) => target ?? (item === undefined ? `=${name}` : `${item}/${register}`);

/**
 * The person's gestures that count, oldest first.
 * @param {import("./canvas.js").Document} document
 * @param {string} person hex
 * @returns {Gesture[]}
 */
export function gestures(document, person) {
  const { view } = document;
  const own = [];
  for (const fact of document.facts.every()) {
    if (document.personOf(fact.op.origin) === person && view.counts(fact)) own.push(fact);
  }
  own.sort(byId);
  const found = [];
  for (const fact of own) {
    const last = found.at(-1)?.at(-1).op;
    const follows = fact.op.more && last !== undefined && last.origin === fact.op.origin && last.counter === fact.op.counter - 1;
    if (follows) found.at(-1).push(fact);
    else found.push([fact]);
  }
  found.sort((a, b) => compareStamps(a[0].op, b[0].op));
  return found.map((facts) => new Gesture(facts));
}

/** Order of op ids, without taking them apart. */
function byId({ op: a }, { op: b }) {
  return a.origin === b.origin ? a.counter - b.counter : a.origin < b.origin ? -1 : 1;
}

/** Which gestures stand, which were undone, and which ops cancel for that. */
class History {
  #document;
  #person;
  #view;
  #facts;
  #cancelled = new Set();
  #others = new Map(); // person -> what of theirs cancels

  constructor(document, person) {
    /** @type {Gesture[]} */
    this.done = [];
    /** @type {[Gesture, Gesture][]} a gesture, and the one that undid it */
    this.undone = [];
    this.#document = document;
    this.#person = person;
    this.#view = document.view;
    this.#facts = document.facts;
    for (const gesture of gestures(document, person)) if (gesture.acts) this.#play(gesture);
  }

  #play(gesture) {
    if (gesture.flag === Undo.ORDINARY) {
      this.done.push(gesture);
      this.undone.length = 0;
      if (this.done.length > DEPTH) this.done.shift();
    } else if (gesture.flag === Undo.UNDO) {
      const at = this.done.findLastIndex((standing) => standing.answers(gesture));
      if (at < 0) return;
      const [standing] = this.done.splice(at, 1);
      this.undone.push([standing, gesture]);
      for (const fact of gesture.facts) this.#cancelled.add(fact.id);
      for (const fact of standing.on(gesture)) this.#cancelled.add(fact.id);
    } else {
      const at = this.undone.findLastIndex(([, undoing]) => undoing.answers(gesture));
      if (at < 0) return;
      const [[standing]] = this.undone.splice(at, 1);
      this.done.push(standing);
      for (const fact of gesture.facts) this.#cancelled.add(fact.id);
      for (const fact of standing.on(gesture)) this.#cancelled.delete(fact.id);
    }
  }

  /** What takes a gesture back, as far as its ops still win and it shows. @returns {object[]} bodies */
  undoing(gesture) {
    const alive = new Map();
    const values = [];
    for (const { key, facts } of [...gesture.keys.values()].reverse()) {
      const own = idsOf(facts);
      const standing = this.#standing(key);
      const before = standing.findLast((fact) => !own.has(fact.id)) ?? null;
      const wins = standing.length > 0 && own.has(standing.at(-1).id);
      if ("target" in key) {
        const born = facts.some((fact) => fact.part !== Part.ALIVE);
        if (!(standing.length > 0 ? wins : born)) continue;
        alive.set(key.target, !born && (before === null || isRevival(before)));
        this.#follow(key.target, false, alive);
      } else if (wins) values.push(...this.#give(key, before));
    }
    return this.#shown(alive, values);
  }

  /** What brings a gesture back, as far as the ops that undid it still win and it shows. @returns {object[]} bodies */
  redoing(gesture, undoing) {
    const alive = new Map();
    const values = [];
    for (const [text, { key, facts }] of undoing.keys) {
      const own = idsOf(facts);
      const standing = this.#standing(key, own);
      if (standing.length === 0 || !own.has(standing.at(-1).id) || !gesture.keys.has(text)) continue;
      const last = gesture.keys.get(text).facts.at(-1);
      if ("target" in key) {
        alive.set(key.target, last.part === Part.ALIVE ? last.body.alive : true);
        this.#follow(key.target, true, alive);
      } else values.push(...this.#give(key, last));
    }
    return this.#shown(alive, values);
  }

  /** When a clear is switched: the items on which ops that cancel are later than it and hide that it was. */
  #follow(target, live, alive) {
    for (const clear of this.#facts.contents(target)) {
      if (clear.part !== Part.CLEAR || !this.#view.counts(clear)) continue;
      for (const item of this.#document.under(clear)) {
        const acting = this.#acting({ target: item }).filter((fact) => fact !== clear);
        if (live) acting.push(clear);
        acting.sort((a, b) => compareStamps(a.op, b.op));
        const last = acting.at(-1);
        if (last === undefined || last === clear || !this.#cancelled.has(last.id)) continue;
        const standing = acting.findLast((fact) => !this.#cancelled.has(fact.id) || fact === clear);
        alive.set(item, standing === undefined || isRevival(standing));
      }
    }
  }

  /** What acts on a register without the ops that cancel, `but` some of them. */
  #standing(key, but = new Set()) {
    const acting = this.#acting(key);
    const answered = acting.filter(({ op }) => op.undo !== Undo.ORDINARY).map(({ op }) => this.#document.personOf(op.origin));
    const sets = [...new Set(answered)].map((person) => this.#cancelledBy(person));
    return acting.filter(({ id }) => but.has(id) || !(this.#cancelled.has(id) || sets.some((each) => each.has(id))));
  }

  /** What of a person's ops cancels. @returns {Set<string>} */
  #cancelledBy(person) {
    if (person === null || person === this.#person) return this.#cancelled;
    if (!this.#others.has(person)) this.#others.set(person, new History(this.#document, person).#cancelled);
    return this.#others.get(person);
  }

  /** What acts on a register, sorted by stamp; a clear acts as alive = false. */
  #acting({ target, item, register, name }) {
    const facts = this.#facts;
    const counting = (list) => (list ?? []).filter((fact) => this.#view.counts(fact));
    if (item !== undefined) return counting(facts.sets.get(item)?.get(register));
    if (name !== undefined) return counting(facts.metas.get(name));
    const acting = counting(facts.alives.get(target));
    for (const add of this.#adds(target)) {
      if (add.part === Part.ITEM) acting.push(...facts.clears.filter((clear) => this.#view.clears(clear, add)));
    }
    return acting.sort((a, b) => compareStamps(a.op, b.op));
  }

  /** The register gets the value of `source`, or its default, if that is not what it has. */
  #give(key, source) {
    const acting = this.#acting(key);
    const wanted = source === null || read(source.body.value) === undefined ? NIL : source.body.value;
    if (equalBytes(wanted, acting.at(-1)?.body.value ?? NIL)) return [];
    return [key.item !== undefined ? setPacked(key.item, key.register, wanted) : metaPacked(key.name, wanted)];
  }

  /** Those changes that can be seen; that of a clear also where only what follows from it can. */
  #shown(alive, values) {
    const document = this.#document;
    const changes = [];
    for (const [target, value] of [...alive].reverse()) {
      const follows = changes.length > 0 && this.#facts.contents(target).some(({ part }) => part === Part.CLEAR);
      if (document.isAlive(target) !== value && (follows || this.#shows(target, alive))) changes.push(aliveBody(target, value));
    }
    changes.reverse();
    const changed = new Set(changes.map(({ target }) => target));
    const seen = values.filter(({ target }) => target === undefined || changed.has(target) || document.isAlive(target));
    return [...changes, ...seen];
  }

  /** Whether it can be seen that an item, a cut or a clear has effect, when `alive` has come true. */
  #shows(target, alive) {
    const document = this.#document;
    const fact = this.#facts.contents(target).find((each) => this.#view.counts(each));
    switch (fact?.part) {
      case Part.ITEM:
        return !document.isGone(target);
      case Part.CUT:
        return this.#cutShows(fact, alive);
      case Part.CLEAR:
        return document.under(fact).some((item) => this.#clearShows(fact, item));
      default:
        return false;
    }
  }

  /** Whether a cut takes from an item that lives, or is about to, what no other cut takes. */
  #cutShows(cut, alive) {
    const { piece } = cut.body;
    const owners = this.#adds(piece).map((add) => add.body.item ?? add.id);
    if (!owners.some((owner) => alive.get(owner) === true || this.#document.isAlive(owner))) return false;
    const view = this.#view;
    const cuts = this.#facts.cuts.get(piece).filter((other) => other !== cut && view.counts(other) && view.isLive(other.id));
    const taken = cuts.map((other) => other.body.intervals);
    return String(unite([...taken, cut.body.intervals])) !== String(unite(taken));
  }

  /** Whether a clear decides if an item is alive. */
  #clearShows(clear, item) {
    const last = this.#acting({ target: item }).findLast((fact) => fact !== clear);
    if (last === undefined) return true;
    return compareStamps(last.op, clear.op) < 0 && isRevival(last);
  }

  #adds(id) {
    const adds = this.#facts.contents(id).filter(({ part }) => part === Part.ITEM || part === Part.PIECE);
    return adds.filter((fact) => this.#view.counts(fact));
  }
}

/** Whether what acts on an alive register says that its target lives; a clear does not. */
function isRevival(fact) {
  return fact.part === Part.ALIVE && fact.body.alive;
}

function idsOf(facts) {
  return new Set(facts.map((fact) => fact.id));
}
