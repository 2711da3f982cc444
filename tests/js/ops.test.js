import assert from "node:assert/strict";
import { test } from "node:test";

import * as bodies from "../../edgeboard/web/static/bodies.js";
import { toHex } from "../../edgeboard/web/static/ids.js";
import { Kind, Undo } from "../../edgeboard/web/static/kinds.js";
import { Maker, decodeOp, encodeOp } from "../../edgeboard/web/static/ops.js";
import { DecodeError, LimitError } from "../../edgeboard/web/static/varints.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";
import { Dice } from "./random.js";

const OTHER = "fedcba9876543210:77";
const CONTEXT = { base: OTHER, vector: new Vector([["11".repeat(8), 3]]) };

const BODIES = (own) => [
  bodies.add({ page: 3, layer: 1, type: 1, payload: new Uint8Array([1, 2, 3]) }),
  bodies.further(own, 300, { type: 1, payload: new Uint8Array(0) }),
  bodies.set(own, 1, [1, 0, 0, 1, 2.5, -3]),
  bodies.set(OTHER, 99, null),
  bodies.alive(OTHER, false),
  bodies.cut(own, [0, 3, 3, 4, 100, 164]),
  bodies.clear(2, CONTEXT),
  bodies.meta("schlüssel", { a: [1] }),
  bodies.acl("ab".repeat(16), 1, bodies.absolute(new Vector())),
  bodies.floor(CONTEXT),
  { kind: 20, bytes: new Uint8Array([9, 9]) },
];

test("every body comes back", () => {
  const maker = new Maker("0123456789abcdef");
  const own = maker.make(bodies.alive(OTHER, true), 41).id;
  for (const body of BODIES(own)) {
    const op = maker.make(body, 0, { undo: Undo.REDO, more: true, at: 1700000000000 });
    assert.deepEqual(op.body, body);
    const again = decodeOp(op.origin, op.tail);
    assert.deepEqual([again.id, again.lamport, again.undo, again.more, again.at], [op.id, op.lamport, 2, true, 1700000000000]);
    assert.equal(again.hash, op.hash);
  }
});

test("a maker counts, and stamps above everything seen", () => {
  const maker = new Maker("0123456789abcdef");
  const next = maker.next;
  const first = maker.make(bodies.alive(OTHER, true), 41);
  const second = maker.make(bodies.alive(first.id, true), 7);
  assert.deepEqual([first.id, first.counter, first.lamport], [next, 1, 42]);
  assert.deepEqual([second.counter, second.lamport], [2, 43]);
  assert.equal(toHex(second.tail), "0229300101");
  assert.throws(() => maker.make(bodies.add({ type: 1, payload: new Uint8Array(16 * 1024) }), 0), LimitError);
  assert.throws(() => maker.make(bodies.alive(OTHER, true), 2 ** 53 - 1), LimitError);
  assert.equal(maker.counter, 2);
});

test("what no reader would take is refused to its maker", () => {
  const nested = (depth) => (depth === 0 ? 1 : [nested(depth - 1)]);
  assert.ok(bodies.set(OTHER, 7, nested(64)));
  for (const value of [nested(65), "half \ud83d", { "\ud83d": 1 }, () => 1]) {
    assert.throws(() => bodies.set(OTHER, 7, value), LimitError);
  }
  assert.throws(() => bodies.set(OTHER, 4, "é".repeat(4097)), LimitError);
  assert.throws(() => bodies.meta("é".repeat(65), 1), LimitError);
  const maker = new Maker("0123456789abcdef");
  for (const intervals of [[], [5, 5], [5, 9, 8, 10], Array(2050).fill(0).map((_, i) => i)]) {
    assert.throws(() => maker.make(bodies.cut(OTHER, intervals), 0), LimitError);
  }
  assert.throws(() => maker.make(bodies.further(OTHER, 4096, { type: 1, payload: new Uint8Array(0) }), 0), LimitError);
});

test("envelopes that break the format are refused", () => {
  for (const tail of [[], [0, 0, 16], [1], [1, 0], [1, 0, 0x1c], [1, 0, 0x11]]) {
    assert.throws(() => decodeOp("0123456789abcdef", Uint8Array.from(tail)), DecodeError);
  }
  assert.throws(() => decodeOp("0123456789abcdef", new Uint8Array(16 * 1024 + 1)), LimitError);
  assert.equal(decodeOp("0123456789abcdef", Uint8Array.from([1, 0, 0x10])).kind, Kind.ADD);
});

test("bodies that break the format are refused each time", () => {
  const refused = (kind, ...body) => {
    const op = decodeOp("0123456789abcdef", encodeOp({ counter: 5, lamport: 5, kind, body: Uint8Array.from(body) }));
    assert.throws(() => op.body, DecodeError, `kind ${kind}: ${body}`);
    assert.throws(() => op.body, DecodeError);
  };
  refused(Kind.ADD, 0, 0, 3, 1, 0);
  refused(Kind.ADD, 0, 0, 3, 1, 0x80, 0x20);
  refused(Kind.SET, 1, 1);
  refused(Kind.SET, 1, 1, 0xc0, 0);
  refused(Kind.SET, 5, 1, 0xc0);
  refused(Kind.ALIVE, 1);
  refused(Kind.ALIVE, 1, 2);
  refused(Kind.CUT, 1, 0);
  refused(Kind.CUT, 1, 1, 0, 0);
  refused(Kind.CLEAR, 0, 2);
  refused(Kind.META, 0x91, 0xa1, 0x61);
  refused(Kind.META, 0x92, 1, 1);
  refused(Kind.META, 0x92, 0xa1, 0xff, 1);
  refused(Kind.ACL, 0);
  refused(Kind.FLOOR);
});

test("hurt ops give only a DecodeError", () => {
  const dice = new Dice(4);
  const maker = new Maker("0123456789abcdef");
  const own = maker.make(bodies.alive(OTHER, true), 41).id;
  const tails = BODIES(own).map((body) => maker.make(body, 0).tail);
  for (let i = 0; i < 5000; i++) {
    try {
      void decodeOp("0123456789abcdef", dice.hurt(dice.pick(tails))).body;
    } catch (error) {
      assert.ok(error instanceof DecodeError, error.stack);
    }
  }
});
