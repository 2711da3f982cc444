/**
 * Long work in slices between frames, no more of them than lets frames come as often as they should.
 *
 * What a canvas is told is carried out after the frame's script, by as much as ten times its own cost where no graphics
 * processor helps; so it is the time from frame to frame that tells how much was too much, not that of the slice. What
 * was too much is remembered, and doubted slowly: who tries it again at once has every third frame late.
 */

const FRAME_MS = 1_000 / 60;
const CALM_MS = 200; // after somebody drew, or looked elsewhere
const LEAST_MS = 0.5; // of a slice
const FIRST_MS = 4;
const SHARE_MAX = 0.6; // of the time from frame to frame
const SOON = 1.25; // by which a slice grows from one to the next, at most
const NEAR = 0.75; // of what was too much, that it grows to
const HASTY_DOUBT = 1.003; // by which that is thought to be more, with each slice that was in time
const CALM_DOUBT = 1.02;

/** What is known of slices at one time from frame to frame. */
class Rhythm {
  #wanted;
  #doubt;
  #budget = FIRST_MS;
  #limit = Infinity; // what was too much

  /** @param {number} wanted ms from frame to frame @param {number} doubt */
  constructor(wanted, doubt) {
    this.#wanted = wanted;
    this.#doubt = doubt;
  }

  /** @param {number|null} apart ms since the slice before, if that was in the frame before @returns {number} ms to work */
  next(apart) {
    if (apart !== null && apart > 1.3 * this.#wanted) {
      this.#limit = this.#budget;
      this.#budget *= Math.max(0.5, this.#wanted / apart);
    } else if (apart !== null) {
      this.#limit *= this.#doubt;
      this.#budget = Math.max(this.#budget, Math.min(SOON * this.#budget, NEAR * this.#limit));
    }
    this.#budget = Math.min(Math.max(this.#budget, LEAST_MS), SHARE_MAX * this.#wanted);
    return this.#budget;
  }
}

/** One work after the other. */
export class Slices {
  #hasty = new Rhythm(FRAME_MS, HASTY_DOUBT); // while somebody draws, or looks elsewhere
  #calm = new Rhythm(2 * FRAME_MS, CALM_DOUBT); // while nobody does
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
    const rhythm = now - this.#hurried < CALM_MS ? this.#hasty : this.#calm;
    const apart = this.#last === null ? null : now - this.#last;
    this.#last = now;
    return now + rhythm.next(apart);
  }

  /** The work is done, or rests: the time until the next slice tells nothing. */
  rest() {
    this.#last = null;
  }
}
