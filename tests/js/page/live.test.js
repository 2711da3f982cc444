import assert from "node:assert/strict";
import { test } from "node:test";

import * as live from "../../../edgeboard/web/static/live.js";
import { encodeColumns } from "../../../edgeboard/web/static/codec.js";
import { LIVE_MAX, LiveKind, liveItem, readItem, shortName } from "../../../edgeboard/web/static/frames.js";
import { fromHex } from "../../../edgeboard/web/static/ids.js";
import { Channel, decode, encode } from "../../../edgeboard/web/static/wire.js";
import { Dice } from "../random.js";

const { CursorTool } = live;
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

const cursor = (sequence, x, y, origin = theirs) => liveItem(LiveKind.CURSOR, { origin, sequence, x, y, tool: 0 });
const preview = (counter, first, bytes, origin = theirs, style = STYLE) =>
  liveItem(LiveKind.PREVIEW, { id: `${origin}:${counter}`, first, style, columns: bytes });
const further = (counter, first, bytes, origin = theirs) =>
  liveItem(LiveKind.FURTHER, { name: shortName(`${origin}:${counter}`), first, columns: bytes });
const bare = (kind, body) => ({ kind, hops: 0, body: fromHex(body) });
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
  const [item] = sender.frame(33);
  assert.deepEqual(readItem(item), { origin: theirs, sequence: 2, x: 3, y: 4, tool: CursorTool.PEN, page: 0 });
});

test("a cursor says on which page it is", () => {
  const sender = new live.LiveSender(theirs);
  sender.move(1, 2, CursorTool.PEN, 7);
  const there = receiver();
  there.receive(travel(sender.frame(0)), 0);
  assert.equal(there.cursors.get(theirs).page, 7);
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

test("a stroke arrives whole, in items of 16 points, introduced by the first and every eighth", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  sender.begin(9, STYLE, 8);
  const kinds = [];
  for (let i = 0; i < 400; i++) {
    sender.point(8 * i, 4 * (i % 7), 100 + i);
    const items = sender.frame(i * 5);
    if (items === null) continue;
    for (const each of items) kinds.push(each.kind);
    there.receive(travel(items), i * 5);
  }
  there.receive(travel(sender.frame(10_000) ?? []), 10_000);
  const preview = there.previews.get(`${theirs}:9`);
  assert.deepEqual(preview.x, Array.from({ length: 400 }, (_, i) => i));
  assert.deepEqual(preview.pressure.slice(0, 3), [100, 101, 102]);
  assert.deepEqual(preview.style, STYLE);
  const expected = (at) => (at % live.INTRODUCED_EVERY === 0 ? LiveKind.PREVIEW : LiveKind.FURTHER);
  assert.ok(kinds.length > 20 && kinds.every((kind, at) => kind === expected(at)));
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

test("while a stroke is shown, its last point says where the pen is", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  sender.begin(1, STYLE, 8);
  sender.point(80, 160, null);
  sender.move(10, 20, CursorTool.PEN);
  const items = sender.frame(0);
  assert.deepEqual(items.map((each) => each.kind), [LiveKind.PREVIEW]);
  there.receive(travel(items), 7);
  assert.deepEqual(there.cursors.get(theirs), { origin: theirs, x: 10, y: 20, tool: CursorTool.PEN, page: 0, at: 7 });
});

test("a figure under way is shown as it is last, and goes when it is logged or given up", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  const place = { page: 0, layer: 0 };
  for (let at = 0; at < 5; at++) {
    sender.figure(9, place, 2, Uint8Array.of(at));
    there.receive(travel(sender.frame(at * 40)), at * 40);
  }
  assert.equal(sender.waiting, false);
  const { payload, ...figure } = there.figures.get(`${theirs}:9`);
  assert.deepEqual([figure, [...payload]], [{ id: `${theirs}:9`, origin: theirs, page: 0, type: 2, at: 160 }, [4]]);
  assert.equal(there.arrived(`${theirs}:9`), true);
  sender.endFigure(true);
  assert.equal(sender.waiting, false);
  sender.figure(10, place, 2, Uint8Array.of(1));
  there.receive(travel(sender.frame(300)), 300);
  sender.endFigure(false);
  there.receive(travel(sender.frame(400)), 400);
  assert.equal(there.figures.size, 0);
  sender.figure(11, place, 2, Uint8Array.of(1));
  there.receive(travel(sender.frame(500)), 500);
  assert.equal(there.nextTimer(), 500 + live.PREVIEW_LASTS_MS);
  assert.equal(there.expire(500 + live.PREVIEW_LASTS_MS), true);
});

test("the trail of a laser pointer arrives to a tenth of a px, press by press", () => {
  const sender = new live.LiveSender(theirs);
  const there = receiver();
  sender.laser(3, 1, -10.04, 20);
  sender.laser(3, 1, 5.55, 1e5);
  there.receive(travel(sender.frame(0)), 7);
  sender.laser(4, 0, 1, 1);
  there.receive(travel(sender.frame(50)), 57);
  const points = [...there.trails.all()].flatMap(([, each]) => each.map(({ number, page, x, y }) => [number, page, x, y]));
  assert.deepEqual(points, [[3, 1, -10, 20], [3, 1, 5.6, 1e5], [4, 0, 1, 1]]);
});

test("what is stale, doubled or our own is dropped", () => {
  const there = receiver();
  assert.equal(there.receive([cursor(5, 1, 1)], 0), true);
  assert.equal(there.receive([cursor(5, 9, 9), cursor(4, 9, 9)], 0), false);
  assert.equal(there.cursors.get(theirs).x, 1);
  assert.equal(there.receive([cursor(9, 1, 1, mine), preview(1, 0, columns(2), mine)], 0), false);
  assert.equal(there.receive([preview(1, 0, columns(2))], 0), true);
  assert.equal(there.receive([preview(1, 0, columns(2)), further(1, 0, columns(2))], 0), false);
});

test("points that got lost are bridged, points that come twice are skipped", () => {
  const there = receiver();
  there.receive([preview(1, 0, columns(4))], 0);
  there.receive([further(1, 8, columns(4, 64))], 0);
  there.receive([further(1, 10, columns(4, 80)), further(1, 4, columns(4, 32))], 0);
  assert.deepEqual(there.previews.get(`${theirs}:1`).x, [0, 1, 2, 3, 8, 9, 10, 11, 12, 13]);
});

test("without its introduction a piece is nobody's, until the next one comes", () => {
  const there = receiver();
  assert.equal(there.receive([further(1, 4, columns(4))], 0), false);
  assert.equal(there.receive([preview(1, 8, columns(4, 64)), further(1, 12, columns(4, 96))], 0), true);
  assert.deepEqual(there.previews.get(`${theirs}:1`).x, [8, 9, 10, 11, 12, 13, 14, 15]);
});

test("a short name is that of the stroke that bore it last, and never of an earlier one of its origin", () => {
  const there = receiver();
  there.receive([preview(1, 0, columns(2)), preview(257, 0, columns(2)), further(257, 2, columns(2, 16))], 0);
  assert.equal(there.receive([preview(1, 8, columns(2))], 0), false);
  assert.deepEqual(there.previews.get(`${theirs}:257`).x, [0, 1, 2, 3]);
  const likeTheirs = `0c0c0c0c0c0c${theirs.slice(-4)}`;
  there.receive([preview(513, 0, columns(2), likeTheirs), further(513, 2, columns(2, 16))], 0);
  assert.deepEqual(there.previews.get(`${likeTheirs}:513`).x, [0, 1, 2, 3]);
  assert.equal(there.previews.get(`${theirs}:257`).x.length, 4);
});

test("whatever is lost, doubled and late, a preview holds points of its stroke only, in their order", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const dice = new Dice(seed);
    const sender = new live.LiveSender(theirs);
    const there = receiver();
    const late = [];
    for (let stroke = 1; stroke <= 4; stroke++) {
      sender.begin(stroke, STYLE, 8);
      for (let i = 0; i < 120; i++) {
        sender.point(8 * i, 8 * stroke, 100 * stroke);
        for (const item of sender.frame(stroke * 10_000 + i * 20) ?? []) {
          const fate = dice.whole(0, 9);
          if (fate < 2) continue;
          if (fate < 4) late.push(item);
          else there.receive(travel([item]), 0);
          if (fate === 9) there.receive(travel([item, ...late.splice(0)]), 0);
        }
      }
      sender.finish();
    }
    assert.equal(there.dropped, 0);
    assert.ok(there.previews.size >= 2, `seed ${seed}`);
    for (const [id, { x, y, pressure }] of there.previews) {
      const stroke = Number(id.split(":")[1]);
      assert.ok(x.every((value, at) => at === 0 || value > x[at - 1]), `seed ${seed}, ${id}`);
      assert.ok(y.every((value) => value === stroke) && pressure.every((value) => value === 100 * stroke));
    }
  }
});

test("a preview goes when its op arrives, does not come after it, and does not outlive 5 s", () => {
  const logged = new Set();
  const there = receiver((id) => logged.has(id));
  there.receive([preview(1, 0, columns(4))], 0);
  assert.equal(there.arrived(`${theirs}:1`), true);
  logged.add(`${theirs}:1`);
  assert.equal(there.receive([further(1, 4, columns(4)), preview(1, 8, columns(4))], 0), false);
  there.receive([preview(2, 0, columns(4))], 100);
  assert.equal(there.nextTimer(), 100 + live.PREVIEW_LASTS_MS);
  assert.equal(there.expire(99 + live.PREVIEW_LASTS_MS), false);
  assert.equal(there.expire(100 + live.PREVIEW_LASTS_MS), true);
  there.keepOnly(() => false);
  assert.equal(there.nextTimer(), null);
});

test("what comes late of a stroke that was taken back is not shown", () => {
  const there = receiver();
  const ended = liveItem(LiveKind.ENDED, { origin: theirs, sequence: 1, counter: 1 });
  there.receive([preview(1, 0, columns(4)), ended], 0);
  assert.equal(there.previews.size, 0);
  assert.equal(there.receive([further(1, 4, columns(4)), preview(1, 8, columns(4))], 0), false);
});

test("who has left leaves no cursor behind", () => {
  const there = receiver();
  there.receive([cursor(1, 1, 1)], 0);
  there.keepOnly(() => false);
  assert.equal(there.cursors.size, 0);
});

test("broken items are counted and harm nobody", () => {
  const there = receiver();
  const broken = [
    bare(LiveKind.CURSOR, ""),
    bare(LiveKind.CURSOR, "00"),
    bare(LiveKind.CURSOR, theirs),
    bare(LiveKind.CURSOR, `${theirs}0102`),
    cursor(12, 1e13, 1),
    bare(LiveKind.PREVIEW, `${theirs}0000`),
    preview(1, 0, fromHex("ff")),
    preview(1, 0, columns(2), theirs, { ...STYLE, colour: 2 ** 40 }),
    preview(1, 0, columns(2), theirs, { ...STYLE, width: 0 }),
    bare(LiveKind.FURTHER, "0b0b01"),
    bare(LiveKind.ENDED, `${theirs}01`),
    bare(LiveKind.TRAIL, `${theirs}010100`),
    bare(LiveKind.TRAIL, `${theirs}020100${"0000".repeat(65)}`),
    liveItem(LiveKind.TRAIL, { origin: theirs, sequence: 9, number: 1, page: 0, places: [[1e12, 0]] }),
    bare(LiveKind.FIGURE, `${theirs}01`),
    bare(LiveKind.FIGURE, `${theirs}0100000002`),
    bare(LiveKind.FIGURE, `${theirs}0101000002${"00".repeat(513)}`),
    further(1, 4, fromHex("ff")),
  ];
  assert.equal(there.receive(broken, 0), false);
  assert.equal(there.dropped, broken.length);
  assert.equal(there.receive([bare(LiveKind.PROBE, `${theirs}01`), bare(11, `${theirs}01aabb`)], 0), false);
  assert.equal(there.dropped, broken.length);
});

test("tables are bounded, whoever speaks", () => {
  const there = receiver();
  const dice = new Dice(3);
  for (let i = 0; i < 3000; i++) {
    const origin = dice.hex(8);
    there.receive([cursor(1, 1, 1, origin), preview(1, 0, columns(2), origin)], i);
  }
  assert.ok(there.cursors.size <= 512 && there.previews.size <= 256);
  for (let i = 0; i < 600; i++) there.receive([preview(7, 16 * i, columns(16))], i);
  assert.ok(there.previews.get(`${theirs}:7`).x.length <= 4096);
});
