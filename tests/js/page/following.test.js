import assert from "node:assert/strict";
import { test } from "node:test";

import { ASK_EVERY_MS, Following, VIEW_EVERY_MS, VIEW_REPEAT_MS, WANTED_FOR_MS } from "../../../edgeboard/web/static/following.js";
import { LiveKind, liveItem, readItem } from "../../../edgeboard/web/static/frames.js";
import { LiveReceiver, LiveSender } from "../../../edgeboard/web/static/live.js";

const [ANA, BEN] = ["0a".repeat(8), "0b".repeat(8)];
const sight = (x) => ({ x, y: -20, width: 1280, height: 800, page: 1 });

test("nobody says what is on the screen until somebody asks", () => {
  const following = new Following();
  following.look(sight(1));
  assert.equal(following.nextTimer(0), null);
  assert.deepEqual(following.due(0), []);
  following.asked(BEN, 10);
  assert.equal(following.nextTimer(10), 10);
  assert.deepEqual(following.due(10), [{ kind: LiveKind.VIEW, fields: sight(1) }]);
});

test("a view that moves is told ten times a second at most, one that rests every two seconds", () => {
  const following = new Following();
  following.asked(BEN, 0);
  following.look(sight(1));
  following.due(0);
  assert.equal(following.nextTimer(1), VIEW_REPEAT_MS);
  following.look(sight(2));
  assert.equal(following.nextTimer(1), VIEW_EVERY_MS);
  assert.deepEqual(following.due(VIEW_EVERY_MS - 1), []);
  assert.equal(following.due(VIEW_EVERY_MS).length, 1);
});

test("who does not ask any more is not told", () => {
  const following = new Following();
  following.look(sight(1));
  following.asked(BEN, 0);
  assert.deepEqual(following.followers(WANTED_FOR_MS - 1), [BEN]);
  assert.deepEqual(following.followers(WANTED_FOR_MS), []);
  assert.equal(following.nextTimer(WANTED_FOR_MS), null);
});

test("who follows asks every two seconds, until they stop", () => {
  const following = new Following();
  following.follow(ANA);
  assert.deepEqual(following.due(0), [{ kind: LiveKind.FOLLOW, fields: { leader: ANA } }]);
  assert.equal(following.nextTimer(5), ASK_EVERY_MS);
  assert.equal(following.due(ASK_EVERY_MS).length, 1);
  following.follow(null);
  assert.equal(following.nextTimer(ASK_EVERY_MS), null);
});

test("what one page asks and the other tells goes along with live items", () => {
  const [ana, ben] = [new Following(), new Following()];
  const [fromAna, fromBen] = [new LiveSender(ANA, ana), new LiveSender(BEN, ben)];
  const [atAna, atBen] = [new LiveReceiver(ANA, () => false), new LiveReceiver(BEN, () => false)];
  const seen = [];
  atAna.onFollower = (origin, now) => ana.asked(origin, now);
  atBen.onView = (view) => seen.push(view);
  ana.look(sight(7));
  ben.follow(ANA);
  assert.equal(fromBen.nextTimer(0), 0);
  atAna.receive(fromBen.frame(0), 0);
  assert.equal(fromAna.nextTimer(0), 0);
  atBen.receive(fromAna.frame(0), 0);
  assert.deepEqual(seen.map(({ origin, x, y, width, height, page }) => ({ origin, x, y, width, height, page })), [{ origin: ANA, ...sight(7) }]);
  atBen.receive([liveItem(LiveKind.VIEW, { origin: ANA, sequence: 1, ...sight(9) })], 1);
  assert.equal(seen.length, 1, "an older one is dropped");
});

test("items are read as they were written", () => {
  const view = { origin: ANA, sequence: 3, ...sight(-5) };
  assert.deepEqual(readItem(liveItem(LiveKind.VIEW, view)), view);
  const follow = { origin: BEN, sequence: 4, leader: ANA };
  assert.deepEqual(readItem(liveItem(LiveKind.FOLLOW, follow)), follow);
});
