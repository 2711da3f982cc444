import assert from "node:assert/strict";
import { test } from "node:test";

import { Board } from "../../../edgeboard/web/static/board.js";
import { opBytes } from "../../../edgeboard/web/static/ids.js";
import { ItemType, Register } from "../../../edgeboard/web/static/kinds.js";
import { isLocal } from "../../../edgeboard/web/static/boards.js";
import { linkTo, reachable } from "../../../edgeboard/web/static/sharing.js";
import { copiesOf, fits, sheetOf } from "../../../edgeboard/web/static/transfer.js";
import { pack, unpack } from "../../../edgeboard/web/static/values.js";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const BOX = { type: ItemType.SHAPE, pieces: [base64(pack([2, [0, 0, 9, 9], 4, 2, null]))], registers: { 1: [1, 0, 0, 1, 5, 5] } };
const INK = { type: ItemType.STROKE, pieces: ["AAA=", "AQ=="], registers: {}, cuts: [[], [[3, 9], [12, 20]]] };
const ARROW = { type: ItemType.CONNECTOR, pieces: [base64(pack([null, null, [0, 0, 5, 5], 4, 2]))], registers: {}, ends: [2, null] };

function boardOf() {
  const made = [];
  const board = new Board({ person: "aa".repeat(16), onMade: (ops) => made.push(...ops), onChanged: () => {}, onArrived: () => {} });
  return { board, made };
}

test("items of the board's answer are copies with bytes", () => {
  const [box, ink] = copiesOf([BOX, INK]);
  assert.deepEqual(unpack(box.pieces[0].payload), [2, [0, 0, 9, 9], 4, 2, null]);
  assert.deepEqual(box.registers, [[Register.TRANSFORM, pack([1, 0, 0, 1, 5, 5])]]);
  assert.deepEqual(ink.pieces.map(({ cuts }) => cuts), [[], [3, 9, 12, 20]]);
});

test("what was opened is one gesture, and a connector names the items that it joins", () => {
  const { board, made } = boardOf();
  const ids = board.addCopies(copiesOf([INK, ARROW, BOX]), { page: 0, layer: 0 });
  assert.equal(made.length, 3 + 1 + 2);
  assert.deepEqual(made.map(({ more }) => more), [false, true, true, true, true, true]);
  assert.deepEqual(ids, [made[0].id, made[3].id, made[4].id]);
  const [start, end] = unpack(board.document.item(ids[1]).pieces[0].payload);
  assert.deepEqual([Buffer.from(start), end], [Buffer.from(opBytes(ids[2])), null]);
  assert.deepEqual(board.document.item(ids[0]).pieces[1].cuts, [3, 9, 12, 20]);
  assert.ok(board.undo());
  assert.equal(board.document.items().length, 0);
});

test("a page that only looks makes no ops", () => {
  const { board, made } = boardOf();
  board.isReadOnly = true;
  board.addCopies(copiesOf([BOX]), { page: 0, layer: 0 });
  assert.ok(!board.undo());
  assert.deepEqual([made.length, board.document.items().length], [0, 0]);
});

test("a picture has whole px around everything, as many as fit", () => {
  assert.deepEqual(sheetOf({ x0: 0.5, y0: 1, x1: 9.2, y1: 9 }), { x0: -16, y0: -15, x1: 26, y1: 25 });
  assert.equal(fits({ x0: 0, y0: 0, x1: 1000, y1: 1000 }, 4), 4);
  assert.equal(fits({ x0: 0, y0: 0, x1: 4000, y1: 2000 }, 4), 2);
  assert.equal(fits({ x0: 0, y0: 0, x1: 20_000, y1: 10 }, 3), 0);
});

test("a link names an address that others can reach", () => {
  const urls = ["http://localhost:8787", "http://192.168.1.20:8787"];
  assert.equal(reachable("http://127.0.0.1:8787", urls), "http://192.168.1.20:8787");
  assert.equal(reachable("http://kitchen.local:8787", urls), "http://kitchen.local:8787");
  assert.equal(reachable("http://localhost:8787", []), "http://localhost:8787");
  assert.equal(linkTo("http://a", "room", "Übung 1"), "http://a/room/%C3%9Cbung%201");
  assert.deepEqual(["localhost", "127.0.0.1", "[::1]", "a.localhost", "10.0.0.1", "kitchen"].map(isLocal), [true, true, true, true, false, false]);
});
