/**
 * The pages and layers of a room, as its meta and its items tell (docs/formats/oplog.md, "key of meta").
 *
 * The twin of `edgeboard/canvas/structure.py`. What others wrote is looked at before it is used: a key or a value that is
 * not of its form says nothing.
 */

import { ItemType } from "./kinds.js";
import { compareText } from "./merge.js";
import { keyBetween, keysBetween } from "./zorder.js";

const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** Pages of a room, or layers of a page, that are listed. */
export const LISTED_MAX = 500;

/** Keys of meta. */
export const pageKey = (page) => `page/${page}`;
export const layerKey = (page, layer) => `layer/${page}/${layer}`;
export const orderKey = (page, layer) => `order/${page}/${layer}`;
export const lockedKey = (page, layer) => `locked/${page}/${layer}`;

/**
 * @typedef {{number: number, name: string, count: number}} Page `count`: live items on it
 * @typedef {{number: number, name: string, order: string, isLocked: boolean, count: number}} Layer
 */

/** The numbers in a key, if it is of a kind. @returns {number[]|null} */
function numbersOf(key, kind, count) {
  const parts = key.split("/");
  if (parts[0] !== kind || parts.length !== count + 1) return null;
  const numbers = parts.slice(1).map(Number);
  const isSound = numbers.every((value, at) => Number.isInteger(value) && value >= 0 && value <= NUMBER_MAX && String(value) === parts[at + 1]);
  return isSound ? numbers : null;
}

/** The pages there are, by number. @param {import("./canvas.js").Document} document @returns {Page[]} */
export function pagesOf(document) {
  const found = new Map([[0, { number: 0, name: "", count: 0 }]]);
  const at = (number) => {
    if (!found.has(number)) found.set(number, { number, name: "", count: 0 });
    return found.get(number);
  };
  for (const key of document.metaKeys()) {
    const [page] = numbersOf(key, "page", 1) ?? [];
    if (page !== undefined && typeof document.meta(key) === "string") at(page).name = document.meta(key);
  }
  for (const item of document.items()) if (item.type !== ItemType.TICKER) at(item.page).count += 1; // the ticker's is none of them
  if (found.size > 1 && found.get(0).count === 0 && document.meta(pageKey(0)) === false) found.delete(0);
  return [...found.values()].sort((a, b) => a.number - b.number).slice(0, LISTED_MAX);
}

/** The layers of a page in paint order, the lowest first. @param {import("./canvas.js").Document} document @param {number} page @returns {Layer[]} */
export function layersOf(document, page) {
  const found = new Map();
  const at = (number) => {
    if (!found.has(number)) {
      const order = orderOf(document, page, number);
      found.set(number, { number, name: "", order, isLocked: isLocked(document, page, number), count: 0 });
    }
    return found.get(number);
  };
  at(0);
  for (const key of document.metaKeys()) {
    const [of, layer] = numbersOf(key, "layer", 2) ?? [];
    if (of === page && typeof document.meta(key) === "string") at(layer).name = document.meta(key);
  }
  for (const item of document.items()) if (item.page === page) at(item.layer).count += 1;
  if (found.size > 1 && found.get(0).count === 0 && document.meta(layerKey(page, 0)) === false) found.delete(0);
  return [...found.values()].sort(compareLayers).slice(0, LISTED_MAX);
}

/** The key that a layer is ordered by. @returns {string} */
export function orderOf(document, page, layer) {
  const order = document.meta(orderKey(page, layer));
  return typeof order === "string" ? order : "";
}

/** Whether a layer is locked for everybody. @returns {boolean} */
export function isLocked(document, page, layer) {
  return document.meta(lockedKey(page, layer)) === true;
}

/** Whether a layer was deleted, and nothing lives on it. @returns {boolean} */
export function isGone(document, page, layer) {
  return document.meta(layerKey(page, layer)) === false && !document.items().some((item) => item.page === page && item.layer === layer);
}

/** What says of a layer that it is deleted. @returns {[string, unknown][]} entries of meta */
export function layerGone(document, page, layer) {
  return [[layerKey(page, layer), false], ...undone(document, [orderKey(page, layer), lockedKey(page, layer)])];
}

/** The same of a page; its number may be used again, so nothing is left to be known of its layers. @returns {[string, unknown][]} */
export function pageGone(document, page) {
  const isOf = (key) => ["layer", "order", "locked"].some((kind) => numbersOf(key, kind, 2)?.[0] === page);
  return [[pageKey(page), false], ...undone(document, [...document.metaKeys()].filter(isOf))];
}

const undone = (document, keys) => keys.filter((key) => (document.meta(key) ?? null) !== null).map((key) => [key, null]);

/** @param {{order: string, number: number}} a @param {{order: string, number: number}} b @returns {number} as sort wants it */
export function compareLayers(a, b) {
  return compareText(a.order, b.order) || a.number - b.number;
}

/** The lowest number that is not taken. @param {{number: number}[]} taken @returns {number} */
export function freeNumber(taken) {
  const numbers = new Set(taken.map(({ number }) => number));
  let free = 0;
  while (numbers.has(free)) free++;
  return free;
}

/** So many of the lowest numbers that are not taken. @param {{number: number}[]} taken @param {number} count @returns {number[]} */
export function freeNumbers(taken, count) {
  const all = [...taken];
  for (let at = 0; at < count; at++) all.push({ number: freeNumber(all) });
  return all.slice(taken.length).map(({ number }) => number);
}

/**
 * New keys of order for layers of which one has changed places.
 * @param {{number: number, order: string}[]} layers in paint order
 * @param {number} moved the number of the one that moves
 * @param {number} step how far it moves up
 * @param {() => number} dice 0 .. 1
 * @returns {[number, string][]} numbers and keys; empty if it cannot move further
 */
export function reordered(layers, moved, step, dice) {
  const from = layers.findIndex(({ number }) => number === moved);
  const to = from + step;
  if (from < 0 || to < 0 || to >= layers.length) return [];
  const list = layers.filter((_, at) => at !== from);
  list.splice(to, 0, layers[from]);
  const key = keyBetween(list[to - 1]?.order ?? "", list[to + 1]?.order ?? null, dice);
  if (key !== null) return [[moved, key]];
  return keysBetween("", null, list.length, dice).map((each, at) => [list[at].number, each]); // no room: all of them anew
}
