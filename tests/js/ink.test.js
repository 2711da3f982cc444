import assert from "node:assert/strict";
import { test } from "node:test";

import * as geometry from "../../edgeboard/web/static/geometry.js";
import { SvgPath, cssColour, runs, tracePiece, visible } from "../../edgeboard/web/static/ink.js";
import { Dice, randomColumns } from "./random.js";

const LINE = { scale: 1, x: [0, 40, 80], y: [0, 0, 0], pressure: null };

test("colours of the palette and others", () => {
  assert.equal(cssColour(0), "#1d1d1f");
  assert.equal(cssColour(15), "#a5d8ff");
  assert.equal(cssColour(16 + 0x00ff07), "#00ff07");
});

test("a line is cut into parts that stand at their parameters", () => {
  const [discs] = runs(LINE, 16);
  assert.equal(discs.x.length, 17);
  assert.deepEqual([discs.x[0], discs.x[8], discs.x[16]], [0, 40, 80]);
  assert.deepEqual([discs.t[0], discs.t[1], discs.t[16]], [0, 0.125, 2]);
  assert.ok(discs.r.every((r) => r === 1));
});

test("one point is a disc, and a radius is never too small to see", () => {
  const [discs] = runs({ scale: 8, x: [8], y: [16], pressure: [0] }, 1);
  assert.deepEqual([discs.x[0], discs.y[0], discs.r[0], discs.x.length], [1, 2, 0.3, 1]);
});

test("pressure makes ink wider", () => {
  const [discs] = runs({ ...LINE, pressure: [0, 2047, 4095] }, 80);
  assert.ok(Math.abs(discs.r[0] - 5 * 0.35) < 1e-12);
  assert.ok(Math.abs(discs.r[16] - 5) < 1e-12);
});

test("cuts leave runs that begin and end where the cut does", () => {
  const left = runs(LINE, 16, [10, 33, 100, 2048]);
  assert.deepEqual(left.map((discs) => [discs.t[0], discs.t[discs.t.length - 1]]), [[0, 10 / 1024], [33 / 1024, 100 / 1024]]);
  assert.deepEqual(runs(LINE, 16, [0, 16_000]), []);
  assert.deepEqual(visible([], 0), [[0, 0]]);
  assert.deepEqual(visible([0, 1], 0), []);
});

test("an outline is made of closed shapes that all turn the same way", () => {
  const path = tracePiece(new SvgPath(), runs(LINE, 16)).toString();
  assert.match(path, /^M[-0-9.]+ [-0-9.]+L.*Z$/);
  assert.equal(path.split("Z").length - 1, 16);
  assert.equal(tracePiece(new SvgPath(), runs({ scale: 1, x: [5], y: [5] }, 16)).toString(), "M6 5L6 5A1 1 0 0 1 4 5A1 1 0 0 1 6 5Z");
  assert.equal(tracePiece(new SvgPath(), runs({ scale: 1, x: [5, 5], y: [5, 5] }, 16)).toString().split("Z").length - 1, 1);
});

test("random strokes give finite ink inside their rect", () => {
  for (let seed = 1; seed <= 60; seed++) {
    for (const discs of runs(randomColumns(new Dice(seed)), 24, [3, 70])) {
      for (const column of [discs.x, discs.y, discs.r, discs.t]) assert.ok(column.every(Number.isFinite), `seed ${seed}`);
      const rect = geometry.discsRect(discs);
      assert.ok(geometry.contains(rect, { x0: discs.x[0], y0: discs.y[0], x1: discs.x[0], y1: discs.y[0] }));
    }
  }
});

test("transforms compose and have a way back", () => {
  const turn = [0, 1, -1, 0, 10, 20];
  const both = geometry.multiply(turn, geometry.translation(3, 4));
  const point = geometry.applied(both, 1, 2);
  assert.deepEqual(point, { x: 4, y: 24 });
  const back = geometry.applied(geometry.invert(both), point.x, point.y);
  assert.deepEqual([back.x, back.y], [1, 2]);
  assert.equal(geometry.invert([0, 0, 0, 0, 1, 1]), null);
  assert.deepEqual(geometry.asTransform(["x"]), geometry.IDENTITY);
  assert.deepEqual(geometry.transformedRect({ x0: 0, y0: 0, x1: 2, y1: 1 }, turn), { x0: 9, y0: 20, x1: 10, y1: 22 });
});

test("an eraser touches what its track crosses, width included", () => {
  const [discs] = runs(LINE, 16);
  assert.ok(geometry.touches(discs, 20, -5, 20, 5, 0));
  assert.ok(geometry.touches(discs, 20, 5.5, 20, 5.5, 5));
  assert.ok(!geometry.touches(discs, 20, 6.5, 20, 6.5, 5));
  assert.ok(!geometry.touches(discs, 90, 0, 95, 0, 5));
});

test("a cut takes what lies under the track, and no more", () => {
  const [discs] = runs(LINE, 16);
  // the ink is 2 px wide, so discs up to 11 px away touch an eraser of 10
  const [left, right] = runs(LINE, 16, geometry.cutUnder(discs, 20, -5, 20, 5, 10));
  assert.ok(left.x.at(-1) <= 9 && left.x.at(-1) > 8.9, `${left.x.at(-1)}`);
  assert.ok(right.x[0] >= 31 && right.x[0] < 31.1, `${right.x[0]}`);
  assert.deepEqual(geometry.cutUnder(discs, -50, 0, 200, 0, 3), [0, 2048]);
  assert.deepEqual(geometry.cutUnder(discs, 20, 30, 20, 40, 10), []);
  const [dot] = runs({ scale: 1, x: [5], y: [5] }, 16);
  assert.deepEqual(geometry.cutUnder(dot, 5, 6, 5, 6, 2), [0, 1]);
});

test("after a wipe no ink is left that the eraser touched, and none is gone that it did not touch", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed);
    const count = dice.whole(1, 30);
    const walk = () => {
      let at = 800;
      return Array.from({ length: count }, () => (at += dice.whole(-160, 160)));
    };
    const levels = Array.from({ length: count }, () => dice.whole(0, 4095));
    const stroke = { scale: 8, x: walk(), y: walk(), pressure: dice.whole(0, 1) ? levels : null };
    const width = dice.whole(1, 400);
    const track = [dice.whole(0, 200), dice.whole(0, 200), dice.whole(0, 200), dice.whole(0, 200)];
    const radius = dice.whole(1, 40);
    const [before] = runs(stroke, width);
    const cut = geometry.cutUnder(before, ...track, radius);
    const gap = (discs, i) => geometry.distanceToSegment(discs.x[i], discs.y[i], ...track) - discs.r[i] - radius;
    for (const run of runs(stroke, width, cut)) {
      for (let i = 0; i < run.x.length; i++) assert.ok(gap(run, i) > -0.75, `seed ${seed}: ${gap(run, i)} px left inside`);
    }
    for (let i = 0; i < before.x.length; i++) {
      const at = before.t[i] * 1024;
      const isCut = cut.some((start, n) => n % 2 === 0 && at > start + 1 && at < cut[n + 1] - 1);
      // straight parts stand for the curve, so a disc near the eraser may go with its neighbour
      if (isCut && count > 1) assert.ok(gap(before, i) < 0.75, `seed ${seed}: a disc ${gap(before, i)} px away is gone`);
    }
  }
});
