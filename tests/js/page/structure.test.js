import assert from "node:assert/strict";
import { test } from "node:test";

import { add, meta, set } from "../../../edgeboard/web/static/bodies.js";
import { Document } from "../../../edgeboard/web/static/canvas.js";
import { Register } from "../../../edgeboard/web/static/kinds.js";
import { Maker } from "../../../edgeboard/web/static/ops.js";
import { Sight } from "../../../edgeboard/web/static/sight.js";
import * as structure from "../../../edgeboard/web/static/structure.js";
import { Dice } from "../random.js";

const { freeNumber, freeNumbers, isGone, layerGone, layerKey, layersOf, lockedKey, orderKey, pageGone, pageKey, pagesOf, reordered } = structure;

/** A room in which one origin does things. */
class Room {
  document = new Document();
  maker = new Maker("0a".repeat(8));

  make(body) {
    const op = this.maker.make(body, this.document.lamport);
    this.document.apply(op);
    return op.id;
  }

  item(page = 0, layer = 0) {
    return this.make(add({ page, layer, type: 1, payload: new Uint8Array() }));
  }

  say(key, value) {
    this.make(meta(key, value));
  }

  layers(page = 0) {
    return layersOf(this.document, page).map(({ number }) => number);
  }
}

test("pages are those that are named, those with items, and the first", () => {
  const room = new Room();
  assert.deepEqual(pagesOf(room.document), [{ number: 0, name: "", count: 0 }]);
  room.item(7);
  room.say(pageKey(2), "Ideas");
  room.say(pageKey(3), "");
  room.say(pageKey(4), "gone");
  room.say(pageKey(4), null);
  room.say(pageKey(5), 5);
  assert.deepEqual(pagesOf(room.document).map(({ number, name, count }) => [number, name, count]), [[0, "", 0], [2, "Ideas", 0], [3, "", 0], [7, "", 1]]);
  assert.equal(freeNumber(pagesOf(room.document)), 1);
});

test("what was deleted is gone, the first one too, until something lives on it or nothing else is there", () => {
  const room = new Room();
  const pages = () => pagesOf(room.document).map(({ number }) => number);
  room.say(pageKey(0), false);
  assert.deepEqual(pages(), [0], "there is no other");
  room.say(pageKey(2), "");
  assert.deepEqual(pages(), [2]);
  assert.deepEqual(freeNumbers(pagesOf(room.document), 3), [0, 1, 3]);
  room.item(0);
  assert.deepEqual(pages(), [0, 2]);
  room.say(layerKey(2, 0), false);
  room.say(layerKey(2, 1), "Notes");
  room.say(orderKey(2, 1), "8");
  assert.deepEqual(room.layers(2), [1]);
  assert.ok(isGone(room.document, 2, 0));
  const sight = new Sight(room.document);
  sight.turnTo(2);
  assert.deepEqual(sight.place, { page: 2, layer: 1 }, "no ink goes where nothing is shown");
  assert.deepEqual(layerGone(room.document, 2, 1), [[layerKey(2, 1), false], [orderKey(2, 1), null]]);
  for (const [key, value] of pageGone(room.document, 2)) room.say(key, value);
  assert.deepEqual(pages(), [0]);
  assert.deepEqual(room.layers(2), [0], "if it is used again, it is as new");
});

test("keys that are not of their form say nothing", () => {
  const room = new Room();
  for (const key of ["page/", "page/x", "page/01", "page/1/2", "page/-1", "page/1e3", "page/99999999999999999999", "layer/0", "layer/0/1/2", "layer/0/ 1"]) {
    room.say(key, "odd");
  }
  assert.deepEqual(pagesOf(room.document).length, 1);
  assert.deepEqual(room.layers(), [0]);
});

test("layers are in the order of their keys, then of their numbers", () => {
  const room = new Room();
  room.item(0, 3);
  room.say(layerKey(0, 1), "Notes");
  room.say(layerKey(1, 9), "of another page");
  assert.deepEqual(room.layers(), [0, 1, 3]);
  room.say(orderKey(0, 0), "8");
  room.say(orderKey(0, 1), "é");
  assert.deepEqual(room.layers(), [3, 0, 1]);
  room.say(orderKey(0, 1), 5);
  assert.deepEqual(room.layers(), [1, 3, 0]);
  const [{ name, count, isLocked }] = layersOf(room.document, 0);
  assert.deepEqual([name, count, isLocked], ["Notes", 0, false]);
});

test("whatever is moved, the layers are in the order one asked for", () => {
  const dice = new Dice(3);
  const room = new Room();
  for (let layer = 1; layer < 6; layer++) room.say(layerKey(0, layer), "");
  for (let round = 0; round < 80; round++) {
    const before = room.layers();
    const at = dice.whole(0, 5);
    const step = dice.pick([1, -1]);
    const wanted = [...before];
    if (wanted[at + step] !== undefined) [wanted[at], wanted[at + step]] = [wanted[at + step], wanted[at]];
    for (const [layer, order] of reordered(layersOf(room.document, 0), before[at], step, () => dice.next())) room.say(orderKey(0, layer), order);
    assert.deepEqual(room.layers(), wanted, `round ${round}`);
  }
});

test("a sight is of one page, without the layers that are hidden here", () => {
  const room = new Room();
  const [here, above, elsewhere] = [room.item(0, 0), room.item(0, 1), room.item(1, 0)].map((id) => room.document.item(id));
  const sight = new Sight(room.document);
  const shown = () => [here, above, elsewhere].map((item) => sight.shows(item));
  assert.deepEqual(shown(), [true, true, false]);
  sight.hide(1, true);
  assert.deepEqual(shown(), [true, false, false]);
  sight.turnTo(1);
  assert.deepEqual(shown(), [false, false, true]);
  const again = new Sight(room.document);
  again.recall(JSON.parse(JSON.stringify(sight.kept())));
  assert.equal(again.page, 1);
  again.turnTo(0);
  assert.ok(again.isHidden(1));
});

test("ink goes to the chosen layer, to an open one if that is locked or hidden, and is never refused", () => {
  const room = new Room();
  const sight = new Sight(room.document);
  room.say(layerKey(0, 1), "");
  room.say(layerKey(0, 2), "");
  sight.choose(1);
  assert.deepEqual(sight.place, { page: 0, layer: 1 });
  room.say(lockedKey(0, 1), true);
  sight.stale();
  assert.equal(sight.place.layer, 2);
  sight.hide(2, true);
  assert.equal(sight.place.layer, 0);
  room.say(lockedKey(0, 0), true);
  sight.stale();
  assert.equal(sight.place.layer, 1);
  room.say(lockedKey(0, 1), null);
  sight.stale();
  assert.equal(sight.place.layer, 1);
});

test("an item is left alone if it is locked, or its layer is", () => {
  const room = new Room();
  const id = room.item(0, 1);
  const sight = new Sight(room.document);
  const item = room.document.item(id);
  assert.ok(!sight.isFixed(item));
  room.make(set(id, Register.LOCK, true));
  assert.ok(sight.isFixed(item));
  room.make(set(id, Register.LOCK, null));
  room.say(lockedKey(0, 1), true);
  sight.stale();
  assert.ok(sight.isFixed(item));
});

test("what was kept by an accident is not trusted", () => {
  const sight = new Sight(new Document());
  for (const kept of [null, 7, "x", { page: -1, layer: 0.5, hidden: 3 }, { page: "1", hidden: [[0], [0, 1], null, [1, [2, "x", -1]]] }]) sight.recall(kept);
  assert.deepEqual(sight.kept(), { page: 0, layer: 0, hidden: [[1, [2]]] });
});
