/**
 * What of a canvas this person looks at and may touch: one page, its layers but those that are hidden here, and where new
 * items go. Knows no screen. Whoever changes the page or what is hidden, or hears of meta, says so to the painter.
 */

import { Register } from "./kinds.js";
import { comparePaint } from "./merge.js";
import { compareLayers, isGone, isLocked, layersOf, orderOf } from "./structure.js";

/** One person's sight of one room. */
export class Sight {
  #document;
  #hidden = new Map(); // page -> layers
  #orders = new Map(); // layer of the page -> its key
  #locks = new Map();
  #place = null;
  #layer = 0;
  /** The page that is shown. */
  page = 0;

  /** @param {import("./canvas.js").Document} document */
  constructor(document) {
    this.#document = document;
  }

  /** Meta has changed, or items of layers came that were not known. */
  stale() {
    this.#orders.clear();
    this.#locks.clear();
    this.#place = null;
  }

  /** Look at another page. @param {number} page */
  turnTo(page) {
    this.page = page;
    this.#layer = 0;
    this.stale();
  }

  /** Whether an item is on the page that is shown, and on a layer that is not hidden. @param {import("./items.js").Item} item */
  shows(item) {
    return item.page === this.page && !this.isHidden(item.layer);
  }

  /** Whether an item is to be left alone: it is locked, or its layer is. @param {import("./items.js").Item} item */
  isFixed(item) {
    return item.value(Register.LOCK) === true || this.isLocked(item.layer);
  }

  /**
   * Pictures in paint order.
   * @template {{layer: number}} P
   * @param {Iterable<import("./items.js").Item>} items in their order, which is right within each layer
   * @param {Map<string, P|null>} pictures by the ids of items; those that have none are left out
   * @returns {P[]}
   */
  ordered(items, pictures) {
    const layers = new Map();
    let [layer, list] = [null, null];
    for (const item of items) {
      const picture = pictures.get(item.id);
      if (!picture) continue;
      if (picture.layer !== layer) {
        layer = picture.layer;
        list = layers.get(layer) ?? [];
        layers.set(layer, list);
      }
      list.push(picture);
    }
    if (layers.size <= 1) return [...layers.values()][0] ?? [];
    return [...layers].sort(([a], [b]) => this.compareLayers(a, b)).flatMap(([, each]) => each);
  }

  // ---------------------------------------------------------------------------------------------------------- layers

  /** @param {number} layer of the page that is shown @returns {boolean} */
  isHidden(layer) {
    return this.#hidden.get(this.page)?.has(layer) ?? false;
  }

  /** @param {number} layer of the page that is shown @returns {boolean} */
  isLocked(layer) {
    if (!this.#locks.has(layer)) this.#locks.set(layer, isLocked(this.#document, this.page, layer));
    return this.#locks.get(layer);
  }

  /** Whether this person may draw on a layer of the page, and would see it. @param {number} layer @returns {boolean} */
  isOpen(layer) {
    return !this.isHidden(layer) && !this.isLocked(layer) && !isGone(this.#document, this.page, layer);
  }

  /** Hide a layer of the page that is shown, for this person alone. @param {number} layer @param {boolean} isHidden */
  hide(layer, isHidden) {
    const layers = this.#hidden.get(this.page) ?? new Set();
    if (isHidden) layers.add(layer);
    else layers.delete(layer);
    this.#hidden.set(this.page, layers);
    this.#place = null;
  }

  /** Draw on this layer from now on, if it is open. @param {number} layer */
  choose(layer) {
    this.#layer = layer;
    this.#place = null;
  }

  /** The order of items on the page: layers first, then rule 9. @returns {number} as sort wants it */
  compare(a, b) {
    return (a.layer === b.layer ? 0 : this.compareLayers(a.layer, b.layer)) || comparePaint(a, b);
  }

  /** @param {number} a a layer of the page that is shown @param {number} b @returns {number} */
  compareLayers(a, b) {
    return compareLayers({ order: this.#orderOf(a), number: a }, { order: this.#orderOf(b), number: b });
  }

  #orderOf(layer) {
    if (!this.#orders.has(layer)) this.#orders.set(layer, orderOf(this.#document, this.page, layer));
    return this.#orders.get(layer);
  }

  // ----------------------------------------------------------------------------------------------------- where ink goes

  /**
   * Where new items go: to the chosen layer, or to the topmost open one if that is locked or hidden. If none is open, to
   * the chosen one all the same: ink is never refused.
   * @returns {Readonly<{page: number, layer: number}>}
   */
  get place() {
    this.#place ??= Object.freeze({ page: this.page, layer: this.#openLayer() });
    return this.#place;
  }

  #openLayer() {
    if (this.isOpen(this.#layer)) return this.#layer;
    return layersOf(this.#document, this.page).findLast(({ number }) => this.isOpen(number))?.number ?? this.#layer;
  }

  // ------------------------------------------------------------------------------------------------------------- kept

  /** What is worth keeping in this browser. @returns {{page: number, layer: number, hidden: [number, number[]][]}} */
  kept() {
    const hidden = [...this.#hidden].filter(([, layers]) => layers.size > 0).map(([page, layers]) => [page, [...layers]]);
    return { page: this.page, layer: this.#layer, hidden };
  }

  /** Look as it was kept; what makes no sense is passed over. @param {unknown} kept */
  recall(kept) {
    const { page, layer, hidden } = Object(kept);
    const isNumber = (value) => Number.isSafeInteger(value) && value >= 0;
    if (isNumber(page)) this.turnTo(page);
    if (isNumber(layer)) this.choose(layer);
    for (const entry of Array.isArray(hidden) ? hidden : []) {
      const [of, layers] = Array.isArray(entry) ? entry : [];
      if (isNumber(of) && Array.isArray(layers)) this.#hidden.set(of, new Set(layers.filter(isNumber)));
    }
  }
}
