import assert from "node:assert/strict";
import { test } from "node:test";

import * as view from "../../../edgeboard/web/static/view.js";

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("a screen point goes to the canvas and back", () => {
  const there = view.makeView(120, -40, 2.5);
  const canvas = view.toCanvas(there, 33, 77);
  const back = view.toScreen(there, canvas.x, canvas.y);
  close(back.x, 33);
  close(back.y, 77);
});

test("zooming keeps the point under the pointer", () => {
  const before = view.makeView(10, 20, 1);
  const after = view.zoomed(before, 3, 400, 300);
  const a = view.toCanvas(before, 400, 300);
  const b = view.toCanvas(after, 400, 300);
  close(a.x, b.x);
  close(a.y, b.y);
  assert.equal(after.zoom, 3);
});

test("zooming beyond a limit neither moves nor magnifies", () => {
  const most = view.makeView(5, 6, view.ZOOM_MAX);
  assert.deepEqual(view.zoomed(most, 2, 100, 100), most);
});

test("a view never leaves what the steps of a stroke can hold", () => {
  assert.equal(view.makeView(1e12, 0, 1).x, view.REACH);
  assert.deepEqual({ ...view.makeView(NaN, NaN, NaN) }, { x: 0, y: 0, zoom: 1 });
  for (const zoom of [view.ZOOM_MIN, 1, 7, view.ZOOM_MAX]) {
    assert.ok(view.REACH * view.scaleFor(zoom) < 2 ** 28, `zoom ${zoom}`);
  }
});

test("one step is at most an eighth of a screen px at every zoom", () => {
  for (const zoom of [0.05, 0.5, 1, 1.01, 2, 3, 16, 31, 32]) assert.ok(zoom / view.scaleFor(zoom) <= 1 / 8, `${zoom}`);
  assert.equal(view.scaleFor(1), 8);
});

test("fit shows the whole box between the margins", () => {
  const box = { x0: -500, y0: 100, x1: 1500, y1: 700 };
  const margin = { top: 60, right: 20, bottom: 90, left: 20 };
  const fit = view.fitted(box, 800, 480, margin);
  const a = view.toScreen(fit, box.x0, box.y0);
  const b = view.toScreen(fit, box.x1, box.y1);
  assert.ok(a.x >= 20 - 1e-9 && a.y >= 60 - 1e-9 && b.x <= 780 + 1e-9 && b.y <= 390 + 1e-9);
});

test("fit does not blow up a dot", () => {
  const fit = view.fitted({ x0: 3, y0: 3, x1: 3, y1: 3 }, 800, 480, { top: 0, right: 0, bottom: 0, left: 0 });
  assert.ok(fit.zoom <= 2);
});
