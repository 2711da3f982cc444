/**
 * The bench: what the tools of one person work with. It holds what is selected and what is being carried.
 */

import { Selection } from "./selection.js";

/** Handed to every tool. */
export class Bench {
  #ghost = null; // what was set down, until the sheet shows it

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./painter.js").Painter} parts.painter
   * @param {import("./sight.js").Sight} parts.sight
   * @param {import("./live.js").LiveSender} parts.live
   * @param {() => import("./view.js").View} parts.view
   * @param {() => number} parts.clock ms
   * @param {import("./editor.js").NoteEditor} parts.editor of texts and sticky notes
   * @param {import("./trails.js").Trails} parts.trails of laser pointers
   * @param {() => {x: number, y: number}} parts.middle of the window, canvas px
   * @param {(text: string) => void} parts.notify words in passing
   */
  constructor({ board, painter, sight, live, view, clock, editor, trails, middle, notify }) {
    this.board = board;
    this.painter = painter;
    this.sight = sight;
    this.live = live;
    this.view = view;
    this.clock = clock;
    this.editor = editor;
    this.trails = trails;
    this.middle = middle;
    this.notify = notify;
    this.selection = new Selection({
      picture: (id) => painter.picture(id),
      isFixed: (id) => this.isFixed(id),
    });
    /** What is on the move. @type {import("./carry.js").Carry|null} */
    this.carry = null;
  }

  /** Where new items go. @returns {{page: number, layer: number}} */
  get place() {
    return this.sight.place;
  }

  /** Whether an item is to be left alone. @param {string} id @returns {boolean} */
  isFixed(id) {
    const item = this.board.document.item(id);
    return item !== null && this.sight.isFixed(item);
  }

  /** Whether an item lies on a layer that is locked. @param {string} id @returns {boolean} */
  isOnLockedLayer(id) {
    const item = this.board.document.item(id);
    return item !== null && this.sight.isLocked(item.layer);
  }

  /** Take up what is selected. @param {import("./carry.js").Carry} carry */
  take(carry) {
    this.carry = carry;
  }

  /** Set down what is carried, here. */
  settle() {
    if (this.carry === null) return;
    const { carry } = this;
    this.carry = null;
    this.#ghost = carry.drawing;
    carry.commit();
  }

  /** Let go of what is carried: it was not to be moved. */
  drop() {
    this.carry?.cancel();
    this.carry = null;
  }

  /** What is in hand, above the sheet. @returns {import("./picture.js").Picture[]} */
  get drawings() {
    return [this.#ghost, this.carry?.drawing ?? null].filter((picture) => picture !== null);
  }

  /** The sheet has been painted. @returns {boolean} whether what is above it looks different now */
  painted() {
    if (this.#ghost === null || this.painter.isBusy) return false;
    this.#ghost = null;
    return true;
  }
}
