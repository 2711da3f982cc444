/**
 * Long work in slices between frames, no more of them than lets frames come as often as they should.
 *
 * What a canvas is told is carried out after the frame's script, by as much as ten times its own cost where no graphics
 * processor helps; so it is the time from frame to frame that tells how much was too much, not that of the slice.
 */

const FRAME_MS = 1_000 / 60; // from frame to frame while somebody draws, or looks elsewhere
const CALM_FRAME_MS = 2 * FRAME_MS; // while nobody does
const CALM_MS = 200; // after the last such moment
const LEAST_MS = 0.5; // of a slice
const MOST_MS = 24;
const FIRST_MS = 4;

/** One work after the other. */
export class Slices {
  #budget = FIRST_MS;
  #last = null; // when the slice before began, if that was in the frame before
  #hurried = -Infinity;

  /** Frames matter now. @param {number} now ms */
  hurry(now) {
    this.#hurried = now;
  }

  /**
   * Begin the slice of this frame.
   * @param {number} now ms
   * @returns {number} ms: when it has to end
   */
  begin(now) {
    const wanted = now - this.#hurried < CALM_MS ? FRAME_MS : CALM_FRAME_MS;
    if (this.#last !== null) {
      const apart = now - this.#last;
      this.#budget *= apart > 1.3 * wanted ? Math.max(0.5, wanted / apart) : 1.25;
    }
    this.#budget = Math.min(Math.max(this.#budget, LEAST_MS), MOST_MS, 0.6 * wanted);
    this.#last = now;
    return now + this.#budget;
  }

  /** The work is done, or rests: the time until the next slice tells nothing. */
  rest() {
    this.#last = null;
  }
}
