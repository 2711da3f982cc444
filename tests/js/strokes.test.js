import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeColumns, decodeStroke, encodeColumns, encodeStroke } from "../../edgeboard/web/static/codec.js";
import { toHex } from "../../edgeboard/web/static/ids.js";
import { DecodeError, LimitError } from "../../edgeboard/web/static/varints.js";
import { Dice, plainColumns, randomColumns } from "./random.js";

test("random columns come back", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const columns = randomColumns(new Dice(seed));
    assert.deepEqual(plainColumns(decodeColumns(encodeColumns(columns))), columns, `seed ${seed}`);
  }
});

test("a stroke comes back", () => {
  const stroke = { tool: 1, colour: 16 + 0xabcdef, width: 24, columns: randomColumns(new Dice(7)) };
  const { tool, colour, width, columns } = decodeStroke(encodeStroke(stroke));
  assert.deepEqual({ tool, colour, width, columns: plainColumns(columns) }, stroke);
});

test("a point takes four bytes, a line of a common pen few more", () => {
  assert.equal(toHex(encodeColumns({ scale: 8, x: [0], y: [0] })), "02010000");
  assert.equal(encodeColumns({ scale: 20, x: [0, 20, 40], y: [5, 5, 5] }).length, 6);
});

test("columns that the format does not know are our own mistake", () => {
  for (const columns of [
    { scale: 0, x: [0], y: [0] },
    { scale: 8, x: [], y: [] },
    { scale: 8, x: [0.5], y: [0] },
    { scale: 8, x: [2 ** 28], y: [0] },
    { scale: 8, x: [0], y: [0], pressure: [4096] },
    { scale: 8, x: [0], y: [0], tiltX: [0] },
    { scale: 8, x: [0, 1], y: [0] },
    { scale: 8, x: Array(501).fill(0), y: Array(501).fill(0) },
  ]) {
    assert.throws(() => encodeColumns(columns), LimitError);
  }
});

test("hurt strokes give only a DecodeError", () => {
  const dice = new Dice(2);
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = encodeStroke({ tool: 0, colour: 3, width: 16, columns: randomColumns(new Dice(seed)) });
    for (let i = 0; i < 50; i++) {
      try {
        decodeStroke(dice.hurt(bytes));
      } catch (error) {
        assert.ok(error instanceof DecodeError, `seed ${seed}: ${error.stack}`);
      }
    }
  }
});
