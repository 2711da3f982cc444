/**
 * The desk: pointer, tools, paper and screen put together. Knows no network; what it shows of others is handed to it.
 *
 * One animation frame paints everything that changed since the last one; between frames only notes are taken.
 */

import { Bench } from "./bench.js";
import { PointerInput } from "./pointer.js";
import { FIRST_CHOICE, TOOLS } from "./tools.js";
import { NoteEditor } from "./editor.js";
import { Glide } from "./glide.js";
import { Gestures } from "./gestures.js";
import { Overlay } from "./overlay.js";
import { Painter } from "./painter.js";
import { Sight } from "./sight.js";
import { overlap, united } from "./geometry.js";
import { HOME, fitted, makeView, panned, toCanvas, visible, zoomed } from "./view.js";

const ARROW_PX = 80; // that an arrow key moves the paper

/**
 * What the toolbar chooses.
 * @typedef {object} Choice
 * @property {string} name of a tool
 * @property {number} colour of ink
 * @property {number} paper colour of sticky notes
 * @property {boolean} isPartial whether the eraser takes parts of strokes
 * @property {Record<string, number>} widths by tool, which of them
 */

/**
 * What is shown of others.
 * @typedef {object} Others
 * @property {() => Iterable<object>} previews strokes under way
 * @property {() => Iterable<object>} figures under way
 * @property {import("./trails.js").Trails} trails of laser pointers, the own one among them
 * @property {(origin: string) => number} colourOf
 * @property {() => Iterable<string>} refused items that the board did not take
 */

const REFUSED_COLOUR = "#d92d20";
const NEWS_COLOUR = "#3d4fd7";
const NEWS_MS = 6_000; // that marks on news stay
const NEWS_MAX = 200; // of them

/** The place where one person draws. */
export class Desk {
  #stage;
  #clock;
  #bench;
  #others;
  #painter;
  #overlay;
  #pointer;
  #view = HOME;
  #width = 0;
  #height = 0;
  #gestures;
  #isFrameDue = false;
  #isOverlayStale = true;
  #glide = null;
  #isSpaceHeld = false;
  #news = []; // boxes of what changed while this person was away
  #newsTimer = null;
  #isPast = false; // an earlier state of the room is shown
  #isEndingNote = false; // this press only ends what was being edited
  #listeners = { view: () => {}, gesture: () => {}, cursor: () => {}, above: () => {}, ownWay: () => {} };
  /** @type {Choice} */
  choice = FIRST_CHOICE;
  /** What of the board is looked at, and where new items go. @type {Sight} */
  sight;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.stage takes the pointer
   * @param {HTMLCanvasElement} parts.sheet
   * @param {HTMLCanvasElement} parts.overlay
   * @param {import("./board.js").Board} parts.board
   * @param {import("./live.js").LiveSender} parts.live
   * @param {Others} parts.others
   * @param {import("./gallery.js").Gallery|null} parts.images
   * @param {() => number} parts.clock ms
   * @param {(text: string) => void} parts.notify words in passing
   * @param {{get: () => object|null, set: (draft: object|null) => void}} parts.drafts of notes
   */
  constructor({ stage, sheet, overlay, board, live, others, images, clock, notify, drafts }) {
    this.#stage = stage;
    this.#others = others;
    this.#clock = clock;
    this.sight = new Sight(board.document);
    this.#painter = new Painter(board.document, sheet, this.sight, images);
    this.#overlay = new Overlay(overlay);
    const view = () => this.#view;
    const editor = new NoteEditor({
      board,
      notify,
      drafts,
      view,
      clock: Date.now,
      place: () => this.sight.place,
      lift: (ids) => {
        this.#painter.lift(ids);
        this.stale();
      },
      pan: (dx, dy) => this.show(panned(this.#view, dx, dy)),
    });
    this.#bench = new Bench({
      ...{ board, live, clock, view, notify },
      painter: this.#painter,
      sight: this.sight,
      editor,
      trails: others.trails,
      middle: () => toCanvas(this.#view, this.#width / 2, this.#height / 2),
    });
    this.#gestures = new Gestures({
      bench: this.#bench,
      choice: () => this.choice,
      listeners: {
        gesture: (isUnderWay) => this.#listeners.gesture(isUnderWay),
        cursor: () => this.#listeners.cursor(),
        stale: () => this.stale(),
      },
    });
    stage.addEventListener("pointerdown", () => (this.#isEndingNote = editor.isOpen), true);
    this.#pointer = new PointerInput(stage, {
      begin: (sample, how) => this.#begin(sample, how),
      move: (samples, predicted) => this.#gestures.move(samples, predicted),
      end: () => this.#gestures.end("end"),
      cancel: () => this.#gestures.end("cancel"),
      pan: (dx, dy) => this.#goOwnWay(panned(this.#view, dx, dy)),
      zoom: (factor, x, y) => this.#goOwnWay(zoomed(this.#view, factor, x, y)),
      hover: (sample, type) => this.#hover(sample, type),
      grip: (isHeld) => stage.classList.toggle("is-gripped", isHeld),
    });
    new ResizeObserver(() => this.#resize()).observe(stage);
    this.#watchRatio();
    globalThis.document.fonts.addEventListener("loadingdone", () => {
      this.#painter.reletter();
      this.stale();
    });
  }

  /** What tools work with. @returns {Bench} */
  get bench() {
    return this.#bench;
  }

  /** What is selected. @returns {import("./selection.js").Selection} */
  get selection() {
    return this.#bench.selection;
  }

  /** Hear of views, of gestures that begin and end, of things to show to others, and of what is drawn above the sheet. */
  listen(listeners) {
    Object.assign(this.#listeners, listeners);
  }

  // --------------------------------------------------------------------------------------------------------- the view

  get view() {
    return this.#view;
  }

  get size() {
    return { width: this.#width, height: this.#height };
  }

  /** @param {import("./view.js").View} view at once */
  show(view) {
    this.#glide = null;
    this.#look(view);
  }

  /** @param {import("./view.js").View} view smoothly, unless this person prefers no motion */
  glideTo(view) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.show(view);
    else {
      this.#glide = new Glide(this.#view, view, this.#clock());
      this.redraw();
    }
  }

  /** Magnify around the middle. @param {number} factor */
  zoomBy(factor) {
    const from = this.#glide?.to ?? this.#view;
    this.glideTo(zoomed(from, factor, this.#width / 2, this.#height / 2));
  }

  /** @param {number} zoom around the middle */
  zoomTo(zoom) {
    this.zoomBy(zoom / (this.#glide?.to ?? this.#view).zoom);
  }

  /** Show everything, or the beginning if there is nothing. @param {typeof import("./margins.js").freeMargin} margin */
  fit(margin) {
    const box = this.#painter.extent();
    this.glideTo(box === null ? HOME : fitted(box, this.#width, this.#height, margin(box, this.size)));
  }

  #goOwnWay(view) {
    this.#listeners.ownWay();
    this.show(view);
  }

  /**
   * Show these items, marked for a while.
   * @param {string[]} ids
   * @param {typeof import("./margins.js").freeMargin} margin
   */
  showNews(ids, margin) {
    const boxes = ids.map((id) => this.#painter.picture(id)?.box).filter((box) => box !== undefined);
    if (boxes.length === 0) return;
    const around = boxes.reduce(united);
    this.glideTo(fitted(around, this.#width, this.#height, margin(around, this.size)));
    this.#news = boxes.slice(-NEWS_MAX);
    this.stale();
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => {
      this.#news = [];
      this.stale();
    }, NEWS_MS);
  }

  /** Show an item in the middle. @param {string} id of an item in sight */
  reveal(id) {
    const box = this.#painter.picture(id)?.box;
    if (box === undefined) return;
    const { zoom } = this.#view;
    const [x, y] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
    this.glideTo(makeView(x - this.#width / 2 / zoom, y - this.#height / 2 / zoom, zoom));
  }

  /** Bring an item into sight, if it is out of it. @param {string} id */
  seek(id) {
    const box = this.#painter.picture(id)?.box;
    if (box !== undefined && !overlap(box, visible(this.#view, this.#width, this.#height))) this.reveal(id);
  }

  /** Items that are not to be shown any more, whatever the canvas says. @param {string[]} ids */
  forget(ids) {
    this.#painter.hide(ids);
    this.stale();
  }

  statistics() {
    return this.#painter.statistics();
  }

  /** The box around everything. @returns {import("./geometry.js").Rect|null} */
  extent() {
    return this.#painter.extent();
  }

  /** Push the paper by arrow keys. @param {number} dx -1, 0 or 1 @param {number} dy */
  nudge(dx, dy) {
    this.show(panned(this.#view, -dx * ARROW_PX, -dy * ARROW_PX));
  }

  #look(view) {
    // whole device px, so that a pan can shift the bitmap
    const unit = view.zoom * this.#painter.ratio;
    this.#view = makeView(Math.round(view.x * unit) / unit, Math.round(view.y * unit) / unit, view.zoom);
    this.#painter.look(this.#view);
    this.#bench.editor.look();
    this.#isOverlayStale = true;
    this.redraw();
    this.#listeners.view(this.#view);
  }

  /** The window may move to a finer screen. */
  #watchRatio() {
    this.#resize();
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener?.("change", () => this.#watchRatio(), { once: true });
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    const ratio = devicePixelRatio;
    this.#width = width;
    this.#height = height;
    this.#painter.resize(width, height, ratio);
    this.#overlay.resize(width, height, this.#painter.ratio);
    this.#look(this.#view);
  }

  // ------------------------------------------------------------------------------------------------------ what changes

  /** Items may look different. @param {Iterable<string>} ids */
  changed(ids) {
    if (!this.#isPast) this.#painter.changed(ids);
    this.selection.changed(ids);
    this.stale();
  }

  /**
   * Show an earlier state of the room, to be looked at only.
   * @param {import("./canvas.js").Document} document
   * @param {Iterable<string>|null} changed items that are different since the last look; null: the document is another
   * @param {((item: object) => number|null)|null} tint as of `Painter.swap`
   */
  showPast(document, changed, tint) {
    if (!this.#isPast) {
      this.#bench.settle();
      this.selection.clear();
    }
    this.#isPast = true;
    this.#stage.classList.add("is-past");
    this.choose({});
    if (changed === null) this.#painter.swap(document, tint);
    else this.#painter.changed(changed);
    this.stale();
  }

  /** Whether an earlier state is shown. */
  get isPast() {
    return this.#isPast;
  }

  /** Show the room as it is, and let people draw again. */
  showPresent() {
    this.#isPast = false;
    this.#stage.classList.remove("is-past");
    this.choose({});
    this.#painter.swap(this.#bench.board.document);
    this.stale();
  }

  /** What is looked at is another page, or other layers. @param {boolean} isTurned whether it is another page */
  resight(isTurned) {
    if (isTurned) this.#bench.settle();
    this.sight.stale();
    this.#painter.resight(isTurned);
    this.selection.changed([...this.selection.ids]);
    this.stale();
  }

  /** What is above the paper may look different. */
  stale() {
    this.#isOverlayStale = true;
    this.redraw();
  }

  /** Paint in the next animation frame. */
  redraw() {
    if (this.#isFrameDue) return;
    this.#isFrameDue = true;
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.#isFrameDue = false;
    if (this.#glide !== null) {
      const view = this.#glide.at(this.#clock());
      if (view === this.#glide.to) this.#glide = null;
      this.#look(view);
    }
    let hasMore = this.#painter.frame(this.#clock, this.#gestures.isBusy || this.#others.previews().length > 0);
    if (this.#bench.carry?.advance(this.#clock)) hasMore = true;
    if (this.#bench.painted()) this.#isOverlayStale = true;
    const { previews, figures, trails, colourOf, refused } = this.#others;
    const now = this.#clock();
    const isPointing = trails.fade(now);
    if (this.#isOverlayStale || isPointing) {
      this.#isOverlayStale = isPointing; // once more when the last has faded
      const boxes = [...refused()].map((id) => this.#painter.picture(id)?.box).filter((box) => box !== undefined);
      const marks = boxes.map((box) => ({ box, colour: REFUSED_COLOUR }));
      for (const box of this.#news) marks.push({ box, colour: NEWS_COLOUR });
      const { drawing, ring } = this.#gestures;
      const own = [...this.#bench.drawings, ...(drawing === null ? [] : [drawing])];
      const selection = this.#selected();
      const live = this.#isPast ? { previews: [], figures: [] } : { previews: previews(), figures: figures() };
      const shown = { ...live, trails: trails.all(), now, page: this.sight.page, colourOf, marks };
      this.#overlay.draw(this.#view, { own, selection, ring, ...shown });
      this.#listeners.above();
    }
    if (hasMore || this.#glide !== null || isPointing) this.redraw();
  }

  #selected() {
    const { frame, boxes, isFixed } = this.selection;
    return frame === null ? null : { frame, boxes, isFixed, isMoving: this.#bench.carry !== null };
  }

  // --------------------------------------------------------------------------------------------------------- gestures

  /** Whether a stroke or a swipe is under way. */
  get isBusy() {
    return this.#gestures.isBusy;
  }

  /** Whether a pen has been seen on this device. */
  get hasPen() {
    return this.#pointer.hasPen;
  }

  /** @param {boolean} draws whether one finger draws although there is a pen */
  letFingersDraw(draws) {
    this.#pointer.fingersDraw = draws;
  }

  /** Take a tool. @param {Partial<Choice>} choice */
  choose(choice) {
    this.choice = { ...this.choice, ...choice, widths: { ...this.choice.widths, ...choice.widths } };
    this.#pointer.isHand = this.#isPast || this.#isSpaceHeld || TOOLS[this.choice.name].make === null;
    this.#stage.dataset.tool = this.#pointer.isHand ? "hand" : this.choice.name;
  }

  /** The space bar is down: a drag moves the paper. @param {boolean} isHeld */
  holdSpace(isHeld) {
    this.#isSpaceHeld = isHeld;
    this.choose({});
  }

  /** Give up the stroke under way. @returns {boolean} whether there was one */
  abandon() {
    return this.#gestures.end("cancel");
  }

  /** Log what is under way now: the page may go at any moment. */
  flush() {
    this.#gestures.flush();
  }

  /** Do what the tool in hand does without a pointer. */
  stamp() {
    if (!this.#isPast) this.#gestures.stamp();
  }

  /** Log notes that a page which died had not logged yet. @returns {boolean} whether there were any */
  recoverNotes() {
    const { board, editor } = this.#bench;
    return editor.recover((id) => board.document.isAlive(id));
  }

  #begin(sample, how) {
    if (this.#isPast || this.#isEndingNote || !this.#gestures.begin(sample, how)) return false;
    this.#glide = null;
    this.#listeners.ownWay();
    return true;
  }

  #hover(sample, type) {
    if (sample === null || this.isBusy || type === "touch") return;
    this.#stage.dataset.over = this.#gestures.hover(sample);
  }
}
