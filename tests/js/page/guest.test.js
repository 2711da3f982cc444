import assert from "node:assert/strict";
import { test } from "node:test";

import * as guest from "../../../edgeboard/web/static/guest.js";
import { CREDIT_WINDOW, Channel, Code, decode, encode, split } from "../../../edgeboard/web/static/wire.js";
import { fromHex } from "../../../edgeboard/web/static/ids.js";
import { Dice } from "../random.js";

const room = "72".repeat(16);
const node = "6e".repeat(16);
const me = { person: "70".repeat(16), origin: "6f".repeat(8), name: "Ada", colour: 9 };

/** A session and the host it talks to. */
class Pair {
  constructor() {
    this.now = 1000;
    this.session = new guest.GuestSession(me, "lobby", () => Uint8Array.of(0));
    this.heard = []; // by the page
    this.said = []; // to the host
    this.session.open(this.now);
    this.drain();
  }

  drain() {
    for (const output of this.session.drain()) {
      if (output.type === "send") this.said.push(decode(output.channel, output.data));
      else this.heard.push(output);
    }
    return this;
  }

  say(kind, fields, channel = Channel.CTL) {
    return this.raw(channel, encode(kind, fields));
  }

  raw(channel, bytes) {
    this.session.receive(channel, bytes, this.now);
    return this.drain();
  }

  join() {
    this.say("welcome", { version: 1, node, name: "Kitchen", limits: new Map(), software: "1" });
    this.say("room", { room, name: "lobby", state: "active" });
    return this.say("join", { room, name: "lobby", vector: Uint8Array.of(0), handle: 7 });
  }

  live() {
    return this.join().say("caughtUp", { room, vector: Uint8Array.of(0) });
  }

  wait(ms) {
    for (const end = this.now + ms; this.now < end && this.session.nextTimer() !== null; ) {
      this.now = Math.min(end, this.session.nextTimer());
      this.session.onTimer(this.now);
      this.drain();
    }
    return this;
  }

  kinds() {
    return this.said.map(({ kind }) => kind);
  }

  types() {
    return this.heard.map(({ type }) => type);
  }
}

const op = (counter, size = 3, origin = me.origin) => ({ origin, counter, tail: new Uint8Array(size).fill(counter) });

test("a session greets, joins without an id, and is live when the backlog has come", () => {
  const pair = new Pair();
  assert.deepEqual(pair.kinds(), ["guest", "join"]);
  assert.equal(pair.said[1].room, "");
  pair.live();
  assert.deepEqual(pair.types(), ["stage", "welcome", "named", "room", "stage", "caughtUp"]);
  assert.equal(pair.session.stage, guest.Stage.LIVE);
  assert.equal(pair.session.room, room);
});

test("ops wait for the room to be named, and go out by origin in order", () => {
  const pair = new Pair();
  const old = "0123456789abcdef";
  pair.session.submit([op(1, 3, old), op(2, 3, old), op(1), op(2)]);
  assert.deepEqual(pair.drain().kinds(), ["guest", "join"]);
  pair.join();
  const submits = pair.said.filter(({ kind }) => kind === "submit");
  assert.deepEqual(submits.map(({ origin, tails }) => [origin, tails.length]), [[old, 2], [me.origin, 2]]);
});

test("no more than the credit is under way, and answers count as credit", () => {
  const pair = new Pair().live();
  const ops = Array.from({ length: 60 }, (_, i) => op(i + 1, 15_000));
  pair.session.submit(ops);
  pair.drain();
  const sent = () => pair.said.filter(({ kind }) => kind === "submit").flatMap(({ tails }) => tails).length;
  assert.ok(sent() * 15_000 <= CREDIT_WINDOW && sent() >= 15, `${sent()} ops`);
  const before = sent();
  pair.say("credit", { processed: 100_000 });
  assert.ok(sent() > before);
  const then = sent();
  pair.say("receipt", { room, level: 1, origin: me.origin, counters: [1, then] });
  assert.ok(sent() > then);
  pair.say("credit", { processed: 2 ** 40 }); // a lie is cut to what was sent
  assert.ok(pair.session.statistics().underWay <= CREDIT_WINDOW);
});

test("credit is given for what was processed", () => {
  const pair = new Pair().live();
  for (let i = 0; i < 10; i++) pair.say("batch", { room, batch: new Uint8Array(10_000) }, Channel.LOG);
  const credits = pair.said.filter(({ kind }) => kind === "credit").map(({ processed }) => processed);
  assert.ok(credits.length >= 2 && credits.at(-1) > 60_000);
  assert.deepEqual(credits, [...credits].sort((a, b) => a - b));
});

test("a batch in fragments comes out as one", () => {
  const pair = new Pair().live();
  const batch = new Uint8Array(63_000).fill(7);
  for (const part of split(encode("batch", { room, batch }), 3)) pair.raw(Channel.LOG, part);
  assert.deepEqual(pair.heard.at(-1).batch, batch);
});

test("pings are answered, and sent when it is quiet", () => {
  const pair = new Pair().live();
  pair.say("ping", { sequence: 41, digests: new Map() });
  assert.deepEqual(pair.said.at(-1), { kind: "pong", sequence: 41 });
  pair.wait(guest.PING_EVERY_MS + 1);
  assert.equal(pair.said.at(-1).kind, "ping");
  pair.now += 30;
  pair.say("pong", { sequence: pair.said.at(-1).sequence });
  assert.ok(pair.session.statistics().roundTripMs >= 30);
});

test("a silent host is suspected, forgiven when it speaks, and left in the end", () => {
  const pair = new Pair().live().wait(guest.DOUBT_AFTER_MS + guest.ANSWER_WITHIN_MS);
  assert.deepEqual(pair.heard.at(-1), { type: "doubt", doubt: true });
  pair.wait(guest.SUSPECT_AFTER_MS);
  assert.deepEqual(pair.heard.at(-1), { type: "suspect", suspect: true });
  pair.say("pong", { sequence: 0 });
  assert.deepEqual(pair.heard.slice(-2), [{ type: "suspect", suspect: false }, { type: "doubt", doubt: false }]);
  pair.wait(guest.SILENT_AFTER_MS + 600);
  assert.deepEqual(pair.heard.at(-1), { type: "ended", code: Code.SILENT, text: "nothing was heard for too long", byPeer: false });
  assert.equal(pair.session.nextTimer(), null);
});

test("a page that slept does not blame its host", () => {
  const pair = new Pair().live();
  pair.now += 3_600_000;
  pair.session.onTimer(pair.now);
  pair.drain();
  assert.equal(pair.session.stage, guest.Stage.LIVE);
  pair.wait(guest.SILENT_AFTER_MS);
  assert.equal(pair.session.stage, guest.Stage.ENDED);
});

test("a host is not doubted for what came while the page was busy or asleep", () => {
  for (const late of [400, 2_000, 60_000]) {
    const pair = new Pair().live();
    pair.wait(guest.PING_EVERY_MS + 250); // a ping is out
    pair.now = pair.session.nextTimer() + late;
    pair.session.onTimer(pair.now);
    pair.drain();
    assert.ok(!pair.types().includes("doubt"), `${late} ms late`);
    assert.equal(pair.said.at(-1).kind, "ping"); // asked anew, now that it is awake
    pair.wait(guest.ANSWER_WITHIN_MS + 300);
    assert.deepEqual(pair.heard.at(-1), { type: "doubt", doubt: true });
  }
});

test("a host that pings every second is never doubted, and asked nothing", () => {
  const pair = new Pair().live();
  const before = pair.kinds().filter((kind) => kind === "ping").length;
  for (let at = 0; at < 10; at++) pair.wait(1_000).say("ping", { sequence: at, digests: new Map() });
  assert.equal(pair.kinds().filter((kind) => kind === "ping").length, before);
  assert.ok(!pair.types().includes("doubt"));
});

test("what a host says of other boards is handed on", () => {
  const hosts = [{ node, name: "hall", urls: ["http://10.0.0.5:8787"] }];
  const pair = new Pair().live().say("hosts", { hosts, ticket: "t" });
  assert.deepEqual(pair.heard.at(-1), { type: "hosts", kind: "hosts", hosts, ticket: "t" });
});

test("a probe without an answer ends the link soon, one with an answer does not", () => {
  const answered = new Pair().live();
  answered.session.probe(answered.now);
  answered.drain().say("pong", { sequence: 1 });
  answered.wait(guest.PROBE_WITHIN_MS + 1000);
  assert.notEqual(answered.session.stage, guest.Stage.ENDED);
  const silent = new Pair().live();
  silent.session.probe(silent.now);
  silent.drain().wait(guest.PROBE_WITHIN_MS + 1000);
  assert.equal(silent.session.stage, guest.Stage.ENDED);
});

test("a host's last word is told with its code", () => {
  const pair = new Pair().live().say("close", { code: Code.ROOM_FULL, text: "full" });
  assert.deepEqual(pair.heard.at(-1), { type: "ended", code: Code.ROOM_FULL, text: "full", byPeer: true });
  const before = pair.heard.length;
  pair.say("notice", { level: 0, text: "after the end" });
  assert.equal(pair.heard.length, before);
});

test("what is of another room, of nodes, or unknown changes nothing", () => {
  const pair = new Pair().live();
  const before = pair.heard.length;
  pair.say("batch", { room: "00".repeat(16), batch: Uint8Array.of(1) }, Channel.LOG);
  pair.say("presence", { room: "00".repeat(16), node, people: [] });
  pair.say("leave", { room });
  pair.raw(Channel.CTL, fromHex("91cc63"));
  pair.say("live", { handle: 3, items: [] }, Channel.LIVE);
  assert.equal(pair.heard.length, before);
  assert.ok(pair.session.statistics().strange >= 4);
});

test("bad bytes end the link, except on the live channel", () => {
  const pair = new Pair().live();
  pair.raw(Channel.LIVE, fromHex("c1"));
  assert.equal(pair.session.stage, guest.Stage.LIVE);
  pair.raw(Channel.CTL, fromHex("c1"));
  assert.equal(pair.said.at(-1).kind, "close");
  assert.equal(pair.said.at(-1).code, Code.MALFORMED);
  const large = new Pair().live().raw(Channel.LOG, new Uint8Array(70_000));
  assert.equal(large.said.at(-1).code, Code.LIMIT);
});

test("whatever bytes come, nothing is thrown", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const dice = new Dice(seed);
    const pair = new Pair().join();
    for (let i = 0; i < 20; i++) {
      const bytes = Uint8Array.from({ length: dice.whole(0, 59) }, () => dice.whole(0, 255));
      if (bytes.length > 1) [bytes[0], bytes[1]] = [0x90 + dice.whole(0, 7), dice.whole(0, 49)];
      pair.raw(dice.whole(0, 3), bytes);
    }
  }
});

test("a receipt over all numbers there are is no burden", () => {
  const pair = new Pair().live();
  const counters = Array.from({ length: 4000 }, (_, i) => [1, 2 ** 32 - 1 - i]).flat();
  pair.say("receipt", { room, level: 2, origin: me.origin, counters });
});

test("another name is told at once", () => {
  const pair = new Pair().live();
  pair.session.introduce("Grace", 4);
  assert.equal(pair.drain().said.at(-1).name, "Grace");
});
