/**
 * What is done to the selection: by keys, by its bar, by the clipboard. Each is one gesture of ops, so one undo takes it
 * back; what is locked is left alone.
 */

import { Carry } from "./carry.js";
import { boxOfCopies, clipText, copyOf, readClip } from "./clipboard.js";
import { IDENTITY, applied, asTransform, multiply, overlap, scaleOf, translation } from "./geometry.js";
import { rounded } from "./handles.js";
import { read } from "./items.js";
import { Register } from "./kinds.js";
import { say } from "./locale.js";
import { restyled, styleOf } from "./styles.js";
import { packSound } from "./values.js";
import { LimitError } from "./varints.js";
import { arranged } from "./zorder.js";

const OFFSET = 16; // canvas px that a copy lies beside what it was made of
const PUSH_RESTS_MS = 600; // after the last arrow key
const SIZE_MIN = 2; // canvas px that keys leave of the longer side
const SIZE_MAX = 100_000;
const COPIES_MAX = 2_000; // of items at a time

/** Commands on what one person has selected. */
export class Arrangement {
  #bench;
  #room;
  #dice;
  #onChange;
  #notify;
  #resting = null; // the timer that sets down what keys push
  #pasted = { text: "", times: 0 };

  /**
   * @param {object} parts
   * @param {import("./bench.js").Bench} parts.bench
   * @param {string} parts.room its name
   * @param {() => void} parts.onChange what is above the sheet looks different
   * @param {(text: string) => void} parts.notify words in passing
   * @param {() => number} [parts.dice] 0 .. 1
   */
  constructor({ bench, room, onChange, notify, dice = Math.random }) {
    this.#bench = bench;
    this.#room = room;
    this.#dice = dice;
    this.#onChange = onChange;
    this.#notify = notify;
  }

  /** What is selected, if it is one item. @returns {import("./items.js").Item|null} */
  get only() {
    const items = this.#bench.selection.size === 1 ? this.#items : [];
    return items[0] ?? null;
  }

  get #items() {
    const { selection, board } = this.#bench;
    return [...selection.ids].map((id) => board.document.item(id)).filter((item) => item !== null);
  }

  /** What is selected and may be changed; first everything that is under way is set down. */
  #open() {
    this.#bench.settle();
    return this.#isFixed() ? [] : this.#items;
  }

  /** Whether something selected is locked; then that is said. */
  #isFixed() {
    const { isFixed } = this.#bench.selection;
    if (isFixed) this.#notify(say("This is locked. Unlock it first."));
    return isFixed;
  }

  /** The same in paint order. */
  #ordered(items) {
    return items.sort((a, b) => this.#bench.sight.compare(a, b));
  }

  // -------------------------------------------------------------------------------------------------------- selecting

  /** Select all that is in sight and not locked. */
  all() {
    const { painter, selection } = this.#bench;
    this.#bench.settle();
    selection.replace(painter.ids().filter((id) => painter.picture(id) !== undefined && !this.#bench.isFixed(id)));
    this.#onChange();
  }

  /** Select nothing. @returns {boolean} whether something was selected */
  none() {
    this.#bench.settle();
    this.#onChange();
    return this.#bench.selection.clear();
  }

  /** Select the next item in paint order, or the one before, also one that is locked on its own. @param {number} step 1 or -1 @returns {string|null} its id */
  next(step) {
    const { painter, selection } = this.#bench;
    this.#bench.settle();
    const ids = painter.pictures().map(({ id }) => id).filter((id) => !this.#bench.isOnLockedLayer(id));
    if (ids.length === 0) return null;
    const at = ids.findLastIndex((id) => selection.has(id));
    const id = ids[at < 0 ? (step > 0 ? 0 : ids.length - 1) : (at + step + ids.length) % ids.length];
    selection.replace([id]);
    this.#onChange();
    return id;
  }

  // --------------------------------------------------------------------------------------------------------- changing

  /** Push what is selected; it is set down when the keys rest. @param {number} dx canvas px @param {number} dy @returns {boolean} whether something is selected */
  nudge(dx, dy) {
    return this.#push(translation(dx, dy));
  }

  /**
   * Turn what is selected around its middle, or make it larger or smaller; it is set down when the keys rest.
   * @param {number} turn radians, clockwise
   * @param {number} scale
   */
  adjust(turn, scale) {
    const { frame } = this.#bench.selection;
    if (frame === null) return;
    const { box: { x0, y0, x1, y1 }, transform } = frame;
    const size = Math.max(x1 - x0, y1 - y0) * scaleOf(transform) * scale;
    if (scale !== 1 && (size < SIZE_MIN || size > SIZE_MAX)) return;
    const { x, y } = applied(transform, (x0 + x1) / 2, (y0 + y1) / 2);
    const [cos, sin] = [scale * Math.cos(turn), scale * Math.sin(turn)];
    this.#push([cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y]);
  }

  #push(delta) {
    const { selection } = this.#bench;
    if (selection.size === 0) return false;
    if (this.#isFixed()) return true;
    if (this.#bench.carry === null) this.#bench.take(new Carry(this.#bench));
    this.#bench.carry.to(multiply(delta, selection.delta ?? IDENTITY));
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      this.#bench.settle();
      this.#onChange();
    }, PUSH_RESTS_MS);
    this.#onChange();
    return true;
  }

  /** Erase it. @returns {boolean} whether something is selected */
  remove() {
    if (this.#bench.selection.size === 0) return false;
    this.#bench.board.erase(this.#open().map(({ id }) => id), false);
    return true;
  }

  /** Give it another colour or width. @param {{colour?: number, width?: (style: object) => number}} change @returns {boolean} whether something is selected */
  restyle({ colour, width }) {
    if (this.#bench.selection.size === 0) return false;
    const changes = [];
    for (const item of this.#open()) {
      const value = restyled(item, { colour, width: width?.(styleOf(item)) });
      if (value !== null) changes.push({ id: item.id, register: Register.STYLE, value });
    }
    this.#bench.board.setAll(changes);
    return true;
  }

  /** Its style, as far as all of it has the same. @returns {{colour: number|null, width: number|null, isMarker: boolean}} */
  get style() {
    const styles = this.#items.slice(0, 200).map(styleOf);
    const shared = (of) => (styles.every((style) => of(style) === of(styles[0])) ? (of(styles[0]) ?? null) : null);
    if (styles.length === 0) return { colour: null, width: null, isMarker: false };
    return { colour: shared(({ colour }) => colour), width: shared(({ width }) => width), isMarker: styles[0].isMarker };
  }

  /** Move it in paint order, on each of its layers. @param {string} move one of `Move` of `zorder.js` */
  order(move) {
    const { board, painter } = this.#bench;
    const moving = this.#open();
    const changes = [];
    for (const layer of new Set(moving.map((item) => item.layer))) {
      const chosen = new Set(moving.filter((item) => item.layer === layer).map(({ id }) => id));
      const boxes = [...chosen].map((id) => painter.picture(id)?.box).filter((box) => box !== undefined);
      const meets = (id) => {
        const other = painter.picture(id)?.box;
        return other !== undefined && boxes.some((box) => overlap(box, other));
      };
      const { page } = this.#bench.sight;
      const items = board.document.items().filter((item) => item.page === page && item.layer === layer);
      const placed = arranged(items, chosen, move, meets, board.document.lamport, this.#dice);
      changes.push(...placed.map(({ id, z }) => ({ id, register: Register.Z, value: z })));
    }
    board.setAll(changes);
  }

  /** Lock it, or unlock it. @param {boolean} isLocked */
  lock(isLocked) {
    this.#bench.settle();
    const value = isLocked ? true : null;
    this.#bench.board.setAll(this.#items.map(({ id }) => ({ id, register: Register.LOCK, value })));
    this.#onChange();
  }

  /** Put it on another layer, or another page. @param {{page: number, layer: number}} place */
  toPlace({ page, layer }) {
    this.#bench.board.setAll(this.#open().map(({ id }) => ({ id, register: Register.LAYER, value: [page, layer] })));
  }

  // ----------------------------------------------------------------------------------------------------------- copies

  /** Make another of each, a little beside it, and select those. @returns {boolean} whether something is selected */
  duplicate() {
    if (this.#bench.selection.size === 0) return false;
    this.#bench.settle();
    const copies = this.#copies();
    if (copies !== null) this.#put(copies, translation(OFFSET, OFFSET));
    return true;
  }

  /** What is selected, for the clipboard. @returns {string|null} null if nothing is, or too much */
  copy() {
    if (this.#bench.selection.size === 0) return null;
    this.#bench.settle();
    const copies = this.#copies();
    return copies && clipText(copies, this.#room);
  }

  /** Copies of all that is selected; null if it is too much, which is told: a part of it would be taken for all. */
  #copies() {
    const items = this.#ordered(this.#items);
    if (items.length <= COPIES_MAX) return items.map(copyOf);
    this.#notify(say("At most {n} items can be copied at a time.", { n: COPIES_MAX }));
    return null;
  }

  /**
   * Put what was copied onto this board: beside where it was, or in the middle of the window if that is elsewhere.
   * @param {string} text of the clipboard
   * @param {import("./geometry.js").Rect} seen canvas px
   * @returns {boolean} whether it was ours
   */
  paste(text, seen) {
    const clip = readClip(text);
    if (clip === null) return false;
    this.#bench.settle();
    this.#pasted = { text, times: this.#pasted.text === text ? this.#pasted.times + 1 : 1 };
    const box = boxOfCopies(clip.copies);
    if (box === null) return true;
    let [dx, dy] = [0, 0];
    const isNear = clip.room === this.#room && overlap(box, seen);
    if (!isNear) {
      dx = (seen.x0 + seen.x1 - box.x0 - box.x1) / 2 - OFFSET;
      dy = (seen.y0 + seen.y1 - box.y0 - box.y1) / 2 - OFFSET;
    }
    const step = OFFSET * this.#pasted.times;
    this.#put(clip.copies, translation(dx + step, dy + step));
    return true;
  }

  /**
   * Put items from elsewhere into the middle of what is seen.
   * @param {import("./clipboard.js").Copy[]} copies
   * @param {import("./geometry.js").Rect} seen canvas px
   * @param {[string, unknown][]} [entries] of meta, which belong to it
   */
  insert(copies, seen, entries = []) {
    this.#bench.settle();
    const box = boxOfCopies(copies.filter(isHere));
    if (box === null) return;
    const [dx, dy] = [(seen.x0 + seen.x1 - box.x0 - box.x1) / 2, (seen.y0 + seen.y1 - box.y0 - box.y1) / 2];
    this.#put(copies, translation(Math.round(dx), Math.round(dy)), entries);
  }

  #put(copies, delta, entries = []) {
    const { board, selection, sight } = this.#bench;
    const moved = copies.map((copy) => (isHere(copy) ? { ...copy, registers: shifted(copy.registers, delta) } : copy));
    try {
      const ids = board.addCopies(moved, sight.place, entries);
      selection.replace(ids.filter((_, at) => isHere(copies[at])));
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      this.#notify(say("That is too large for this board."));
    }
    this.#onChange();
  }
}

/** Whether a copy goes on the page that is shown. */
const isHere = ({ page }) => page === undefined;

/** Registers with the transform moved on. */
function shifted(registers, delta) {
  const before = registers.find(([register]) => register === Register.TRANSFORM);
  const value = rounded(multiply(delta, asTransform(read(before?.[1] ?? null))));
  const others = registers.filter(([register]) => register !== Register.TRANSFORM);
  return [[Register.TRANSFORM, packSound(value)], ...others];
}
