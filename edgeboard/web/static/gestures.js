/** The tool at work: from the press of a pointer to its end, one at a time. */

import { DoubleTap, isNote, noteAt } from "./notes.js";
import { TOOLS, inkOf } from "./tools.js";
import { toCanvas } from "./view.js";

/** What a pointer does with the tool in hand. */
export class Gestures {
  #bench;
  #choice;
  #listeners;
  #tool = null; // at work
  #tickTimer = null;
  #taps = new DoubleTap();
  #opened = null; // the note that two taps are about to open

  /**
   * @param {object} parts
   * @param {import("./bench.js").Bench} parts.bench
   * @param {() => import("./desk.js").Choice} parts.choice
   * @param {{gesture: (isUnderWay: boolean) => void, cursor: () => void, stale: () => void}} parts.listeners hear of gestures that
   *   begin and end, of things to show to others, and of what looks different
   */
  constructor({ bench, choice, listeners }) {
    this.#bench = bench;
    this.#choice = choice;
    this.#listeners = listeners;
  }

  /** Whether a stroke or a swipe is under way. */
  get isBusy() {
    return this.#tool !== null;
  }

  /** What is under way, to be drawn. @returns {import("./picture.js").Picture|null} */
  get drawing() {
    return this.#tool?.drawing ?? null;
  }

  /** @returns {{x: number, y: number, radius: number}|null} */
  get ring() {
    return this.#tool?.ring ?? null;
  }

  /** @returns {boolean} false if this is nothing for a tool, as for `PointerInput` */
  begin(sample, { type, isEraser, hasPressure }) {
    if (this.#tool !== null) return false;
    this.#bench.settle();
    const name = isEraser ? "eraser" : this.#choice().name;
    const { make, edits } = TOOLS[name];
    if (make === null) return false;
    this.#tool = make(this.#bench, inkOf(name, this.#choice()));
    this.#opened = edits && this.#taps.isSecond(sample) ? noteAt(this.#bench, sample) : null;
    this.#tool.begin(sample, { hasPressure, type });
    this.#listeners.gesture(true);
    this.#moved(sample);
    return true;
  }

  move(samples, predicted) {
    if (this.#tool === null || samples.length === 0) return;
    this.#tool.move(samples, predicted);
    this.#moved(samples.at(-1));
  }

  #moved({ x, y }) {
    this.#point(x, y, this.#tool.cursor);
    this.#listeners.stale();
    clearTimeout(this.#tickTimer);
    const { due } = this.#tool;
    if (due < Infinity) this.#tickTimer = setTimeout(() => this.#tick(), Math.max(0, due - this.#bench.clock()) + 1);
  }

  #tick() {
    this.#tool?.tick(this.#bench.clock());
    this.#listeners.stale();
  }

  /** @param {"end"|"cancel"} how @returns {boolean} whether there was anything to end */
  end(how) {
    clearTimeout(this.#tickTimer);
    const tool = this.#tool;
    if (tool === null) return false;
    tool[how]();
    this.#tool = null;
    if (how === "end" && this.#opened !== null) this.#edit(this.#opened.id);
    this.#listeners.gesture(false);
    this.#listeners.cursor();
    this.#listeners.stale();
    return true;
  }

  /**
   * The pointer is over the paper and does nothing.
   * @returns {string} how it looks there, by the tool in hand
   */
  hover(sample) {
    const { cursor, over } = TOOLS[this.#choice().name];
    this.#point(sample.x, sample.y, cursor);
    return over?.(this.#bench, sample) ?? "";
  }

  #point(x, y, cursor) {
    const { live, sight, view } = this.#bench;
    const place = toCanvas(view(), x, y);
    live.move(place.x, place.y, cursor, sight.page);
    this.#listeners.cursor();
  }

  /** Log what is under way now: the page may go at any moment. */
  flush() {
    this.#tool?.flush();
    this.#bench.settle();
    this.#bench.editor.flush();
  }

  /** Put what the tool in hand makes in the middle of the window, or open the note that is selected: for those without a pointer. */
  stamp() {
    if (this.#tool !== null) return;
    const { name } = this.#choice();
    const { board, selection } = this.#bench;
    const [only, ...more] = selection.ids;
    const isOne = only !== undefined && more.length === 0 && isNote(board.document.item(only));
    if (TOOLS[name].edits && isOne) this.#edit(only);
    else TOOLS[name].stamp?.(this.#bench, inkOf(name, this.#choice()));
  }

  #edit(id) {
    this.#bench.settle();
    if (!this.#bench.isFixed(id)) this.#bench.editor.edit(id);
  }
}
