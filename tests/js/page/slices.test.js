import assert from "node:assert/strict";
import { test } from "node:test";

import { Slices } from "../../../edgeboard/web/static/slices.js";

/** Frames in which each ms of work costs `price` ms more behind it. @returns {{took: number, work: number}[]} the last, in ms */
function frames(slices, price, { isHurried = false, count = 60, last = 10 } = {}) {
  const told = [];
  let now = 1_000;
  for (let at = 0; at < count; at++) {
    if (isHurried) slices.hurry(now);
    const end = slices.begin(now);
    const took = Math.max(1_000 / 60, (end - now) * (1 + price));
    told.push({ took, work: end - now });
    now += took;
  }
  return told.slice(-last);
}

const slowest = (told) => Math.max(...told.map(({ took }) => took));
const least = (told) => Math.min(...told.map(({ work }) => work));

test("frames come in time however dear the work is behind them", () => {
  for (const price of [0, 1, 5, 10, 20]) {
    assert.ok(slowest(frames(new Slices(), price, { isHurried: true })) < 1.7 * 16.7, `price ${price}, while somebody draws`);
    assert.ok(slowest(frames(new Slices(), price)) < 1.7 * 33.4, `price ${price}, while nobody does`);
  }
});

test("what was too much is not tried again at once: few frames are late in a long work", () => {
  for (const price of [1, 5, 10]) {
    const told = frames(new Slices(), price, { isHurried: true, count: 700, last: 600 });
    const late = told.filter(({ took }) => took > 1.3 * 16.7).length;
    assert.ok(late <= 30, `${late} of 600 are late, price ${price}`);
  }
});

test("cheap work gets most of the time, and more of it while nobody draws", () => {
  assert.ok(least(frames(new Slices(), 0, { isHurried: true })) > 9);
  assert.ok(least(frames(new Slices(), 0)) > 18);
});

test("dear work goes on, if slowly", () => {
  assert.ok(least(frames(new Slices(), 1_000)) >= 0.5);
});

test("a pause between two works is not taken for a slow frame", () => {
  const slices = new Slices();
  frames(slices, 0);
  slices.rest();
  assert.ok(slices.begin(1e6) - 1e6 > 18, "as before");
});
