// What a screen is filled with covers the discs of a stroke and the tangents between them, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { coverRun } from "../../edgeboard/web/static/cover.js";
import { runs } from "../../edgeboard/web/static/ink.js";
import { Dice, randomColumns } from "./random.js";

const SLACK = 0.02; // px

/** Columns without the leap to the end of the world, which no float follows. */
function columnsOf(dice) {
  const columns = randomColumns(dice);
  const x = columns.x.map((value) => (Math.abs(value) > 2 ** 26 ? columns.x[0] : value));
  return { ...columns, x };
}

/** Takes the calls of a path, and knows what it fills. */
class Shapes {
  polygons = [];
  discs = [];

  moveTo(x, y) {
    this.polygons.push([[x, y]]);
  }

  lineTo(x, y) {
    this.polygons.at(-1).push([x, y]);
  }

  arc(x, y, r) {
    this.polygons.pop();
    this.discs.push([x, y, r]);
  }

  closePath() {}

  covers(x, y) {
    return (
      this.discs.some(([dx, dy, r]) => Math.hypot(x - dx, y - dy) <= r) ||
      this.polygons.reduce((sum, corners) => sum + winding(corners, x, y), 0) !== 0
    );
  }
}

/** How often a polygon goes round a point. */
function winding(corners, x, y) {
  let turns = 0;
  corners.forEach(([ax, ay], at) => {
    const [bx, by] = corners[(at + 1) % corners.length];
    const side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
    if (ay <= y && by > y && side > 0) turns += 1;
    if (ay > y && by <= y && side < 0) turns -= 1;
  });
  return turns;
}

/** How deep a point lies inside the union of a run's parts; below 0 outside. */
function depth({ x, y, r }, px, py) {
  let most = r[0] - Math.hypot(px - x[0], py - y[0]);
  for (let i = 0; i + 1 < x.length; i++) {
    // a part is the union of all discs between two; how deep a point lies in them has one summit
    const deep = (u) =>
      r[i] + u * (r[i + 1] - r[i]) - Math.hypot(px - x[i] - u * (x[i + 1] - x[i]), py - y[i] - u * (y[i + 1] - y[i]));
    let [low, high] = [0, 1];
    for (let j = 0; j < 40; j++) {
      const third = (high - low) / 3;
      if (deep(low + third) < deep(high - third)) low += third;
      else high -= third;
    }
    most = Math.max(most, deep((low + high) / 2), deep(0), deep(1));
  }
  return most;
}

test("whatever the stroke, what lies in its ink is filled and what lies beside it is not", () => {
  let inside = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const dice = new Dice(seed);
    const columns = columnsOf(dice);
    for (const each of Object.keys(columns)) if (columns[each]?.length) columns[each] = columns[each].slice(0, 12);
    for (const discs of runs(columns, dice.whole(8, 200))) {
      const shapes = new Shapes();
      coverRun(shapes, discs);
      for (let i = 0; i < 60; i++) {
        const at = dice.whole(0, discs.x.length - 1);
        const reach = 1.3 * discs.r[at];
        const [px, py] = [discs.x[at] + reach * (2 * dice.next() - 1), discs.y[at] + reach * (2 * dice.next() - 1)];
        const deep = depth(discs, px, py);
        if (Math.abs(deep) < SLACK) continue;
        assert.equal(shapes.covers(px, py), deep > 0, `seed ${seed}, (${px}, ${py}), ${deep} px inside`);
        if (deep > 0) inside += 1;
      }
    }
  }
  assert.ok(inside > 300);
});

test("all shapes turn the same way, so none takes from another", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const shapes = new Shapes();
    for (const discs of runs(columnsOf(new Dice(seed)), 64)) coverRun(shapes, discs);
    for (const corners of shapes.polygons) {
      const area = corners.reduce((sum, [x, y], at) => {
        const [nextX, nextY] = corners[(at + 1) % corners.length];
        return sum + x * nextY - nextX * y;
      }, 0);
      assert.ok(area >= -1e-3, `seed ${seed}: ${area}`);
    }
  }
});

test("one point is one disc", () => {
  const shapes = new Shapes();
  for (const discs of runs({ scale: 1, x: [5], y: [5], pressure: null }, 16)) coverRun(shapes, discs);
  assert.deepEqual([shapes.discs.length, shapes.polygons.length], [1, 0]);
});
