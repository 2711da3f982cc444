import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Boards } from "../../../edgeboard/web/static/boards.js";
import { Connection, Phase, RETRY_FIRST_MS, RETRY_MOST_MS, retryDelay } from "../../../edgeboard/web/static/connection.js";
import { ANSWER_WITHIN_MS, DOUBT_AFTER_MS, GuestSession, PROBE_WITHIN_MS } from "../../../edgeboard/web/static/guest.js";
import { LinkError } from "../../../edgeboard/web/static/link.js";
import { HEAD_START_MS } from "../../../edgeboard/web/static/race.js";
import { Channel, Code, decode, encode } from "../../../edgeboard/web/static/wire.js";

const room = "72".repeat(16);
const node = "6e".repeat(16);
const HOME = "http://10.0.0.1:8787";
const OTHER = "http://10.0.0.2:8787";
const me = { person: "70".repeat(16), origin: "6f".repeat(8), name: "Ada", colour: 9 };

/** A page and the ways to its host. */
class World {
  now = 0;
  dialled = []; // carriers
  asked = []; // boards
  dead = new Set(); // boards at which nobody answers
  boards = new Boards(HOME, () => this.now);
  heard = [];
  links = [];
  answers = { webrtc: "open", websocket: "open" };

  constructor(carrier = null) {
    const dial = (name) => (at, events, signal) => this.#dial(name, new URL(at("/")).origin, events, signal);
    this.connection = new Connection({
      boards: this.boards,
      dial: new Map([["webrtc", dial("webrtc")], ["websocket", dial("websocket")]]),
      carrier,
      makeSession: () => new GuestSession(me, "lobby", () => Uint8Array.of(0)),
      onOutput: (output) => this.heard.push(output.type),
      onPhase: () => {},
      clock: () => this.now,
    });
  }

  async #dial(carrier, board, events, signal) {
    this.dialled.push(carrier);
    this.asked.push(board);
    if (this.dead.has(board)) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve)); // a board that is off says nothing
      throw new LinkError("given up");
    }
    const answer = this.answers[carrier];
    if (answer !== "open") throw new LinkError(answer, answer === "absent");
    const link = {
      carrier,
      board,
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
    await this.join();
  }

  /** The board at which a link has opened last welcomes the page. */
  async join() {
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

test("a page that stopped while it dialled dials again when it is to start", async () => {
  const world = new World();
  world.connection.start();
  world.connection.stop();
  world.connection.start();
  await settle();
  assert.equal(world.connection.phase, Phase.JOINING);
  assert.deepEqual(world.links.map(({ isClosed }) => isClosed), [true, false]);
});

test("a link that opens after it was given up is closed", async () => {
  const world = new World();
  world.connection.start();
  world.connection.stop();
  await settle();
  assert.equal(world.connection.carrier, "");
  assert.ok(world.links.every(({ isClosed }) => isClosed));
});

/** A page that is live at its own board and knows of others. */
async function guestOf(hosts = [OTHER]) {
  const world = new World();
  await world.live();
  world.say("hosts", { hosts: hosts.map((url) => ({ node, name: url, urls: [url] })), ticket: "t" });
  return world;
}

/** Time passes without a word of the host, in steps, as a page has it that is awake. */
async function silence(world, ms) {
  for (let left = ms; left > 0; left -= 50) await world.pass(50);
}

test("a host that leaves a ping unanswered is left for another board, once that one has opened", async () => {
  const world = await guestOf();
  await silence(world, DOUBT_AFTER_MS + ANSWER_WITHIN_MS + 200);
  await world.join();
  assert.deepEqual([world.asked.at(-1), world.links.length], [OTHER, 2]);
  assert.equal(world.boards.here, OTHER);
  assert.deepEqual([world.links[0].isClosed, world.links[1].isClosed], [true, false]);
  assert.equal(world.connection.phase, Phase.LIVE);
  world.links[0].events.closed("late"); // what the dead one still says does not count
  world.links[0].events.message(Channel.CTL, encode("close", { code: Code.FORBIDDEN, text: "no" }));
  assert.equal(world.connection.phase, Phase.LIVE);
  await silence(world, 300);
  assert.equal(world.links.length, 2);
});

test("a host that speaks again before another board has opened is stayed with", async () => {
  const world = await guestOf();
  world.dead.add(OTHER);
  await silence(world, DOUBT_AFTER_MS + ANSWER_WITHIN_MS + 200);
  assert.equal(world.asked.at(-1), OTHER);
  world.say("ping", { sequence: 1, digests: new Map() });
  await settle();
  world.dead.delete(OTHER);
  await world.pass(300);
  assert.deepEqual([world.boards.here, world.links.length, world.connection.phase], [HOME, 1, Phase.LIVE]);
});

test("without another board a silent host is waited for", async () => {
  const world = await guestOf([]);
  await silence(world, 5_000);
  assert.deepEqual([world.links.length, world.connection.phase], [1, Phase.LIVE]);
});

test("a host that went away is tried for a moment, and others beside it", async () => {
  const world = await guestOf(["http://10.0.0.3:1", OTHER]);
  world.dead.add(HOME).add("http://10.0.0.3:1");
  world.links[0].events.closed("the connection was closed");
  await silence(world, RETRY_FIRST_MS + 2 * HEAD_START_MS + 200);
  assert.deepEqual(world.asked.slice(1), [HOME, "http://10.0.0.3:1", OTHER]);
  assert.equal(world.boards.here, OTHER);
});

test("where no board is there all of them are tried, again and again", async () => {
  const world = await guestOf();
  world.answers = { webrtc: "absent", websocket: "absent" };
  await silence(world, DOUBT_AFTER_MS + ANSWER_WITHIN_MS + 200);
  world.connection.nudge();
  await silence(world, PROBE_WITHIN_MS + 1_000);
  assert.equal(world.connection.session, null);
  await silence(world, 2 * RETRY_MOST_MS);
  assert.ok(world.asked.filter((board) => board === HOME).length > 2);
  assert.ok(world.asked.filter((board) => board === OTHER).length > 2);
  world.answers = { webrtc: "open", websocket: "open" };
  await silence(world, RETRY_MOST_MS);
  assert.equal(world.connection.phase, Phase.JOINING);
});

test("another board that is full is passed by, and a person is not asked while there is one to try", async () => {
  const third = "http://10.0.0.3:1";
  const world = await guestOf([OTHER, third]);
  world.dead.add(HOME);
  world.links[0].events.closed("gone");
  await silence(world, RETRY_FIRST_MS + HEAD_START_MS + 200);
  assert.equal(world.boards.here, OTHER);
  world.say("close", { code: Code.ROOM_FULL, text: "full" });
  assert.equal(world.connection.phase, Phase.OFFLINE);
  await silence(world, RETRY_MOST_MS);
  assert.equal(world.links.at(-1).board, third);
});

test("a page that goes away calls off its search", async () => {
  const world = await guestOf();
  world.dead.add(OTHER);
  await silence(world, DOUBT_AFTER_MS + ANSWER_WITHIN_MS + 200);
  world.connection.stop();
  world.dead.clear();
  await silence(world, 10_000);
  assert.equal(world.links.length, 1);
});

test("waiting times grow, with chance, between 0.3 and 5 s", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const delays = [1, 2, 3, 4, 5, 6, 20].map((failures) => retryDelay(failures, chance));
    assert.deepEqual(delays, [...delays].sort((a, b) => a - b));
    assert.ok(delays[0] >= RETRY_FIRST_MS && delays.at(-1) <= RETRY_MOST_MS);
  }
  assert.notEqual(retryDelay(5, 0), retryDelay(5, 1));
});
