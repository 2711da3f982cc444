/** A sheet painted behind the scene, in slices, while the one before is shown: whole, or the strips that a pan needs. */

import { inflated, overlap } from "./geometry.js";
import { Sheet } from "./sheet.js";
import { Slices } from "./slices.js";

const LOOK_EVERY = 8; // pictures, at the clock

/** At most one sheet under way. */
export class Backdrop {
  #sheet = new Sheet(globalThis.document.createElement("canvas"));
  #slices = new Slices();
  #job = null; // the view, boxes to paint, pictures, and what changed since it began

  get isBusy() {
    return this.#job !== null;
  }

  /** Frames matter now. @param {number} now ms */
  hurry(now) {
    this.#slices.hurry(now);
  }

  /**
   * Begin a whole sheet.
   * @param {import("./view.js").View} view
   * @param {import("./sheet.js").Size} size
   * @param {import("./picture.js").Picture[]} pictures in paint order
   */
  begin(view, size, pictures) {
    this.#sheet.resize(size);
    this.#sheet.clear();
    this.#job = { view, boxes: null, pictures, at: 0, later: [] };
  }

  /**
   * Begin with what another sheet shows, moved; what that leaves empty is painted.
   * @param {Sheet} front
   * @param {import("./view.js").View} view of the new one
   * @param {number} dx device px @param {number} dy
   * @param {import("./geometry.js").Rect[]} boxes that are empty, canvas px
   * @param {import("./picture.js").Picture[]} pictures in paint order
   */
  extend(front, view, dx, dy, boxes, pictures) {
    this.#sheet.resize(front.size);
    this.#sheet.copy(front, dx, dy);
    this.#sheet.repaint(view, boxes, []);
    const wide = boxes.map((box) => inflated(box, 3 / (view.zoom * front.size.ratio))); // as they are rounded out
    const hit = pictures.filter(({ box }) => wide.some((each) => overlap(each, box)));
    this.#job = { view, boxes, pictures: hit, at: 0, later: [] };
  }

  /** A box changed while the sheet is made. @param {import("./geometry.js").Rect} box canvas px */
  owe(box) {
    this.#job.later.push(box);
  }

  /**
   * Paint as much as this frame has time for.
   * @param {() => number} clock ms
   * @param {Sheet} front becomes the new sheet when that is done
   * @returns {{view: import("./view.js").View, later: import("./geometry.js").Rect[]}|null} when it is: whose sheet it is, and
   *   what changed meanwhile
   */
  advance(clock, front) {
    const job = this.#job;
    const end = this.#slices.begin(clock());
    this.#sheet.open(job.view, job.boxes);
    let isLate = false;
    while (!isLate && job.at < job.pictures.length) {
      const picture = job.pictures[job.at++];
      this.#sheet.put(picture);
      isLate = picture.isHeavy === true || (job.at % LOOK_EVERY === 0 && clock() >= end);
    }
    this.#sheet.close();
    if (job.at < job.pictures.length) return null;
    front.resize(this.#sheet.size);
    front.copy(this.#sheet, 0, 0);
    this.#slices.rest();
    this.#job = null;
    return { view: job.view, later: job.later };
  }
}
