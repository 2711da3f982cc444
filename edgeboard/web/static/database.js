/** The database of this browser: what it keeps of ops (`outbox.js`) and of images (`vault.js`) until boards have them. */

const DATABASE = "edgeboard";
const VERSION = 2;

/** The object stores. */
export const OUTBOX = "outbox";
export const VAULT = "vault";

/**
 * Open the database.
 * @param {IDBFactory|undefined} factory
 * @returns {Promise<IDBDatabase|null>} null where there is none (private windows of some browsers)
 */
export async function openDatabase(factory = globalThis.indexedDB) {
  if (!factory) return null;
  try {
    const database = await new Promise((resolve, reject) => {
      const request = factory.open(DATABASE, VERSION);
      request.onupgradeneeded = ({ oldVersion }) => {
        if (oldVersion < 1) request.result.createObjectStore(OUTBOX, { keyPath: ["person", "roomName", "origin", "counter"] });
        if (oldVersion < 2) request.result.createObjectStore(VAULT, { keyPath: ["person", "roomName", "content"] });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("another tab holds an older database open"));
    });
    database.onversionchange = () => database.close();
    return database;
  } catch {
    return null;
  }
}

/**
 * Do something in one transaction.
 * @param {IDBDatabase} database
 * @param {string} name of the store
 * @param {"readonly"|"readwrite"} mode
 * @param {(store: IDBObjectStore) => IDBRequest|void} work
 * @param {"default"|"strict"} [durability]
 * @returns {Promise<any>} what the request gave, once all is done
 */
export function transact(database, name, mode, work, durability = "default") {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, mode, { durability });
    const request = work(transaction.objectStore(name));
    if (mode === "readwrite") transaction.commit?.(); // at once: the page may be leaving
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser gave the write up"));
  });
}

const PORTION = 300; // rows that are written in one task

/**
 * Write rows in one transaction, all or none; many of them in portions, so that frames come between.
 * @param {IDBDatabase} database
 * @param {string} name of the store
 * @param {object[]} rows
 * @param {(row: object) => object} toRow what is written of each
 * @param {"default"|"strict"} durability
 * @returns {Promise<void>} once all is done
 */
export function putAll(database, name, rows, toRow, durability) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(name, "readwrite", { durability });
    const store = transaction.objectStore(name);
    const put = (from) => {
      const end = Math.min(from + PORTION, rows.length);
      let request = null;
      for (let at = from; at < end; at++) request = store.put(toRow(rows[at]));
      if (end === rows.length) transaction.commit?.(); // at once: the page may be leaving
      else request.onsuccess = () => put(end); // which keeps the transaction open
    };
    put(0);
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser gave the write up"));
  });
}
