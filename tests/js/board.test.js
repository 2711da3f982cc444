// The board of a page: ink that is shown ahead of its batch, and the batch that comes behind it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { absolute, add, alive, floor } from "../../edgeboard/web/static/bodies.js";
import { Board } from "../../edgeboard/web/static/board.js";
import { ItemType, Maker } from "../../edgeboard/web/static/ops.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";

const PERSON = "aa".repeat(16);

function boardOf() {
  const heard = { changed: [], arrived: [] };
  const board = new Board({
    person: PERSON,
    onMade: () => {},
    onChanged: (ids) => heard.changed.push(...ids),
    onArrived: (id) => heard.arrived.push(id),
  });
  return { board, heard };
}

test("ink that is foreseen is shown at once, and what the board holds does not name it", () => {
  const { board, heard } = boardOf();
  const maker = new Maker();
  const op = maker.make(add({ page: 0, layer: 0, type: ItemType.TEXT, payload: Uint8Array.of(0x95, 0, 0, 0xa1, 65, 16, 0) }), 1);
  const empty = board.vector;
  board.foresee([{ origin: maker.origin, person: "bb".repeat(16), tails: [op.tail] }]);
  assert.equal(board.document.isAlive(op.id), true);
  assert.deepEqual(heard, { changed: [op.id], arrived: [op.id] });
  assert.deepEqual(board.vector, empty);
  const placed = board.document.apply(op, { author: "cc".repeat(8), entry: 0 });
  assert.equal(placed.fresh, false);
  assert.equal(placed.equivocation, false);
  assert.equal(board.canUndo, false);
});

test("what cannot be read is counted and the rest is shown", () => {
  const { board } = boardOf();
  const maker = new Maker();
  const op = maker.make(add({ page: 0, layer: 0, type: ItemType.TEXT, payload: Uint8Array.of(0x95, 0, 0, 0xa1, 65, 16, 0) }), 1);
  board.foresee([{ origin: maker.origin, person: "bb".repeat(16), tails: [Uint8Array.of(0xff), op.tail] }]);
  assert.equal(board.troubles.unreadable, 1);
  assert.equal(board.document.isAlive(op.id), true);
});

test("undo of what a floor has ended says that it is gone for good", () => {
  const { board } = boardOf();
  assert.equal(board.undo(), false);
  assert.equal(board.whyNot("undo"), "Nothing of yours to undo");
  const author = "cc".repeat(8);
  const payload = Uint8Array.of(0x95, 0, 0, 0xa1, 65, 16, 0);
  const item = board.maker.make(add({ page: 0, layer: 0, type: ItemType.TEXT, payload }), 1);
  const erased = board.maker.make(alive(item.id, false), 2);
  board.document.apply(item, { author, entry: 0 });
  board.document.apply(erased, { author, entry: 1 });
  board.document.apply(new Maker().make(floor(absolute(new Vector([[author, 2]]))), 3), { author, entry: 2 });
  assert.equal(board.undo(), false);
  assert.match(board.whyNot("undo"), /gone for good/);
  assert.match(board.whyNot("redo"), /gone for good/);
});
