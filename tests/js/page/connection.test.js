import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection, Phase, RETRY_FIRST_MS, RETRY_MOST_MS, retryDelay } from "../../../edgeboard/web/static/connection.js";
import { GuestSession } from "../../../edgeboard/web/static/guest.js";
import { LinkError } from "../../../edgeboard/web/static/link.js";
import { Channel, Code, decode, encode } from "../../../edgeboard/web/static/wire.js";

const room = "72".repeat(16);
const node = "6e".repeat(16);
const me = { person: "70".repeat(16), origin: "6f".repeat(8), name: "Ada", colour: 9 };

/** A page and the ways to its host. */
class World {
  now = 0;
  dialled = [];
  heard = [];
  links = [];
  answers = { webrtc: "open", websocket: "open" };

  constructor(carrier = null) {
    const dial = (name) => (events) => this.#dial(name, events);
    this.connection = new Connection({
      dial: new Map([["webrtc", dial("webrtc")], ["websocket", dial("websocket")]]),
      carrier,
      makeSession: () => new GuestSession(me, "lobby", () => Uint8Array.of(0)),
      onOutput: (output) => this.heard.push(output.type),
      onPhase: () => {},
      clock: () => this.now,
    });
  }

  async #dial(carrier, events) {
    this.dialled.push(carrier);
    const answer = this.answers[carrier];
    if (answer !== "open") throw new LinkError(answer, answer === "absent");
    const link = {
      carrier,
      said: [],
      isClosed: false,
      send: (channel, data) => link.said.push(decode(channel, data)?.kind),
      close: () => (link.isClosed = true),
      events,
    };
    this.links.push(link);
    return link;
  }

  say(kind, fields) {
    this.links.at(-1).events.message(Channel.CTL, encode(kind, fields));
  }

  async live() {
    this.connection.start();
    await settle();
    this.say("welcome", { version: 1, node, name: "x", limits: new Map(), software: "1" });
    this.say("room", { room, name: "lobby", state: "active" });
    this.say("caughtUp", { room, vector: Uint8Array.of(0) });
    assert.equal(this.connection.phase, Phase.LIVE);
  }

  async pass(ms) {
    this.now += ms;
    mock.timers.tick(ms);
    await settle();
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("WebRTC first; the WebSocket where that fails, and then it goes first", async () => {
  const world = new World();
  world.answers.webrtc = "not open within 5 s";
  await world.live();
  assert.deepEqual(world.dialled, ["webrtc", "websocket"]);
  assert.equal(world.connection.carrier, "websocket");
  world.links[0].events.closed("gone");
  await world.pass(RETRY_MOST_MS);
  assert.deepEqual(world.dialled.slice(2), ["websocket"]);
});

test("one carrier can be asked for", async () => {
  const world = new World("websocket");
  await world.live();
  assert.deepEqual(world.dialled, ["websocket"]);
});

test("where nobody answers, no other way is tried, and it is tried again", async () => {
  const world = new World();
  world.answers = { webrtc: "absent", websocket: "absent" };
  world.connection.start();
  await settle();
  assert.deepEqual(world.dialled, ["webrtc"]);
  assert.equal(world.connection.phase, Phase.OFFLINE);
  for (let i = 0; i < 10; i++) await world.pass(RETRY_MOST_MS);
  assert.ok(world.dialled.length >= 10);
  world.answers.webrtc = "open";
  await world.pass(RETRY_MOST_MS);
  assert.equal(world.connection.phase, Phase.JOINING);
});

test("the page coming back ends the waiting, or probes the link", async () => {
  const world = new World();
  world.answers = { webrtc: "absent", websocket: "absent" };
  world.connection.start();
  await settle();
  world.answers = { webrtc: "open", websocket: "open" };
  world.connection.nudge();
  await settle();
  assert.equal(world.connection.phase, Phase.JOINING);
  world.connection.nudge();
  assert.equal(world.links[0].said.at(-1), "ping");
});

for (const code of [Code.TOO_OLD, Code.ROOM_FULL, Code.FORBIDDEN]) {
  test(`code ${code} is final until somebody presses the button`, async () => {
    const world = new World();
    await world.live();
    world.say("close", { code, text: "no" });
    assert.equal(world.connection.phase, Phase.STOPPED);
    world.connection.nudge();
    await world.pass(60_000);
    assert.equal(world.links.length, 1);
    assert.equal(world.links[0].isClosed, true);
    world.connection.start();
    await settle();
    assert.equal(world.links.length, 2);
  });
}

test("any other end is followed by another try", async () => {
  const world = new World();
  await world.live();
  world.say("close", { code: Code.GOING_AWAY, text: "restarting" });
  assert.equal(world.connection.phase, Phase.OFFLINE);
  assert.deepEqual(world.connection.last, { code: Code.GOING_AWAY, text: "restarting" });
  await world.pass(RETRY_FIRST_MS + 1);
  assert.equal(world.connection.phase, Phase.JOINING);
});

test("stopping says goodbye and stays away", async () => {
  const world = new World();
  await world.live();
  world.connection.stop();
  assert.equal(world.links[0].said.at(-1), "close");
  await world.pass(60_000);
  assert.equal(world.links.length, 1);
  world.connection.start();
  await settle();
  assert.equal(world.links.length, 2);
});

test("a link that opens after it was given up is closed", async () => {
  const world = new World();
  world.connection.start();
  world.connection.stop();
  await settle();
  assert.equal(world.connection.carrier, "");
  assert.ok(world.links.every(({ isClosed }) => isClosed));
});

test("waiting times grow, with chance, between 0.3 and 5 s", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const delays = [1, 2, 3, 4, 5, 6, 20].map((failures) => retryDelay(failures, chance));
    assert.deepEqual(delays, [...delays].sort((a, b) => a - b));
    assert.ok(delays[0] >= RETRY_FIRST_MS && delays.at(-1) <= RETRY_MOST_MS);
  }
  assert.notEqual(retryDelay(5, 0), retryDelay(5, 1));
});
