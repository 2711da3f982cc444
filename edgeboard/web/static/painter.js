/**
 * Paints the canvas of a document into a window: a cached sheet of ink below, what is alive above.
 *
 * The sheet is redrawn only where something changed: new ink on top is drawn on top, other changes repaint the boxes
 * they touch, a pan shifts the bitmap and paints the strips that came into sight. A new zoom is painted behind the
 * scene in slices, while the old sheet is shown stretched, so ten thousand strokes never hold up the pen.
 * Everything happens in `frame()`, once per animation frame; the other methods only note what to do.
 */

import { inflated, overlap, united } from "./geometry.js";
import { comparePaint } from "./merge.js";
import { pictureOf } from "./picture.js";
import { visible } from "./view.js";

const SLICE_MS = 9; // of painting per frame while a whole sheet is made anew
const BOXES_MAX = 24; // of changes kept apart; more become one
const REPAINT_ITEMS_MAX = 1_500; // in a changed box; more are painted behind the scene
const RATIO_MAX = 3; // device px per CSS px that we pay for
const PAGE = 0; // the only page that is shown yet

/** A canvas, its items as pictures, and what of them is on the sheet. */
export class Painter {
  #document;
  #sheet;
  #back;
  #width = 0;
  #height = 0;
  #ratio = 1;
  #wanted = null; // the view to show
  #shown = null; // the view that the sheet was painted for
  #isResized = false;
  #pictures = new Map(); // item id -> picture, null if it has none
  #known = new Map(); // pictures of another state of the room: of plain items they are the same
  #tint = null; // which colour an item is shown in instead of its own
  #hidden = new Set();
  #last = null; // the topmost item on the sheet
  #boxes = []; // changed, in canvas px
  #fresh = []; // items that came on top
  #job = null; // a whole sheet being painted behind the scene
  #paints = { full: 0, boxes: 0, fresh: 0, shifts: 0 };

  /**
   * @param {import("./canvas.js").Document} document
   * @param {HTMLCanvasElement} element shows the sheet
   */
  constructor(document, element) {
    this.#document = document;
    this.#sheet = new Sheet(element);
    this.#back = new Sheet(globalThis.document.createElement("canvas"));
  }

  // ---------------------------------------------------------------------------------------------------- what changes

  /** The window has another size. @param {number} width CSS px @param {number} height @param {number} ratio device px per CSS px */
  resize(width, height, ratio) {
    this.#width = width;
    this.#height = height;
    this.#ratio = Math.min(Math.max(ratio, 1), RATIO_MAX);
    this.#isResized = true;
  }

  /** Device px per CSS px, as painted. */
  get ratio() {
    return this.#ratio;
  }

  /** @param {import("./view.js").View} view */
  look(view) {
    this.#wanted = view;
  }

  /** These items came, went or changed. @param {Iterable<string>} ids */
  changed(ids) {
    for (const id of ids) {
      const before = this.#pictures.get(id);
      if (before) this.#changedBox(before.box);
      const item = this.#document.item(id);
      if (item === null || !item.alive || item.page !== PAGE || this.#hidden.has(id)) {
        this.#pictures.delete(id);
        continue;
      }
      const picture = this.#picture(item);
      this.#pictures.set(id, picture);
      if (picture === null) continue;
      if (before || (this.#last !== null && comparePaint(this.#last, item) > 0)) this.#changedBox(picture.box);
      else this.#fresh.push(item);
      if (this.#last === null || comparePaint(this.#last, item) < 0) this.#last = item;
    }
  }

  #picture(item) {
    const known = this.#known.get(item.id);
    if (known?.isPlain && isPlain(item)) return known.version === item.version ? known : { ...known, version: item.version };
    const picture = pictureOf(item, this.#tint?.(item) ?? null);
    if (picture !== null) picture.isPlain = this.#tint === null && isPlain(item);
    return picture;
  }

  /**
   * Show another canvas: an earlier state of the room, or the room again.
   * @param {import("./canvas.js").Document} document
   * @param {((item: import("./items.js").Item) => number|null)|null} [tint] the colour to show an item in, null for its own
   */
  swap(document, tint = null) {
    for (const [id, picture] of this.#pictures) if (picture?.isPlain) this.#known.set(id, picture);
    this.#document = document;
    this.#tint = tint;
    if (tint !== null) this.#known.clear();
    this.#pictures = new Map();
    this.#last = null;
    this.changed(document.items().map(({ id }) => id));
    this.#isResized = true; // a whole sheet
  }

  /** Never show these items again. @param {string[]} ids */
  hide(ids) {
    for (const id of ids) this.#hidden.add(id);
    this.changed(ids);
  }

  #changedBox(box) {
    this.#boxes.push(box);
    if (this.#boxes.length > BOXES_MAX) this.#boxes = [this.#boxes.reduce(united)];
  }

  // ---------------------------------------------------------------------------------------------------- looking at it

  /** The picture of an item that is shown, or undefined. @param {string} id @returns {import("./picture.js").Picture} */
  picture(id) {
    return this.#pictures.get(id) ?? undefined;
  }

  /** The box around everything that is shown. @returns {import("./geometry.js").Rect|null} */
  extent() {
    let box = null;
    for (const picture of this.#pictures.values()) if (picture !== null) box = united(box, picture.box);
    return box;
  }

  /** Items that a track touches. @returns {string[]} */
  touched(x0, y0, x1, y1, radius) {
    const track = {
      x0: Math.min(x0, x1) - radius,
      y0: Math.min(y0, y1) - radius,
      x1: Math.max(x0, x1) + radius,
      y1: Math.max(y0, y1) + radius,
    };
    const found = [];
    for (const picture of this.#pictures.values()) {
      if (picture === null || !overlap(picture.box, track)) continue;
      if (picture.touched(x0, y0, x1, y1, radius)) found.push(picture.id);
    }
    return found;
  }

  /** @returns {object} a frozen snapshot */
  statistics() {
    return Object.freeze({ ...this.#paints, pictures: this.#pictures.size });
  }

  // -------------------------------------------------------------------------------------------------------- painting

  /**
   * Paint what has to be painted, for about `SLICE_MS` at most.
   * @param {() => number} clock ms
   * @returns {boolean} whether there is more to do
   */
  frame(clock) {
    const view = this.#wanted;
    if (view === null || this.#width === 0) return false;
    if (this.#isResized) {
      this.#isResized = false;
      this.#begin(view);
    } else if (this.#shown !== null && this.#shown !== view) this.#follow(view);
    if (this.#job === null) this.#repaint();
    else this.#delay();
    if (this.#job !== null) this.#advance(clock);
    this.#stretch();
    return this.#job !== null || this.#shown !== this.#wanted;
  }

  /** The view moved: shift what can be shifted, else begin a new sheet. */
  #follow(view) {
    const shown = this.#shown;
    const unit = view.zoom * this.#ratio;
    const dx = (shown.x - view.x) * unit;
    const dy = (shown.y - view.y) * unit;
    const isWhole = Math.abs(dx - Math.round(dx)) < 0.01 && Math.abs(dy - Math.round(dy)) < 0.01;
    const isNear = Math.abs(dx) < this.#sheet.width && Math.abs(dy) < this.#sheet.height;
    if (this.#job === null && shown.zoom === view.zoom && isWhole && isNear) {
      this.#shift(view, Math.round(dx), Math.round(dy));
    } else if (this.#job === null) this.#begin(view);
    // else: the sheet under way is finished first, so that a long pinch shows something new now and then
  }

  #shift(view, dx, dy) {
    this.#sheet.shift(dx, dy);
    this.#shown = view;
    this.#paints.shifts += 1;
    const all = visible(view, this.#width, this.#height);
    const unit = view.zoom * this.#ratio;
    if (dx > 0) this.#changedBox({ ...all, x1: all.x0 + dx / unit });
    if (dx < 0) this.#changedBox({ ...all, x0: all.x1 + dx / unit });
    if (dy > 0) this.#changedBox({ ...all, y1: all.y0 + dy / unit });
    if (dy < 0) this.#changedBox({ ...all, y0: all.y1 + dy / unit });
  }

  /** Changed boxes and new ink go straight to the sheet. */
  #repaint() {
    const [boxes, fresh] = [this.#boxes, this.#fresh];
    this.#boxes = [];
    this.#fresh = [];
    if (fresh.length > REPAINT_ITEMS_MAX) {
      this.#begin(this.#shown);
      return;
    }
    const seen = visible(this.#shown, this.#width, this.#height);
    const margin = 3 / (this.#shown.zoom * this.#ratio); // what is cleared is rounded out to whole device px
    const inSight = boxes.filter((box) => overlap(box, seen)).map((box) => inflated(box, margin));
    if (inSight.length > 0) {
      const items = this.#shownItems();
      const hit = items.filter(({ box }) => inSight.some((each) => overlap(each, box)));
      if (hit.length > REPAINT_ITEMS_MAX) {
        this.#begin(this.#shown);
        return;
      }
      this.#sheet.repaint(this.#shown, inSight, hit);
      this.#paints.boxes += inSight.length;
    }
    for (const item of fresh) {
      const picture = this.#pictures.get(item.id);
      if (!picture || picture.version !== item.version || !overlap(picture.box, seen)) continue;
      if (inSight.some((box) => overlap(box, picture.box))) {
        // part of it was just painted, and a marker must not be painted twice
        const box = inflated(picture.box, margin);
        const around = this.#shownItems().filter((each) => overlap(each.box, box));
        this.#sheet.repaint(this.#shown, [box], around);
      } else this.#sheet.draw(this.#shown, picture);
      this.#paints.fresh += 1;
    }
  }

  /** While a sheet is made behind the scene, changes wait for it; new ink shows at once. */
  #delay() {
    for (const item of this.#fresh) {
      const picture = this.#pictures.get(item.id);
      if (!picture) continue;
      this.#job.later.push(picture.box);
      if (this.#shown !== null) this.#sheet.draw(this.#shown, picture);
    }
    this.#job.later.push(...this.#boxes);
    this.#fresh = [];
    this.#boxes = [];
  }

  /** All pictures in paint order. */
  #shownItems() {
    const pictures = [];
    for (const item of this.#document.items()) {
      const picture = this.#pictures.get(item.id);
      if (picture) pictures.push(picture);
    }
    return pictures;
  }

  #begin(view) {
    const seen = visible(view, this.#width, this.#height);
    const pictures = this.#shownItems().filter(({ box }) => overlap(box, seen));
    this.#boxes = [];
    this.#fresh = [];
    this.#back.resize(this.#width, this.#height, this.#ratio);
    this.#back.clear();
    this.#job = { view, pictures, at: 0, later: [] };
    this.#paints.full += 1;
  }

  #advance(clock) {
    const job = this.#job;
    const end = clock() + SLICE_MS;
    while (job.at < job.pictures.length) {
      this.#back.draw(job.view, job.pictures[job.at++]);
      if (job.at % 8 === 0 && clock() >= end) return;
    }
    this.#sheet.replaceBy(this.#back);
    this.#shown = job.view;
    this.#job = null;
    for (const box of job.later) this.#changedBox(box);
    if (this.#boxes.length > 0) this.#repaint();
  }

  /** Show the sheet where it belongs now, though it was painted for another view. */
  #stretch() {
    const [shown, wanted] = [this.#shown, this.#wanted];
    if (shown === null) return; // nothing was painted yet
    if (shown === wanted) this.#sheet.place("");
    else {
      const scale = wanted.zoom / shown.zoom;
      const x = (shown.x - wanted.x) * wanted.zoom;
      const y = (shown.y - wanted.y) * wanted.zoom;
      this.#sheet.place(`translate(${x}px, ${y}px) scale(${scale})`);
    }
  }
}

/** Whether an item is drawn by its one piece alone. @param {import("./items.js").Item} item */
const isPlain = ({ winners, pieces }) => winners.size === 0 && pieces.length === 1 && pieces[0].cuts.length === 0;

/** A bitmap of the size of the window. */
class Sheet {
  #element;
  #context;
  #placed = "";
  #ratio = 1;

  constructor(element) {
    this.#element = element;
    this.#context = element.getContext("2d");
    this.#context.lineCap = "round";
  }

  get width() {
    return this.#element.width;
  }

  get height() {
    return this.#element.height;
  }

  /** @param {number} width CSS px @param {number} height @param {number} ratio device px per CSS px */
  resize(width, height, ratio) {
    this.#ratio = ratio;
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.#element.width === w && this.#element.height === h) return;
    this.#element.width = w;
    this.#element.height = h;
    // as large as it was painted, also while the window has another size already
    this.#element.style.width = `${w / ratio}px`;
    this.#element.style.height = `${h / ratio}px`;
  }

  place(transform) {
    if (transform === this.#placed) return;
    this.#placed = transform;
    this.#element.style.transform = transform;
  }

  clear() {
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.width, this.height);
  }

  shift(dx, dy) {
    if (dx === 0 && dy === 0) return;
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "copy";
    context.drawImage(this.#element, dx, dy);
    context.globalCompositeOperation = "source-over";
  }

  replaceBy(other) {
    this.resize(other.width / other.#ratio, other.height / other.#ratio, other.#ratio);
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "copy";
    context.drawImage(other.#element, 0, 0);
    context.globalCompositeOperation = "source-over";
  }

  draw(view, picture) {
    this.#aim(view);
    picture.draw(this.#context);
  }

  /** Paint boxes of the canvas anew. */
  repaint(view, boxes, pictures) {
    const context = this.#context;
    const unit = view.zoom * this.#ratio;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    for (const box of boxes) {
      // whole device px, so that neither a seam nor a second coat is left at the edges
      const x0 = Math.floor((box.x0 - view.x) * unit) - 1;
      const y0 = Math.floor((box.y0 - view.y) * unit) - 1;
      const x1 = Math.ceil((box.x1 - view.x) * unit) + 1;
      const y1 = Math.ceil((box.y1 - view.y) * unit) + 1;
      context.rect(x0, y0, x1 - x0, y1 - y0);
    }
    context.clip();
    context.clearRect(0, 0, this.width, this.height);
    this.#aim(view);
    for (const picture of pictures) picture.draw(context);
    context.restore();
  }

  #aim(view) {
    const unit = view.zoom * this.#ratio;
    this.#context.setTransform(unit, 0, 0, unit, -view.x * unit, -view.y * unit);
    this.#context.lineCap = "round";
    this.#context.lineJoin = "round";
  }
}
