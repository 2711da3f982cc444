import assert from "node:assert/strict";
import { test } from "node:test";

import { AuthorTables, BatchReader, decodeBatch } from "../../edgeboard/web/static/batch.js";
import * as bodies from "../../edgeboard/web/static/bodies.js";
import { fromHex } from "../../edgeboard/web/static/ids.js";
import { Maker } from "../../edgeboard/web/static/ops.js";
import { DecodeError, LimitError, Writer } from "../../edgeboard/web/static/varints.js";
import { Dice } from "./random.js";

const TAG = "aa".repeat(8);
const AUTHOR = "0c".repeat(24);
const PERSON = "0d".repeat(16);

/** A batch as a node writes it, but for its signature. Slots are {op, index} or a content hash in hex. */
function encodeBatch({ tag = TAG, first, row = 0, origins = [], slots, time = 1700000000000 }) {
  const out = new Writer();
  out.byte(1 | (first === 0 ? 0x10 : 0) | (origins.length > 0 ? 0x20 : 0) | (slots.length === 1 ? 0x40 : 0));
  out.bytes(fromHex(tag));
  out.u(first);
  if (slots.length > 1) out.u(slots.length);
  out.u(time / 100);
  if (first === 0) out.bytes(fromHex(AUTHOR + "0e".repeat(32)));
  if (origins.length > 0) {
    out.u(row);
    out.u(origins.length);
    for (const { origin, person } of origins) out.bytes(fromHex(origin + person));
  }
  for (const slot of slots) {
    if (typeof slot === "string") {
      out.u(1);
      out.bytes(fromHex(slot));
    } else {
      out.u(slot.op.tail.length * 2);
      out.u(slot.index);
      out.bytes(slot.op.tail);
    }
  }
  out.bytes(new Uint8Array(64));
  return out.take();
}

function threeBatches() {
  const [one, two] = [new Maker("00000000000000a1"), new Maker("00000000000000a2")];
  const erase = (maker) => maker.make(bodies.alive("00000000000000ff:1", false), 0);
  const ops = [erase(one), erase(one), erase(two), erase(one)];
  const batches = [
    encodeBatch({ first: 0, origins: [{ origin: one.origin, person: PERSON }], slots: [{ op: ops[0], index: 0 }, "77".repeat(16)] }),
    encodeBatch({ first: 2, row: 1, origins: [{ origin: two.origin, person: PERSON }], slots: [{ op: ops[2], index: 1 }] }),
    encodeBatch({ first: 3, slots: [{ op: ops[3], index: 0 }] }),
  ];
  return { ops, batches };
}

test("a batch gives its entries with place and person", () => {
  const { ops, batches } = threeBatches();
  const tables = new AuthorTables();
  const batch = decodeBatch(batches[0], tables);
  assert.deepEqual(batch.introduction, { author: AUTHOR, node: "0c".repeat(16), key: "0e".repeat(32) });
  assert.deepEqual([batch.tag, batch.first, batch.count, batch.end], [TAG, 0, 2, 2]);
  const [entry, dropped] = batch.entries;
  assert.equal(entry.op.id, ops[0].id);
  assert.deepEqual([entry.place, entry.person], [{ author: TAG, entry: 0 }, PERSON]);
  assert.deepEqual([dropped.op, dropped.dropped, dropped.place], [null, "77".repeat(16), { author: TAG, entry: 1 }]);
  assert.equal(decodeBatch(batches[1], tables).entries[0].op.id, ops[2].id);
  assert.equal(decodeBatch(batches[2], tables).entries[0].op.id, ops[3].id);
});

test("a reader hands batches on in order, each once", () => {
  const { batches } = threeBatches();
  const reader = new BatchReader();
  assert.deepEqual(reader.receive(batches[2]), []);
  assert.deepEqual(reader.receive(batches[2]), []);
  assert.deepEqual(reader.gaps(), [{ tag: TAG, first: 0, end: 3 }]);
  assert.deepEqual(reader.receive(batches[0]).map((batch) => batch.first), [0]);
  assert.deepEqual(reader.gaps(), [{ tag: TAG, first: 2, end: 3 }]);
  assert.deepEqual(reader.receive(batches[1]).map((batch) => batch.first), [2, 3]);
  assert.equal(reader.vector.get(TAG), 4);
  assert.deepEqual(reader.receive(batches[1]), []);
  assert.deepEqual([reader.gaps(), reader.heldBytes], [[], 0]);
});

test("what waits is bounded", () => {
  const { batches } = threeBatches();
  const reader = new BatchReader({ heldMax: 10 });
  assert.deepEqual(reader.receive(batches[1]), []);
  assert.deepEqual([reader.heldBytes, reader.gaps()], [0, []]);
});

test("a batch that breaks its format changes nothing", () => {
  const { batches } = threeBatches();
  const reader = new BatchReader();
  const bad = batches[0].slice();
  bad[bad.length - 65] ^= 0xff;
  const longer = new Uint8Array(batches[0].length + 1);
  longer.set(batches[0]);
  for (const bytes of [longer, batches[0].subarray(0, 60), new Uint8Array(0)]) {
    assert.throws(() => reader.receive(bytes), DecodeError);
  }
  assert.throws(() => reader.receive(new Uint8Array(64 * 1024 + 1)), LimitError);
  assert.equal(reader.vector.size, 0);
  assert.equal(reader.receive(batches[0]).length, 1);
});

test("hurt batches give only a DecodeError", () => {
  const { batches } = threeBatches();
  const dice = new Dice(3);
  for (let i = 0; i < 3000; i++) {
    try {
      const reader = new BatchReader();
      for (const bytes of batches) for (const batch of reader.receive(dice.chance(0.5) ? dice.hurt(bytes) : bytes)) touch(batch);
    } catch (error) {
      assert.ok(error instanceof DecodeError, error.stack);
    }
  }
});

function touch(batch) {
  for (const { op } of batch.entries) op?.body;
}
