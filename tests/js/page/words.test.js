import assert from "node:assert/strict";
import { test } from "node:test";

import { Phase } from "../../../edgeboard/web/static/connection.js";
import { Code } from "../../../edgeboard/web/static/wire.js";
import * as words from "../../../edgeboard/web/static/words.js";

const state = { phase: Phase.LIVE, carrier: "webrtc", isSuspect: false, waiting: 0 };

test("the badge says how things are in plain words", () => {
  const said = (changes) => {
    const { title, detail } = words.badge({ ...state, ...changes });
    return `${title}, ${detail}`;
  };
  assert.equal(said({}), "Live, over WebRTC");
  assert.equal(said({ carrier: "websocket" }), "Live, over WebSocket");
  assert.equal(said({ phase: Phase.CONNECTING }), "Connecting, looking for the board");
  assert.equal(said({ phase: Phase.OFFLINE }), "Offline, ink is kept here");
  assert.equal(said({ phase: Phase.OFFLINE, waiting: 1 }), "Offline, 1 stroke waiting, kept here");
  assert.equal(said({ roomState: "faulted" }), "Live, the board cannot save");
  assert.equal(said({ phase: Phase.OFFLINE, waiting: 1, isPersistent: false }), "Offline, leave this page open");
  assert.equal(said({ isPersistent: false }), "Live, this browser keeps no ink");
  assert.equal(said({ isSuspect: true, waiting: 3 }), "Unsteady, 3 strokes waiting");
});

test("every close code has words of its own", () => {
  const said = Object.values(Code).map((code) => words.ending({ code, text: "" }));
  assert.equal(new Set(said).size, said.length);
  assert.match(words.ending({ code: 99, text: "" }), /99/);
  assert.equal(words.ending(null), "");
});

test("every phase has a tone", () => {
  for (const phase of Object.values(Phase)) assert.match(words.badge({ ...state, phase }).tone, /good|busy|bad/);
});

test("room states are put in words, unknown ones shown as they are", () => {
  assert.match(words.roomWords("faulted"), /cannot save/);
  assert.equal(words.roomWords("dreaming"), "dreaming");
});

test("safety tells on how many devices ink is", () => {
  assert.match(words.safety({ unsent: 0, unsafe: 0 }), /safe/);
  assert.match(words.safety({ unsent: 0, unsafe: 2 }), /second/);
  assert.match(words.safety({ unsent: 1, unsafe: 2 }), /only on this device/);
});
