import assert from "node:assert/strict";
import { test } from "node:test";

import { Away, changedSince } from "../../../edgeboard/web/static/away.js";
import { add, alive, cut, set } from "../../../edgeboard/web/static/bodies.js";
import { Document } from "../../../edgeboard/web/static/canvas.js";
import { encodeStroke } from "../../../edgeboard/web/static/codec.js";
import { ItemType, Register } from "../../../edgeboard/web/static/kinds.js";
import { Maker } from "../../../edgeboard/web/static/ops.js";

const [ME, BEN] = ["aa".repeat(16), "bb".repeat(16)];
const columns = { scale: 8, x: [0, 80], y: [0, 8], pressure: null, time: null };

class Room {
  document = new Document();
  mine = new Maker();
  bens = new Maker();

  constructor() {
    this.document.own(this.mine.origin, ME);
    this.document.own(this.bens.origin, BEN);
  }

  put(maker, body) {
    const op = maker.make(body, this.document.lamport);
    this.document.apply(op);
    return op.id;
  }

  draw(maker) {
    return this.put(maker, add({ type: ItemType.STROKE, payload: encodeStroke({ tool: 0, colour: 1, width: 24, columns }) }));
  }
}

test("news are what others drew or changed since, in the order they did", () => {
  const room = new Room();
  const old = room.draw(room.bens);
  const moved = room.draw(room.mine);
  const away = new Away(room.document, ME, null);
  away.leave();
  const drawn = room.draw(room.bens);
  room.draw(room.mine);
  room.put(room.bens, set(moved, Register.TRANSFORM, [1, 0, 0, 1, 9, 9]));
  room.put(room.bens, alive(room.draw(room.bens), false));
  assert.deepEqual(away.back(), [drawn, moved]);
  assert.ok(!away.back().includes(old));
});

test("who comes for the first time has missed nothing", () => {
  const room = new Room();
  room.draw(room.bens);
  assert.deepEqual(new Away(room.document, ME, null).back(), []);
});

test("a partly erased stroke is no news of its own, as its ink is gone", () => {
  const room = new Room();
  const old = room.draw(room.bens);
  const seen = room.document.lamport;
  room.put(room.bens, cut(old, [0, 10]));
  assert.deepEqual(changedSince(room.document, seen, ME), []);
});
