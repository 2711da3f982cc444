/**
 * What changed while somebody was away: since the page was closed, or hidden behind another one.
 *
 * The highest Lamport number seen says how far a person has looked; clocks are not asked. No screen, no storage.
 */

import { compareOps } from "./ids.js";

/**
 * Items of others that came or changed since a moment.
 * @param {import("./canvas.js").Document} document
 * @param {number} seen the highest Lamport number that was known then
 * @param {string} person hex: whose own work does not count
 * @returns {string[]} items that live, oldest change first
 */
export function changedSince(document, seen, person) {
  const found = [];
  const isNews = ({ op }) => op.lamport > seen && document.personOf(op.origin) !== person;
  for (const item of document.items()) {
    const facts = [item.fact, ...item.pieces, ...item.winners.values()];
    const news = facts.filter(isNews).map(({ op }) => op.lamport);
    if (news.length > 0) found.push({ id: item.id, at: Math.max(...news) });
  }
  return found.sort((a, b) => a.at - b.at || compareOps(a.id, b.id)).map(({ id }) => id);
}

/** How far a person has looked, and what is new to them. */
export class Away {
  #document;
  #person;
  #seen;

  /**
   * @param {import("./canvas.js").Document} document
   * @param {string} person hex
   * @param {number|null} seen as kept when the page was left; null: never here before
   */
  constructor(document, person, seen) {
    this.#document = document;
    this.#person = person;
    this.#seen = seen;
  }

  /** They stop looking. @returns {number} to be kept for the next time */
  leave() {
    this.#seen = this.#document.lamport;
    return this.#seen;
  }

  /** They look again, or for the first time: the items that are new to them. @returns {string[]} */
  back() {
    if (this.#seen === null) return [];
    return changedSince(this.#document, this.#seen, this.#person);
  }
}
