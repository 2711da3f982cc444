/**
 * What is written in the moment a page goes: the browser may end a database's write then, but not a synchronous one.
 *
 * Only ops whose write has not been confirmed are spilled, so it is a handful. The next page takes them in and clears
 * up. One entry per page, so that two tabs do not write over each other.
 */

import { opId } from "./ids.js";

const PREFIX = "edgeboard.spill.";

/** The spills of one person in one room. */
export class Spill {
  #storage;
  #prefix;
  #own;

  /**
   * @param {Storage|null} storage may be missing, full or forbidden
   * @param {string} person hex
   * @param {string} roomName
   * @param {string} page what tells this page from others of the same person
   */
  constructor(storage, person, roomName, page) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}${person}.${roomName}/`; // no room name has a slash
    this.#own = this.#prefix + page;
  }

  /** @param {import("./outbox.js").Kept[]} rows in place of what this page wrote before */
  write(rows) {
    this.#attempt((storage) => {
      if (rows.length === 0) storage.removeItem(this.#own);
      else storage.setItem(this.#own, JSON.stringify(rows.map((row) => ({ ...row, tail: toText(row.tail) }))));
    });
  }

  /** What pages that are gone have left. @returns {import("./outbox.js").Kept[]} */
  read() {
    const rows = [];
    this.#attempt((storage) => {
      for (const key of this.#left(storage)) rows.push(...rowsOf(storage.getItem(key)));
    });
    return rows;
  }

  /** They are kept elsewhere now. */
  clear() {
    this.#attempt((storage) => {
      for (const key of this.#left(storage)) storage.removeItem(key);
    });
  }

  #left(storage) {
    const keys = Array.from({ length: storage.length }, (_, at) => storage.key(at));
    return keys.filter((key) => key?.startsWith(this.#prefix) && key !== this.#own);
  }

  #attempt(act) {
    try {
      if (this.#storage !== null) act(this.#storage);
    } catch {
      // the database has it, most likely
    }
  }
}

function rowsOf(text) {
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((row) => {
    const { origin, counter, more, room, level, refused, tail } = Object(row);
    const isGood = /^[0-9a-f]{16}$/.test(origin) && Number.isSafeInteger(counter) && counter > 0 && typeof tail === "string";
    if (!isGood) return [];
    const bytes = toBytes(tail);
    if (bytes === null) return [];
    return [
      {
        id: opId(origin, counter),
        origin,
        counter,
        tail: bytes,
        more: more === true,
        room: typeof room === "string" ? room : null,
        level: level === 1 ? 1 : 0,
        refused: refused ?? null,
      },
    ];
  });
}

function toText(bytes) {
  return btoa(String.fromCharCode(...bytes)); // an op has at most 16 KiB
}

function toBytes(text) {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
