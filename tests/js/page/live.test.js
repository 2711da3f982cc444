import assert from "node:assert/strict";
import { test } from "node:test";

import * as live from "../../../edgeboard/web/static/live.js";
import { encodeColumns } from "../../../edgeboard/web/static/codec.js";
import { fromHex } from "../../../edgeboard/web/static/ids.js";
import { Channel, LIVE_MAX, decode, encode } from "../../../edgeboard/web/static/wire.js";
import { Dice } from "../random.js";

const { CursorTool, LiveKind } = live;
const mine = "0a".repeat(8);
const theirs = "0b".repeat(8);
const STYLE = { tool: 0, colour: 4, width: 24, page: 0, layer: 0 };

const receiver = (isLogged = () => false) => new live.LiveReceiver(mine, isLogged);

/** What a frame looks like on the other side. */
function travel(items) {
  const bytes = encode("live", { handle: 200, items });
  assert.ok(bytes.length <= LIVE_MAX, `${bytes.length} bytes`);
  return decode(Channel.LIVE, bytes).items;
}

const item = (sequence, kind, ...fields) => [fromHex(theirs), sequence, 0, kind, ...fields];
const columns = (count, x = 0) =>
  encodeColumns({ scale: 8, x: Array.from({ length: count }, (_, i) => x + 8 * i), y: Array(count).fill(0) });

test("frames go out every 33 ms at most", () => {
  const sender = new live.LiveSender(theirs);
  assert.equal(sender.nextTimer(0), null);
  sender.move(1.26, 2, CursorTool.PEN);
  assert.equal(sender.frame(0).length, 1);
  sender.move(3, 4, CursorTool.PEN);
  assert.equal(sender.frame(20), null);
  assert.equal(sender.nextTimer(20), 33);
  assert.deepEqual(sender.frame(33)[0].slice(3), [LiveKind.CURSOR, 3, 4, CursorTool.PEN]);
});

test("a resting cursor is repeated for a while, then no more", () => {
  const sender = new live.LiveSender(theirs);
  sender.move(5, 5, CursorTool.NONE);
  sender.frame(0);
  let sent = 0;
  for (let now = 100; now < 60_000; now += 100) if (sender.frame(now) !== null) sent += 1;
  assert.ok(sent >= 1 && sent <= 3, `${sent}`);
  assert.equal(sender.nextTimer(60_000), null);
});

test("a stroke arrives whole, in items of 16 points, with its style in the first and every eighth", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  sender.begin(9, STYLE, 8);
  const styles = [];
  for (let i = 0; i < 400; i++) {
    sender.point(8 * i, 4 * (i % 7), 100 + i);
    const items = sender.frame(i * 5);
    if (items === null) continue;
    for (const each of items) if (each[3] === LiveKind.PREVIEW) styles.push(each[7] !== null);
    there.receive(travel(items), i * 5);
  }
  there.receive(travel(sender.frame(10_000) ?? []), 10_000);
  const preview = there.previews.get(`${theirs}:9`);
  assert.deepEqual(preview.x, Array.from({ length: 400 }, (_, i) => i));
  assert.deepEqual(preview.pressure.slice(0, 3), [100, 101, 102]);
  assert.deepEqual(preview.style, STYLE);
  assert.ok(styles.every((has, at) => has === (at % live.STYLE_EVERY === 0)));
});

test("a frame never outgrows a datagram, however fast the pen", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  sender.begin(1, STYLE, 1024);
  const dice = new Dice(5);
  for (let i = 0; i < 900; i++) sender.point(dice.whole(-1e8, 1e8), dice.whole(-1e8, 1e8), dice.whole(0, 4095));
  for (let now = 0; sender.waiting; now += 40) there.receive(travel(sender.frame(now)), now);
  assert.equal(there.previews.get(`${theirs}:1`).x.length, 900);
});

test("a cancelled stroke is taken back if it was shown, and only then", () => {
  const sender = new live.LiveSender(theirs);
  sender.begin(1, STYLE, 8);
  sender.point(0, 0, null);
  sender.cancel();
  assert.equal(sender.waiting, false);
  sender.begin(1, STYLE, 8);
  sender.point(0, 0, null);
  const there = receiver();
  there.receive(travel(sender.frame(0)), 0);
  assert.equal(there.previews.size, 1);
  sender.cancel();
  there.receive(travel(sender.frame(50)), 50);
  assert.equal(there.previews.size, 0);
});

test("what is stale, doubled or our own is dropped", () => {
  const there = receiver();
  assert.equal(there.receive([item(5, LiveKind.CURSOR, 1, 1, 0)], 0), true);
  assert.equal(there.receive([item(5, LiveKind.CURSOR, 9, 9, 0), item(4, LiveKind.CURSOR, 9, 9, 0)], 0), false);
  assert.equal(there.cursors.get(theirs).x, 1);
  assert.equal(there.receive([[fromHex(mine), 9, 0, LiveKind.CURSOR, 1, 1, 0]], 0), false);
  assert.equal(there.receive([item(1, LiveKind.PREVIEW, 1, 0, columns(2), null)], 0), true, "sequences are per kind");
});

test("points that got lost are bridged, points that come twice are skipped", () => {
  const there = receiver();
  there.receive([item(1, LiveKind.PREVIEW, 1, 0, columns(4), null)], 0);
  there.receive([item(3, LiveKind.PREVIEW, 1, 8, columns(4, 64), [0, 1, 16, 0, 0])], 0);
  there.receive([item(4, LiveKind.PREVIEW, 1, 10, columns(4, 80), null)], 0);
  const preview = there.previews.get(`${theirs}:1`);
  assert.deepEqual(preview.x, [0, 1, 2, 3, 8, 9, 10, 11, 12, 13]);
  assert.equal(preview.style.colour, 1);
});

test("a preview goes when its op arrives, does not come after it, and does not outlive 5 s", () => {
  const logged = new Set();
  const there = receiver((id) => logged.has(id));
  there.receive([item(1, LiveKind.PREVIEW, 1, 0, columns(4), null)], 0);
  assert.equal(there.arrived(`${theirs}:1`), true);
  logged.add(`${theirs}:1`);
  assert.equal(there.receive([item(2, LiveKind.PREVIEW, 1, 4, columns(4), null)], 0), false);
  there.receive([item(3, LiveKind.PREVIEW, 2, 0, columns(4), null)], 100);
  assert.equal(there.nextTimer(), 100 + live.PREVIEW_LASTS_MS);
  assert.equal(there.expire(99 + live.PREVIEW_LASTS_MS), false);
  assert.equal(there.expire(100 + live.PREVIEW_LASTS_MS), true);
  assert.equal(there.nextTimer(), null);
});

test("who has left leaves no cursor behind", () => {
  const there = receiver();
  there.receive([item(1, LiveKind.CURSOR, 1, 1, 0)], 0);
  there.keepOnly(() => false);
  assert.equal(there.cursors.size, 0);
});

test("broken items are counted and harm nobody", () => {
  const there = receiver();
  const broken = [
    null,
    [],
    [fromHex("00"), 1, 0, 1, 1, 1, 1],
    [fromHex(theirs), -1, 0, 1, 1, 1, 1],
    [fromHex(theirs), 1, 99, 1, 1, 1, 1],
    item(10, LiveKind.CURSOR, NaN, 1, 1),
    item(11, LiveKind.CURSOR, 1e300, 1, 1),
    item(12, LiveKind.CURSOR, "1", 1, 1),
    item(13, LiveKind.PREVIEW, 0, 0, columns(2), null),
    item(14, LiveKind.PREVIEW, 1, 0, fromHex("ff"), null),
    item(15, LiveKind.PREVIEW, 1, 0, columns(2), [0, 2 ** 40, 24]),
    item(16, LiveKind.ENDED, "x"),
  ];
  assert.equal(there.receive(broken, 0), false);
  assert.equal(there.dropped, broken.length);
  assert.equal(there.receive([item(20, LiveKind.PROBE, 1), item(21, 77, 1)], 0), false);
});

test("tables are bounded, whoever speaks", () => {
  const there = receiver();
  const dice = new Dice(3);
  for (let i = 0; i < 3000; i++) {
    const origin = fromHex(dice.hex(8));
    there.receive([[origin, 1, 0, LiveKind.CURSOR, 1, 1, 0], [origin, 2, 0, LiveKind.PREVIEW, 1, 0, columns(2), null]], i);
  }
  assert.ok(there.cursors.size <= 512 && there.previews.size <= 256);
  for (let i = 0; i < 600; i++) there.receive([item(i + 1, LiveKind.PREVIEW, 7, 16 * i, columns(16), null)], i);
  assert.ok(there.previews.get(`${theirs}:7`).x.length <= 4096);
});
