import assert from "node:assert/strict";
import { test } from "node:test";

import { comparePaint, compareText, spelled } from "../../../edgeboard/web/static/merge.js";
import { Move, arranged, keyBetween, keysBetween } from "../../../edgeboard/web/static/zorder.js";
import { Dice } from "../random.js";

const dice = (seed) => {
  const made = new Dice(seed);
  return () => made.next();
};

test("a key lies strictly between its neighbours, wherever one inserts", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const roll = dice(seed);
    const keys = ["", null];
    for (let step = 0; step < 120; step++) {
      const at = seed % 3 === 0 ? 0 : seed % 3 === 1 ? keys.length - 2 : Math.floor(roll() * (keys.length - 1));
      const key = keyBetween(keys[at], keys[at + 1], roll);
      assert.ok(key !== null, `seed ${seed}, step ${step}`);
      assert.ok(compareText(keys[at], key) < 0, `seed ${seed}: ${keys[at]} < ${key}`);
      if (keys[at + 1] !== null) assert.ok(compareText(key, keys[at + 1]) < 0, `seed ${seed}: ${key} < ${keys[at + 1]}`);
      assert.match(key, /^[0-9a-f]*[1-9a-f]$/);
      keys.splice(at + 1, 0, key);
    }
    assert.ok(keys.every((key) => key === null || key.length < 120), `seed ${seed}`);
  }
});

test("keys go between those of ordinary ink, and below the first of it", () => {
  const roll = dice(7);
  for (const [low, high] of [[spelled(5), spelled(6)], [spelled(15), spelled(16)], ["", spelled(1)], [spelled(255), spelled(4096)]]) {
    const keys = keysBetween(low, high, 50, roll);
    const all = [low, ...keys, high];
    for (let i = 0; i + 1 < all.length; i++) assert.ok(compareText(all[i], all[i + 1]) < 0, `${all[i]} < ${all[i + 1]}`);
  }
});

test("where there is no room, none is made up", () => {
  const roll = dice(3);
  for (const [low, high] of [["a", "a"], ["b", "a"], ["a", "a0"], ["a", "a000"], ["", ""], ["é", "é"]]) {
    assert.equal(keyBetween(low, high, roll), null, `${low} ${high}`);
  }
});

test("keys that somebody else made up are no obstacle", () => {
  const roll = dice(4);
  for (const [low, high] of [["z", null], ["é", "ü"], ["5", "Zebra"], ["\u{1f600}", null], ["A", "B"], ["zz", "zz~"]]) {
    const key = keyBetween(low, high, roll);
    if (key === null) continue;
    assert.ok(compareText(low, key) < 0 && (high === null || compareText(key, high) < 0), `${low} ${key} ${high}`);
  }
  assert.ok(keyBetween("z", null, roll) > "z");
});

test("four thousand keys in one gap seldom collide", () => {
  const roll = dice(11);
  const keys = new Set();
  for (let i = 0; i < 4000; i++) keys.add(keyBetween(spelled(8), spelled(9), roll));
  assert.ok(keys.size >= 3999, `${keys.size}`);
});

/** Items in paint order with the changes applied. */
function after(items, changes) {
  const keys = new Map(changes.map(({ id, z }) => [id, z]));
  return items.map((item) => ({ ...item, z: keys.get(item.id) ?? item.z })).sort(comparePaint);
}

const id = (n) => `${"0a".repeat(8)}:${n}`;
const names = (items) => items.map((item) => Number(item.id.split(":")[1]));
const board = (count) => Array.from({ length: count }, (_, at) => ({ id: id(at + 1), z: "", lamport: at + 1 }));

test("to the front, to the back, one up and one down", () => {
  const items = board(5);
  const moved = (move, ...chosen) =>
    names(after(items, arranged(items, new Set(chosen.map(id)), move, () => true, 5, dice(1))));
  assert.deepEqual(moved(Move.FRONT, 2), [1, 3, 4, 5, 2]);
  assert.deepEqual(moved(Move.FRONT, 1, 4), [2, 3, 5, 1, 4]);
  assert.deepEqual(moved(Move.BACK, 3), [3, 1, 2, 4, 5]);
  assert.deepEqual(moved(Move.BACK, 5, 2), [2, 5, 1, 3, 4]);
  assert.deepEqual(moved(Move.UP, 2), [1, 3, 2, 4, 5]);
  assert.deepEqual(moved(Move.DOWN, 4), [1, 2, 4, 3, 5]);
  assert.deepEqual(arranged(items, new Set([id(5)]), Move.FRONT, () => true, 5, dice(1)), []);
  assert.deepEqual(arranged(items, new Set([id(1)]), Move.DOWN, () => true, 5, dice(1)), []);
});

test("one step goes past the next item that is in the way", () => {
  const items = board(5);
  const inTheWay = (...ids) => (other) => ids.map(id).includes(other);
  const moved = (move, chosen, meets) => names(after(items, arranged(items, new Set([id(chosen)]), move, meets, 5, dice(2))));
  assert.deepEqual(moved(Move.UP, 1, inTheWay(4)), [2, 3, 4, 1, 5]);
  assert.deepEqual(moved(Move.DOWN, 5, inTheWay(2)), [1, 5, 2, 3, 4]);
  assert.deepEqual(arranged(items, new Set([id(3)]), Move.UP, inTheWay(1), 5, dice(2)), []);
});

test("what is drawn later comes on top of what is in front", () => {
  const items = board(3);
  const changes = arranged(items, new Set([id(1)]), Move.FRONT, () => true, 3, dice(5));
  const later = { id: id(9), z: "", lamport: 5 };
  assert.deepEqual(names(after([...items, later], changes)), [2, 3, 1, 9]);
});

test("of two equal keys the upper one gets a new one", () => {
  const items = [
    { id: id(1), z: "8aaaaaaaa", lamport: 1 },
    { id: id(2), z: "8aaaaaaaa", lamport: 2 },
    { id: id(3), z: "", lamport: 3 },
  ].sort(comparePaint);
  assert.deepEqual(names(items), [3, 1, 2]);
  const changes = arranged(items, new Set([id(3)]), Move.UP, (other) => other === id(1), 3, dice(6));
  assert.deepEqual(names(after(items, changes)), [1, 3, 2]);
  assert.deepEqual(changes.map((change) => change.id), [id(3), id(2)]);
});

test("whatever is moved wherever, the others keep their order, and so do those that move", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const roll = dice(seed);
    let items = board(12);
    let lamport = 12;
    for (let step = 0; step < 25; step++) {
      const chosen = new Set(items.filter(() => roll() < 0.25).map((item) => item.id));
      const move = Object.values(Move)[Math.floor(roll() * 4)];
      const meets = roll() < 0.5 ? () => true : (other) => other.length % 2 === 0;
      const moved = after(items, arranged(items, chosen, move, meets, lamport++, roll));
      const side = (list, isChosen) => names(list.filter((item) => chosen.has(item.id) === isChosen));
      for (const isChosen of [true, false]) assert.deepEqual(side(moved, isChosen), side(items, isChosen), `seed ${seed}, step ${step}`);
      items = moved;
    }
  }
});
