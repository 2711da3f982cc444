/**
 * The desk: pointer, tools, paper and screen put together. Knows no network; what it shows of others is handed to it.
 *
 * One animation frame paints everything that changed since the last one; between frames only notes are taken.
 */

import { PointerInput } from "./pointer.js";
import { TOOLS } from "./tools.js";
import { Overlay } from "./overlay.js";
import { Painter } from "./painter.js";
import { HOME, fitted, makeView, panned, toCanvas, zoomed } from "./view.js";

const GLIDE_MS = 180; // of a view that is asked for by a button
const ARROW_PX = 80; // that an arrow key moves the paper

/** What the toolbar chooses. @typedef {{name: string, colour: number, widths: Record<string, number>}} Choice */

/** The place where one person draws. */
export class Desk {
  #stage;
  #clock;
  #bench;
  #live;
  #others;
  #painter;
  #overlay;
  #pointer;
  #view = HOME;
  #width = 0;
  #height = 0;
  #gesture = null; // the tool at work
  #tickTimer = null;
  #isFrameDue = false;
  #isOverlayStale = true;
  #glide = null;
  #isSpaceHeld = false;
  #isPast = false; // an earlier state of the room is shown
  #listeners = { view: () => {}, gesture: () => {}, cursor: () => {} };
  /** @type {Choice} */
  choice = { name: "pen", colour: 0, widths: { pen: 1, marker: 2 } };
  /** Where new items go. */
  place = Object.freeze({ page: 0, layer: 0 });

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.stage takes the pointer
   * @param {HTMLCanvasElement} parts.sheet
   * @param {HTMLCanvasElement} parts.overlay
   * @param {import("./board.js").Board} parts.board
   * @param {import("./live.js").LiveSender} parts.live
   * @param {{previews: () => Iterable<object>, colourOf: (origin: string) => number, refused: () => Iterable<string>}} parts.others
   * @param {() => number} parts.clock ms
   */
  constructor({ stage, sheet, overlay, board, live, others, clock }) {
    this.#stage = stage;
    this.#live = live;
    this.#others = others;
    this.#clock = clock;
    this.#painter = new Painter(board.document, sheet);
    this.#overlay = new Overlay(overlay);
    this.#bench = { board, live, clock, painter: this.#painter, view: () => this.#view, place: () => this.place };
    this.#pointer = new PointerInput(stage, {
      begin: (sample, how) => this.#begin(sample, how),
      move: (samples) => this.#move(samples),
      end: () => this.#end("end"),
      cancel: () => this.#end("cancel"),
      pan: (dx, dy) => this.show(panned(this.#view, dx, dy)),
      zoom: (factor, x, y) => this.show(zoomed(this.#view, factor, x, y)),
      hover: (sample, type) => this.#hover(sample, type),
      grip: (isHeld) => stage.classList.toggle("is-gripped", isHeld),
    });
    new ResizeObserver(() => this.#resize()).observe(stage);
    this.#watchRatio();
    this.#resize();
  }

  /** Hear of views, of gestures that begin and end, and of things to show to others. */
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
      this.#glide = { from: this.#view, to: view, start: this.#clock() };
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

  /** Show everything, or the beginning if there is nothing. @param {object} margin screen px that chrome covers */
  fit(margin) {
    const box = this.#painter.extent();
    this.glideTo(box === null ? HOME : fitted(box, this.#width, this.#height, margin));
  }

  /** Show an item in the middle. @param {string} id */
  reveal(id) {
    const box = this.#painter.picture(id)?.box;
    if (box === undefined) return;
    const { zoom } = this.#view;
    const [x, y] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
    this.glideTo(makeView(x - this.#width / 2 / zoom, y - this.#height / 2 / zoom, zoom));
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
    this.#isOverlayStale = true;
    this.redraw();
    this.#listeners.view(this.#view);
  }

  /** The window may move to a finer screen. */
  #watchRatio() {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    query.addEventListener?.("change", () => {
      this.#resize();
      this.#watchRatio();
    }, { once: true });
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
    this.stale();
  }

  /**
   * Show an earlier state of the room, to be looked at only.
   * @param {import("./canvas.js").Document} document
   * @param {Iterable<string>|null} changed items that are different since the last look; null: the document is another
   * @param {((item: object) => number|null)|null} tint as of `Painter.swap`
   */
  showPast(document, changed, tint) {
    this.#isPast = true;
    this.#stage.classList.add("is-past");
    this.choose({});
    if (changed === null) this.#painter.swap(document, tint);
    else this.#painter.changed(changed);
    this.stale();
  }

  /** Show the room as it is, and let people draw again. */
  showPresent() {
    this.#isPast = false;
    this.#stage.classList.remove("is-past");
    this.choose({});
    this.#painter.swap(this.#bench.board.document);
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
    if (this.#glide !== null) this.#advance();
    const hasMore = this.#painter.frame(this.#clock);
    if (this.#isOverlayStale) {
      this.#isOverlayStale = false;
      const { previews, colourOf, refused } = this.#others;
      const marks = [...refused()].map((id) => this.#painter.picture(id)?.box).filter((box) => box !== undefined);
      const own = this.#gesture?.drawing ?? null;
      const ring = this.#gesture?.ring ?? null;
      this.#overlay.draw(this.#view, { own, ring, previews: this.#isPast ? [] : previews(), colourOf, refused: marks });
    }
    if (hasMore || this.#glide !== null) this.redraw();
  }

  #advance() {
    const { from, to, start } = this.#glide;
    const done = Math.min(1, (this.#clock() - start) / GLIDE_MS);
    const ease = 1 - (1 - done) ** 3;
    if (done === 1) this.#glide = null;
    // the magnification by ratio, the place so that one point of the canvas holds still
    const zoom = from.zoom * (to.zoom / from.zoom) ** ease;
    const share = to.zoom === from.zoom ? ease : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / to.zoom);
    this.#look(done === 1 ? to : makeView(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, zoom));
  }

  // --------------------------------------------------------------------------------------------------------- gestures

  /** Whether a stroke or a swipe is under way. */
  get isBusy() {
    return this.#gesture !== null;
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
    Object.assign(this.choice, choice, { widths: { ...this.choice.widths, ...choice.widths } });
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
    if (this.#gesture === null) return false;
    this.#end("cancel");
    return true;
  }

  /** Log what is under way now: the page may go at any moment. */
  flush() {
    this.#gesture?.flush();
  }

  #begin(sample, { isEraser, hasPressure }) {
    if (this.#gesture !== null || this.#isPast) return false;
    this.#glide = null;
    const { name, colour, widths } = this.choice;
    const { make, widths: steps } = TOOLS[isEraser ? "eraser" : name];
    if (make === null) return false;
    this.#gesture = make(this.#bench, { colour, width: steps?.[widths[name]] });
    this.#gesture.begin(sample, { hasPressure });
    this.#listeners.gesture(true);
    this.#moved(sample);
    return true;
  }

  #move(samples) {
    if (this.#gesture === null || samples.length === 0) return;
    this.#gesture.move(samples);
    this.#moved(samples.at(-1));
  }

  #moved({ x, y }) {
    const place = toCanvas(this.#view, x, y);
    this.#live.move(place.x, place.y, this.#gesture.cursor);
    this.#listeners.cursor();
    this.stale();
    clearTimeout(this.#tickTimer);
    const { due } = this.#gesture;
    if (due < Infinity) this.#tickTimer = setTimeout(() => this.#tick(), Math.max(0, due - this.#clock()) + 1);
  }

  #tick() {
    this.#gesture?.tick(this.#clock());
    this.stale();
  }

  #end(how) {
    clearTimeout(this.#tickTimer);
    const gesture = this.#gesture;
    if (gesture === null) return;
    gesture[how]();
    this.#gesture = null;
    this.#listeners.gesture(false);
    this.#listeners.cursor();
    this.stale();
  }

  #hover(sample, type) {
    if (sample === null || this.#gesture !== null || type === "touch") return;
    const place = toCanvas(this.#view, sample.x, sample.y);
    this.#live.move(place.x, place.y, TOOLS[this.choice.name].cursor);
    this.#listeners.cursor();
  }
}
