import assert from "node:assert/strict";
import { test } from "node:test";

import { AGAIN_FIRST_MS, AGAIN_LAST_MS, BLOB_MAX, BlobExchange, SILENT_MS } from "../../../edgeboard/web/static/blobs.js";
import { toHex } from "../../../edgeboard/web/static/ids.js";
import { sha256 } from "../../../edgeboard/web/static/vendor/hashes/sha2.js";
import { BLOB_CHUNK_MAX, Channel, Code, decode, encode } from "../../../edgeboard/web/static/wire.js";
import { Dice } from "../random.js";

const bytesOf = (seed, size = 100_000) => {
  const dice = new Dice(seed);
  return Uint8Array.from({ length: size }, () => dice.whole(0, 255));
};
const nameOf = (bytes) => toHex(sha256(bytes));
const DATA = bytesOf(1);
const ONE = nameOf(DATA);

/** A page's exchange and the host it talks to, which gives what it holds. */
class Pair {
  now = 1000;
  page = new BlobExchange();
  holds = new Map();
  said = [];
  got = []; // all that is no message
  carried = 0;
  change = (message) => message;

  constructor() {
    this.page.opened(this.now);
    this.drain();
  }

  /** Hand on what the page says; the host answers at once. */
  drain() {
    for (let outputs = this.page.drain(); outputs.length > 0; outputs = this.page.drain()) {
      for (const output of outputs) {
        if (output.type !== "say") {
          this.got.push(output);
          continue;
        }
        const message = decode(Channel.CTL, encode(output.kind, output.fields)); // as it goes over the wire
        this.said.push(message);
        if (message.kind === "blobWant") this.give(message);
      }
    }
    return this;
  }

  give({ content, offset, length }) {
    const bytes = this.holds.get(content);
    if (bytes === undefined) return;
    const data = bytes.subarray(offset, offset + length);
    const answer = this.change({ kind: "blobChunk", content, offset, total: bytes.length, data });
    this.carried += answer === null ? 0 : data.length;
    if (answer !== null) this.page.receive(answer, this.now);
  }

  have(bytes, level = 1, content = nameOf(bytes)) {
    this.holds.set(content, bytes);
    return this.hear({ kind: "blobHave", held: [{ content, size: bytes.length, level }] });
  }

  hear(message) {
    this.page.receive(message, this.now);
    return this.drain();
  }

  want(content) {
    this.page.want(content, this.now);
    return this.drain();
  }

  wait(ms) {
    const end = this.now + ms;
    for (let due = this.page.nextTimer(); due !== null && due <= end; due = this.page.nextTimer()) {
      this.now = Math.max(this.now + 1, due);
      this.page.onTimer(this.now);
      this.drain();
    }
    this.now = end;
    return this;
  }

  whole() {
    return this.got.filter(({ type }) => type === "whole");
  }
}

test("a blob that is wanted is fetched in small pieces once the host has it", () => {
  const pair = new Pair().want(ONE).wait(100_000);
  assert.equal(pair.carried, 0);
  pair.have(DATA);
  assert.deepEqual(pair.whole(), [{ type: "whole", content: ONE, bytes: DATA }]);
  assert.ok(pair.said.every(({ length }) => length <= BLOB_CHUNK_MAX));
  assert.equal(pair.carried, DATA.length);
  const shares = pair.got.filter(({ type }) => type === "progress").length;
  assert.equal(shares, Math.ceil(DATA.length / BLOB_CHUNK_MAX) - 1);
});

test("what is not wanted is not fetched, and what is wanted no more is given up", () => {
  const pair = new Pair().have(DATA);
  assert.equal(pair.said.length, 0);
  pair.change = () => null;
  pair.want(ONE);
  pair.page.unwant(ONE, pair.now);
  pair.change = (message) => message;
  pair.drain().wait(100_000);
  assert.deepEqual(pair.got, []);
});

test("at most two pieces are under way, and two blobs come one after the other", () => {
  const other = bytesOf(2, 50_000);
  const pair = new Pair();
  const held = [];
  pair.change = (message) => {
    held.push(message);
    return null;
  };
  pair.want(ONE).want(nameOf(other)).have(DATA).have(other);
  assert.deepEqual(held.map(({ content, offset }) => [content, offset]), [[ONE, 0], [ONE, BLOB_CHUNK_MAX]]);
  pair.change = (message) => message;
  for (const message of held.splice(0)) pair.page.receive(message, pair.now);
  pair.drain();
  assert.deepEqual(pair.whole().map(({ content }) => content), [ONE, nameOf(other)]);
});

test("what somebody looks at comes first", () => {
  const others = [2, 3, 4].map((seed) => bytesOf(seed, 1000));
  const pair = new Pair();
  for (const bytes of others) pair.want(nameOf(bytes));
  pair.page.prefer(nameOf(others[2]));
  pair.page.prefer("77".repeat(32)); // not wanted
  const held = others.map((bytes) => ({ content: nameOf(bytes), size: bytes.length, level: 1 }));
  for (const bytes of others) pair.holds.set(nameOf(bytes), bytes);
  pair.hear({ kind: "blobHave", held });
  assert.deepEqual(pair.whole().map(({ content }) => content), [2, 0, 1].map((at) => nameOf(others[at])));
});

test("wrong bytes are never handed out, and are tried again ever more rarely", () => {
  const pair = new Pair();
  pair.change = (message) => ({ ...message, data: message.data.map((byte, at) => (at === 7 ? byte ^ 1 : byte)) });
  pair.want(ONE).have(DATA);
  assert.deepEqual(pair.whole(), []);
  pair.wait(10 * AGAIN_LAST_MS);
  const tries = pair.carried / DATA.length;
  assert.ok(tries > 5 && tries < 20, `${tries} tries`);
  pair.change = (message) => message;
  pair.wait(2 * AGAIN_LAST_MS);
  assert.deepEqual(pair.whole().map(({ content }) => content), [ONE]);
});

test("a host that falls silent is asked again", () => {
  const pair = new Pair();
  pair.change = () => null;
  pair.want(ONE).have(DATA).wait(SILENT_MS - 1);
  assert.equal(pair.said.length, 2);
  pair.change = (message) => message;
  pair.wait(AGAIN_FIRST_MS + 2);
  assert.equal(pair.whole().length, 1);
});

test("a host that falls silent in the middle is asked for the rest", () => {
  const pair = new Pair();
  let left = 3;
  pair.change = (message) => (left-- > 0 ? message : null);
  pair.want(ONE).have(DATA).wait(SILENT_MS - 1);
  pair.change = (message) => message;
  pair.wait(AGAIN_FIRST_MS + 10);
  assert.equal(pair.whole().length, 1);
  assert.equal(pair.carried, DATA.length);
});

test("a new link goes on where the one before stopped", () => {
  const pair = new Pair();
  let left = 4;
  pair.change = (message) => (left-- > 0 ? message : null);
  pair.want(ONE).have(DATA);
  pair.page.closed();
  assert.equal(pair.page.nextTimer(), null);
  pair.change = (message) => message;
  pair.now += 60_000;
  pair.page.opened(pair.now);
  pair.drain().have(DATA);
  assert.equal(pair.whole().length, 1);
  assert.equal(pair.carried, DATA.length);
});

test("pieces that were not asked for, or of another size, change nothing", () => {
  const pair = new Pair();
  const data = DATA.subarray(0, 100);
  pair.hear({ kind: "blobChunk", content: ONE, offset: 0, total: DATA.length, data });
  pair.change = (message) => ({ ...message, total: message.total + 1 });
  pair.want(ONE).have(DATA).wait(1000);
  assert.deepEqual(pair.got, []);
  pair.hear({ kind: "blobHave", held: [{ content: "77".repeat(32), size: BLOB_MAX + 1, level: 1 }] });
  pair.want("77".repeat(32));
  assert.ok(pair.said.every(({ content }) => content === ONE));
});

test("what is made here is offered on every link, and given as it is asked for, until it is safe", () => {
  const pair = new Pair();
  pair.page.offer(ONE, DATA);
  pair.drain();
  assert.deepEqual(pair.said, [{ kind: "blobHave", held: [{ content: ONE, size: DATA.length, level: 0 }] }]);
  pair.hear({ kind: "blobWant", content: ONE, offset: 16_384, length: 100 });
  assert.deepEqual(pair.said.at(-1), {
    kind: "blobChunk", content: ONE, offset: 16_384, total: DATA.length, data: DATA.slice(16_384, 16_484),
  });
  pair.page.closed();
  pair.page.offer(nameOf(DATA.subarray(1)), DATA.subarray(1));
  pair.page.opened(pair.now);
  pair.drain();
  assert.equal(pair.said.at(-1).held.length, 2);
  const hear = (level) => pair.hear({ kind: "blobHave", held: [{ content: ONE, size: DATA.length, level }] });
  hear(1);
  hear(1);
  assert.equal(pair.page.offered.get(ONE), 1);
  hear(2);
  assert.equal(pair.page.offered.has(ONE), false);
  assert.deepEqual(pair.got, [{ type: "level", content: ONE, level: 1 }, { type: "level", content: ONE, level: 2 }]);
  pair.hear({ kind: "blobWant", content: ONE, offset: 0, length: 100 });
  assert.equal(pair.said.at(-1).kind, "blobLack");
});

test("an image that the host will not take is told with the reason", () => {
  const pair = new Pair();
  pair.page.offer(ONE, DATA);
  pair.drain().hear({ kind: "blobLack", content: ONE, code: Code.NORMAL, text: "" });
  assert.deepEqual(pair.got, []);
  pair.hear({ kind: "blobLack", content: ONE, code: Code.FORBIDDEN, text: "no image" });
  assert.deepEqual(pair.got, [{ type: "refused", content: ONE, code: Code.FORBIDDEN, text: "no image" }]);
  pair.page.withdraw(ONE);
  assert.equal(pair.page.offered.size, 0);
});

test("a blob that the host has lost is fetched when it has it again", () => {
  const pair = new Pair();
  pair.change = () => null;
  pair.want(ONE).have(DATA).hear({ kind: "blobLack", content: ONE, code: Code.NORMAL, text: "" }).wait(200_000);
  pair.change = (message) => message;
  assert.equal(pair.whole().length, 0);
  pair.have(DATA).wait(AGAIN_LAST_MS);
  assert.equal(pair.whole().length, 1);
});
