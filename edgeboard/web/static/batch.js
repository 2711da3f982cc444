/**
 * Batches as a browser reads them (docs/formats/oplog.md, "Batch").
 *
 * No signature is checked here: a browser has no key of the mesh, its host has checked and vouches for what it hands on.
 * Batches of one author are taken in order, because each may add to that author's table of origins.
 */

import { NODE_BYTES, ORIGIN_BYTES, PERSON_BYTES, TAG_BYTES, toHex } from "./ids.js";
import { HASH_BYTES, TAIL_MAX, decodeOp } from "./ops.js";
import { DecodeError, LimitError, Reader } from "./varints.js";
import { Vector } from "./vectors.js";

export const BATCH_MAX = 64 * 1024; // bytes
export const OPS_MAX = 4096; // in a batch
export const ORIGINS_MAX = 1024; // brought by one batch
const FORMAT = 1;
const AUTHOR_BYTES = 24;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const FORMAT_MASK = 0x0f; // of the first byte; the flags are above
const INTRODUCES = 0x10;
const BRINGS_ORIGINS = 0x20;
const IS_ALONE = 0x40; // one op: the count is left out
const TIME_UNIT = 100; // ms

/**
 * One entry of a log.
 * @typedef {object} Entry
 * @property {import("./ops.js").Op|null} op null if it was dropped at a floor
 * @property {string|null} dropped the content hash (hex) of a dropped op
 * @property {{author: string, entry: number}} place
 * @property {string|null} person hex; null if dropped
 */

/** Per author: the origins its batches brought, with the persons they belong to, in order. */
export class AuthorTables {
  constructor() {
    /** @type {Map<string, {origin: string, person: string}[]>} */
    this.tables = new Map();
  }

  /** @param {string} tag @returns {{origin: string, person: string}[]} */
  of(tag) {
    return this.tables.get(tag) ?? [];
  }

  /** @param {string} tag @param {{origin: string, person: string}[]} origins */
  append(tag, origins) {
    if (origins.length > 0) this.tables.set(tag, [...this.of(tag), ...origins]);
  }
}

/**
 * What stands before the slots.
 * @param {Uint8Array} bytes
 * @returns {{tag: string, first: number, count: number, end: number, time: number,
 *   introduction: {author: string, node: string, key: string}|null,
 *   row: number, origins: {origin: string, person: string}[], slotsAt: number}}
 * @throws {DecodeError} the bytes break the format
 */
export function decodeHeader(bytes) {
  if (bytes.length > BATCH_MAX) throw new LimitError(`a batch of ${bytes.length} bytes; the limit is ${BATCH_MAX}`);
  if (bytes.length < SIGNATURE_BYTES) throw new DecodeError("a batch is cut short");
  const input = new Reader(bytes, 0, bytes.length - SIGNATURE_BYTES);
  const flags = input.byte();
  if ((flags & FORMAT_MASK) !== FORMAT) throw new DecodeError("a batch of an unknown format");
  if (flags > (FORMAT_MASK | INTRODUCES | BRINGS_ORIGINS | IS_ALONE)) throw new DecodeError("a batch has an unknown flag");
  const tag = toHex(input.bytes(TAG_BYTES));
  const first = input.u();
  const count = flags & IS_ALONE ? 1 : input.u();
  const time = input.u() * TIME_UNIT;
  if (time > Number.MAX_SAFE_INTEGER) throw new DecodeError("a number is above 2^53 − 1");
  if (count < 1) throw new DecodeError("a batch is empty");
  if (count > OPS_MAX) throw new LimitError(`a batch of ${count} ops; the limit is ${OPS_MAX}`);
  const end = first + count;
  if (end > Number.MAX_SAFE_INTEGER) throw new DecodeError("a number is above 2^53 − 1");
  if ((first === 0) !== ((flags & INTRODUCES) !== 0)) throw new DecodeError("a batch introduces its author at entry 0");
  let introduction = null;
  if (flags & INTRODUCES) {
    const author = toHex(input.bytes(AUTHOR_BYTES));
    introduction = { author, node: author.slice(0, 2 * NODE_BYTES), key: toHex(input.bytes(KEY_BYTES)) };
  }
  const row = flags & BRINGS_ORIGINS ? input.u() : 0;
  const origins = flags & BRINGS_ORIGINS ? readOrigins(input) : [];
  return { tag, first, count, end, time, introduction, row, origins, slotsAt: input.at };
}

function readOrigins(input) {
  const count = input.u();
  if (count < 1) throw new DecodeError("a batch brings no origins");
  if (count > ORIGINS_MAX) throw new LimitError(`a batch brings ${count} origins; the limit is ${ORIGINS_MAX}`);
  const origins = [];
  for (let i = 0; i < count; i++) {
    origins.push({ origin: toHex(input.bytes(ORIGIN_BYTES)), person: toHex(input.bytes(PERSON_BYTES)) });
  }
  return origins;
}

/**
 * A whole batch. The author's earlier batches must have gone through the same tables.
 * @param {Uint8Array} bytes kept: ops are views into it
 * @param {AuthorTables} tables grows by the origins that the batch brings, once all of it is read
 * @returns {{tag: string, first: number, count: number, end: number, time: number,
 *   introduction: {author: string, node: string, key: string}|null,
 *   row: number, origins: {origin: string, person: string}[], entries: Entry[]}}
 * @throws {DecodeError} the bytes break the format; the tables have not changed
 */
export function decodeBatch(bytes, tables) {
  const { slotsAt, ...header } = decodeHeader(bytes);
  const { tag, first, count, end, row, origins } = header;
  if (origins.length > 0 && row !== tables.of(tag).length) {
    throw new DecodeError("the origins of a batch do not continue its author's table");
  }
  const table = origins.length > 0 ? [...tables.of(tag), ...origins] : tables.of(tag);
  const input = new Reader(bytes, slotsAt, bytes.length - SIGNATURE_BYTES);
  const entries = [];
  for (let entry = first; entry < end; entry++) entries.push(readSlot(input, table, { author: tag, entry }));
  if (input.left > 0) throw new DecodeError(`bytes follow the ${count} slots of a batch`);
  tables.append(tag, origins);
  return { ...header, entries };
}

function readSlot(input, table, place) {
  const head = input.u();
  const length = Math.floor(head / 2);
  if (head % 2 === 1) {
    if (length !== 0) throw new DecodeError("a dropped op has a length");
    return { op: null, dropped: toHex(input.bytes(HASH_BYTES)), place, person: null };
  }
  if (length > TAIL_MAX) throw new LimitError(`an op of ${length} bytes; the limit is ${TAIL_MAX}`);
  const index = input.u();
  if (index >= table.length) throw new DecodeError("an op's origin is not in its author's table");
  const { origin, person } = table[index];
  return { op: decodeOp(origin, input.bytes(length)), dropped: null, place, person };
}

/**
 * Takes batches in whatever order they come and hands them on in order, each once.
 *
 * A batch that is ahead waits, up to `heldMax` bytes in all; beyond that it is forgotten, to be fetched again.
 */
export class BatchReader {
  /** @param {{heldMax?: number}} [options] */
  constructor({ heldMax = 4 * 1024 * 1024 } = {}) {
    /** What has been handed on. */
    this.vector = new Vector();
    this.tables = new AuthorTables();
    this.heldMax = heldMax;
    this.heldBytes = 0;
    /** @type {Map<string, Map<number, Uint8Array>>} per author, by first entry */
    this.held = new Map();
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {ReturnType<typeof decodeBatch>[]} what can be applied now: none (a duplicate, or ahead), or this batch and
   *   those that waited for it
   * @throws {DecodeError} this batch, or one behind it, breaks the format; it is not held
   */
  receive(bytes) {
    const { tag, first } = decodeHeader(bytes);
    const next = this.vector.get(tag);
    if (first < next) return [];
    if (first > next) {
      this.#hold(tag, first, bytes);
      return [];
    }
    const batches = [this.#take(bytes)];
    const waiting = this.held.get(tag);
    while (waiting !== undefined) {
      const following = waiting.get(this.vector.get(tag));
      if (following === undefined) break;
      this.#forget(tag, this.vector.get(tag));
      try {
        batches.push(this.#take(following));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        break; // its place stays open, and what came before it is good
      }
    }
    this.#prune(tag);
    return batches;
  }

  /**
   * The entries that are missing before what waits, to ask the host for.
   * @returns {{tag: string, first: number, end: number}[]}
   */
  gaps() {
    const gaps = [];
    for (const [tag, waiting] of this.held) gaps.push({ tag, first: this.vector.get(tag), end: Math.min(...waiting.keys()) });
    return gaps;
  }

  #take(bytes) {
    const batch = decodeBatch(bytes, this.tables);
    this.vector.advance(batch.tag, batch.end);
    return batch;
  }

  #hold(tag, first, bytes) {
    if (this.held.get(tag)?.has(first) || this.heldBytes + bytes.length > this.heldMax) return;
    if (!this.held.has(tag)) this.held.set(tag, new Map());
    this.held.get(tag).set(first, bytes);
    this.heldBytes += bytes.length;
  }

  #forget(tag, first) {
    const waiting = this.held.get(tag);
    this.heldBytes -= waiting.get(first).length;
    waiting.delete(first);
    if (waiting.size === 0) this.held.delete(tag);
  }

  #prune(tag) {
    const next = this.vector.get(tag);
    for (const first of [...(this.held.get(tag)?.keys() ?? [])]) if (first < next) this.#forget(tag, first);
  }
}
