import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { add, alive } from "../../../edgeboard/web/static/bodies.js";
import { Document } from "../../../edgeboard/web/static/canvas.js";
import { encodeStroke } from "../../../edgeboard/web/static/codec.js";
import { ItemType, Maker } from "../../../edgeboard/web/static/ops.js";
import { Outbox } from "../../../edgeboard/web/static/outbox.js";
import { AGAIN_AFTER_MS, Refusals, isPassing, itemOf, whatOf } from "../../../edgeboard/web/static/refusals.js";
import { Code } from "../../../edgeboard/web/static/wire.js";

const room = "72".repeat(16);
const payload = encodeStroke({ tool: 0, colour: 0, width: 8, columns: { scale: 8, x: [0], y: [0] } });

function scene() {
  const document = new Document();
  const maker = new Maker();
  const make = (body, options) => {
    const op = maker.make(body, document.lamport + 1, options);
    document.apply(op);
    return op;
  };
  const outbox = new Outbox(Promise.resolve(null));
  const submitted = [];
  return { document, make, outbox, submitted, refusals: new Refusals(outbox, (list) => submitted.push(...list)) };
}

test("a refused op is named by what it was to its maker", () => {
  const { make, document } = scene();
  const stroke = make(add({ type: ItemType.STROKE, payload }));
  const wipe = make(alive(stroke.id, false));
  const undo = make(alive(stroke.id, true), { undo: 1 });
  assert.deepEqual([stroke, wipe, undo].map(whatOf), ["Stroke", "Wipe of the eraser", "Undo"]);
  assert.deepEqual([stroke, wipe, undo].map((op) => itemOf(document, op)), [stroke.id, stroke.id, stroke.id]);
});

test("what a damaged store gives back breaks nothing", () => {
  const { document } = scene();
  assert.equal(whatOf({ origin: "0a".repeat(8), tail: new Uint8Array(0) }), "Change");
  assert.equal(itemOf(document, { id: `${"0a".repeat(8)}:1` }), null);
});

test("what is refused for a reason that passes goes again by itself, the rest waits", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { make, outbox, submitted, refusals } = scene();
  const [first, second] = [make(add({ type: ItemType.STROKE, payload })), make(add({ type: ItemType.STROKE, payload }))];
  outbox.put([first, second], room);
  refusals.take({ origin: first.origin, counter: first.counter, code: Code.RATE, text: "" });
  refusals.take({ origin: second.origin, counter: second.counter, code: Code.FORBIDDEN, text: "" });
  assert.equal(refusals.take({ origin: "0a".repeat(8), counter: 9, code: Code.RATE, text: "" }), null);
  mock.timers.tick(AGAIN_AFTER_MS);
  assert.deepEqual(submitted.map(({ counter }) => counter), [first.counter]);
  refusals.retry();
  assert.deepEqual(submitted.map(({ counter }) => counter), [first.counter, second.counter]);
  mock.timers.reset();
});

test("a new link takes them along at once", () => {
  const { make, outbox, refusals } = scene();
  const op = make(add({ type: ItemType.STROKE, payload }));
  outbox.put([op], room);
  refusals.take({ origin: op.origin, counter: op.counter, code: Code.STORE_FULL, text: "" });
  assert.equal(outbox.toSubmit(room).length, 0);
  refusals.relent();
  assert.equal(outbox.toSubmit(room).length, 1);
  assert.deepEqual([Code.RATE, Code.STORE_FULL, Code.FORBIDDEN, Code.LIMIT].map(isPassing), [true, true, false, false]);
});
