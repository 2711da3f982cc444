/** A sheet painted behind the scene, in slices, while the one before is shown: the window anew, or strips around what is there. */

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

  /** Whether the sheet under way begins with nothing. */
  get isWhole() {
    return this.#job !== null && this.#job.isWhole;
  }

  /** Frames matter now. @param {number} now ms */
  hurry(now) {
    this.#slices.hurry(now);
  }

  /**
   * Begin an empty sheet.
   * @param {import("./view.js").View} view
   * @param {import("./sheet.js").Size} size
   * @param {import("./geometry.js").Rect} box to paint, canvas px
   * @param {import("./picture.js").Picture[]} pictures in paint order
   */
  begin(view, size, box, pictures) {
    this.#sheet.resize(size);
    this.#sheet.clear();
    this.#start(true, view, [box], pictures);
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
    this.#start(false, view, boxes, pictures);
  }

  #start(isWhole, view, boxes, pictures) {
    const wide = boxes.map((box) => inflated(box, 3 / (view.zoom * this.#sheet.size.ratio))); // as they are rounded out
    const hit = pictures.filter(({ box }) => wide.some((each) => overlap(each, box)));
    this.#job = { isWhole, view, boxes, pictures: hit, at: 0, later: [] };
  }

  /** A box changed while the sheet is made. @param {import("./geometry.js").Rect} box canvas px */
  owe(box) {
    this.#job.later.push(box);
  }

  /**
   * Paint as much as this frame has time for.
   * @param {() => number} clock ms
   * @param {Sheet} front becomes the new sheet when that is done
   * @returns {{view: import("./view.js").View, isWhole: boolean, later: import("./geometry.js").Rect[]}|null} when it is: whose
   *   sheet it is, whether of the window only, and what changed meanwhile
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
    return { view: job.view, isWhole: job.isWhole, later: job.later };
  }
}
