import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../../edgeboard/web/static/outbox.js";
import { Spill } from "../../../edgeboard/web/static/spill.js";

const person = "aa".repeat(16);
const origin = "6f".repeat(8);
const room = "72".repeat(16);

class Storage {
  items = new Map();
  get length() {
    return this.items.size;
  }
  key(at) {
    return [...this.items.keys()][at] ?? null;
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    this.items.set(key, value);
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

const row = (counter) => ({
  id: `${origin}:${counter}`,
  origin,
  counter,
  tail: Uint8Array.of(0, 255, counter),
  more: counter > 1,
  room,
  level: 0,
  refused: null,
});

test("what one page spills, the next takes up", () => {
  const storage = new Storage();
  new Spill(storage, person, "lobby", "page1").write([row(1), row(2)]);
  const next = new Spill(storage, person, "lobby", "page2");
  assert.deepEqual(next.read(), [row(1), row(2)]);
  next.clear();
  assert.equal(storage.length, 0);
});

test("a page neither reads nor clears its own spill, nor that of another room or person", () => {
  const storage = new Storage();
  const own = new Spill(storage, person, "lobby", "page1");
  own.write([row(1)]);
  new Spill(storage, person, "lobby2", "page1").write([row(2)]);
  new Spill(storage, "bb".repeat(16), "lobby", "page1").write([row(3)]);
  assert.deepEqual(own.read(), []);
  own.clear();
  assert.equal(storage.length, 3);
  own.write([]);
  assert.equal(storage.length, 2);
});

test("broken or missing storage is no trouble", () => {
  const storage = new Storage();
  for (const text of ["{", "7", "[7, null, {}]", '[{"origin":"zz","counter":1,"tail":""}]', `[{"origin":"${origin}","counter":1,"tail":"%"}]`]) {
    storage.setItem(`edgeboard.spill.${person}.lobby/x${storage.length}`, text);
  }
  assert.deepEqual(new Spill(storage, person, "lobby", "p").read(), []);
  const none = new Spill(null, person, "lobby", "p");
  none.write([row(1)]);
  assert.deepEqual(none.read(), []);
});

test("ops that the database never confirmed come back through the spill, once", async () => {
  const storage = new Storage();
  const deaf = { all: async () => [], put: () => new Promise(() => {}), remove: async () => {} };
  const leaving = new Outbox(Promise.resolve(deaf), () => {}, new Spill(storage, person, "lobby", "page1"));
  leaving.put([row(1), row(2)], room);
  leaving.spill();
  const rows = new Map();
  const good = {
    all: async () => [...rows.values()],
    put: async (list) => list.forEach((each) => rows.set(each.id, each)),
    remove: async () => {},
  };
  const next = new Outbox(Promise.resolve(good), () => {}, new Spill(storage, person, "lobby", "page2"));
  assert.deepEqual((await next.load()).map(({ counter }) => counter), [1, 2]);
  assert.equal(rows.size, 2);
  assert.equal(storage.length, 0);
  assert.equal(next.unsafe().length, 2);
});

test("what the database has confirmed is not spilled", async () => {
  const storage = new Storage();
  const good = { all: async () => [], put: async () => {}, remove: async () => {} };
  const outbox = new Outbox(Promise.resolve(good), () => {}, new Spill(storage, person, "lobby", "page1"));
  await outbox.put([row(1)], room);
  outbox.spill();
  assert.equal(storage.length, 0);
});
