/** Ways of an image onto the board: pasted, dropped, or chosen as a file. It is made small, kept, and then drawn. */

import { ItemType } from "./kinds.js";
import { imagePayload, placed } from "./images.js";
import { say } from "./locale.js";
import { ImageError, shrink } from "./shrink.js";
import { toCanvas, visible } from "./view.js";

const AT_ONCE_MAX = 20; // images
const APART = 24; // px on screen between images that come together

/** Puts images onto the board. */
export class Inserter {
  #board;
  #desk;
  #gallery;
  #toasts;
  #open;
  #queue = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./gallery.js").Gallery} parts.gallery
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {(file: File) => void} [parts.open] takes files that are no images
   */
  constructor({ board, desk, gallery, toasts, open = null }) {
    this.#board = board;
    this.#desk = desk;
    this.#gallery = gallery;
    this.#toasts = toasts;
    this.#open = open;
  }

  /**
   * Listen for images.
   * @param {Window} target where they are pasted and dropped
   * @param {HTMLElement} stage the paper
   * @param {HTMLElement} button that asks for a file
   * @param {HTMLInputElement} chooser
   */
  listen(target, stage, button, chooser) {
    target.addEventListener("paste", (event) => {
      const files = filesOf(event.clipboardData);
      if (files.length === 0 || isForSomebodyElse(event)) return;
      event.preventDefault();
      this.insert(files);
    });
    // a file that is dropped beside the paper must not replace the page
    for (const type of ["dragover", "drop"]) {
      target.addEventListener(type, (event) => hasFiles(event) && event.preventDefault());
    }
    stage.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.dataTransfer.dropEffect = "copy";
      stage.classList.add("is-over");
    });
    for (const type of ["dragleave", "drop"]) {
      stage.addEventListener(type, () => stage.classList.remove("is-over"));
    }
    stage.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      const { left, top } = stage.getBoundingClientRect();
      const files = [...event.dataTransfer.files];
      const drawing = this.#open === null ? undefined : files.find(({ type }) => !type.startsWith("image/") || type === "image/svg+xml");
      if (drawing !== undefined) this.#open(drawing);
      else this.insert(files, { x: event.clientX - left, y: event.clientY - top });
    });
    button.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      this.insert([...chooser.files]);
      chooser.value = ""; // so that the same file can be chosen again
    });
  }

  /**
   * Put files onto the board, one after the other.
   * @param {Blob[]} files
   * @param {{x: number, y: number}|null} [at] screen px; null: the middle
   * @returns {Promise<void>} when they are there
   */
  insert(files, at = null) {
    if (this.#desk.isPast || this.#board.isReadOnly) return this.#queue;
    let done = this.#queue;
    files.slice(0, AT_ONCE_MAX).forEach((file, number) => {
      done = this.#queue.then(() => this.#insertOne(file, at, number * APART));
      this.#queue = done.catch(() => {}); // one that fails holds up no other
    });
    return done;
  }

  async #insertOne(file, at, apart) {
    let image;
    try {
      image = await shrink(file);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const text = error.message === "size" ? say("This image is too large.") : say("This is no image that can be shown.");
      this.#toasts.say(text, { isTrouble: true });
      return;
    }
    const content = await this.#gallery.keep(image.bytes);
    const { view, size, sight } = this.#desk;
    const point = at ?? { x: size.width / 2, y: size.height / 2 };
    const box = placed(image, toCanvas(view, point.x + apart, point.y + apart), extent(visible(view, size.width, size.height)));
    this.#board.addItem(ItemType.IMAGE, imagePayload(box, content, image.media, image.bytes.length), sight.place);
  }
}

const extent = ({ x0, y0, x1, y1 }) => ({ width: x1 - x0, height: y1 - y0 });

function filesOf(transfer) {
  return [...(transfer?.files ?? [])].filter(({ type }) => type.startsWith("image/"));
}

function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}

function isForSomebodyElse({ target }) {
  return target instanceof HTMLElement && target.closest("dialog, input, textarea, [contenteditable]") !== null;
}
