import assert from "node:assert/strict";
import { test } from "node:test";

import * as bodies from "../../edgeboard/web/static/bodies.js";
import { Document } from "../../edgeboard/web/static/canvas.js";
import { encodeStroke } from "../../edgeboard/web/static/codec.js";
import { toHex } from "../../edgeboard/web/static/ids.js";
import { Kind, Register, Role } from "../../edgeboard/web/static/kinds.js";
import { Maker, decodeOp, encodeOp } from "../../edgeboard/web/static/ops.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";
import { Dice } from "./random.js";

const A = "aa".repeat(8);
const B = "bb".repeat(8);
const NODE_A = "0a".repeat(16);
const NODE_B = "0b".repeat(16);
const DOT = encodeStroke({ tool: 0, colour: 0, width: 16, columns: { scale: 8, x: [0], y: [0] } });

/** A board that makes ops and applies them under its author's tag. */
class Board {
  constructor(tag, origin, document = new Document()) {
    this.tag = tag;
    this.maker = new Maker(origin);
    this.document = document;
    this.entry = 0;
    this.log = [];
  }

  make(body, options) {
    const op = this.maker.make(body, this.document.lamport, options);
    const place = { author: this.tag, entry: this.entry++ };
    this.log.push({ op, place });
    this.document.apply(op, place);
    return op;
  }

  dot(page = 0) {
    return this.make(bodies.add({ page, type: 1, payload: DOT }));
  }
}

const board = (tag = A, document = undefined) => new Board(tag, tag === A ? "00".repeat(7) + "0a" : "00".repeat(7) + "0b", document);
const alive = (document) => document.items().map((item) => item.id);
const seen = (...pairs) => bodies.absolute(new Vector(pairs));

test("an item is there once, whatever is applied again", () => {
  const one = board();
  const op = one.dot();
  assert.deepEqual(one.document.apply(op, { author: B, entry: 7 }), { fresh: false, items: [], equivocation: false });
  assert.deepEqual(alive(one.document), [op.id]);
  assert.equal(one.document.lamport, 1);
});

test("erasing, undoing an erase, and an erase that comes before its item", () => {
  const one = board();
  const op = one.dot();
  one.make(bodies.alive(op.id, false));
  assert.deepEqual(alive(one.document), []);
  assert.equal(one.document.item(op.id).alive, false);
  one.make(bodies.alive(op.id, true));
  assert.deepEqual(alive(one.document), [op.id]);
  const late = new Document();
  for (const { op: each, place } of one.log.slice(0, 2).reverse()) late.apply(each, place);
  assert.deepEqual(alive(late), []);
  late.apply(one.log[2].op, one.log[2].place);
  assert.deepEqual(alive(late), [op.id]);
});

test("a clear takes what its maker had seen and spares what came later", () => {
  const document = new Document();
  const one = board(A, document);
  const two = board(B, document);
  const old = one.dot();
  const unseen = two.dot();
  const own = one.dot(1);
  const clear = one.make(bodies.clear(0, seen([A, 1])));
  assert.deepEqual(alive(document), [unseen.id]);
  one.make(bodies.alive(clear.id, false));
  assert.deepEqual(alive(document), [old.id, unseen.id, own.id].sort((a, b) => document.item(a).lamport - document.item(b).lamport));
  one.make(bodies.alive(clear.id, true));
  one.make(bodies.alive(old.id, true));
  assert.deepEqual(alive(document).includes(old.id), true);
  const page = two.make(bodies.clear(2, seen([A, 100])));
  assert.equal(document.isAlive(page.id), true);
  assert.equal(alive(document).includes(old.id), true);
});

test("the greatest stamp wins a register", () => {
  const one = board();
  const op = one.dot();
  const first = one.make(bodies.set(op.id, Register.TEXT, "first"));
  const second = one.make(bodies.set(op.id, Register.TEXT, "second"));
  const other = new Document();
  other.apply(second);
  other.apply(op);
  other.apply(first);
  assert.equal(other.item(op.id).value(Register.TEXT), "second");
  assert.deepEqual(other.digest(), one.document.digest());
});

test("paint order is z, then stamp", () => {
  const one = board();
  const [a, b, c] = [one.dot(), one.dot(), one.dot()];
  assert.deepEqual(alive(one.document), [a.id, b.id, c.id]);
  one.make(bodies.set(a.id, Register.Z, "\u{1f600}"));
  one.make(bodies.set(c.id, Register.Z, "\uffee"));
  assert.deepEqual(alive(one.document), [b.id, c.id, a.id]);
});

test("cuts are united and can be taken back", () => {
  const one = board();
  const op = one.dot();
  const cut = one.make(bodies.cut(op.id, [0, 10, 20, 30]));
  one.make(bodies.cut(op.id, [10, 12]));
  assert.deepEqual(one.document.item(op.id).pieces[0].cuts, [0, 12, 20, 30]);
  one.make(bodies.alive(cut.id, false));
  assert.deepEqual(one.document.item(op.id).pieces[0].cuts, [10, 12]);
});

test("pieces join in order of index", () => {
  const one = board();
  const first = one.dot();
  const third = one.make(bodies.further(first.id, 2, { type: 1, payload: DOT }));
  const second = one.make(bodies.further(first.id, 1, { type: 1, payload: DOT }));
  assert.deepEqual(one.document.item(first.id).pieces.map((piece) => piece.id), [first.id, second.id, third.id]);
});

test("two contents under one id: the lower hash wins, whichever came first", () => {
  const body = (byte) => new Uint8Array([0, 0, 2, byte]);
  const ops = [1, 2].map((byte) => decodeOp("0f".repeat(8), encodeOp({ counter: 1, lamport: 1, kind: Kind.ADD, body: body(byte) })));
  const [low, high] = ops[0].hash < ops[1].hash ? ops : [ops[1], ops[0]];
  for (const order of [[low, high], [high, low]]) {
    const document = new Document();
    document.apply(order[0]);
    assert.equal(document.apply(order[1]).equivocation, true);
    assert.equal(document.item(low.id).pieces[0].op.hash, low.hash);
  }
});

test("a guest's own op counts before its host has logged it, and gets its place when it comes back", () => {
  const document = new Document({ admins: [NODE_A] });
  document.introduce(A, NODE_A);
  document.introduce(B, NODE_B);
  const host = board(B, document);
  const maker = new Maker("00000000000000e1");
  const own = maker.make(bodies.add({ type: 1, payload: DOT }), document.lamport);
  assert.deepEqual(document.apply(own).items, [own.id]);
  assert.deepEqual([alive(document), [...document.held]], [[own.id], []]);
  const clear = board(A, document).make(bodies.clear(0, seen([B, 1])));
  assert.deepEqual(alive(document), [own.id], "no clear can have seen it");
  assert.deepEqual(document.apply(own, { author: B, entry: host.entry++ }).items, [own.id]);
  assert.deepEqual([alive(document), document.held.get(B)], [[], 1]);
  assert.deepEqual(document.places(own.id), [{ author: B, entry: 0 }]);
  assert.equal(document.isAlive(clear.id), true);
});

test("a clear takes ten thousand strokes and leaves none", () => {
  const one = board();
  for (let i = 0; i < 10_000; i++) one.dot();
  const item = one.document.items()[5000].id;
  for (let i = 0; i < 1000; i++) one.make(bodies.set(item, Register.TRANSFORM, [1, 0, 0, 1, i, 0]));
  one.make(bodies.clear(0, bodies.absolute(one.document.held)));
  assert.equal(one.document.items().length, 0);
});

test("an acl by an admin refuses what its context does not hold", () => {
  const document = new Document({ admins: [NODE_A] });
  document.introduce(A, NODE_A);
  document.introduce(B, NODE_B);
  const one = board(A, document);
  const two = board(B, document);
  const before = two.dot();
  const after = two.dot();
  two.make(bodies.acl(NODE_A, Role.NONE, seen()));
  assert.equal(document.roleOf(NODE_A), Role.MODERATE, "only an admin's acl counts");
  one.make(bodies.acl(NODE_B, Role.VIEW, seen([B, 1])));
  assert.deepEqual(alive(document), [before.id]);
  const logged = document.apply(after, { author: A, entry: 50 });
  assert.ok(logged.items.includes(after.id), "another node vouches for it");
  assert.deepEqual(alive(document), [before.id, after.id]);
});

test("a floor ends what is dead inside it, for good", () => {
  const document = new Document();
  const one = board(A, document);
  const [gone, kept] = [one.dot(), one.dot()];
  one.make(bodies.alive(gone.id, false));
  one.make(bodies.floor(seen([A, 3])));
  assert.equal(document.item(gone.id), null);
  one.make(bodies.alive(gone.id, true));
  assert.deepEqual(alive(document), [kept.id]);
  const other = new Document();
  for (const { op, place } of [...one.log].reverse()) other.apply(op, place);
  assert.deepEqual(alive(other), [kept.id]);
  assert.deepEqual(other.digest(), document.digest());
});

/** Two floors under one id, the one of the lower hash first. */
function forkedFloors(one, first, second) {
  const floor = (vector) => new Maker(one.maker.origin, one.maker.counter).make(bodies.floor(vector), one.document.lamport);
  const floors = [floor(first), floor(second)];
  one.maker.counter++;
  one.maker.lamport = floors[0].lamport;
  return floors.sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

test("a context relative to a forked floor goes by the content of the lower hash", () => {
  const one = board();
  const items = [one.dot(), one.dot()];
  const [low, high] = forkedFloors(one, seen([A, 1]), seen([A, 2]));
  const covered = low.body.context.vector.get(A);
  const clear = new Maker("00000000000000c1").make(bodies.clear(0, { base: low.id, vector: new Vector() }), one.document.lamport);
  for (const order of [[low, high], [high, low]]) {
    const document = new Document();
    for (const { op, place } of one.log) document.apply(op, place);
    document.apply(clear, { author: B, entry: 0 });
    for (const [entry, floor] of order.entries()) document.apply(floor, { author: A, entry: 5 + entry });
    assert.deepEqual(alive(document), items.slice(covered).map((item) => item.id));
  }
});

test("what a floor has ended is asked again when a fork or a drop changes what it stood on", () => {
  const one = board();
  one.dot();
  const item = one.dot();
  const erase = new Maker("00000000000000c1").make(bodies.alive(item.id, false), one.document.lamport);
  const revive = new Maker("00000000000000c2").make(bodies.alive(item.id, true), 90);
  let [low, high] = forkedFloors(one, seen([A, 1]), seen([A, 2]));
  // Whichever content has the lower hash must be the one that does not hold the item: try until it is so.
  while (low.body.context.vector.get(A) !== 1) [low, high] = forkedFloors(one, seen([A, 1]), seen([A, 2]));
  const upon = new Maker("00000000000000c3").make(bodies.floor({ base: low.id, vector: new Vector([[B, 1]]) }), 80);
  const entries = [
    ...one.log.map(({ op, place }) => [op, place]),
    [erase, { author: B, entry: 0 }],
    [upon, { author: B, entry: 1 }],
    [revive, { author: B, entry: 2 }],
    [high, { author: A, entry: 7 }],
  ];
  const document = new Document();
  for (const [op, place] of entries) document.apply(op, place);
  assert.ok(document.isGone(item.id), "dead within what the only known floor and the erase hold");
  const forked = document.apply(low, { author: A, entry: 8 });
  assert.ok(forked.equivocation && !document.isGone(item.id) && alive(document).includes(item.id));

  const dropping = new Document();
  for (const [op, place] of entries) dropping.apply(op, place);
  dropping.skip({ author: B, entry: 9 }, erase.hash);
  assert.ok(!dropping.isGone(item.id) && alive(dropping).includes(item.id), "the erase was dropped somewhere");
});

test("floors that name each other hold nothing, and what is relative to them waits", () => {
  const one = board();
  const item = one.dot();
  const second = `${one.maker.origin}:3`;
  const first = one.make(bodies.floor({ base: second, vector: new Vector([[A, 1]]) }));
  assert.equal(one.make(bodies.floor({ base: first.id, vector: new Vector([[A, 1]]) })).id, second);
  const clear = board(B, one.document).make(bodies.clear(0, { base: first.id, vector: new Vector([[A, 1]]) }));
  assert.deepEqual(alive(one.document), [item.id]);
  assert.ok(clear);
});

test("what breaks its format does nothing, and is known", () => {
  const document = new Document();
  const op = decodeOp("0f".repeat(8), encodeOp({ counter: 1, lamport: 9, kind: Kind.SET, body: new Uint8Array([1]) }));
  assert.equal(document.apply(op).fresh, true);
  assert.equal(document.lamport, 9);
  assert.ok(document.has(op.id));
});

test("whatever the order and repetition, the canvas is the same", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed);
    const document = new Document({ admins: [NODE_A] });
    document.introduce(A, NODE_A);
    document.introduce(B, NODE_B);
    const boards = [board(A, document), board(B, document)];
    const made = { items: ["00000000000000ff:1"], others: [] };
    for (let i = 0; i < 40; i++) makeSomething(dice, dice.pick(boards), boards, made);
    const log = boards.flatMap((each) => each.log);
    const want = toHex(document.digest());
    for (let round = 0; round < 3; round++) {
      const other = new Document({ admins: [NODE_A] });
      for (const { op, place } of dice.shuffled([...log, ...log.slice(0, 10)])) {
        if (dice.chance(0.3)) other.apply(op);
        other.apply(op, place);
        if (dice.chance(0.1)) other.introduce(A, NODE_A);
      }
      other.introduce(A, NODE_A);
      other.introduce(B, NODE_B);
      assert.equal(toHex(other.digest()), want, `seed ${seed}`);
      assert.deepEqual(alive(other), alive(document), `seed ${seed}`);
    }
  }
});

function makeSomething(dice, one, boards, made) {
  const vector = () => seen(...boards.map((each) => [each.tag, dice.whole(0, each.entry)]));
  const base = () => (made.floor && dice.chance(0.5) ? { base: made.floor, vector: seen([A, dice.whole(0, 3)]).vector } : vector());
  const item = dice.pick(made.items);
  switch (dice.whole(0, 10)) {
    case 0: case 1: case 2:
      made.items.push(one.dot(dice.whole(0, 1)).id);
      break;
    case 3:
      made.others.push(one.make(bodies.further(item, dice.whole(1, 3), { type: 1, payload: DOT })).id);
      break;
    case 4: case 5:
      one.make(bodies.set(item, dice.whole(1, 7), dice.pick(["b", "a", [1, 0], 3, null])));
      break;
    case 6:
      made.others.push(one.make(bodies.cut(dice.pick([...made.items, ...made.others]), [dice.whole(0, 9), 10 + dice.whole(0, 9)])).id);
      break;
    case 7:
      one.make(bodies.alive(dice.pick([...made.items, ...made.others]), dice.chance(0.5)));
      break;
    case 8:
      made.others.push(one.make(bodies.clear(dice.whole(0, 2), base())).id);
      break;
    case 9:
      one.make(bodies.meta(dice.pick(["name", "pages"]), dice.whole(0, 9)));
      break;
    default:
      if (dice.chance(0.4)) made.floor = one.make(bodies.floor(base())).id;
      else one.make(bodies.acl(dice.pick([NODE_A, NODE_B]), dice.whole(0, 3), base()));
  }
}
