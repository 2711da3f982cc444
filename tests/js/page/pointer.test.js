import assert from "node:assert/strict";
import { test } from "node:test";

import { PointerInput, PressureSense, coalesced } from "../../../edgeboard/web/static/pointer.js";

/** An element that hears what the test says, and a hand that remembers what came of it. */
class Paper {
  listeners = new Map();
  said = [];
  accepts = true;

  constructor() {
    const note = (name) => (...values) => {
      this.said.push([name, ...values]);
      return this.accepts;
    };
    const names = ["begin", "move", "end", "cancel", "pan", "zoom", "hover", "grip"];
    this.input = new PointerInput(this, Object.fromEntries(names.map((name) => [name, note(name)])));
  }

  addEventListener(type, handle) {
    this.listeners.set(type, handle);
  }

  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }

  setPointerCapture() {}
  focus() {}

  fire(type, fields) {
    this.listeners.get(type)({
      preventDefault() {},
      pointerType: "mouse",
      pointerId: 1,
      button: 0,
      buttons: 1,
      pressure: 0.5,
      clientX: 0,
      clientY: 0,
      timeStamp: 0,
      ...fields,
    });
    return this;
  }

  down(fields) {
    return this.fire("pointerdown", fields);
  }

  move(fields) {
    return this.fire("pointermove", fields);
  }

  up(fields) {
    return this.fire("pointerup", fields);
  }

  names() {
    return this.said.map(([name]) => name).filter((name) => name !== "hover");
  }

  of(name) {
    return this.said.filter(([each]) => each === name);
  }
}

const touch = (pointerId, clientX, clientY, timeStamp = 0) => ({ pointerType: "touch", pointerId, clientX, clientY, timeStamp });

test("a mouse draws without pressure", () => {
  const paper = new Paper().down({ clientX: 3 }).move({ clientX: 5 }).up({ clientX: 6 });
  assert.deepEqual(paper.names(), ["begin", "move", "move", "end"]);
  const [, sample, how] = paper.said[0];
  assert.equal(sample.pressure, null);
  assert.deepEqual(how, { type: "mouse", isEraser: false, hasPressure: false });
});

test("a pen draws with pressure, and its lifting weighs what it weighed last", () => {
  const pen = { pointerType: "pen" };
  const paper = new Paper().down({ ...pen, pressure: 0.31 }).move({ ...pen, pressure: 0.62 }).up({ ...pen, pressure: 0 });
  assert.equal(paper.said[0][2].hasPressure, true);
  assert.deepEqual(paper.of("move").flatMap(([, samples]) => samples.map(({ pressure }) => pressure)), [0.62, 0.62]);
});

test("a pen that always says one half has no pressure", () => {
  const paper = new Paper().down({ pointerType: "pen", pressure: 0.5 });
  assert.equal(paper.said[0][2].hasPressure, false);
});

test("a finger's pressure is believed after it has varied", () => {
  const sense = new PressureSense();
  for (const level of [0, 1, 0.5, 0.3, 0.31]) sense.feel("touch", level);
  assert.equal(sense.isReal("touch"), false);
  for (const level of [0.32, 0.33]) sense.feel("touch", level);
  assert.equal(sense.isReal("touch"), true);
  assert.equal(sense.isReal("mouse"), false);
});

test("the other end of a pen erases", () => {
  const paper = new Paper().down({ pointerType: "pen", button: 5, buttons: 32, pressure: 0.2 });
  assert.equal(paper.said[0][2].isEraser, true);
});

test("moves that came together are all drawn, where the browser tells", () => {
  const parts = [{ clientX: 1 }, { clientX: 2 }].map((part) => ({ pressure: 0.5, clientY: 0, timeStamp: 0, ...part }));
  const paper = new Paper().down({}).move({ clientX: 2, getCoalescedEvents: () => parts });
  assert.deepEqual(paper.of("move")[0][1].map(({ x }) => x), [1, 2]);
  const alone = { clientX: 9 };
  assert.deepEqual(coalesced(alone), [alone]);
  assert.deepEqual(coalesced({ ...alone, getCoalescedEvents: () => [] }).length, 1);
});

test("a second finger soon after the first makes a pinch of it", () => {
  const paper = new Paper()
    .down(touch(1, 100, 100))
    .move(touch(1, 104, 100, 40))
    .down(touch(2, 200, 100, 100))
    .move(touch(2, 300, 100, 120));
  assert.deepEqual(paper.names(), ["begin", "move", "cancel", "grip", "pan", "zoom"]);
  assert.ok(paper.of("zoom")[0][1] > 1.9);
});

test("a second finger late or far is no pinch", () => {
  const late = new Paper().down(touch(1, 100, 100)).move(touch(1, 110, 100, 40)).down(touch(2, 200, 100, 900));
  assert.deepEqual(late.names(), ["begin", "move"]);
  const far = new Paper().down(touch(1, 100, 100)).move(touch(1, 180, 100, 40)).down(touch(2, 200, 100, 90));
  assert.deepEqual(far.names(), ["begin", "move"]);
});

test("after a pinch the finger that stays moves the paper and draws nothing", () => {
  const paper = new Paper()
    .down(touch(1, 100, 100))
    .down(touch(2, 200, 100, 10))
    .up(touch(2, 200, 100, 50))
    .move(touch(1, 120, 100, 60))
    .up(touch(1, 120, 100, 80));
  assert.deepEqual(paper.names(), ["begin", "cancel", "grip", "pan", "grip"]);
  paper.down(touch(3, 5, 5, 400));
  assert.equal(paper.names().at(-1), "begin");
});

test("where a pen is, a palm is a palm and a finger moves the paper", () => {
  const pen = { pointerType: "pen", pointerId: 9, pressure: 0.4 };
  const paper = new Paper().down(pen).down(touch(1, 100, 100)).move(touch(1, 150, 100, 10)).up(touch(1, 150, 100, 20));
  assert.deepEqual(paper.names(), ["begin"]);
  paper.up(pen).down(touch(2, 100, 100, 900)).move(touch(2, 130, 100, 910));
  assert.deepEqual(paper.names().slice(-2), ["grip", "pan"]);
  paper.up(touch(2, 130, 100, 950));
  paper.input.fingersDraw = true;
  paper.down(touch(3, 100, 100, 1900));
  assert.equal(paper.names().at(-1), "begin");
});

test("a pen that comes down on a finger's stroke takes over", () => {
  const paper = new Paper().down(touch(1, 100, 100)).down({ pointerType: "pen", pointerId: 9, pressure: 0.4 });
  assert.deepEqual(paper.names(), ["begin", "cancel", "begin"]);
});

test("a pointer that the system takes away keeps what it drew", () => {
  const paper = new Paper().down(touch(1, 1, 1)).move(touch(1, 50, 50, 10)).fire("pointercancel", touch(1, 50, 50, 20));
  assert.deepEqual(paper.names(), ["begin", "move", "end"]);
});

test("hand, middle button and space bar move the paper", () => {
  const hand = new Paper();
  hand.input.isHand = true;
  hand.down({}).move({ clientX: 7 }).up({});
  assert.deepEqual(hand.names(), ["grip", "pan", "grip"]);
  assert.deepEqual(new Paper().down({ button: 1 }).move({ clientX: 7 }).names(), ["grip", "pan"]);
});

test("the wheel magnifies, a trackpad moves, with Ctrl both magnify", () => {
  const wheel = (fields) => new Paper().fire("wheel", { deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, ...fields });
  assert.ok(wheel({ deltaY: -120 }).of("zoom")[0][1] > 1);
  assert.ok(wheel({ deltaY: 3, deltaMode: 1 }).of("zoom")[0][1] < 1);
  assert.deepEqual(wheel({ deltaX: 3, deltaY: 4 }).said[0], ["pan", -3, -4]);
  assert.ok(wheel({ deltaY: -4, ctrlKey: true }).of("zoom")[0][1] > 1);
  assert.deepEqual(wheel({ deltaY: 120, shiftKey: true }).said[0], ["pan", -120, 0]);
});

test("a stroke that is not accepted is not followed", () => {
  const paper = new Paper();
  paper.accepts = false;
  paper.down({}).move({ clientX: 5 }).up({});
  assert.deepEqual(paper.names(), ["begin"]);
});
