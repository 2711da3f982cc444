/**
 * Images that were made on this device and that not yet two boards have, kept in the browser's database.
 *
 * What cannot be kept stays in memory all the same; `isPersistent` tells.
 */

import { VAULT, transact } from "./database.js";

const KEPT_MS = 90 * 24 * 3_600_000; // what no board has asked for by then is of an item that was given up

/**
 * @typedef {object} Row
 * @property {string} content hex of the SHA-256
 * @property {Uint8Array} bytes
 */

/** The images of one person in one room. */
export class Vault {
  #database;
  #key;
  /** Whether what was put here outlives the page. */
  isPersistent = true;

  /** @param {Promise<IDBDatabase|null>} database @param {string} person hex @param {string} roomName */
  constructor(database, person, roomName) {
    this.#database = database;
    this.#key = { person, roomName };
  }

  /** What earlier pages left. @returns {Promise<Row[]>} */
  async load() {
    const { person, roomName } = this.#key;
    const rows = await this.#attempt("readonly", (store) =>
      store.getAll(IDBKeyRange.bound([person, roomName], [person, roomName, []])),
    );
    const old = Date.now() - KEPT_MS;
    for (const { content, at } of rows ?? []) if (at < old) await this.remove(content);
    return (rows ?? []).filter(({ at }) => at >= old).map(({ content, bytes }) => ({ content, bytes }));
  }

  /** Keep an image; done when the browser has it. Never rejects. @param {Row} row */
  async put({ content, bytes }) {
    await this.#attempt("readwrite", (store) => void store.put({ ...this.#key, content, bytes, at: Date.now() }), "strict");
  }

  /** Two boards have it. @param {string} content */
  async remove(content) {
    const { person, roomName } = this.#key;
    await this.#attempt("readwrite", (store) => void store.delete([person, roomName, content]));
  }

  async #attempt(mode, work, durability) {
    try {
      const database = await this.#database;
      if (database === null) throw new Error("this browser keeps nothing");
      return await transact(database, VAULT, mode, work, durability);
    } catch {
      this.isPersistent = false;
      return undefined;
    }
  }
}
