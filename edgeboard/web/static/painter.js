/**
 * Paints the canvas of a document into a window: a cached sheet of ink below, what is alive above.
 *
 * The sheet is redrawn only where something changed: new ink on top is drawn on top, other changes repaint the boxes
 * they touch. It is larger than the window, so that a pan only moves it; before its edge is in sight, it is moved on and
 * the strips that this needs are painted. That and a new zoom happen behind the scene in slices, while the old sheet is
 * shown, stretched, so ten thousand strokes never hold up the pen.
 * Everything happens in `frame()`, once per animation frame; the other methods only note what to do.
 */

import { Backdrop } from "./backdrop.js";
import { contains, inflated, outside, overlap, united } from "./geometry.js";
import { ItemType } from "./kinds.js";
import { differing, pictureOf } from "./picture.js";
import { Bitmap, Sheet } from "./sheet.js";
import { Sight } from "./sight.js";
import { visible } from "./view.js";

const BOXES_MAX = 24; // of changes kept apart; more become one
const CALM_MS = 60; // without ink that comes below other ink: then all has come
const OWED_MS = 1_000; // that such ink waits at most, while more of it comes
const REPAINT_ITEMS_MAX = 1_500; // in a changed box; more are painted behind the scene
const REPAINT_HEAVY_MAX = 2; // of those that take long
const MARGIN_SHARE = 0.125; // of the window's shorter side, that the sheet has around it
const RATIO_MAX = 3; // device px per CSS px that we pay for

/** A canvas, its items as pictures, and what of them is on the sheet. */
export class Painter {
  #document;
  #sight;
  #images;
  #sheet;
  #backdrop = new Backdrop();
  #size = { width: 0, height: 0, margin: 0, ratio: 1 };
  #wanted = null; // the view to show
  #isMoved = false; // it is another than in the frame before
  #shown = null; // the view that the sheet was painted for
  #painted = null; // the box of the canvas that is on it
  #isAnew = false; // the size or the sight is another: all is painted again
  #isTurned = false; // what is on the sheet belongs to another page
  #pictures = new Map(); // id of an item in sight -> picture, null if it has none
  #aside = new Map(); // pictures of items that were in sight
  #known = new Map(); // pictures of another state of the room: of plain items they are the same
  #tint = null; // which colour an item is shown in instead of its own
  #hidden = new Set();
  #wiped = new Map(); // cuts by piece that are not logged yet
  #lifted = new Set(); // items that somebody else draws for now
  #last = null; // where the topmost item on the sheet stands in paint order
  #boxes = []; // changed, in canvas px
  #fresh = []; // items that came on top
  #under = []; // boxes of items that came below others
  #owed = null; // since when a whole sheet is, with many that came so, and when the last of them came
  #paints = { full: 0, boxes: 0, fresh: 0, shifts: 0 };

  /**
   * @param {import("./canvas.js").Document} document
   * @param {HTMLCanvasElement} element shows the sheet
   * @param {Sight} [sight] what of it is looked at
   * @param {import("./gallery.js").Gallery|null} [images] null: images are frames
   */
  constructor(document, element, sight = new Sight(document), images = null) {
    this.#document = document;
    this.#sight = sight;
    this.#images = images;
    this.#sheet = new Sheet(element);
  }

  // ---------------------------------------------------------------------------------------------------- what changes

  /** The window has another size. @param {number} width CSS px @param {number} height @param {number} ratio device px per CSS px */
  resize(width, height, ratio) {
    const paid = Math.min(Math.max(ratio, 1), RATIO_MAX);
    const margin = Math.max(1, Math.round(Math.min(width, height) * MARGIN_SHARE * paid)) / paid;
    this.#size = { width, height, margin, ratio: paid };
    this.#isAnew = true;
  }

  /** Device px per CSS px, as painted. */
  get ratio() {
    return this.#size.ratio;
  }

  /** @param {import("./view.js").View} view */
  look(view) {
    this.#isMoved ||= this.#wanted !== null && this.#wanted !== view;
    this.#wanted = view;
  }

  /** These items came, went or changed. @param {Iterable<string>} ids */
  changed(ids) {
    for (const id of ids) {
      const before = this.#pictures.get(id);
      const item = this.#document.item(id);
      if (item === null || !item.alive || !this.#sight.shows(item) || this.#hidden.has(id)) {
        this.#pictures.delete(id);
        this.#aside.delete(id);
        if (before) this.#changedBox(before.box);
        continue;
      }
      const picture = this.#picture(item, before ?? this.#aside.get(id));
      this.#aside.delete(id);
      this.#pictures.set(id, picture);
      if (before) this.#changedBox(picture === null ? before.box : differing(before, picture));
      if (before || picture === null) continue;
      if (this.#last !== null && this.#sight.compare(this.#last, item) > 0) this.#under.push(picture.box);
      else this.#fresh.push(item);
      this.#rise(item);
    }
  }

  /** Note where the topmost item stands; it may move later, but what is below that was painted in order. */
  #rise(item) {
    if (this.#last !== null && this.#sight.compare(this.#last, item) >= 0) return;
    this.#last = { z: item.z, lamport: item.lamport, id: item.id, layer: item.layer };
  }

  /** What is looked at is another page, or other layers. @param {boolean} isTurned whether it is another page */
  resight(isTurned) {
    for (const [id, picture] of this.#pictures) this.#aside.set(id, picture);
    this.#pictures = new Map();
    if (isTurned) this.#lifted.clear();
    this.#last = null;
    for (const item of this.#document.items()) {
      if (!this.#sight.shows(item) || this.#hidden.has(item.id)) continue;
      this.#pictures.set(item.id, this.#aside.has(item.id) ? this.#aside.get(item.id) : this.#picture(item));
      this.#aside.delete(item.id);
      this.#rise(item);
    }
    this.#isAnew = true;
    this.#isTurned ||= isTurned;
  }

  /** Leave these items out, for they are drawn above the sheet; nobody else. @param {Iterable<string>} ids */
  lift(ids) {
    const before = this.#lifted;
    this.#lifted = new Set(ids);
    for (const id of [...before, ...this.#lifted]) {
      const picture = this.#pictures.get(id);
      if (picture && before.has(id) !== this.#lifted.has(id)) this.#changedBox(picture.box);
    }
  }

  /**
   * Show cuts that are not logged yet.
   * @param {Map<string, number[]>} wiped by piece; kept, and looked at again when an item changes
   * @param {Iterable<string>} ids items that look different for it
   */
  showCut(wiped, ids) {
    this.#wiped = wiped;
    this.changed(ids);
  }

  #picture(item, before = null) {
    const isWiping = this.#wiped.size > 0;
    const known = isWiping ? undefined : this.#known.get(item.id);
    if (known?.isPlain && isPlain(item)) return Object.assign(known, { version: item.version });
    const picture = pictureOf(item, this.#tint?.(item) ?? null, this.#images, this.#wiped, before);
    if (picture !== null) picture.isPlain = this.#tint === null && !isWiping && isPlain(item);
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
    this.#aside.clear();
    this.#lifted.clear();
    this.#last = null;
    this.changed(document.items().map(({ id }) => id));
    this.#isAnew = true; // a whole sheet
  }

  /** Letters have another shape: all that has words is made again. */
  reletter() {
    const hasWords = (id) => ![ItemType.STROKE, ItemType.IMAGE].includes(this.#document.item(id)?.type);
    for (const id of [...this.#aside.keys()].filter(hasWords)) this.#aside.delete(id);
    this.changed(this.ids().filter(hasWords));
  }

  /** Never show these items again. @param {string[]} ids */
  hide(ids) {
    for (const id of ids) this.#hidden.add(id);
    this.changed(ids);
  }

  #changedBox(box) {
    if (box === null) return;
    this.#boxes.push(box);
    if (this.#boxes.length > BOXES_MAX) this.#boxes = [this.#boxes.reduce(united)];
  }

  // ---------------------------------------------------------------------------------------------------- looking at it

  /** The picture of an item that is shown, or undefined. @param {string} id @returns {import("./picture.js").Picture} */
  picture(id) {
    return this.#pictures.get(id) ?? undefined;
  }

  /** The ids of the items in sight, in no order. @returns {string[]} */
  ids() {
    return [...this.#pictures.keys()];
  }

  /** Pictures in paint order, of these items or of all. @param {Set<string>} [ids] @returns {import("./picture.js").Picture[]} */
  pictures(ids) {
    const all = this.#sight.ordered(this.#document.items(), this.#pictures);
    return ids === undefined ? all : all.filter(({ id }) => ids.has(id));
  }

  /** Whether the window is being painted anew behind the scene. */
  get isBusy() {
    return this.#backdrop.isWhole || this.#isAnew;
  }

  /** The box around everything that is shown. @returns {import("./geometry.js").Rect|null} */
  extent() {
    let box = null;
    for (const picture of this.#pictures.values()) if (picture !== null) box = united(box, picture.box);
    return box;
  }

  /** Items that a track touches, but those that are to be left alone. @returns {string[]} */
  touched(x0, y0, x1, y1, radius) {
    return [...this.#near(x0, y0, x1, y1, radius)].filter((each) => each.touched(x0, y0, x1, y1, radius)).map(({ id }) => id);
  }

  /** What of the ink a track touches, as `touched`. @returns {{id: string, pieces: [string, number[]][]}[]} by item; intervals by piece */
  cutUnder(x0, y0, x1, y1, radius) {
    const found = [];
    for (const picture of this.#near(x0, y0, x1, y1, radius)) {
      const pieces = picture.cutUnder?.(x0, y0, x1, y1, radius) ?? [];
      if (pieces.length > 0) found.push({ id: picture.id, pieces });
    }
    return found;
  }

  /** Pictures around a track, of items that may be changed. */
  *#near(x0, y0, x1, y1, radius) {
    const track = {
      x0: Math.min(x0, x1) - radius,
      y0: Math.min(y0, y1) - radius,
      x1: Math.max(x0, x1) + radius,
      y1: Math.max(y0, y1) + radius,
    };
    for (const picture of this.#pictures.values()) {
      if (picture === null || !overlap(picture.box, track)) continue;
      if (!this.#sight.isFixed(this.#document.item(picture.id))) yield picture;
    }
  }

  /**
   * The topmost item at a place.
   * @param {number} x canvas px @param {number} y @param {number} radius
   * @param {boolean} [isFixed] whether one is wanted that is to be left alone; else only others are
   * @returns {string|null} its id
   */
  topmost(x, y, radius, isFixed = false) {
    const place = inflated({ x0: x, y0: y, x1: x, y1: y }, radius);
    let best = null;
    for (const picture of this.#pictures.values()) {
      if (picture === null || !overlap(picture.box, place)) continue;
      const item = this.#document.item(picture.id);
      if (this.#sight.isFixed(item) !== isFixed || (best !== null && this.#sight.compare(item, best) < 0)) continue;
      if (picture.touched(x, y, x, y, radius)) best = item;
    }
    return best?.id ?? null;
  }

  /** A bitmap of a part of what is in sight, to paint pictures into. @param {import("./geometry.js").Rect} box */
  bitmap(box) {
    const seen = visible(this.#wanted, this.#size.width, this.#size.height);
    return new Bitmap({
      x0: Math.max(box.x0, seen.x0),
      y0: Math.max(box.y0, seen.y0),
      x1: Math.min(box.x1, seen.x1),
      y1: Math.min(box.y1, seen.y1),
    }, this.#wanted.zoom * this.#size.ratio);
  }

  /** @returns {object} a frozen snapshot */
  statistics() {
    const waiting = [this.#boxes, this.#fresh, this.#under].some(({ length }) => length > 0);
    const isWhole = !this.isBusy && this.#owed === null && !waiting;
    return Object.freeze({ ...this.#paints, pictures: this.#pictures.size, isWhole });
  }

  // -------------------------------------------------------------------------------------------------------- painting

  /**
   * Paint what has to be painted; a whole sheet only as far as frames still come in time.
   * @param {() => number} clock ms
   * @param {boolean} [isHurried] whether somebody draws
   * @returns {boolean} whether there is more to do
   */
  frame(clock, isHurried = false) {
    const view = this.#wanted;
    if (view === null || this.#size.width === 0) return false;
    const backdrop = this.#backdrop;
    if (isHurried || this.#isMoved) backdrop.hurry(clock());
    this.#isMoved = false;
    if (this.#isAnew) {
      this.#isAnew = false;
      this.#begin(view);
    } else if (this.#shown !== null && !backdrop.isBusy) this.#follow(view);
    // else: the sheet under way is finished first, so that a long pinch shows something new now and then
    this.#sort(clock);
    if (backdrop.isBusy) this.#owe();
    if (!backdrop.isWhole) this.#repaint();
    if (backdrop.isBusy) this.#advance(clock);
    if (this.#isTurned && backdrop.isBusy) this.#sheet.clear();
    this.#isTurned = false;
    if (this.#shown !== null) this.#sheet.place(this.#shown, view);
    return backdrop.isBusy || this.#owed !== null || this.#reach(view) > 0.5 || !this.#hasMargin();
  }

  /**
   * A few that came below others have their boxes repainted. Of many, as while a room comes in, each would repaint most of
   * the sheet; they are owed a whole one, behind the scene, once all have come or the first has waited long enough.
   */
  #sort(clock) {
    const under = this.#under;
    this.#under = [];
    if (under.length <= BOXES_MAX) under.forEach((box) => this.#changedBox(box));
    else this.#owed = { since: this.#owed?.since ?? clock(), last: clock() };
    if (this.#owed === null || this.#shown === null) return;
    const { since, last } = this.#owed;
    const isDue = clock() >= since + OWED_MS && !this.#backdrop.isBusy;
    if (isDue || clock() >= last + CALM_MS) this.#begin(this.#wanted); // one that is under way lacks them all
  }

  /** How far a view has gone from the one that the sheet was painted for, in margins; infinite if it magnifies otherwise. */
  #reach(view) {
    const shown = this.#shown;
    if (shown === null || shown.zoom !== view.zoom) return Infinity;
    const away = Math.max(Math.abs(view.x - shown.x), Math.abs(view.y - shown.y)) * view.zoom;
    return away / this.#size.margin;
  }

  /** Whether all of the sheet is painted, not just the window. */
  #hasMargin() {
    return contains(this.#painted, this.#covered(this.#shown));
  }

  /** The view moved: before the edge of what is painted is in sight, move the sheet on, or begin a new one. */
  #follow(view) {
    const shown = this.#shown;
    const isFar = this.#reach(view) > 0.5;
    if (!isFar && this.#hasMargin()) return;
    const next = isFar ? view : shown;
    const unit = next.zoom * this.#size.ratio;
    const [dx, dy] = [(shown.x - next.x) * unit, (shown.y - next.y) * unit];
    const isWhole = [dx, dy].every((each) => Math.abs(each - Math.round(each)) < 0.01);
    const isNear = overlap(this.#painted, visible(next, this.#size.width, this.#size.height));
    if (shown.zoom !== next.zoom || !isWhole || !isNear) return this.#begin(next);
    const strips = outside(this.#painted, this.#covered(next));
    this.#backdrop.extend(this.#sheet, next, Math.round(dx), Math.round(dy), strips, this.#shownItems());
    if (isFar) this.#paints.shifts += 1;
  }

  /** The box of canvas px on a sheet that is painted for a view. */
  #covered(view) {
    const { width, height, margin } = this.#size;
    return inflated(visible(view, width, height), margin / view.zoom);
  }

  /** Changed boxes and new ink go straight to the sheet. */
  #repaint() {
    const [boxes, fresh] = [this.#boxes, this.#fresh];
    this.#boxes = [];
    this.#fresh = [];
    if (fresh.length > REPAINT_ITEMS_MAX) return this.#begin(this.#shown);
    const seen = this.#covered(this.#shown);
    const margin = 3 / (this.#shown.zoom * this.#size.ratio); // what is cleared is rounded out to whole device px
    const cleared = boxes.filter((box) => overlap(box, seen));
    const inSight = cleared.map((box) => inflated(box, margin));
    if (inSight.length > 0) {
      const hit = this.#shownItems().filter(({ box }) => inSight.some((each) => overlap(each, box)));
      const isMuch = hit.length > REPAINT_ITEMS_MAX || hit.filter(({ isHeavy }) => isHeavy).length > REPAINT_HEAVY_MAX;
      if (isMuch) return this.#begin(this.#shown);
      this.#sheet.repaint(this.#shown, cleared, hit);
      this.#paints.boxes += inSight.length;
    }
    let again = 0;
    for (const item of fresh) {
      const picture = this.picture(item.id);
      if (!picture || picture.version !== item.version || this.#lifted.has(item.id) || !overlap(picture.box, seen)) continue;
      if (inSight.some((box) => overlap(box, picture.box))) {
        // part of it was just painted, and a marker must not be painted twice
        if (++again > BOXES_MAX) return this.#begin(this.#shown); // each would paint what lies around it
        const box = inflated(picture.box, margin);
        const around = this.#shownItems().filter((each) => overlap(each.box, box));
        this.#sheet.repaint(this.#shown, [picture.box], around);
        inSight.push(box); // with what else is fresh there
      } else this.#sheet.draw(this.#shown, picture);
      this.#paints.fresh += 1;
    }
  }

  /** What changes while a sheet is made is painted on it when it is done; new ink shows at once. */
  #owe() {
    this.#boxes.forEach((box) => this.#backdrop.owe(box));
    for (const item of this.#fresh) {
      const picture = this.#pictures.get(item.id);
      if (!picture) continue;
      this.#backdrop.owe(picture.box);
      if (this.#backdrop.isWhole && this.#shown !== null) this.#sheet.draw(this.#shown, picture);
    }
    if (this.#backdrop.isWhole) [this.#boxes, this.#fresh] = [[], []]; // what is shown is of another view, or of another page
  }

  /** The pictures that belong on the sheet. */
  #shownItems() {
    const all = this.#sight.ordered(this.#document.items(), this.#pictures);
    return this.#lifted.size === 0 ? all : all.filter(({ id }) => !this.#lifted.has(id));
  }

  #begin(view) {
    [this.#boxes, this.#fresh, this.#under, this.#owed] = [[], [], [], null];
    this.#backdrop.begin(view, this.#size, visible(view, this.#size.width, this.#size.height), this.#shownItems());
    this.#paints.full += 1;
  }

  #advance(clock) {
    const done = this.#backdrop.advance(clock, this.#sheet);
    if (done === null) return;
    this.#shown = done.view;
    this.#painted = done.isWhole ? visible(done.view, this.#size.width, this.#size.height) : this.#covered(done.view);
    for (const box of done.later) this.#changedBox(box);
    if (this.#boxes.length > 0) this.#repaint();
  }
}

/** Whether an item is drawn by its one piece alone. @param {import("./items.js").Item} item */
const isPlain = ({ winners, pieces }) => winners.size === 0 && pieces.length === 1 && pieces[0].cuts.length === 0;
