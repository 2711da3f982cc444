/**
 * The images of this page: which ones live items name, their bytes as they come, and the bitmaps that are painted.
 *
 * The shell around `blobs.js`: it keeps its timer, carries its messages, and has the vault keep what was made here until
 * two boards have it. Bitmaps take no more than so many px together: where many images are shown, each is
 * decoded smaller. What the bytes are is looked at before they are decoded; markup never is.
 */

import { BlobExchange } from "./blobs.js";
import { toHex } from "./ids.js";
import { isShowable, mediaOf, readImage } from "./images.js";
import { ItemType } from "./kinds.js";
import { sha256 } from "./vendor/hashes/sha2.js";
import { Code, Level } from "./wire.js";

const PIXELS_MAX = 40e6; // of all bitmaps together: 160 MB
const PIXELS_LEAST = 10_000; // of one
const DECODES_MAX = 2; // at the same time
const KEEP_WITHIN_MS = 3_000; // a database that takes longer is not waited for
const LOOK_EVERY_MS = 150; // how often a frame shows that more has come

/**
 * @typedef {object} Picture of one blob
 * @property {Blob|null} blob its bytes, once they are here
 * @property {ImageBitmap|null} bitmap
 * @property {number} most px that it was decoded for
 * @property {boolean} isDecoding
 * @property {boolean} isBroken it cannot be shown
 */

/** All images of a room. */
export class Gallery {
  #exchange = new BlobExchange();
  #document;
  #vault;
  #say;
  #onLook;
  #onChange;
  #onRefused;
  #clock;
  #contents = new Map(); // live image item -> content
  #items = new Map(); // content -> its live items
  /** @type {Map<string, Picture>} */
  #pictures = new Map();
  #decoding = 0;
  #timer = null;
  #lookTimer = null;
  #stale = new Set(); // contents to be looked at again

  /**
   * @param {object} parts
   * @param {import("./canvas.js").Document} parts.document
   * @param {import("./vault.js").Vault} parts.vault
   * @param {(kind: string, fields: object) => void} parts.say to the host, if there is a link
   * @param {(ids: string[]) => void} parts.onLook these items look different
   * @param {() => void} parts.onChange counts changed
   * @param {(reason: {code: number, text: string}) => void} parts.onRefused the host will not take an image
   * @param {() => number} parts.clock ms, rising
   */
  constructor({ document, vault, say, onLook, onChange, onRefused, clock }) {
    this.#document = document;
    this.#vault = vault;
    this.#say = say;
    this.#onLook = onLook;
    this.#onChange = onChange;
    this.#onRefused = onRefused;
    this.#clock = clock;
  }

  // --------------------------------------------------------------------------------------------------------- the link

  /** A link has joined the room. */
  opened() {
    this.#exchange.opened(this.#clock());
    this.#pump();
  }

  closed() {
    this.#exchange.closed();
    this.#pump();
  }

  /** @param {{kind: string}} message of the host */
  receive(message) {
    this.#exchange.receive(message, this.#clock());
    this.#pump();
  }

  // ------------------------------------------------------------------------------------------------------ what is named

  /** These items came, went or changed. @param {Iterable<string>} ids */
  changed(ids) {
    for (const id of ids) {
      const item = this.#document.item(id);
      if (item?.type !== ItemType.IMAGE) continue;
      const before = this.#contents.get(id) ?? null;
      const now = item.alive ? (readImage(item.pieces[0].payload)?.content ?? null) : null;
      if (before === now) continue;
      if (before !== null) this.#forget(id, before);
      if (now !== null) this.#name(id, now);
    }
    this.#pump();
  }

  #name(id, content) {
    this.#contents.set(id, content);
    const items = this.#items.get(content) ?? new Set();
    this.#items.set(content, items.add(id));
    if (!this.#pictures.has(content)) this.#exchange.want(content, this.#clock());
  }

  #forget(id, content) {
    this.#contents.delete(id);
    const items = this.#items.get(content);
    items.delete(id);
    if (items.size > 0) return;
    this.#items.delete(content);
    this.#exchange.unwant(content, this.#clock());
    const picture = this.#pictures.get(content);
    if (picture !== undefined) this.#release(picture); // its bytes stay, so that an undo shows it at once
  }

  // ---------------------------------------------------------------------------------------------------- what is made

  /** What earlier pages kept here and boards do not have yet. */
  async load() {
    for (const { content, bytes } of await this.#vault.load()) this.#own(content, bytes);
    this.#pump();
  }

  /**
   * Keep an image that was made here, and give it to the host once an item names it.
   * @param {Uint8Array} bytes
   * @returns {Promise<string>} its name, when the browser has it
   */
  async keep(bytes) {
    const content = toHex(sha256(bytes));
    await Promise.race([this.#vault.put({ content, bytes }), new Promise((resolve) => setTimeout(resolve, KEEP_WITHIN_MS))]);
    this.#own(content, bytes);
    this.#pump();
    return content;
  }

  #own(content, bytes) {
    this.#exchange.offer(content, bytes);
    if (!this.#pictures.has(content)) this.#here(content, bytes);
  }

  /** Whether what is made here outlives the page. */
  get isPersistent() {
    return this.#vault.isPersistent;
  }

  /** Whether something would be lost if the page went now. */
  get isAtRisk() {
    return !this.isPersistent && this.waiting.unsafe > 0;
  }

  /** How many images of live items are not safe yet, and how many of them no board has. */
  get waiting() {
    let [unsent, unsafe] = [0, 0];
    for (const [content, level] of this.#exchange.offered) {
      if (!this.#items.has(content)) continue;
      unsafe += 1;
      if (level < Level.SAVED) unsent += 1;
    }
    return { unsent, unsafe };
  }

  // ------------------------------------------------------------------------------------------------------ what is seen

  /** What of an image can be painted now. @param {string} content @returns {{bitmap: ImageBitmap|null, share: number}} */
  of(content) {
    const picture = this.#pictures.get(content);
    if (picture === undefined) {
      this.#exchange.prefer(content);
      return { bitmap: null, share: this.#exchange.share(content) };
    }
    if (picture.bitmap === null) this.#decode(content, picture);
    return { bitmap: picture.bitmap, share: 0 };
  }

  #here(content, bytes) {
    const blob = isShowable(bytes) ? new Blob([bytes], { type: mediaOf(bytes) }) : null;
    this.#pictures.set(content, { blob, bitmap: null, most: 0, isDecoding: false, isBroken: blob === null });
    this.#look(content);
  }

  /** Px that one bitmap may have at present. */
  get #most() {
    return Math.max(PIXELS_LEAST, PIXELS_MAX / Math.max(1, this.#items.size));
  }

  async #decode(content, picture) {
    if (picture.isDecoding || picture.isBroken || !this.#items.has(content)) return;
    if (this.#decoding >= DECODES_MAX) {
      this.#stale.add(content); // asked for again when one is done
      return;
    }
    picture.isDecoding = true;
    this.#decoding += 1;
    try {
      const bitmap = await decoded(picture.blob, this.#most);
      this.#release(picture);
      if (this.#items.has(content)) [picture.bitmap, picture.most] = [bitmap, this.#most];
      else bitmap.close();
    } catch {
      picture.isBroken = true;
    }
    picture.isDecoding = false;
    this.#decoding -= 1;
    this.#look(content);
    this.#lookNow();
    this.#makeSmaller();
  }

  /** Where images have become many, those that were decoded for fewer are decoded anew. */
  #makeSmaller() {
    const shown = [...this.#pictures].filter(([, { bitmap }]) => bitmap !== null);
    const sum = shown.reduce((all, [, { bitmap }]) => all + bitmap.width * bitmap.height, 0);
    if (sum <= PIXELS_MAX) return;
    const most = this.#most;
    const large = shown.find(([, { bitmap, isDecoding }]) => !isDecoding && bitmap.width * bitmap.height > most * 1.1);
    if (large !== undefined) this.#decode(...large);
  }

  #release(picture) {
    picture.bitmap?.close();
    picture.bitmap = null;
  }

  #look(content) {
    this.#stale.add(content);
    this.#lookTimer ??= setTimeout(() => this.#lookNow(), LOOK_EVERY_MS);
  }

  #lookNow() {
    clearTimeout(this.#lookTimer);
    this.#lookTimer = null;
    const ids = [...this.#stale].flatMap((content) => [...(this.#items.get(content) ?? [])]);
    this.#stale.clear();
    if (ids.length > 0) this.#onLook(ids);
  }

  // --------------------------------------------------------------------------------------------------------- the engine

  #pump() {
    for (const output of this.#exchange.drain()) this.#hand(output);
    clearTimeout(this.#timer);
    const due = this.#exchange.nextTimer();
    if (due === null) return;
    this.#timer = setTimeout(() => {
      this.#exchange.onTimer(this.#clock());
      this.#pump();
    }, Math.max(0, due - this.#clock()) + 1);
  }

  #hand(output) {
    const { content } = output;
    switch (output.type) {
      case "say":
        this.#say(output.kind, output.fields);
        break;
      case "whole":
        this.#here(content, output.bytes);
        this.#lookNow();
        break;
      case "progress":
        this.#look(content);
        break;
      case "level":
        if (output.level >= Level.SAFE) this.#vault.remove(content);
        this.#onChange();
        break;
      case "refused":
        if (output.code !== Code.STORE_FULL && output.code !== Code.RATE) {
          this.#exchange.withdraw(content);
          this.#vault.remove(content);
        }
        this.#onRefused(output);
        this.#onChange();
        break;
    }
  }
}

/** A bitmap of at most so many px. */
async function decoded(blob, most) {
  const whole = await createImageBitmap(blob);
  const scale = Math.sqrt(most / (whole.width * whole.height));
  if (scale >= 1) return whole;
  const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  try {
    const smaller = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "high" });
    whole.close();
    return smaller;
  } catch {
    return whole; // some browsers cannot make them smaller
  }
}
