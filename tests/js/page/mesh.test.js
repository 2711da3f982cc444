import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, details, stateOf, stateWords } from "../../../edgeboard/web/static/mesh.js";

const board = {
  node: "6e".repeat(16), name: "hall", software: "edgeboard 1", urls: [], self: false, alive: true, behind: false,
  linked: true, suspect: false, round_trip_ms: 2.4, neighbours: [{}, {}],
};

test("the worst that is known of a board is said", () => {
  const states = [{}, { behind: true }, { behind: true, suspect: true }, { suspect: true, alive: false }];
  assert.deepEqual(states.map((each) => stateOf({ ...board, ...each })), ["well", "behind", "silent", "gone"]);
  assert.equal(stateWords({ ...board, self: true }), "this board");
  assert.equal(stateWords({ ...board, self: true, behind: true }), "catching up");
});

test("how a board is linked, and what runs there", () => {
  assert.equal(details(board), "edgeboard 1 · 2 links · answers within 2 ms");
  assert.equal(details({ ...board, neighbours: [{}], linked: false }), "edgeboard 1 · 1 link · reached through others");
  assert.equal(details({ ...board, alive: false, linked: false }), "edgeboard 1");
  assert.equal(details({ ...board, self: true, linked: false }), "edgeboard 1 · 2 links");
  assert.equal(details({ ...board, round_trip_ms: null, software: "" }), "2 links");
});

test("only an address of the web becomes a link", () => {
  assert.equal(addressOf(["javascript:alert(1)", "http://10.0.0.5:8787"]), "http://10.0.0.5:8787");
  assert.equal(addressOf(["data:text/html,x"]), null);
});
