/**
 * The rules by which a set of ops becomes a canvas, as functions of values (docs/formats/oplog.md, "Merge").
 *
 * `canvas.js` keeps what is known and calls these; nothing here remembers anything.
 */

import { compareOps } from "./ids.js";
import { compareStamps } from "./ops.js";

/**
 * The entry whose op has the greatest stamp, among those that count.
 * @param {Iterable<{op: import("./ops.js").Op, counts: boolean}>} entries
 * @returns {object|null}
 */
export function winner(entries) {
  let best = null;
  for (const entry of entries) {
    if (entry.counts && (best === null || compareStamps(entry.op, best.op) > 0)) best = entry;
  }
  return best;
}

/**
 * Intervals united: sorted, not touching.
 * @param {Iterable<ArrayLike<number>>} lists each start, end, start, end …
 * @returns {number[]} in the same form
 */
export function unite(lists) {
  const pairs = [];
  for (const list of lists) for (let i = 0; i + 1 < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
  pairs.sort((a, b) => a[0] - b[0]);
  const united = [];
  for (const [start, end] of pairs) {
    const last = united.length - 1;
    if (last > 0 && start <= united[last]) united[last] = Math.max(united[last], end);
    else united.push(start, end);
  }
  return united;
}

/**
 * How many entries of an author a causal context holds.
 * @param {import("./bodies.js").Context} context
 * @param {string} author tag
 * @param {(id: string) => import("./bodies.js").Context|null} floorContext the context of a floor that is known
 * @returns {number}
 */
export function nextIn(context, author, floorContext) {
  let seen = null;
  for (let at = context; ; ) {
    if (at.vector.has(author)) return at.vector.get(author);
    if (at.base === null) return 0;
    seen ??= new Set();
    if (seen.has(at.base)) return 0; // floors that name each other hold nothing more
    seen.add(at.base);
    at = floorContext(at.base);
    if (at === null) return 0;
  }
}

/**
 * Whether one of the places is in a causal context.
 * @param {{author: string, entry: number}[]} places
 * @param {import("./bodies.js").Context} context
 * @param {(id: string) => import("./bodies.js").Context|null} floorContext
 * @returns {boolean}
 */
export function holdsAny(places, context, floorContext) {
  for (const { author, entry } of places) if (entry < nextIn(context, author, floorContext)) return true;
  return false;
}

/** Text order by code points, as Python has it. @param {string} a @param {string} b @returns {number} */
export function compareText(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above every other unit. */
function rank(unit) {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * Paint order: (z, Lamport, op id of the first add).
 * @param {{z: string, lamport: number, id: string}} a
 * @param {{z: string, lamport: number, id: string}} b
 * @returns {number} as sort wants it
 */
export function comparePaint(a, b) {
  if (a.z !== b.z) return compareText(a.z, b.z);
  if (a.lamport !== b.lamport) return a.lamport - b.lamport;
  return compareOps(a.id, b.id);
}

/** Order of an item's pieces: (index, op id). @param {object} a @param {object} b entries of adds @returns {number} */
export function comparePieces(a, b) {
  return a.body.index - b.body.index || compareOps(a.op.id, b.op.id);
}
