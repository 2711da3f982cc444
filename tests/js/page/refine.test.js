import assert from "node:assert/strict";
import { test } from "node:test";

import { Curve, points } from "../../../edgeboard/web/static/ink.js";
import { chosen, refine, refined } from "../../../edgeboard/web/static/refine.js";
import { Dice } from "../random.js";

const TOLERANCE = 0.5;
const SPAN_MAX = 32; // points in a row that may go (docs/formats/ink.md)

function columns(places) {
  const step = (value) => Math.round(value * 8);
  return { scale: 8, x: places.map(([x]) => step(x)), y: places.map(([, y]) => step(y)), pressure: null, time: null };
}

const line = (count, at) => columns(Array.from({ length: count }, (_, i) => at(i)));

const STROKES = {
  corner: line(40, (i) => (i < 20 ? [i * 5, 0] : [95, (i - 19) * 5])),
  circle: line(200, (i) => [100 * Math.cos(i / 31.8), 100 * Math.sin(i / 31.8)]),
  zigzag: line(120, (i) => [i * 2, Math.abs((i % 20) - 10) * 6]),
  scribble: line(300, (i) => [i * 0.8 + 20 * Math.sin(i / 5), 40 * Math.sin(i / 11) + 10 * Math.cos(i / 3)]),
  "there and back": line(80, (i) => [i < 40 ? i * 3 : (80 - i) * 3, (i % 2) / 8]),
  "fast and coarse": line(12, (i) => [i * 40, (i % 4) * 30]),
};

/** How far two drawn curves part. */
function parting(a, b) {
  const worst = (from, to) => {
    let most = 0;
    for (let i = 0; i < from.x.length; i++) {
      let best = Infinity;
      for (let j = 0; j + 1 < to.x.length; j++) {
        const [dx, dy] = [to.x[j + 1] - to.x[j], to.y[j + 1] - to.y[j]];
        const square = dx * dx + dy * dy;
        const along = square > 0 ? ((from.x[i] - to.x[j]) * dx + (from.y[i] - to.y[j]) * dy) / square : 0;
        const u = Math.min(1, Math.max(0, along));
        best = Math.min(best, Math.hypot(from.x[i] - to.x[j] - u * dx, from.y[i] - to.y[j] - u * dy));
      }
      most = Math.max(most, best);
    }
    return most;
  };
  return Math.max(worst(a, b), worst(b, a));
}

const drawn = (stroke) => new Curve(points(stroke), 1).discs();

for (const [name, stroke] of Object.entries(STROKES)) {
  test(`a thinned ${name} is drawn where it was`, () => {
    const indices = refined(stroke, null, 1, TOLERANCE);
    assert.ok(parting(drawn(stroke), drawn(chosen(stroke, indices))) <= TOLERANCE + 1e-9);
    assert.deepEqual(indices, [...new Set(indices)].sort((a, b) => a - b));
    assert.deepEqual([indices[0], indices.at(-1)], [0, stroke.x.length - 1]);
  });
}

test("random walks are drawn where they were", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed);
    let [x, y] = [0, 0];
    const reach = dice.whole(1, 30);
    const walk = columns(
      Array.from({ length: dice.whole(2, 120) }, () => {
        x += dice.whole(-reach, reach);
        y += dice.whole(-reach, reach);
        return [x, y];
      }),
    );
    assert.ok(parting(drawn(walk), drawn(chosen(walk, refined(walk, null, 1, TOLERANCE)))) <= TOLERANCE + 1e-9, `seed ${seed}`);
  }
});

test("a long straight stroke loses most of its points, a dot none", () => {
  assert.ok(refine(line(300, (i) => [i, i / 3]), 3).x.length <= 300 / SPAN_MAX + 2);
  assert.deepEqual(refine(columns([[1, 1]]), 3).x, [8]);
  assert.deepEqual(refine(columns([[1, 1], [2, 2]]), 3).x, [8, 16]);
});

test("a pressure that shows keeps its points, and is rounded as far as the width allows", () => {
  const swell = line(41, (i) => [i, 0]);
  swell.pressure = Array.from({ length: 41 }, (_, i) => (i === 20 ? 4095 : 1000));
  const [fine, bold] = [refine(swell, 0.6), refine(swell, 30)];
  assert.ok(fine.x.length < bold.x.length);
  assert.ok(bold.pressure.includes(4095));
  assert.ok(Math.abs(fine.pressure[0] - 1000) <= 137 && Math.abs(bold.pressure[0] - 1000) <= 21);
});

test("times are rounded to 16 ms, and without a tolerance nothing is changed", () => {
  const stroke = { ...line(3, (i) => [i * i, i * 9]), time: [0, 7, 25] };
  assert.deepEqual(refine(stroke, 3).time.at(-1), 32);
  assert.deepEqual(refine(stroke, 3, 0), stroke);
});
