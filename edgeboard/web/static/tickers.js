/**
 * The marquee: reading its items out of the room, and what of them shows at a moment of mesh time.
 *
 * The twin of `edgeboard/marquee/` (items, layout, ticker), with the same vectors; docs/formats/oplog.md, "Ticker items".
 * Times are ms of mesh time, as they are in the log; turns are counted in whole microseconds, so that all panels agree.
 */

import { ItemType, Register } from "./kinds.js";
import { compareText } from "./merge.js";
import { unpack } from "./values.js";
import { DecodeError } from "./varints.js";

/** The page on which ticker items lie: none of the room's. */
export const TICKER_PAGE = 0xffffffff;
export const Level = Object.freeze({ INFO: 0, HEALTHY: 1, WARNING: 2, CRITICAL: 3 });
export const TEXT_MAX = 500; // characters
const ITEMS_MAX = 200;
const ID_BYTES_MAX = 64;
const RANK_MOST = 1_000;
const TIME_MOST = 4e15; // ms
const GAP_EM = 3;
const ICON_EM = 1.6;
const BOLD = 1.1;
const QUARTERS = 4; // a slot grows by parts of the interval
const SLOT_LEAST_S = 4;
const LEAST_FALLBACK = "edgeboard";

const NARROW = new Set("iljI|!.,:;'`ftr()[]{}/\\-");
const WIDE = new Set("mwMW@%&");
const FULL = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0xa4cf], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f],
  [0xff00, 0xff60], [0xffe0, 0xffe6], [0x1f300, 0x1faff], [0x20000, 0x3fffd],
];
const MARKS = [[0x0300, 0x036f], [0x0483, 0x0489], [0x1ab0, 0x1aff], [0x200b, 0x200f], [0x20d0, 0x20ff], [0xfe00, 0xfe0f]];
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
const UNSEEN_ALL = new RegExp(UNSEEN, "gu");

/**
 * @typedef {object} Content what an item says from a moment on
 * @property {string} id
 * @property {string} text
 * @property {number} level one of `Level`
 * @property {number} priority
 * @property {number} order
 * @property {number} interval ms; 0: as its text needs
 * @property {string} icon
 * @property {number} at ms
 * @property {number} since ms
 * @property {number|null} expires ms; null: never
 * @property {Content|null} was what it says before `at`
 */

/**
 * An item out of the room.
 * @param {Uint8Array} payload of its add
 * @param {Uint8Array|null} data the value of its register DATA
 * @returns {Content}
 * @throws {DecodeError} it is none
 */
export function readTicker(payload, data) {
  const first = unpack(payload);
  const id = isMap(first) ? first.ticker : null;
  if (typeof id !== "string") throw new DecodeError("a marquee item has no id");
  const content = data === null ? first : (unpack(data) ?? first);
  if (!isMap(content)) throw new DecodeError("the data of a marquee item is a map");
  const was = content.was ?? null;
  if (was !== null && !isMap(was)) throw new DecodeError("`was` of a marquee item is a map");
  return { ...readContent(id, content), was: was === null ? null : readContent(id, was) };
}

function readContent(id, content) {
  const { text, icon = "" } = content;
  const at = whole(content.at, 0, 0);
  const level = whole(content.level, 0, 0);
  const read = {
    ...{ id, text, level: level <= Level.CRITICAL ? level : Level.INFO, icon, at },
    priority: whole(content.priority, 0),
    order: whole(content.order, 0),
    interval: whole(content.interval, 0, 0),
    since: whole(content.since, at, 0),
    expires: (content.expires ?? null) === null ? null : whole(content.expires, 0, 0),
    was: null,
  };
  const isSound =
    id !== "" && !UNSEEN.test(id) && new TextEncoder().encode(id).length <= ID_BYTES_MAX &&
    typeof text === "string" && text !== "" && oneLine(text) === text &&
    (read.interval === 0 || (read.interval >= 1_000 && read.interval <= 3_600_000)) &&
    Math.abs(read.priority) <= RANK_MOST && Math.abs(read.order) <= RANK_MOST &&
    typeof icon === "string" && /^[a-z0-9-]{0,32}$/.test(icon) && read.since <= at && at <= TIME_MOST;
  if (!isSound) throw new DecodeError("a marquee item is out of its limits");
  return read;
}

function whole(value, otherwise, least = -Number.MAX_SAFE_INTEGER) {
  if (value === undefined || value === null) return otherwise;
  if (!Number.isSafeInteger(value) || value < least) throw new DecodeError("a number of a marquee item is out of its range");
  return value;
}

const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** A text as a line: nothing that cannot be seen, no runs of blanks, not too long. @param {string} text @returns {string} */
export function oneLine(text) {
  const line = text.replace(/[\t\n\r\v\f\u2028\u2029]/g, " ").replace(UNSEEN_ALL, "").replace(/ +/g, " ").trim();
  const letters = [...line];
  return letters.length <= TEXT_MAX ? line : `${letters.slice(0, TEXT_MAX - 1).join("")}…`;
}

/**
 * What is logged for an item that is to be like `wanted` from `at` on: the value of its register DATA, or with the id
 * the payload of its add.
 * @param {Content|null} now as it is logged
 * @param {Partial<Content>} wanted
 * @param {number} at ms
 * @returns {object}
 */
export function contentFor(now, wanted, at) {
  if (now !== null && now.at > at) now = now.was;
  const before = now === null || (now.expires !== null && now.expires <= at) ? null : now;
  const isSame = (key) => before[key] === wanted[key];
  const isInPlace = before !== null && ["priority", "order", "interval"].every(isSame) && (before.level === Level.CRITICAL) === (wanted.level === Level.CRITICAL);
  const since = isInPlace && before.since <= at ? before.since : at;
  return { ...fieldsOf({ ...wanted, at, since }), ...(before === null ? {} : { was: fieldsOf(before) }) };
}

/** The content of an item that ends at a moment. @param {Content} now @param {number} at ms @returns {object} */
export function contentEnded(now, at) {
  const { was, ...rest } = now;
  return { ...fieldsOf({ ...rest, expires: at }), ...(was === null ? {} : { was: fieldsOf(was) }) };
}

function fieldsOf({ text, level = 0, priority = 0, order = 0, interval = 0, icon = "", at, since, expires = null }) {
  const fields = { text, level, priority, order, interval, icon, at };
  const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0 && value !== ""));
  return { ...said, ...(since === at ? {} : { since }), ...(expires === null ? {} : { expires }) };
}

// ------------------------------------------------------------------------------------------------------------- the room

/**
 * The ticker items of a room: of several with one id the one whose newest content has the greatest stamp.
 * @param {Iterable<import("./items.js").Item>} items live ones
 * @returns {Map<string, {item: import("./items.js").Item, content: Content}>}
 */
export function tickersOf(items) {
  const found = new Map();
  for (const item of items) {
    if (item.type !== ItemType.TICKER || !item.alive) continue;
    try {
      const content = readTicker(item.pieces[0].payload, item.valueBytes(Register.DATA));
      const other = found.get(content.id);
      if (other === undefined || isLater(item, other.item)) found.set(content.id, { item, content });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // one that cannot be read takes no other with it
    }
  }
  return found;
}

function isLater(one, other) {
  const stamp = (item) => [item.op, item.winners.get(Register.DATA)?.op].filter((op) => op !== undefined).reduce((a, b) => (isGreater(b, a) ? b : a));
  return isGreater(stamp(one), stamp(other));
}

const isGreater = (a, b) => a.lamport > b.lamport || (a.lamport === b.lamport && (a.origin > b.origin || (a.origin === b.origin && a.counter > b.counter)));

// ------------------------------------------------------------------------------------------------------------- its turns

/** About how wide a text is, em. @param {string} text @returns {number} */
export function ems(text) {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0);
    if (code < 128) {
      if (character === " ") width += 0.32;
      else if (NARROW.has(character)) width += 0.4;
      else if (WIDE.has(character)) width += 0.98;
      else width += character >= "A" && character <= "Z" ? 0.72 : 0.64;
    } else if (!isIn(MARKS, code)) {
      width += isIn(FULL, code) ? 1 : 0.72;
    }
  }
  return width;
}

const isIn = (ranges, code) => ranges.some(([first, last]) => first <= code && code <= last);

/** The interval of an item of which nobody has said one, ms. @param {string} text @param {number} rate @returns {number} */
export function defaultInterval(text, rate) {
  return Math.max(SLOT_LEAST_S, Math.ceil((ICON_EM + ems(text) * BOLD + GAP_EM) / rate)) * 1000;
}

/**
 * The priority of a new item: before all others if it would end before it had its turn.
 * @param {Content[]} others
 * @param {Partial<Content>} wanted of priority 0
 * @param {number} at ms
 * @param {number} rate em a second
 * @returns {number}
 */
export function inTime(others, wanted, at, rate) {
  const item = { priority: 0, order: 0, icon: "", was: null, ...wanted, at, since: at };
  const { slots } = new Ticker([...others.filter(({ id }) => id !== item.id), item], rate).at(at / 1000);
  const slot = slots.find((each) => each.item.id === item.id);
  const isInTime = slot === undefined || item.expires === null || at + slot.start * 1000 < item.expires;
  return isInTime ? 0 : Math.min(RANK_MOST, slots[0].item.priority + 1);
}

/** What an item says at a moment; null if it is not valid then. @param {Content} item @param {number} ms @returns {Content|null} */
export function versionAt(item, ms) {
  const version = item.was === null || ms >= item.at ? item : item.was;
  return version.since <= ms && (version.expires === null || ms < version.expires) ? version : null;
}

/** What shows at a moment, as a function of items and mesh time. */
export class Ticker {
  #items;
  #rate;
  #fallback;
  #instants;
  #begins = null; // of the cycle that shows before each instant, and after the last

  /** @param {Content[]} items @param {number} rate em a second @param {string} [fallback] */
  constructor(items, rate, fallback = "") {
    this.#items = items;
    this.#rate = rate;
    const text = oneLine(fallback) || LEAST_FALLBACK;
    this.#fallback = [{ id: "", text, level: Level.INFO, priority: 0, order: 0, interval: 0, icon: "", at: 0, since: 0, expires: null, was: null }];
    this.#instants = [...new Set(items.flatMap(momentsOf))].sort((a, b) => a - b);
  }

  /**
   * @param {number} mesh_s
   * @returns {{slots: {item: Content, start: number, length: number}[], turn: number, elapsedUs: number, nextUs: number, isFallback: boolean}}
   *   `nextUs`: mesh time at which something else shows, microseconds; Infinity: never
   */
  at(mesh_s) {
    const moment = Math.round(mesh_s * 1e6);
    const number = this.#instants.filter((instant) => instant <= mesh_s * 1000).length;
    const until = number < this.#instants.length ? this.#instants[number] * 1000 : Infinity;
    const { slots, isFallback } = this.#slots(number);
    this.#begins ??= this.#beginnings();
    const first = this.#begins[number];
    const begin = first > 0 ? this.#instants[first - 1] * 1000 : 0;
    const { start, length } = slots.at(-1);
    const cycle = Math.round((start + length) * 1e6);
    const place = (moment - begin) % cycle;
    const starts = slots.map((slot) => Math.round(slot.start * 1e6));
    const turn = starts.findLastIndex((each) => each <= place);
    const next = moment - place + (starts[turn + 1] ?? cycle);
    return { slots, turn, elapsedUs: place - starts[turn], nextUs: Math.min(next, until), isFallback };
  }

  /** The turns between two instants; lengths are seconds. */
  #slots(number) {
    const ms = number > 0 ? this.#instants[number - 1] : 0;
    const shown = this.#items.map((item) => versionAt(item, ms)).filter((item) => item !== null);
    const critical = shown.filter(({ level }) => level === Level.CRITICAL);
    const cast = (critical.length > 0 ? critical : shown).sort(compareTurns);
    const isFallback = cast.length === 0;
    let start = 0;
    const slots = (isFallback ? this.#fallback : cast.slice(0, ITEMS_MAX)).map((item) => {
      const slot = { item, start, length: this.#length(item) };
      start += slot.length;
      return slot;
    });
    return { slots, isFallback };
  }
  #length(item) {
    const needed = (ICON_EM + ems(item.text) * (item.level === Level.CRITICAL ? BOLD : 1) + GAP_EM) / this.#rate;
    const interval = (item.interval || defaultInterval(item.text, this.#rate)) / 1000;
    return (interval * Math.max(QUARTERS, Math.ceil((QUARTERS * needed) / interval))) / QUARTERS;
  }

  /** For each span between two instants, the number of the one at which its cycle began: each change is looked at once. */
  #beginnings() {
    const ranks = { calm: [], critical: [] };
    const entered = new Map();
    const touched = new Map(this.#instants.map((moment) => [moment, []]));
    const enter = (item, ms) => {
      const version = versionAt(item, ms);
      const before = entered.get(item.id);
      entered.delete(item.id);
      if (before !== undefined) before.ranks.splice(placeOf(before.ranks, before.entry), 1);
      if (version === null) return;
      const [entry, place] = [{ item: version, length: this.#length(version) }, version.level === Level.CRITICAL ? ranks.critical : ranks.calm];
      place.splice(placeOf(place, entry), 0, entry);
      entered.set(item.id, { ranks: place, entry });
    };
    const shownNow = () => (ranks.critical.length > 0 ? ranks.critical : ranks.calm).slice(0, ITEMS_MAX);
    for (const item of this.#items) {
      enter(item, 0);
      for (const moment of momentsOf(item)) touched.get(moment).push(item);
    }
    const begins = [0];
    let shown = shownNow();
    this.#instants.forEach((moment, index) => {
      for (const item of touched.get(moment)) enter(item, moment);
      const [before, now] = [shown, shownNow()];
      const isSame = before.length === now.length && before.every((each, n) => each === now[n] || (each.item.id === now[n].item.id && each.length === now[n].length));
      begins.push(isSame ? begins.at(-1) : index + 1);
      shown = now;
    });
    return begins;
  }
}

/** When something about an item changes, ms. @param {Content} item @returns {number[]} */
function momentsOf({ at, since, expires, was }) {
  const found = was === null ? [since, expires] : [at, was.since, Math.min(was.expires ?? Infinity, at), expires];
  return [...new Set(found)].filter((moment) => moment !== null && moment > 0);
}

const compareTurns = (a, b) => b.priority - a.priority || a.order - b.order || compareText(a.id, b.id);

/** Where an entry stands, or belongs, among others in their order. */
function placeOf(entries, entry) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareTurns(entries[middle].item, entry.item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
