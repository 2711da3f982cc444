/**
 * Following: this page shows what somebody else looks at, or others show what this page looks at.
 *
 * Nobody sends a view that nobody wants: who follows says so every two seconds, and only then the one who is followed
 * says what is on the screen. An engine without clock or socket; what it says goes out with the live items.
 */

import { LiveKind } from "./frames.js";

export const ASK_EVERY_MS = 2_000;
export const VIEW_EVERY_MS = 100; // at most, while the view moves
export const VIEW_REPEAT_MS = 2_000; // while it rests
export const WANTED_FOR_MS = 6_000; // after the last time that somebody asked
const FOLLOWERS_MAX = 256;

/**
 * What somebody sees.
 * @typedef {{x: number, y: number, width: number, height: number, page: number}} Sight middle and extent in canvas px
 */

/** Whom this page follows, and who follows it. */
export class Following {
  #followers = new Map(); // origin -> when last heard
  #sight = null;
  #sent = null; // {sight, at}
  #askedAt = -Infinity;
  /** Whom this page follows: an origin, or null. */
  leader = null;

  /** @param {string|null} origin hex */
  follow(origin) {
    this.leader = origin;
    this.#askedAt = -Infinity;
  }

  /** What this page shows. @param {Sight} sight */
  look(sight) {
    this.#sight = sight;
  }

  /** Somebody wants to see what this page shows. @param {string} origin @param {number} now */
  asked(origin, now) {
    const isNew = !this.#followers.has(origin);
    if (isNew && this.#followers.size >= FOLLOWERS_MAX) return;
    if (isNew) this.#sent = null; // who is new wants to see something at once
    this.#followers.set(origin, now);
  }

  /** Origins that follow this page. @param {number} now @returns {string[]} */
  followers(now) {
    for (const [origin, at] of this.#followers) if (now - at >= WANTED_FOR_MS) this.#followers.delete(origin);
    return [...this.#followers.keys()];
  }

  /** When `due` may give something. @param {number} now @returns {number|null} */
  nextTimer(now) {
    const asking = this.leader === null ? Infinity : this.#askedAt + ASK_EVERY_MS;
    let telling = Infinity;
    if (this.#sight !== null && this.followers(now).length > 0) {
      const isMoved = this.#sent?.sight !== this.#sight;
      telling = this.#sent === null ? now : this.#sent.at + (isMoved ? VIEW_EVERY_MS : VIEW_REPEAT_MS);
    }
    const next = Math.min(asking, telling);
    return next === Infinity ? null : Math.max(now, next);
  }

  /** What is to be said now. @param {number} now @returns {{kind: number, fields: object}[]} */
  due(now) {
    const said = [];
    if (this.leader !== null && now - this.#askedAt >= ASK_EVERY_MS) {
      this.#askedAt = now;
      said.push({ kind: LiveKind.FOLLOW, fields: { leader: this.leader } });
    }
    const next = this.nextTimer(now);
    if (next !== null && next <= now && this.#sight !== null && this.#followers.size > 0) {
      this.#sent = { sight: this.#sight, at: now };
      said.push({ kind: LiveKind.VIEW, fields: this.#sight });
    }
    return said;
  }
}
