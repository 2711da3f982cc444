/**
 * Fractional keys of paint order (docs/formats/oplog.md, rule 9): making one between two, and moving items up and down.
 *
 * A key is hex digits, read as a fraction: some that place it between its neighbours, then 32 random bits, so that two
 * people who put something into one gap at the same time seldom make equal keys. Where they do, ids decide, and the
 * next who inserts there gives the upper one a new key. Values and arithmetic only; dice are an argument.
 */

import { compareText, paintKey, spelled } from "./merge.js";

const JITTER = 8; // digits
const KEY_MAX = 240; // characters; no gap is as narrow as that by accident

/** @typedef {{id: string, z: string, lamport: number}} Ordered an item, as far as its place in the order goes */

/**
 * A key between two.
 * @param {string} low "": nothing lies below
 * @param {string|null} high null: nothing lies above
 * @param {() => number} dice 0 .. 1
 * @returns {string|null} null if there is no room: they are equal, say
 */
export function keyBetween(low, high, dice) {
  let key = "";
  let isTight = high !== null; // whether the key begins as `high` does so far
  for (let at = 0; at < KEY_MAX; at++) {
    const least = at < low.length ? digitOf(low, at) : -1;
    const most = !isTight ? 16 : at < high.length ? digitOf(high, at) : NaN;
    if (Number.isNaN(least) || Number.isNaN(most)) return besides(low, high, dice);
    if (most - least >= 2) return key + hex(least + 1 + Math.floor(dice() * (most - least - 1))) + jitter(dice);
    if (least === -1 && !isTight) return key + jitter(dice);
    if (most < least) return null;
    key += hex(Math.max(least, 0));
    isTight = isTight && Math.max(least, 0) === most;
    if (at >= low.length && !isTight) return key + jitter(dice);
  }
  return null;
}

/** Between keys of which one is not made of digits: right behind the lower one, if that is below the upper. */
function besides(low, high, dice) {
  const key = low + jitter(dice);
  return key.length <= KEY_MAX && (high === null || compareText(key, high) < 0) ? key : null;
}

/**
 * Several keys between two, rising.
 * @param {string} low @param {string|null} high @param {number} count @param {() => number} dice
 * @returns {string[]|null} null if there is no room
 */
export function keysBetween(low, high, count, dice) {
  if (count === 0) return [];
  const middle = keyBetween(low, high, dice);
  if (middle === null) return null;
  const below = keysBetween(low, middle, (count - 1) >> 1, dice);
  const above = keysBetween(middle, high, count >> 1, dice);
  return below === null || above === null ? null : [...below, middle, ...above];
}

const digitOf = (text, at) => {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : NaN;
};

const hex = (digit) => digit.toString(16);

/** Digits of which the last is not 0: below a key there is always room. */
function jitter(dice) {
  let text = "";
  for (let i = 1; i < JITTER; i++) text += hex(Math.floor(dice() * 16));
  return text + hex(1 + Math.floor(dice() * 15));
}

/** Ways to move in paint order. */
export const Move = Object.freeze({ FRONT: "front", UP: "up", DOWN: "down", BACK: "back" });

/**
 * The new keys that move some items among those around them.
 * @param {Ordered[]} items in paint order
 * @param {Set<string>} chosen which of them move; they keep their order among each other
 * @param {string} move one of `Move`
 * @param {(id: string) => boolean} meets whether another item is in the way: one step up or down goes past the next such
 * @param {number} lamport the highest seen: what is drawn later comes on top of what is in front now
 * @param {() => number} dice 0 .. 1
 * @returns {{id: string, z: string}[]} empty if they are there already
 */
export function arranged(items, chosen, move, meets, lamport, dice) {
  const moving = items.filter(({ id }) => chosen.has(id));
  const rest = items.filter(({ id }) => !chosen.has(id));
  const at = target(items, rest, chosen, move, meets);
  if (at === null || moving.length === 0) return [];
  const low = at === 0 ? "" : paintKey(rest[at - 1]);
  let run = 0; // items above the place whose key is not above `low`: they get new ones
  while (at + run < rest.length && compareText(paintKey(rest[at + run]), low) <= 0) run++;
  const upper = [...moving, ...rest.slice(at, at + run)];
  const above = rest[at + run];
  let keys = null;
  if (above !== undefined) keys = keysBetween(low, paintKey(above), upper.length, dice);
  else {
    const now = compareText(spelled(lamport), low) > 0 ? spelled(lamport) : low;
    keys = keysBetween(now, spelled(lamport + 1), upper.length, dice) ?? keysBetween(low, null, upper.length, dice);
  }
  return keys === null ? [] : upper.map(({ id }, index) => ({ id, z: keys[index] }));
}

/** How many of `rest` the items shall lie above; null if they do already. */
function target(items, rest, chosen, move, meets) {
  const first = items.findIndex(({ id }) => chosen.has(id));
  const last = items.findLastIndex(({ id }) => chosen.has(id));
  if (first < 0) return null;
  const isTogether = last - first === items.length - rest.length - 1;
  const above = rest.length - (items.length - 1 - last); // of `rest`, how many lie below the topmost that moves
  switch (move) {
    case Move.FRONT:
      return isTogether && last === items.length - 1 ? null : rest.length;
    case Move.BACK:
      return isTogether && first === 0 ? null : 0;
    case Move.UP: {
      const next = rest.findIndex(({ id }, at) => at >= above && meets(id));
      return next >= 0 ? next + 1 : isTogether ? null : above;
    }
    default: {
      const next = rest.findLastIndex(({ id }, at) => at < first && meets(id));
      return next >= 0 ? next : isTogether ? null : first;
    }
  }
}
