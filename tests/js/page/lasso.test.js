import assert from "node:assert/strict";
import { test } from "node:test";

import { Lasso } from "../../../edgeboard/web/static/lasso.js";
import { Selection } from "../../../edgeboard/web/static/selection.js";
import { transformedRect } from "../../../edgeboard/web/static/geometry.js";
import { Dice } from "../random.js";

/** A line around these places. */
function around(...places) {
  const lasso = new Lasso(1);
  for (const [x, y] of places) lasso.add(x, y);
  return lasso;
}

const square = around([0, 0], [100, 0], [100, 100], [0, 100]);
const boxed = (x0, y0, x1, y1) => ({ id: `${x0}`, box: { x0, y0, x1, y1 } });
const ink = (x, y) => ({ box: { x0: Math.min(...x), y0: Math.min(...y), x1: Math.max(...x), y1: Math.max(...y) }, runs: () => [{ x, y }] });

test("what lies inside by more than half is told from what does not", () => {
  assert.equal(square.share(boxed(10, 10, 20, 20)), 1);
  assert.equal(square.share(boxed(200, 10, 220, 20)), 0);
  assert.ok(square.share(boxed(80, 10, 110, 20)) > 0.5);
  assert.ok(square.share(boxed(95, 10, 130, 20)) < 0.5);
});

test("ink counts by its length, not by how many points it was recorded with", () => {
  const many = Array.from({ length: 50 }, (_, at) => 90 + at * 0.1); // inside, and short
  assert.ok(square.share(ink([...many, 300], [...many.map(() => 50), 50])) < 0.5);
  assert.ok(square.share(ink([-10, 90], [50, 50])) > 0.5);
  assert.equal(square.share(ink([50], [50])), 1, "a dot");
});

test("a picture is looked at through its transform", () => {
  const inner = boxed(0, 0, 10, 10);
  const transform = [1, 0, 0, 1, 500, 0];
  const moved = { box: transformedRect(inner.box, transform), transform, inner };
  assert.equal(square.share(moved), 0);
  assert.equal(around([490, -10], [520, -10], [520, 20], [490, 20]).share(moved), 1);
});

test("a line may be hollow, cross itself, and be as long as it likes", () => {
  const hollow = around([0, 0], [100, 0], [100, 100], [80, 100], [80, 20], [20, 20], [20, 100], [0, 100]);
  assert.equal(hollow.share(boxed(40, 50, 60, 70)), 0);
  assert.equal(hollow.share(boxed(2, 50, 18, 70)), 1);
  const long = new Lasso(0.5);
  for (let i = 0; i < 20_000; i++) long.add(50 + 50 * Math.cos(i / 3183), 50 + 50 * Math.sin(i / 3183));
  assert.equal(long.share(boxed(40, 40, 60, 60)), 1);
  assert.equal(new Lasso(1).picture(1), null);
});

test("a path that is nearly straight is a box between its ends, whichever way it goes, and one that bends is a lasso", () => {
  const arc = Array.from({ length: 40 }, (_, at) => [300 * Math.sin((at / 39) * 1.2), 300 - 300 * Math.cos((at / 39) * 1.2)]);
  for (const path of [[[0, 0], [200, 150]], [[200, 150], [0, 0]], [[0, 150], [90, 60], [200, 0]], arc]) {
    const line = around(...path);
    assert.ok(line.isBox, String(path));
    assert.equal(line.share(boxed(60, 40, 100, 80)), 1);
    assert.equal(line.share(boxed(-60, 40, -10, 80)), 0);
  }
  const back = around([0, 0], [300, 220], [200, 150]);
  assert.equal(back.share(boxed(220, 170, 280, 210)), 0, "the end counts, not how far the path has been");
  const bent = around([0, 0], [200, 0], [200, 150], [100, 150]);
  assert.ok(!bent.isBox);
  assert.ok(bent.share(boxed(0, 100, 40, 150)) < 0.5, "outside of the line");
});

/** A selection over pictures that can be changed. */
function selecting(pictures, fixed = new Set()) {
  const heard = { changes: 0 };
  const selection = new Selection({ picture: (id) => pictures.get(id), isFixed: (id) => fixed.has(id) });
  selection.onChange = () => (heard.changes += 1);
  return { selection, heard };
}

test("a selection has a frame around all of it, and that of a single item is its own", () => {
  const turned = { id: "t", box: boxed(0, 0, 10, 10).box, transform: [0, 1, -1, 0, 50, 0], inner: boxed(0, 0, 20, 10) };
  const pictures = new Map([["a", boxed(0, 0, 10, 10)], ["b", boxed(40, 30, 60, 50)], ["t", turned]]);
  const { selection } = selecting(pictures);
  assert.equal(selection.frame, null);
  selection.replace(["a", "b"]);
  assert.deepEqual(selection.box, { x0: 0, y0: 0, x1: 60, y1: 50 });
  assert.equal(selection.boxes.length, 2);
  selection.replace(["t"]);
  assert.deepEqual(selection.frame, { box: { x0: 0, y0: 0, x1: 20, y1: 10 }, transform: turned.transform });
  selection.delta = [1, 0, 0, 1, 5, 0];
  assert.equal(selection.frame.transform[4], 55);
  assert.equal(selection.rest.transform[4], 50);
});

test("what dies or goes out of sight leaves a selection, what changes stays", () => {
  const pictures = new Map([["a", boxed(0, 0, 10, 10)], ["b", boxed(40, 30, 60, 50)]]);
  const { selection, heard } = selecting(pictures);
  selection.replace(["a", "b"]);
  pictures.set("b", boxed(40, 30, 90, 90));
  selection.changed(["b", "c"]);
  assert.deepEqual([[...selection.ids], heard.changes], [["a", "b"], 1]);
  assert.equal(selection.box.x1, 90);
  pictures.delete("a");
  selection.changed(["a"]);
  assert.deepEqual([[...selection.ids], heard.changes], [["b"], 2]);
  assert.equal(selection.clear(), true);
  assert.equal(selection.clear(), false);
});

test("one locked item makes a selection one that is left alone", () => {
  const { selection } = selecting(new Map([["a", boxed(0, 0, 1, 1)]]), new Set(["a"]));
  selection.toggle("a");
  assert.ok(selection.isFixed);
  selection.toggle("a");
  assert.ok(!selection.isFixed && selection.size === 0);
});

test("a lasso around things takes them wherever it begins and whichever way it goes", () => {
  const dice = new Dice(9);
  for (let round = 0; round < 100; round++) {
    const [x, y] = [dice.whole(-500, 500), dice.whole(-500, 500)];
    const turns = Array.from({ length: 24 }, (_, at) => ((at / 24) * 2 * Math.PI + dice.next() * 0.2) * (round % 2 ? 1 : -1));
    const lasso = around(...turns.map((turn) => [x + 60 * Math.cos(turn), y + 60 * Math.sin(turn)]));
    assert.ok(lasso.share(boxed(x - 20, y - 20, x + 20, y + 20)) > 0.9);
    assert.ok(lasso.share(boxed(x + 70, y - 20, x + 110, y + 20)) < 0.1);
  }
});
