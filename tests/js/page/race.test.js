import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { HEAD_START_MS, race } from "../../../edgeboard/web/static/race.js";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

/** Ways that end when the test says so. */
function world(...ways) {
  const begun = new Map();
  const dropped = [];
  const abort = new AbortController();
  const open = (way, signal) =>
    new Promise((resolve, reject) => begun.set(way, { resolve: () => resolve(`link ${way}`), reject: () => reject(new Error(`no ${way}`)), signal }));
  const result = race(ways, open, (link) => dropped.push(link), abort.signal);
  result.catch(() => {});
  return { begun, dropped, abort, result };
}

test("the first way has a head start, and the first that succeeds is taken", async () => {
  const { begun, dropped, result } = world("a", "b", "c");
  assert.deepEqual([...begun.keys()], ["a"]);
  mock.timers.tick(HEAD_START_MS);
  mock.timers.tick(HEAD_START_MS);
  assert.deepEqual([...begun.keys()], ["a", "b", "c"]);
  begun.get("b").resolve();
  assert.deepEqual(await result, { way: "b", result: "link b" });
  assert.ok(begun.get("a").signal.aborted && begun.get("c").signal.aborted && !begun.get("b").signal.aborted);
  begun.get("a").resolve(); // too late
  begun.get("c").reject();
  await settle();
  assert.deepEqual(dropped, ["link a"]);
});

test("after a failure the next way begins at once", async () => {
  const { begun, result } = world("a", "b");
  begun.get("a").reject();
  await settle();
  assert.ok(begun.has("b"));
  begun.get("b").resolve();
  assert.equal((await result).way, "b");
});

test("when all have failed the first failure is told", async () => {
  const { begun, result } = world("a", "b");
  mock.timers.tick(HEAD_START_MS);
  begun.get("b").reject();
  begun.get("a").reject();
  await assert.rejects(result, /no a/);
});

test("giving up gives up every way and begins no other", async () => {
  const { begun, dropped, abort, result } = world("a", "b");
  abort.abort();
  await assert.rejects(result, /given up/);
  assert.ok(begun.get("a").signal.aborted);
  mock.timers.tick(HEAD_START_MS);
  assert.equal(begun.has("b"), false);
  begun.get("a").resolve();
  await settle();
  assert.deepEqual(dropped, ["link a"]);
});
