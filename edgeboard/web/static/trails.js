/** Where laser pointers have been a moment ago: shown, never kept. No screen, no clock. */

export const TRAIL_LASTS_MS = 1_000;
const TRAIL_POINTS_MAX = 256;
const TRAILS_MAX = 64; // people who point at a time

/**
 * @typedef {{number: number, page: number, x: number, y: number, at: number}} TrailPoint canvas px, ms; `number`: which press of
 *   its maker it belongs to, for points of two are not joined
 */

/** The trails that can be seen, by origin. Bounded, and everything in it goes by itself. */
export class Trails {
  #points = new Map(); // origin -> TrailPoint[]

  /**
   * Somebody points here.
   * @param {string} origin
   * @param {TrailPoint} point
   */
  add(origin, point) {
    let points = this.#points.get(origin);
    if (points === undefined) {
      if (this.#points.size >= TRAILS_MAX) this.#points.delete(this.#points.keys().next().value);
      this.#points.set(origin, (points = []));
    }
    points.push(point);
    if (points.length > TRAIL_POINTS_MAX) points.splice(0, points.length - TRAIL_POINTS_MAX);
  }

  /** Let go of what has faded. @param {number} now @returns {boolean} whether anything is left */
  fade(now) {
    for (const [origin, points] of this.#points) {
      const fresh = points.findIndex(({ at }) => now - at < TRAIL_LASTS_MS);
      if (fresh < 0) this.#points.delete(origin);
      else points.splice(0, fresh);
    }
    return this.#points.size > 0;
  }

  /** @returns {Iterable<[string, TrailPoint[]]>} origin and points, oldest first */
  all() {
    return this.#points;
  }
}
