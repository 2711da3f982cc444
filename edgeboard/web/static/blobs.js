/**
 * Blobs between this page and its host: have, want, chunk (docs/formats/wire.md, "Blobs"); the guest's half of
 * `edgeboard/blobs/exchange.py`.
 *
 * An engine: time comes in as `now` (ms, rising), output goes out through `drain()`. It outlives links. What the host
 * holds and is wanted is fetched, one blob at a time and piece by piece, and handed out once its SHA-256 fits; what this
 * page has made is given to the host as it asks, until it says that a second board has it.
 */

import { toHex } from "./ids.js";
import { sha256 } from "./vendor/hashes/sha2.js";
import { BLOB_CHUNK_MAX, BLOB_HAVES_MAX, Code, Level } from "./wire.js";

export const BLOB_MAX = 2 * 1024 * 1024; // bytes
export const SILENT_MS = 8_000; // without a piece until it is asked for again
export const AGAIN_FIRST_MS = 2_000; // until a blob that failed is tried again; doubles ..
export const AGAIN_LAST_MS = 60_000; // .. up to here
const AHEAD = 2 * BLOB_CHUNK_MAX; // bytes asked for and not here: what others wait behind
const HAVES_MAX = 8_192; // blobs that are remembered of the host; the oldest word goes first

/**
 * What the engine hands out:
 * say {kind, fields} · whole {content, bytes} · progress {content} · level {content, level} · refused {content, code, text}
 * @typedef {{type: string}} Output
 */

/** The blobs of a page. */
export class BlobExchange {
  #outputs = [];
  #isOpen = false;
  #haves = new Map(); // content -> bytes, of the host
  #wanted = new Map(); // content -> {tries, notBefore}
  #preferred = new Set(); // of them, what somebody looks at
  #offered = new Map(); // content -> {bytes, level}
  #fetch = null; // {content, total, bytes, got, asked, hash, due}
  #half = null; // a fetch that was given up; it goes on where it stopped

  // ----------------------------------------------------------------------------------------------------------- links

  /** A link has joined the room. @param {number} now */
  opened(now) {
    this.#isOpen = true;
    if (this.#fetch !== null) this.#fetch.due = now + SILENT_MS;
    for (const want of this.#wanted.values()) want.notBefore = 0;
    this.#announce([...this.#offered.keys()]);
    this.#start(now);
  }

  /** The link is gone; what was fetched of a blob is not lost. */
  closed() {
    this.#isOpen = false;
    this.#haves.clear();
    if (this.#fetch !== null) this.#fetch.asked = this.#fetch.got;
  }

  // -------------------------------------------------------------------------------------------------------- commands

  /** Fetch a blob as soon as the host has it. @param {string} content hex @param {number} now */
  want(content, now) {
    if (this.#wanted.has(content) || this.#offered.has(content)) return;
    this.#wanted.set(content, { tries: 0, notBefore: 0 });
    this.#start(now);
  }

  /** Somebody looks at where it will be. @param {string} content */
  prefer(content) {
    if (this.#wanted.has(content)) this.#preferred.add(content);
  }

  /** Nobody needs it any more. @param {string} content @param {number} now */
  unwant(content, now) {
    this.#settle(content);
    if (this.#fetch?.content !== content) return;
    this.#fetch = null;
    this.#start(now);
  }

  /** Give the host a blob that was made here. @param {string} content @param {Uint8Array} bytes kept */
  offer(content, bytes) {
    this.#settle(content);
    if (this.#offered.has(content)) return;
    this.#offered.set(content, { bytes, level: 0 });
    this.#announce([content]);
  }

  /** Offer a blob no longer. @param {string} content */
  withdraw(content) {
    this.#offered.delete(content);
  }

  /** How far the host has come with what is offered: content -> level. @returns {Map<string, number>} */
  get offered() {
    return new Map([...this.#offered].map(([content, { level }]) => [content, level]));
  }

  /** How much of a wanted blob is here, from 0 to 1. @param {string} content */
  share(content) {
    return this.#fetch?.content === content ? this.#fetch.got / this.#fetch.total : 0;
  }

  // ------------------------------------------------------------------------------------------------- messages, timers

  /** @param {{kind: string}} message of the host @param {number} now */
  receive(message, now) {
    switch (message.kind) {
      case "blobHave":
        for (const entry of message.held) this.#heard(entry);
        this.#start(now);
        break;
      case "blobWant":
        this.#give(message);
        break;
      case "blobChunk":
        this.#take(message, now);
        break;
      case "blobLack":
        this.#lacks(message, now);
        break;
    }
  }

  /** When `onTimer` wants to be called. @returns {number|null} ms on the clock of `now` */
  nextTimer() {
    if (!this.#isOpen) return null;
    if (this.#fetch !== null) return this.#fetch.due;
    let due = null;
    for (const [content, { notBefore }] of this.#wanted) {
      if (this.#haves.has(content) && (due === null || notBefore < due)) due = notBefore;
    }
    return due;
  }

  /** @param {number} now */
  onTimer(now) {
    if (this.#fetch !== null && now >= this.#fetch.due) this.#fail(now);
    this.#start(now);
  }

  /** What has come of it all, in order. @returns {Output[]} */
  drain() {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  // ---------------------------------------------------------------------------------------------------------- fetching

  #heard({ content, size, level }) {
    const offer = this.#offered.get(content);
    if (offer !== undefined && level > offer.level) {
      offer.level = level;
      if (level >= Level.SAFE) this.#offered.delete(content);
      this.#outputs.push({ type: "level", content, level });
    }
    if (size < 1 || size > BLOB_MAX) return;
    this.#haves.delete(content);
    this.#haves.set(content, size);
    if (this.#haves.size > HAVES_MAX) this.#haves.delete(this.#haves.keys().next().value);
  }

  #settle(content) {
    this.#wanted.delete(content);
    this.#preferred.delete(content);
    if (this.#half?.content === content) this.#half = null;
  }

  #start(now) {
    if (!this.#isOpen) return;
    if (this.#fetch === null) {
      for (const content of [...this.#preferred, ...this.#wanted.keys()]) {
        const total = this.#haves.get(content);
        if (total === undefined || this.#wanted.get(content).notBefore > now) continue;
        const isHalf = this.#half?.content === content && this.#half.total === total;
        this.#fetch = isHalf ? this.#half : begun(content, total);
        if (isHalf) this.#half = null;
        break;
      }
    }
    this.#ask(now);
  }

  #ask(now) {
    const fetch = this.#fetch;
    if (fetch === null || this.#haves.get(fetch.content) !== fetch.total) return; // not yet, on a new link
    if (fetch.asked === fetch.got) fetch.due = now + SILENT_MS;
    while (fetch.asked < fetch.total && fetch.asked - fetch.got < AHEAD) {
      const length = Math.min(BLOB_CHUNK_MAX, fetch.total - fetch.asked);
      this.#tell("blobWant", { content: fetch.content, offset: fetch.asked, length });
      fetch.asked += length;
    }
  }

  #take({ content, offset, total, data }, now) {
    const fetch = this.#fetch;
    if (fetch?.content !== content || offset !== fetch.got || data.length === 0) return; // of a fetch that was given up
    if (total !== fetch.total || offset + data.length > fetch.asked) {
      this.#fail(now, false);
      return;
    }
    fetch.bytes.set(data, offset);
    fetch.hash.update(data);
    fetch.got += data.length;
    fetch.due = now + SILENT_MS;
    if (fetch.got < fetch.total) {
      this.#outputs.push({ type: "progress", content });
      this.#ask(now);
      return;
    }
    if (toHex(fetch.hash.digest()) === content) {
      this.#fetch = null;
      this.#settle(content);
      this.#outputs.push({ type: "whole", content, bytes: fetch.bytes });
    } else this.#fail(now, false);
    this.#start(now);
  }

  /** Give up what is under way, and try it again later; what has come is kept unless it may be wrong. */
  #fail(now, isKept = true) {
    const want = this.#wanted.get(this.#fetch.content);
    if (want !== undefined) {
      want.notBefore = now + Math.min(AGAIN_LAST_MS, AGAIN_FIRST_MS * 2 ** want.tries);
      want.tries = Math.min(want.tries + 1, 16);
      if (isKept) this.#half = Object.assign(this.#fetch, { asked: this.#fetch.got });
    }
    this.#fetch = null;
  }

  #lacks({ content, code, text }, now) {
    this.#haves.delete(content);
    if (this.#fetch?.content === content) this.#fail(now);
    if (this.#offered.has(content) && code !== Code.NORMAL) this.#outputs.push({ type: "refused", content, code, text });
    this.#start(now);
  }

  // ------------------------------------------------------------------------------------------------------------ giving

  #announce(contents) {
    const held = contents.map((content) => ({ content, size: this.#offered.get(content).bytes.length, level: 0 }));
    for (let at = 0; at < held.length; at += BLOB_HAVES_MAX) {
      this.#tell("blobHave", { held: held.slice(at, at + BLOB_HAVES_MAX) });
    }
  }

  #give({ content, offset, length }) {
    const bytes = this.#offered.get(content)?.bytes;
    if (bytes === undefined || offset >= bytes.length) {
      this.#tell("blobLack", { content, code: Code.NORMAL, text: "" });
      return;
    }
    const data = bytes.subarray(offset, offset + length);
    this.#tell("blobChunk", { content, offset, total: bytes.length, data });
  }

  #tell(kind, fields) {
    if (this.#isOpen) this.#outputs.push({ type: "say", kind, fields });
  }
}

/** A fetch of which nothing has come. */
function begun(content, total) {
  return { content, total, bytes: new Uint8Array(total), got: 0, asked: 0, hash: sha256.create(), due: 0 };
}
