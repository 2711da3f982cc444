// The marquee: what Python reads and shows, the page does too (tests/vectors/tickers.json).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { add, alive, set } from "../../edgeboard/web/static/bodies.js";
import { Document } from "../../edgeboard/web/static/canvas.js";
import { fromHex } from "../../edgeboard/web/static/ids.js";
import { ItemType, Register } from "../../edgeboard/web/static/kinds.js";
import { Maker } from "../../edgeboard/web/static/ops.js";
import { pagesOf } from "../../edgeboard/web/static/structure.js";
import { Level, TICKER_PAGE, Ticker, contentEnded, contentFor, ems, inTime, oneLine, readTicker, tickersOf, versionAt } from "../../edgeboard/web/static/tickers.js";
import { pack, unpack } from "../../edgeboard/web/static/values.js";
import { DecodeError } from "../../edgeboard/web/static/varints.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/tickers.json", import.meta.url)));

test("texts are as wide as on panels", () => {
  for (const [text, width] of vectors.ems) assert.equal(ems(text), width, text);
});

test("items are read as panels read them", () => {
  for (const { payload, data, read } of vectors.items) assert.deepEqual(readTicker(fromHex(payload), fromHex(data)), read);
});

test("what is no item for panels is none here", () => {
  for (const payload of vectors.bad) assert.throws(() => readTicker(fromHex(payload), null), DecodeError, payload);
});

test("at every moment the page shows what panels show", () => {
  const items = vectors.items.map(({ payload, data }) => readTicker(fromHex(payload), fromHex(data)));
  const ticker = new Ticker(items, vectors.rate, vectors.fallback);
  for (const expected of vectors.frames) {
    const { slots, turn, elapsedUs, nextUs } = ticker.at(expected.at);
    assert.deepEqual(
      { at: expected.at, cast: slots.map(({ item }) => item.id), text: slots[turn].item.text, turn, elapsed_us: elapsedUs, next_us: nextUs === Infinity ? null : nextUs },
      expected,
    );
  }
});

const WANTED = { text: "Open", level: Level.WARNING, priority: 0, order: 0, interval: 5000, icon: "", expires: null };
const written = (content) => readTicker(pack({ ticker: "door", ...content }), null);

test("a change carries along what it changes, and stands in its place", () => {
  const first = written(contentFor(null, WANTED, 1000));
  assert.deepEqual([first.at, first.since, first.was], [1000, 1000, null]);
  const second = written(contentFor(first, { ...WANTED, text: "Shut" }, 3000));
  assert.deepEqual([second.at, second.since, second.was.text], [3000, 1000, "Open"]);
  assert.equal(versionAt(second, 2999).text, "Open");
  assert.equal(versionAt(second, 3000).text, "Shut");
  assert.equal(written(contentFor(second, { ...WANTED, level: Level.CRITICAL }, 5000)).since, 5000);
});

test("what ends is there until then", () => {
  const ended = written(contentEnded(written(contentFor(null, WANTED, 1000)), 4000));
  assert.equal(versionAt(ended, 3999).text, "Open");
  assert.equal(versionAt(ended, 4000), null);
});

test("any text can be made a line", () => {
  assert.equal(oneLine("  two\nlines\u0007 "), "two lines");
  assert.equal([...oneLine("😀".repeat(600))].length, 500);
});

test("of one id the last word counts, and what cannot be read takes no other with it", () => {
  const document = new Document();
  const makers = [new Maker(), new Maker()];
  const put = (who, body) => {
    const op = makers[who].make(body, document.lamport + 1, {});
    document.apply(op, null);
    return op.id;
  };
  const ticker = (fields) => add({ page: TICKER_PAGE, layer: 0, type: ItemType.TICKER, payload: pack(fields) });
  const one = put(0, ticker({ ticker: "door", text: "open" }));
  const two = put(1, ticker({ ticker: "door", text: "shut" }));
  put(0, ticker({ ticker: "bad", text: 5 }));
  const text = () => tickersOf(document.items()).get("door")?.content.text;
  assert.equal(text(), "shut");
  put(0, set(one, Register.DATA, { text: "open again" }));
  assert.equal(text(), "open again");
  put(0, alive(one, false));
  assert.equal(text(), "shut");
  put(0, alive(two, false));
  assert.equal(tickersOf(document.items()).size, 0);
  put(0, alive(two, true));
  assert.deepEqual(pagesOf(document).map(({ number }) => number), [0], "the page of the ticker is listed");
  assert.equal(unpack(pack(TICKER_PAGE)), TICKER_PAGE);
});

test("each change of many items is looked at once", () => {
  const item = (id, since, expires, priority) => ({ ...{ id, text: "x", level: 0, priority, order: 0, interval: 0, icon: "" }, ...{ at: since, since, expires, was: null } });
  const many = Array.from({ length: 1_000 }, (_, n) => item(`m${n}`, 1_000 + n, null, 0));
  let looks = 0;
  const counted = (each) => ({ ...each, get was() { return (looks += 1), null; } });
  const gone = Array.from({ length: 150 }, (_, n) => item(`e${n}`, 0, 5_000 + n, -5));
  const ticker = new Ticker([...many, ...gone].map(counted), 3.75);
  for (const at of [0.5, 2, 6, 7]) assert.ok(ticker.at(at).slots.length <= 200);
  assert.ok(looks < 30 * 1_150, `${looks} looks: this keeps a page from all else`);
});

test("a new item that would end before its turn comes before all others, others in their order", () => {
  const others = ["a", "b"].map((id) => ({ ...{ id, text: id, level: 0, priority: 2, order: 0, interval: 6_000 }, ...{ icon: "", at: 1, since: 1, expires: null, was: null } }));
  const wanted = { id: "bus", text: "Bus 4 leaves", level: Level.INFO, interval: 6_000 };
  assert.equal(inTime(others, { ...wanted, expires: 20_000 }, 10_000, 3.75), 3);
  assert.equal(inTime(others, { ...wanted, expires: 600_000 }, 10_000, 3.75), 0);
  assert.equal(inTime(others, { ...wanted, expires: null }, 10_000, 3.75), 0);
  const fire = { ...others[0], id: "fire", level: Level.CRITICAL };
  assert.equal(inTime([...others, fire], { ...wanted, expires: 20_000 }, 10_000, 3.75), 0, "no place helps while a critical item shows");
});
