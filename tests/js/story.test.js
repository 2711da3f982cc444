// The story of a room: steps in the order of their stamps, and the way back to what was.

import assert from "node:assert/strict";
import { test } from "node:test";

import { absolute, add, alive, clear, cut, meta, set } from "../../edgeboard/web/static/bodies.js";
import { Document } from "../../edgeboard/web/static/canvas.js";
import { encodeStroke } from "../../edgeboard/web/static/codec.js";
import { toHex } from "../../edgeboard/web/static/ids.js";
import { Register } from "../../edgeboard/web/static/kinds.js";
import { ItemType, Maker } from "../../edgeboard/web/static/ops.js";
import { SITTING_GAP_MS, Story, restoring } from "../../edgeboard/web/static/story.js";
import { Dice } from "./random.js";

const PERSONS = ["aa".repeat(16), "bb".repeat(16)];
const AUTHOR = "cc".repeat(8);
const columns = { scale: 8, x: [0, 80, 160, 240], y: [0, 8, 0, 8], pressure: null, time: null };
const ink = () => add({ type: ItemType.STROKE, payload: encodeStroke({ tool: 0, colour: 3, width: 24, columns }) });

/** A room in which two people work in turn, with a log of one author. */
class Log {
  document = new Document();
  makers = PERSONS.map(() => new Maker());
  batches = [];
  entry = 0;
  time = 1_000_000;

  constructor() {
    this.makers.forEach(({ origin }, at) => this.document.own(origin, PERSONS[at]));
  }

  put(body, who = 0, rest = 1000, more = false) {
    const op = this.makers[who].make(body, this.document.lamport, { more });
    const place = { author: AUTHOR, entry: this.entry++ };
    this.time += rest;
    this.document.apply(op, place);
    this.batches.push({ tag: AUTHOR, introduction: null, origins: [], entries: [{ op, place, dropped: null }], time: this.time });
    return op.id;
  }

  get story() {
    return new Story(this.batches, (origin) => this.document.personOf(origin));
  }
}

const look = (document) => [
  document.items().map(({ id, pieces, winners }) => [
    id,
    pieces.map(({ cuts }) => cuts),
    [...winners.keys()].sort().map((register) => [register, toHex(document.item(id).valueBytes(register))]).filter(([, v]) => v !== "c0"),
  ]),
  document.metaKeys().map((key) => [key, document.meta(key)]).filter(([, value]) => value !== undefined),
];

test("a story is told from an empty board to the board as it is", () => {
  const log = new Log();
  const first = log.put(ink());
  log.put(ink(), 1);
  log.put(alive(first, false), 1);
  const { story } = log;
  assert.equal(story.length, 3);
  assert.deepEqual([0, 1, 2, 3].map((at) => story.seek(at).document.items().length), [0, 1, 2, 1]);
  assert.deepEqual(story.seek(3).document.digest(), log.document.digest());
  assert.equal(story.seek(1).changed, null, "the way back begins with another document");
  assert.deepEqual([...story.seek(3).changed].length, 2);
  assert.equal(story.personAt(2), PERSONS[1]);
  assert.deepEqual([story.timeAt(0), story.timeAt(1)], [null, 1_001_000]);
});

test("what was done at once is one step, and a gesture that took long is told as it went", () => {
  const log = new Log();
  const squares = [log.put(ink()), log.put(ink())];
  squares.forEach((id, at) => log.put(set(id, Register.TRANSFORM, [1, 0, 0, 1, 9, 0]), 0, at === 0 ? 1000 : 20, at > 0));
  log.put(ink(), 1);
  log.put(ink(), 1, 2000, true);
  const { story } = log;
  assert.equal(story.length, 5);
  const moved = (document) => document.items().filter((item) => item.value(Register.TRANSFORM) !== undefined).length;
  assert.deepEqual([2, 3].map((at) => moved(story.seek(at).document)), [0, 2]);
  assert.deepEqual([3, 4, 5].map((at) => story.seek(at).document.items().length), [2, 3, 4]);
});

test("steps follow their stamps, though a board's clock is wrong", () => {
  const log = new Log();
  log.put(ink());
  log.put(ink(), 1, -900_000);
  log.put(ink(), 0, 900_000);
  const { story } = log;
  assert.deepEqual([1, 2, 3].map((at) => story.personAt(at)), [PERSONS[0], PERSONS[1], PERSONS[0]]);
  assert.deepEqual(story.after(0, 0, 1000), { position: 2, left: 0 }, "a step back in time takes none");
});

test("a player goes on by the time that passed, and rests are cut short", () => {
  const log = new Log();
  for (const rest of [0, 100, 100, 60_000]) log.put(ink(), 0, rest);
  const { story } = log;
  assert.deepEqual(story.after(0, 150, 500), { position: 2, left: 50 });
  assert.deepEqual(story.after(2, 100, 500), { position: 3, left: 0 });
  assert.deepEqual(story.after(3, 499, 500), { position: 3, left: 499 });
  assert.deepEqual(story.after(3, 500, 500), { position: 4, left: 0 });
});

test("a sitting begins after half an hour of rest", () => {
  const log = new Log();
  for (const rest of [0, 100, SITTING_GAP_MS, 100, SITTING_GAP_MS - 1]) log.put(ink(), 0, rest);
  assert.deepEqual(log.story.sittings(), [0, 2]);
});

test("restoring brings back what was erased and hides what came since", () => {
  const log = new Log();
  const first = log.put(ink());
  const then = log.story.seek(1).document;
  log.put(alive(first, false), 1);
  log.put(ink(), 1);
  const { bodies, lost } = restoring(log.document, then);
  assert.deepEqual([bodies.length, lost], [2, 0]);
  for (const body of bodies) log.put(body);
  assert.deepEqual(look(log.document), look(then));
  assert.deepEqual(restoring(log.document, then).bodies, []);
});

test("whatever happened, restoring leads to what was, and once is enough", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const dice = new Dice(seed);
    const log = new Log();
    const strokes = [];
    const cuts = [];
    const below = (end) => dice.whole(0, end - 1);
    const one = (list) => dice.pick(list);
    for (let i = 0; i < 60; i++) {
      const who = below(2);
      const what = strokes.length === 0 ? 0 : below(9);
      if (what <= 2) strokes.push(log.put(ink(), who));
      else if (what === 3) log.put(alive(one(strokes), below(2) === 0), who);
      else if (what === 4) log.put(set(one(strokes), Register.STYLE, below(3) === 0 ? null : [below(16), null, null, null]), who);
      else if (what === 5) log.put(set(one(strokes), Register.Z, one(["", "a", "b"])), who);
      else if (what === 6) cuts.push(log.put(cut(one(strokes), [below(64), 64 + below(64)]), who));
      else if (what === 7 && cuts.length > 0) log.put(alive(one(cuts), below(2) === 0), who);
      else if (below(8) === 0) log.put(clear(0, absolute(log.document.held)), who);
      else log.put(meta(one(["page/0", "grid"]), below(4)), who);
    }
    const { story } = log;
    const then = story.seek(below(61)).document;
    const { bodies } = restoring(log.document, then);
    for (const body of bodies) log.put(body);
    assert.deepEqual(look(log.document), look(then), `seed ${seed}`);
    assert.deepEqual(restoring(log.document, then).bodies, [], `seed ${seed}`);
  }
});
