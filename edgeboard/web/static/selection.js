/**
 * What is selected: a pure model. Pictures and what is locked are asked of others; whoever shows it hears of changes.
 *
 * A selection outlives what others do: an item that dies or goes out of sight leaves it, one that changes stays.
 */

import { IDENTITY, multiply, transformedRect, united } from "./geometry.js";

const TIGHT_MAX = 300; // items whose boxes are measured to the pixel
const BOXES_MAX = 60; // items that are framed each

/** @typedef {import("./handles.js").Frame} Frame */

/** The selection of one person. */
export class Selection {
  #look;
  #ids = new Set();
  #frame; // undefined: to be worked out
  #boxes = null;
  /** Grows whenever what is selected may look different. */
  version = 0;
  /** What is done to the selected items just now, on this screen only. @type {import("./geometry.js").Transform|null} */
  delta = null;
  /** Hears that something else is selected. */
  onChange = () => {};

  /**
   * @param {object} look
   * @param {(id: string) => import("./picture.js").Picture|undefined} look.picture of an item in sight
   * @param {(id: string) => boolean} look.isFixed whether it is to be left alone
   */
  constructor(look) {
    this.#look = look;
  }

  /** @returns {ReadonlySet<string>} */
  get ids() {
    return this.#ids;
  }

  get size() {
    return this.#ids.size;
  }

  /** @param {string} id @returns {boolean} */
  has(id) {
    return this.#ids.has(id);
  }

  /** Whether something in it is locked: then nothing can be done to it but to unlock it. @returns {boolean} */
  get isFixed() {
    for (const id of this.#ids) if (this.#look.isFixed(id)) return true;
    return false;
  }

  /** Select these and nothing else. @param {Iterable<string>} ids */
  replace(ids) {
    const next = new Set(ids);
    if (next.size === this.#ids.size && [...next].every((id) => this.#ids.has(id))) return;
    this.#ids = next;
    this.#changed();
  }

  /** @param {string} id select it too, or no more */
  toggle(id) {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#changed();
  }

  /** Select nothing. @returns {boolean} whether something was */
  clear() {
    if (this.#ids.size === 0) return false;
    this.replace([]);
    return true;
  }

  /** Items have changed: those that are not in sight any more leave. @param {Iterable<string>} ids */
  changed(ids) {
    let isTouched = false;
    let hasLeft = false;
    for (const id of ids) {
      if (!this.#ids.has(id)) continue;
      isTouched = true;
      if (this.#look.picture(id) === undefined) hasLeft = this.#ids.delete(id) || hasLeft;
    }
    if (hasLeft) this.#changed();
    else if (isTouched) this.stale();
  }

  /** What is selected looks different. */
  stale() {
    this.version += 1;
    this.#frame = undefined;
    this.#boxes = null;
  }

  #changed() {
    this.stale();
    this.onChange();
  }

  // ---------------------------------------------------------------------------------------------------------- frames

  /** The frame around all of it, as it stands in the log. @returns {Frame|null} */
  get rest() {
    if (this.#frame === undefined) this.#frame = this.#measure();
    return this.#frame;
  }

  /** The frame as it is seen now. @returns {Frame|null} */
  get frame() {
    return this.rest === null ? null : this.#moved(this.rest);
  }

  /** Frames of the items in it, where that helps to see what is selected. @returns {Frame[]} */
  get boxes() {
    if (this.#ids.size < 2 || this.#ids.size > BOXES_MAX) return [];
    this.#boxes ??= this.#pictures().map(frameOf);
    return this.#boxes.map((box) => this.#moved(box));
  }

  /** The box around it on the canvas, as it is seen now. @returns {import("./geometry.js").Rect|null} */
  get box() {
    const { frame } = this;
    return frame === null ? null : transformedRect(frame.box, frame.transform);
  }

  #moved({ box, transform }) {
    return { box, transform: this.delta === null ? transform : multiply(this.delta, transform) };
  }

  #pictures() {
    return [...this.#ids].map((id) => this.#look.picture(id)).filter((picture) => picture !== undefined);
  }

  #measure() {
    const pictures = this.#pictures();
    if (pictures.length === 1) return frameOf(pictures[0]);
    let around = null;
    for (const picture of pictures) {
      if (pictures.length > TIGHT_MAX) around = united(around, picture.box);
      else {
        const { box, transform } = frameOf(picture);
        around = united(around, transformedRect(box, transform));
      }
    }
    return around === null ? null : { box: around, transform: IDENTITY };
  }
}

/** The frame of one picture: its own box, seen through its transform. @param {import("./picture.js").Picture} picture @returns {Frame} */
export function frameOf(picture) {
  const inner = picture.inner ?? picture;
  return { box: inner.tight?.() ?? inner.box, transform: picture.transform ?? IDENTITY };
}
