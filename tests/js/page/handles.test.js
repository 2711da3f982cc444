import assert from "node:assert/strict";
import { test } from "node:test";

import { IDENTITY, applied, multiply } from "../../../edgeboard/web/static/geometry.js";
import { ROTATE, cornersOf, handleAt, handlesOf, isInside, pullOf, rotation, rounded, scaling } from "../../../edgeboard/web/static/handles.js";
import { makeView, toScreen } from "../../../edgeboard/web/static/view.js";
import { Dice } from "../random.js";

const view = makeView(0, 0, 1);
const frame = { box: { x0: 100, y0: 200, x1: 300, y1: 300 }, transform: IDENTITY };
const near = (a, b, within = 1e-6) => assert.ok(Math.abs(a - b) <= within, `${a} is not ${b}`);

test("each handle is found where it is, and nothing far from all of them", () => {
  for (const zoom of [0.5, 1, 3]) {
    const near = makeView(40, 120, zoom);
    for (const { name, x, y } of handlesOf(frame, near)) assert.equal(handleAt(frame, near, x + 3, y - 2, 10), name);
  }
  assert.equal(handleAt(frame, view, 200, 250, 10), null);
  assert.equal(handleAt(frame, view, 500, 250, 10), null);
  assert.ok(isInside(frame, view, 200, 250) && !isInside(frame, view, 200, 320));
});

test("inside a small frame a press is meant for the frame, not for its corner", () => {
  const small = { box: { x0: 100, y0: 200, x1: 160, y1: 230 }, transform: IDENTITY };
  assert.equal(handleAt(small, view, 150, 215, 22), null);
  assert.equal(handleAt(small, view, 175, 240, 22), "se");
});

test("the handle that turns is below where other things cover what is above", () => {
  const upper = { box: { x0: 100, y0: 90, x1: 300, y1: 200 }, transform: IDENTITY };
  const turn = handlesOf(upper, view).find(({ name }) => name === ROTATE);
  assert.ok(turn.y > 200, `${turn.y}`);
});

test("a corner that is pulled keeps the ratio, and the opposite corner stays", () => {
  const delta = scaling(frame, "se", { x: 300, y: 300 }, { x: 500, y: 400 }, false);
  assert.deepEqual(rounded(delta), [2, 0, 0, 2, -100, -200]);
  assert.deepEqual(applied(delta, 100, 200), { x: 100, y: 200 });
  const free = scaling(frame, "nw", { x: 100, y: 200 }, { x: 200, y: 200 }, true);
  assert.deepEqual(rounded(free), [0.5, 0, 0, 1, 150, 0]);
});

test("no pull turns anything inside out or makes it vanish", () => {
  for (const name of ["nw", "ne", "se", "sw"]) {
    for (const isFree of [true, false]) {
      const [a, , , d] = scaling(frame, name, { x: 200, y: 250 }, { x: 200 + 9e5, y: 250 - 9e5 }, isFree);
      assert.ok(a > 0 && d > 0 && a <= 100 && d <= 100, `${name} ${a} ${d}`);
    }
  }
});

test("a turn goes around the middle, and Shift has it stand at multiples of 15 degrees", () => {
  const delta = rotation(frame, { x: 200, y: 150 }, { x: 300, y: 250 }, false);
  near(delta[0], 0);
  near(delta[1], 1);
  const middle = applied(delta, 200, 250);
  near(middle.x, 200);
  near(middle.y, 250);
  const [cos, sin] = rotation(frame, { x: 200, y: 150 }, { x: 222, y: 152 }, true);
  near(Math.atan2(sin, cos), Math.PI / 12);
  const turned = { ...frame, transform: [Math.cos(0.1), Math.sin(0.1), -Math.sin(0.1), Math.cos(0.1), 0, 0] };
  const snapped = multiply(rotation(turned, { x: 10, y: 10 }, { x: 11, y: 10 }, true), turned.transform);
  near(Math.atan2(snapped[1], snapped[0]), 0);
});

test("whatever the frame, a pulled corner follows the hand", () => {
  const dice = new Dice(5);
  for (let round = 0; round < 200; round++) {
    const turn = dice.next() * 6;
    const size = 0.3 + 2 * dice.next();
    const transform = [size * Math.cos(turn), size * Math.sin(turn), -size * Math.sin(turn), size * Math.cos(turn), dice.whole(-90, 90), 7];
    const own = { box: frame.box, transform };
    const [nw, , se] = cornersOf(own);
    const to = { x: se.x + (se.x - nw.x) * 0.4 * dice.next(), y: se.y + (se.y - nw.y) * 0.4 * dice.next() };
    const delta = scaling(own, "se", se, to, true);
    const after = applied(delta, se.x, se.y);
    near(after.x, to.x, 1e-4);
    near(after.y, to.y, 1e-4);
    const still = applied(delta, nw.x, nw.y);
    near(still.x, nw.x, 1e-4);
    near(still.y, nw.y, 1e-4);
  }
});

test("the mouse pointer shows which way a corner goes", () => {
  assert.deepEqual(["nw", "ne", "se", "sw"].map((name) => pullOf(frame, view, name)), ["nwse", "nesw", "nwse", "nesw"]);
  const quarter = { box: frame.box, transform: [0, 1, -1, 0, 0, 0] };
  assert.equal(pullOf(quarter, view, "nw"), "nesw");
  assert.deepEqual(toScreen(view, 1, 2), { x: 1, y: 2 });
});
