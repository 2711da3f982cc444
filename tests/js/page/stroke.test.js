import assert from "node:assert/strict";
import { test } from "node:test";

import { POINTS_MAX, encodeColumns } from "../../../edgeboard/web/static/codec.js";
import * as stroke from "../../../edgeboard/web/static/stroke.js";

const recorder = (options = {}) => new stroke.StrokeRecorder({ scale: 8, width: 24, zoom: 1, hasPressure: false, ...options }, 1000);

test("points are rounded to steps, and times counted from the first", () => {
  const it = recorder();
  assert.deepEqual(it.add(1.03, 2.5, null, 1000), { x: 8, y: 20, pressure: null });
  it.add(9, 9, null, 1016.4);
  assert.deepEqual(it.columns(), { scale: 8, x: [8, 72], y: [20, 72], pressure: null, time: [0, 16] });
});

test("a point that says nothing new is left out; pressing harder on one spot counts", () => {
  const it = recorder({ hasPressure: true });
  it.add(1, 1, 0.2, 1000);
  assert.equal(it.add(1.01, 1, 0.1, 1010), null);
  assert.equal(it.add(1, 1, 0.9, 1020), null);
  assert.deepEqual(it.columns().pressure, [Math.round(0.9 * 4095)]);
  assert.equal(it.length, 1);
});

test("a piece is due after 2 s or 500 points", () => {
  const slow = recorder();
  slow.add(0, 0, null, 1000);
  assert.equal(slow.isDue(2999), false);
  assert.equal(slow.isDue(3000), true);
  assert.equal(slow.due, 3000);
  const fast = recorder();
  for (let i = 0; i < POINTS_MAX; i++) fast.add(i, i % 9, null, 1000 + i);
  assert.equal(fast.isDue(1500), true);
});

test("a further piece begins where the one before ended, and is due again 2 s later", () => {
  const it = recorder();
  for (let i = 0; i < 50; i++) it.add(i * 3, (i * i) % 40, null, 1000 + i * 16);
  const first = it.take(2000);
  assert.equal(it.isFresh, false);
  assert.equal(it.isDue(9000), false, "nothing new, nothing to log");
  it.add(500, 500, null, 2010);
  assert.equal(it.isFresh, true);
  const second = it.take(2500);
  assert.deepEqual([second.x[0], second.y[0], second.time[0]], [first.x.at(-1), first.y.at(-1), first.time.at(-1)]);
  assert.equal(second.x.length, 2);
});

test("a piece is never larger than what was recorded", () => {
  const it = recorder();
  for (let i = 0; i < 300; i++) it.add(i, 30 * Math.sin(i / 9) + (i % 3) / 8, null, 1000 + i * 8);
  const all = encodeColumns(it.columns()).length;
  assert.ok(encodeColumns(it.take(5000)).length <= all);
});

test("a straight line needs few points", () => {
  const it = recorder();
  for (let i = 0; i < 100; i++) it.add(i * 2, i, null, 1000 + i * 8);
  assert.ok(it.take(2000).x.length <= 5); // one of 32 stays
});

test("coordinates stay in the format's range", () => {
  const it = recorder({ scale: 1024, zoom: 32 });
  it.add(1e9, -1e9, null, 1000);
  assert.doesNotThrow(() => encodeColumns(it.columns()));
});
