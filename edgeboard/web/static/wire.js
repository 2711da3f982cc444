/**
 * The messages of docs/formats/wire.md as plain objects, and fragments; the twin of `edgeboard/wire/messages.py`.
 *
 * Only their form is checked here; whether a message may be said now is for the session (`guest.js`). Numbers and
 * positions are append-only: the unknown tail of an array is skipped and an unknown number reads as null. A decoder
 * throws DecodeError (or its child LimitError) and nothing else, and looks at sizes before it allocates. Frames of the
 * live channel are not msgpack (`frames.js`).
 * Ids are lowercase hex in the objects and bytes on the wire.
 */

import { decodeFrame, encodeFrame } from "./frames.js";
import { fromHex, toHex } from "./ids.js";
import { skip } from "./values.js";
import { DecodeError, LimitError } from "./varints.js";
import { Decoder } from "./vendor/msgpack/Decoder.mjs";
import { Encoder } from "./vendor/msgpack/Encoder.mjs";

export const VERSION = 1;
export const MESSAGE_MAX = 64 * 1024; // bytes, on ctl and log
export const JOINED_MAX = 2 * 1024 * 1024; // bytes of all fragments of a message together
export const NAME_MAX = 40; // characters of a person's name
export const COLOUR_MAX = 16 + 0xffffff;
export const ROOM_NAME_MAX = 64;
export const TEXT_MAX = 400; // characters of a reason or a notice
export const RANGES_MAX = 256;
export const SUBMIT_OPS_MAX = 4096;
export const PRESENCE_MAX = 512;
export const ROOMS_MAX = 64;
export const CREDIT_WINDOW = 256 * 1024; // log bytes under way beyond the last CREDIT
export const BLOB_CHUNK_MAX = 16 * 1024; // bytes of a piece of a blob
export const BLOB_HAVES_MAX = 256;
export const HOSTS_MAX = 8; // other boards that a guest is told of
const URLS_MAX = 4; // addresses of one of them
const URL_MAX = 200; // characters
const TAIL_MAX = 16 * 1024;
const COUNTER_MAX = 2 ** 32 - 1;
const FRAGMENTS_MAX = 4096;
const PIECE = 15 * 1024; // bytes in a fragment: other channels wait no longer than for one
const WHOLE_MAX = 60 * 1024; // a message up to this size goes as it is

/** The numbers of channels, in a WebSocket frame and as ids of data channels. */
export const Channel = Object.freeze({ CTL: 0, LOG: 1, LIVE: 2 });

/** Why a link ended (CLOSE), or an op was refused. */
export const Code = Object.freeze({
  NORMAL: 1,
  TOO_BIG: 2,
  RATE: 3,
  BAD_SIGNATURE: 4,
  TOO_OLD: 5,
  ROOM_FULL: 6,
  AUTHENTICATION: 7,
  OTHER_MESH: 8,
  CLONE: 9,
  MALFORMED: 10,
  SLOW: 11,
  GOING_AWAY: 12,
  LIMIT: 13,
  SILENT: 14,
  FORBIDDEN: 15,
  STORE_FULL: 16,
  PIN: 19,
});

/** How far an op has come, in a RECEIPT. */
export const Level = Object.freeze({ SAVED: 1, SAFE: 2 });

// ------------------------------------------------------------------------------------------------------------ fields

const as = (value) => value;
const plain = (decode) => ({ decode, encode: as });

function expect(condition, what) {
  if (!condition) throw new DecodeError(`a field is not ${what}`);
}

const ROOM_NAME = /^[\p{L}\p{M}\p{N}_.-]{1,64}$/u;

/** Whether a room may have this name. @param {string} name @returns {boolean} */
export function isRoomName(name) {
  return ROOM_NAME.test(name) && ![".", ".."].includes(name) && name.normalize("NFC") === name;
}

const hex = (...lengths) => ({
  decode(value) {
    expect(value instanceof Uint8Array && lengths.includes(value.length), `${lengths.join(" or ")} bytes`);
    return toHex(value);
  },
  encode: fromHex,
});
const blob = (most) =>
  plain((value) => {
    expect(value instanceof Uint8Array, "binary");
    if (value.length > most) throw new LimitError(`a field of ${value.length} bytes; the limit is ${most}`);
    return value;
  });
const text = (most) =>
  plain((value) => {
    expect(typeof value === "string", "text");
    if (value.length > most && [...value].length > most) throw new LimitError(`a text above ${most} characters`);
    return value;
  });
const number = (most) =>
  plain((value) => {
    expect(Number.isSafeInteger(value) && value >= 0 && value <= most, "a number in its range");
    return value;
  });
const list = (most, each) => ({
  decode(value) {
    expect(Array.isArray(value), "a list");
    if (value.length > most) throw new LimitError(`a list of ${value.length}; the limit is ${most}`);
    return value.map(each.decode);
  },
  encode: (value) => value.map(each.encode),
});
/** A list of fixed fields as an object; a longer list is of a later version. */
const record = (fields) => {
  const names = Object.keys(fields);
  return {
    decode(value) {
      expect(Array.isArray(value) && value.length >= names.length, `a list of ${names.length}`);
      return Object.fromEntries(names.map((name, at) => [name, fields[name].decode(value[at])]));
    },
    encode: (value) => names.map((name) => fields[name].encode(value[name])),
  };
};
/** A small map with text for keys. A peer chooses the keys, so it becomes a Map and never an object of ours. */
const map = {
  decode(value) {
    expect(value !== null && typeof value === "object" && !Array.isArray(value), "a map");
    expect(!(value instanceof Uint8Array), "a map");
    const entries = Object.entries(value);
    if (entries.length > ROOMS_MAX) throw new LimitError(`a map of ${entries.length}; the limit is ${ROOMS_MAX}`);
    return new Map(entries);
  },
  encode: (value) => Object.fromEntries(value),
};
const counters = {
  decode(value) {
    const flat = list(2 * SUBMIT_OPS_MAX, number(COUNTER_MAX)).decode(value);
    expect(flat.length % 2 === 0, "pairs of counters");
    return flat;
  },
  encode: as,
};

const count = number(Number.MAX_SAFE_INTEGER);
const room = hex(16);
const vector = blob(JOINED_MAX);
const range = record({ tag: hex(8), first: count, end: count });
const person = record({ person: hex(16), origin: hex(8), name: text(NAME_MAX), colour: number(COLOUR_MAX) });

const owned = record({ origin: hex(8), person: hex(16), tails: list(SUBMIT_OPS_MAX, blob(TAIL_MAX)) });

/** A board that a guest can go to. */
const host = record({ node: hex(16), name: text(NAME_MAX), urls: list(URLS_MAX, text(URL_MAX)) });

// ---------------------------------------------------------------------------------------------------------- messages

const CTL = {
  close: [3, { code: number(255), text: text(TEXT_MAX) }],
  ping: [4, { sequence: count, digests: map }],
  pong: [5, { sequence: count }],
  join: [6, { room: hex(0, 16), name: text(ROOM_NAME_MAX), vector, handle: number(255) }],
  leave: [7, { room }],
  vector: [8, { room, vector }],
  want: [9, { room, ranges: list(RANGES_MAX, range) }],
  credit: [10, { processed: count }],
  stored: [11, { room, vector }],
  digest: [12, { room, vector: blob(8), canvas: hex(16) }],
  guest: [
    13,
    {
      version: number(255),
      person: hex(16),
      origin: hex(8),
      name: text(NAME_MAX),
      colour: number(COLOUR_MAX),
      capabilities: map,
    },
  ],
  welcome: [14, { version: number(255), node: hex(16), name: text(NAME_MAX), limits: map, software: text(64) }],
  receipt: [15, { room, level: number(255), origin: hex(8), counters }],
  caughtUp: [16, { room, vector }],
  presence: [17, { room, node: hex(16), people: list(PRESENCE_MAX, person) }],
  refused: [18, { room, origin: hex(8), counter: number(COUNTER_MAX), code: number(255), text: text(TEXT_MAX) }],
  notice: [19, { level: number(255), text: text(TEXT_MAX) }],
  room: [20, { room, name: text(ROOM_NAME_MAX), state: text(32) }],
  blobWant: [21, { content: hex(32), offset: count, length: number(BLOB_CHUNK_MAX) }],
  blobChunk: [22, { content: hex(32), offset: count, total: count, data: blob(BLOB_CHUNK_MAX) }],
  blobHave: [23, { held: list(BLOB_HAVES_MAX, record({ content: hex(32), size: count, level: number(255) })) }],
  blobLack: [24, { content: hex(32), code: number(255), text: text(TEXT_MAX) }],
  hosts: [31, { hosts: list(HOSTS_MAX, host), ticket: text(TEXT_MAX) }],
};
const LOG = {
  batch: [32, { room, batch: blob(MESSAGE_MAX) }],
  submit: [33, { room, origin: hex(8), tails: list(SUBMIT_OPS_MAX, blob(TAIL_MAX)) }],
  recent: [35, { room, ops: list(RANGES_MAX, owned) }],
};
const BOTH = {
  fragment: [
    34,
    { id: count, index: number(FRAGMENTS_MAX), total: number(FRAGMENTS_MAX), data: blob(MESSAGE_MAX) },
  ],
};
const TABLES = [{ ...CTL, ...BOTH }, { ...LOG, ...BOTH }];

/** Per channel: number to {kind, names, fields}. */
const BY_NUMBER = TABLES.map(
  (table) =>
    new Map(
      Object.entries(table).map(([kind, [id, fields]]) => [
        id,
        { kind, names: Object.keys(fields), fields: Object.values(fields) },
      ]),
    ),
);
const BY_KIND = new Map(TABLES.flatMap((table) => Object.entries(table)));

const encoder = new Encoder();
const decoder = new Decoder({
  maxStrLength: MESSAGE_MAX,
  maxBinLength: JOINED_MAX,
  // PING has room ids for keys; a key of another kind is nothing that we read
  mapKeyConverter(key) {
    if (key instanceof Uint8Array) return toHex(key);
    if (typeof key === "string" && key !== "__proto__") return key;
    if (typeof key === "number") return String(key);
    throw new DecodeError("a map has an odd key");
  },
});

/**
 * The bytes of a message, as they go into a channel.
 * @param {string} kind a name of the tables above, or "live"
 * @param {object} values its fields
 * @returns {Uint8Array}
 */
export function encode(kind, values) {
  if (kind === "live") return encodeFrame(values.handle, values.items);
  const [id, fields] = BY_KIND.get(kind);
  return encoder.encode([id, ...Object.entries(fields).map(([name, field]) => field.encode(values[name]))]);
}

/**
 * Read one message.
 * @param {number} channel one of `Channel`
 * @param {Uint8Array} data
 * @param {number} [most] bytes; more than the limit of a channel only for joined fragments
 * @returns {{kind: string}|null} its kind and fields; null for a number that this version does not know
 * @throws {DecodeError} not a message of this channel
 * @throws {LimitError} larger than the contract allows
 */
export function decode(channel, data, most = MESSAGE_MAX) {
  if (channel === Channel.LIVE) return { kind: "live", ...decodeFrame(data) };
  if (data.length > most) throw new LimitError(`a message of ${data.length} bytes; the limit is ${most}`);
  if (skip(data, 0, data.length) !== data.length) throw new DecodeError("bytes follow a message");
  let array;
  try {
    array = decoder.decode(data);
  } catch (error) {
    throw new DecodeError(`not msgpack: ${String(error?.message).slice(0, 80)}`);
  }
  if (!Array.isArray(array) || !Number.isSafeInteger(array[0])) throw new DecodeError("a message has no number");
  const form = BY_NUMBER[channel]?.get(array[0]);
  if (form === undefined) return null;
  if (array.length <= form.names.length) throw new DecodeError(`${form.kind} lacks fields`);
  const message = { kind: form.kind };
  form.names.forEach((name, at) => {
    message[name] = form.fields[at].decode(array[at + 1]);
  });
  return message;
}

/**
 * Whether a counter lies in the runs of a RECEIPT.
 * @param {number[]} counters from, to, from, to …; a peer's, so in any order
 * @returns {(counter: number) => boolean}
 */
export function isWithin(counters) {
  const runs = [];
  for (let i = 0; i + 1 < counters.length; i += 2) runs.push([counters[i], counters[i + 1]]);
  runs.sort((a, b) => a[0] - b[0]);
  return (counter) => {
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (runs[middle][0] <= counter) low = middle + 1;
      else high = middle;
    }
    return low > 0 && counter <= runs[low - 1][1];
  };
}

// --------------------------------------------------------------------------------------------------------- fragments

/**
 * The messages that carry `message`: itself, or fragments numbered `id`.
 * @param {Uint8Array} message
 * @param {number} id
 * @returns {Uint8Array[]}
 */
export function split(message, id) {
  if (message.length <= WHOLE_MAX) return [message];
  const total = Math.ceil(message.length / PIECE);
  return Array.from({ length: total }, (_, index) =>
    encode("fragment", { id, index, total, data: message.subarray(index * PIECE, (index + 1) * PIECE) }),
  );
}

/** Puts fragments of one channel together; they come in order and are not interleaved. */
export class Joiner {
  #id = -1;
  #total = 0;
  #parts = [];
  #size = 0;

  /**
   * Take the next piece.
   * @param {{id: number, index: number, total: number, data: Uint8Array}} piece
   * @returns {Uint8Array|null} the message when it is whole
   * @throws {DecodeError} out of order
   * @throws {LimitError} larger than `JOINED_MAX` together
   */
  add({ id, index, total, data }) {
    if (index === 0) {
      [this.#id, this.#total, this.#parts, this.#size] = [id, total, [], 0];
    } else if (id !== this.#id || total !== this.#total || index !== this.#parts.length) {
      throw new DecodeError("a fragment is out of order");
    }
    this.#size += data.length;
    if (this.#size > JOINED_MAX) throw new LimitError(`fragments of more than ${JOINED_MAX} bytes`);
    this.#parts.push(data);
    if (this.#parts.length < this.#total) return null;
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    [this.#id, this.#parts, this.#size] = [-1, [], 0];
    return whole;
  }
}
