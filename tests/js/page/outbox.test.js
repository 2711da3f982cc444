import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, gestures } from "../../../edgeboard/web/static/outbox.js";

const origin = "6f".repeat(8);
const old = "0a".repeat(8);
const room = "72".repeat(16);

const op = (counter, more = false) => ({ origin, counter, more, tail: Uint8Array.of(counter) });

/** What a browser would keep, in memory; outlives the outbox as a database outlives a page. */
class Shelf {
  rows = new Map();
  broken = false;
  log = [];

  #check() {
    if (this.broken) throw new Error("the disk is full");
  }

  async all() {
    this.#check();
    return [...this.rows.values()].map((row) => ({ ...row }));
  }

  async put(rows) {
    this.#check();
    this.log.push("put");
    for (const row of rows) this.rows.set(row.id, { ...row });
  }

  async remove(ids) {
    this.#check();
    this.log.push("remove");
    for (const id of ids) this.rows.delete(id);
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test("an op stays until it is safe, and saved is not safe", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox(Promise.resolve(shelf));
  await outbox.put([op(1), op(2)], room);
  assert.equal(shelf.rows.size, 2);
  outbox.receipt(1, origin, [1, 2]);
  assert.deepEqual([outbox.unsent().length, outbox.unsafe().length], [0, 2]);
  outbox.receipt(2, origin, [1, 1]);
  await settled();
  assert.deepEqual([...shelf.rows.keys()], [`${origin}:2`]);
  outbox.receipt(2, origin, [2, 2]);
  await settled();
  assert.equal(shelf.rows.size, 0);
});

test("what a page leaves behind, the next one hands over as it was", async () => {
  const shelf = new Shelf();
  await new Outbox(Promise.resolve(shelf)).put([op(2, true), op(1), op(10)], null);
  const next = new Outbox(Promise.resolve(shelf));
  const kept = await next.load();
  assert.deepEqual(kept.map(({ counter }) => counter), [1, 2, 10]);
  assert.deepEqual(next.toSubmit(room).map(({ origin: from }) => from), [origin, origin, origin]);
  assert.deepEqual(await next.load(), []);
});

test("ops made before the store opens are written when it does, in order", async () => {
  const shelf = new Shelf();
  let open;
  const outbox = new Outbox(new Promise((resolve) => (open = resolve)));
  const put = outbox.put([op(1)], room);
  outbox.receipt(2, origin, [1, 1]);
  open(shelf);
  await put;
  await settled();
  assert.deepEqual(shelf.log, ["put", "remove"]);
  assert.equal(shelf.rows.size, 0);
});

test("without a store, or with a broken one, memory serves and says so", async () => {
  const none = new Outbox(Promise.resolve(null));
  await none.put([op(1)], room);
  assert.equal(none.persistent, false);
  assert.equal(none.toSubmit(room).length, 1);
  const shelf = new Shelf();
  shelf.broken = true;
  let changes = 0;
  const broken = new Outbox(Promise.resolve(shelf), () => changes++);
  assert.equal(broken.persistent, true);
  await broken.put([op(1)], room);
  assert.equal(broken.persistent, false);
  assert.match(broken.trouble, /full/);
  assert.ok(changes >= 2);
  assert.deepEqual(await broken.load(), []);
});

test("a refused op is kept, marked, and handed over again only when asked", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox(Promise.resolve(shelf));
  await outbox.put([op(1), op(2)], room);
  assert.equal(outbox.refuse(origin, 1, 15, "no").counter, 1);
  assert.equal(outbox.refuse(old, 1, 15, "not ours"), null);
  assert.deepEqual(outbox.toSubmit(room).map(({ counter }) => counter), [2]);
  assert.deepEqual(outbox.refused().map(({ refused }) => refused.code), [15]);
  await settled();
  const next = new Outbox(Promise.resolve(shelf));
  await next.load();
  assert.equal(next.refused().length, 1);
  assert.deepEqual(next.retry((code) => code === 3), []);
  assert.equal(next.retry().length, 1);
  assert.equal(next.toSubmit(room).length, 2);
});

test("discarded ops are gone for good", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox(Promise.resolve(shelf));
  await outbox.put([op(1), op(2)], room);
  outbox.refuse(origin, 2, 15, "no");
  assert.deepEqual(outbox.discard().map(({ counter }) => counter), [2]);
  await settled();
  assert.deepEqual([...shelf.rows.keys()], [`${origin}:1`]);
});

test("ink made at another board of the same name is not handed over", async () => {
  const outbox = new Outbox(Promise.resolve(new Shelf()));
  await outbox.put([op(1)], room);
  await outbox.put([op(2)], "00".repeat(16));
  await outbox.put([op(3)], null);
  assert.deepEqual(outbox.toSubmit(room).map(({ counter }) => counter), [1, 3]);
  assert.deepEqual(outbox.foreign(room).map(({ counter }) => counter), [2]);
});

test("ink made at a board that has joined a mesh since is handed over under the room's new id", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox(Promise.resolve(shelf));
  const after = "11".repeat(16);
  await outbox.put([op(1), op(2)], room);
  outbox.move(null, after);
  assert.deepEqual(outbox.toSubmit(after), []);
  outbox.move(room, after);
  assert.deepEqual(outbox.toSubmit(after).map(({ counter }) => counter), [1, 2]);
  assert.deepEqual(outbox.foreign(after), []);
  await settled();
  assert.deepEqual([...shelf.rows.values()].map((row) => row.room), [after, after]);
});

test("gestures are counted, not ops", () => {
  assert.equal(gestures([op(1), op(2, true), op(3, true), op(4)]), 2);
  assert.equal(gestures([op(2, true)]), 1);
  assert.equal(gestures([]), 0);
});
