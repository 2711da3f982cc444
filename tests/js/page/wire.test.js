import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, toHex } from "../../../edgeboard/web/static/ids.js";
import { DecodeError, LimitError } from "../../../edgeboard/web/static/varints.js";
import { LIVE_MAX } from "../../../edgeboard/web/static/frames.js";
import * as wire from "../../../edgeboard/web/static/wire.js";
import { Dice } from "../random.js";

const { Channel } = wire;
const room = "72".repeat(16);
const person = "70".repeat(16);
const origin = "6f".repeat(8);
const node = "6e".repeat(16);
const text = (bytes) => new TextEncoder().encode(bytes);

// What Python's edgeboard.wire.messages makes of the same values.
const GOLDEN = [
  ["close", Channel.CTL, { code: 5, text: "old" }, "930305a36f6c64"],
  [
    "ping",
    Channel.CTL,
    { sequence: 7, digests: new Map([[room, text("d".repeat(8))]]) },
    "93040781c41072727272727272727272727272727272c4086464646464646464",
    "read only: a guest sends none",
  ],
  ["pong", Channel.CTL, { sequence: 7 }, "920507"],
  ["join", Channel.CTL, { room: "", name: "lobby", vector: Uint8Array.of(0), handle: 1 }, "9506c400a56c6f626279c4010001"],
  ["credit", Channel.CTL, { processed: 70000 }, "920ace00011170"],
  [
    "guest",
    Channel.CTL,
    { version: 1, person, origin, name: "Ada", colour: 9, capabilities: new Map() },
    "970d01c41070707070707070707070707070707070c4086f6f6f6f6f6f6f6fa34164610980",
  ],
  [
    "welcome",
    Channel.CTL,
    { version: 1, node, name: "Küche", limits: new Map([["gather_ms", 33]]), software: "edgeboard 0.1" },
    "960e01c4106e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6ea64bc3bc63686581a96761746865725f6d7321ad65646765626f61726420302e31",
  ],
  [
    "receipt",
    Channel.CTL,
    { room, level: 2, origin, counters: [1, 5, 9, 9] },
    "950fc4107272727272727272727272727272727202c4086f6f6f6f6f6f6f6f9401050909",
  ],
  ["caughtUp", Channel.CTL, { room, vector: Uint8Array.of(0) }, "9310c41072727272727272727272727272727272c40100"],
  [
    "presence",
    Channel.CTL,
    { room, node, people: [{ person, origin, name: "Ada", colour: 9 }] },
    "9411c41072727272727272727272727272727272c4106e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e9194c410" +
      "70707070707070707070707070707070c4086f6f6f6f6f6f6f6fa341646109",
  ],
  [
    "refused",
    Channel.CTL,
    { room, origin, counter: 3, code: 15, text: "no" },
    "9612c41072727272727272727272727272727272c4086f6f6f6f6f6f6f6f030fa26e6f",
  ],
  ["notice", Channel.CTL, { level: 1, text: "hi" }, "931301a26869"],
  [
    "room",
    Channel.CTL,
    { room, name: "lobby", state: "active" },
    "9414c41072727272727272727272727272727272a56c6f626279a6616374697665",
  ],
  ["batch", Channel.LOG, { room, batch: text("xyz") }, "9320c41072727272727272727272727272727272c40378797a"],
  [
    "submit",
    Channel.LOG,
    { room, origin, tails: [text("ab"), text("c")] },
    "9421c41072727272727272727272727272727272c4086f6f6f6f6f6f6f6f92c4026162c40163",
  ],
  ["fragment", Channel.LOG, { id: 4, index: 0, total: 2, data: text("zz") }, "9522040002c4027a7a"],
  [
    "want",
    Channel.CTL,
    { room, ranges: [{ tag: "74".repeat(8), first: 1, end: 5 }] },
    "9309c410727272727272727272727272727272729193c40874747474747474740105",
  ],
  [
    "blobWant",
    Channel.CTL,
    { content: "68".repeat(32), offset: 16_384, length: 16_384 },
    `9415c420${"68".repeat(32)}cd4000cd4000`,
  ],
  [
    "blobChunk",
    Channel.CTL,
    { content: "68".repeat(32), offset: 16_384, total: 100_000, data: text("zz") },
    `9516c420${"68".repeat(32)}cd4000ce000186a0c4027a7a`,
  ],
  [
    "blobHave",
    Channel.CTL,
    { held: [{ content: "68".repeat(32), size: 100_000, level: 2 }, { content: "69".repeat(32), size: 7, level: 0 }] },
    `92179293c420${"68".repeat(32)}ce000186a00293c420${"69".repeat(32)}0700`,
  ],
  ["blobLack", Channel.CTL, { content: "68".repeat(32), code: 15, text: "no" }, `9418c420${"68".repeat(32)}0fa26e6f`],
  ["live", Channel.LIVE, { handle: 1, items: [{ kind: 4, hops: 2, body: text("oooooooo\u0001") }] }, "01246f6f6f6f6f6f6f6f01"],
];

for (const [kind, channel, fields, bytes, readOnly] of GOLDEN) {
  test(`${kind} is what Python makes of it`, () => {
    if (readOnly === undefined) assert.equal(toHex(wire.encode(kind, fields)), bytes);
    assert.deepEqual(wire.decode(channel, fromHex(bytes)), { kind, ...fields });
  });
}

test("the unknown tail of a message is skipped, an unknown number reads as null", () => {
  assert.deepEqual(wire.decode(Channel.CTL, fromHex("930507a0")), { kind: "pong", sequence: 7 });
  assert.equal(wire.decode(Channel.CTL, fromHex("91cc63")), null);
});

test("a message belongs to its channel", () => {
  assert.equal(wire.decode(Channel.LOG, fromHex("920507")), null);
  assert.equal(wire.decode(9, fromHex("920507")), null);
});

const BROKEN = {
  "nothing at all": "",
  "not an array": "05",
  "an empty array": "90",
  "a number that is text": "91a135",
  "fields are missing": "9105",
  "a negative number": "9205ff",
  "a fraction": "9205cb3ff8000000000000",
  "true for a number": "9205c3",
  "more bytes than the message": "92050700",
  "cut short": "9205",
  "an array that claims four billion": "ddffffffff05",
  "an array of arrays that all claim the rest": `${"dc0040".repeat(70)}`,
  "a map with __proto__ for a key": "970d01c41070707070707070707070707070707070c4086f6f6f6f6f6f6f6fa34164610981a95f5f70726f746f5f5f01",
  "an array for a map": "970d01c41070707070707070707070707070707070c4086f6f6f6f6f6f6f6fa34164610990",
  "text for an id": "9207a3616263",
  "a room id of 15 bytes": "9207c40f727272727272727272727272727272",
  "one counter without its pair": "950fc4107272727272727272727272727272727202c4086f6f6f6f6f6f6f6f9101",
};

for (const [what, bytes] of Object.entries(BROKEN)) {
  test(`${what} is a DecodeError`, () => {
    assert.throws(() => wire.decode(Channel.CTL, fromHex(bytes)), DecodeError);
  });
}

test("limits are looked at", () => {
  const long = (fields) => () => wire.decode(Channel.CTL, wire.encode("notice", { level: 0, ...fields }));
  assert.throws(long({ text: "x".repeat(401) }), LimitError);
  assert.equal(long({ text: "🖊".repeat(400) })().text.length, 800);
  assert.throws(() => wire.decode(Channel.CTL, new Uint8Array(wire.MESSAGE_MAX + 1)), LimitError);
  assert.throws(() => wire.decode(Channel.LIVE, new Uint8Array(LIVE_MAX + 1)), LimitError);
  const people = Array(513).fill({ person, origin, name: "", colour: 0 });
  assert.throws(() => wire.decode(Channel.CTL, wire.encode("presence", { room, node, people })), LimitError);
});

test("random changes to good messages throw DecodeError or nothing", () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const dice = new Dice(seed);
    const [, channel, , hex] = GOLDEN[dice.whole(0, GOLDEN.length - 1)];
    const bytes = fromHex(hex);
    for (let i = dice.whole(0, 3); i >= 0; i--) bytes[dice.whole(0, bytes.length - 1)] = dice.whole(0, 255);
    try {
      wire.decode(channel, bytes.subarray(0, dice.whole(0, bytes.length)));
    } catch (error) {
      assert.ok(error instanceof DecodeError, `seed ${seed}: ${error.stack}`);
    }
  }
});

test("a large message travels in fragments and comes out whole", () => {
  const message = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
  const parts = wire.split(message, 7);
  assert.ok(parts.length > 10 && parts.every((part) => part.length <= wire.MESSAGE_MAX));
  const joiner = new wire.Joiner();
  const out = parts.map((part) => joiner.add(wire.decode(Channel.LOG, part)));
  assert.deepEqual(out.slice(0, -1), Array(parts.length - 1).fill(null));
  assert.deepEqual(out.at(-1), message);
  assert.deepEqual(wire.split(message.subarray(0, 1000), 8), [message.subarray(0, 1000)]);
});

test("fragments out of order, or too many, are refused", () => {
  const data = new Uint8Array(10);
  const joiner = new wire.Joiner();
  assert.throws(() => joiner.add({ id: 1, index: 1, total: 3, data }), DecodeError);
  joiner.add({ id: 1, index: 0, total: 3, data });
  assert.throws(() => joiner.add({ id: 2, index: 1, total: 3, data }), DecodeError);
  const large = new wire.Joiner();
  const piece = new Uint8Array(60_000);
  assert.throws(() => {
    for (let index = 0; index < 100; index++) large.add({ id: 1, index, total: 100, data: piece });
  }, LimitError);
});

test("runs of counters are found in whatever order they come", () => {
  const isMeant = wire.isWithin([7, 9, 1, 3, 20, 20]);
  const meant = Array.from({ length: 22 }, (_, counter) => counter).filter(isMeant);
  assert.deepEqual(meant, [1, 2, 3, 7, 8, 9, 20]);
  assert.equal(wire.isWithin([])(1), false);
});

test("room names are those of the contract", () => {
  for (const name of ["a", "Lobby-1_x.y", "x".repeat(64), "数学", "café"]) assert.ok(wire.isRoomName(name), name);
  for (const name of ["", "x".repeat(65), "a b", "cafe\u0301", "a/b", ".", "..", "😀"]) assert.ok(!wire.isRoomName(name), name);
});
