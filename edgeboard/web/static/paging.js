/**
 * Pages and layers put together: which page is shown, what is hidden, where new ink goes, and what the room says of them.
 *
 * Names, order and locks are meta of the room and undone like ink; the page that is shown and what is hidden are this
 * person's own, kept in this browser.
 */

import { find } from "./elements.js";
import { ItemType, Register } from "./kinds.js";
import { Layers, layerName } from "./layers.js";
import { say } from "./locale.js";
import { Pages, pageName } from "./pages.js";
import { Removal } from "./removal.js";
import { cleanName, keepSight, sightKept } from "./person.js";
import { LISTED_MAX, freeNumber, layerKey, layersOf, lockedKey, orderKey, pageKey, pagesOf, reordered } from "./structure.js";
import { HOME } from "./view.js";

/** What one person sees of the room's pages and layers. */
export class Paging {
  #parts;
  #pages;
  #layers;
  #views = new Map(); // page -> where it was looked at
  #orders = ""; // of the layers that the sheet was painted by, at the last change of meta
  #drawn = 0; // the layer that ink went to when this was last shown
  #isCaughtUp = false; // else what comes in is history, of which nothing is told
  #before = null; // page and layer that ink went to when catching up began; null on the first load
  #isListed = false; // the page that is shown is one of the room, as far as is known
  #left = null; // a page that was shown and went: {page, to}
  #renamed = null; // what the dialog is about: {key, name}

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./editing.js").Editing} parts.editing
   * @param {import("./person.js").Drawer} parts.drawer
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {string} parts.room its name
   * @param {() => void} parts.onTurn another page is shown
   */
  constructor(parts) {
    this.#parts = parts;
    const removal = new Removal(parts.board, parts.toasts);
    this.#pages = new Pages({
      step: (step) => this.step(step),
      turnTo: (page) => this.turnTo(page),
      add: () => this.#addPage(),
      rename: (page) => this.#renamePage(page),
      remove: (page) => removal.page(page, pageName(this.#pageList().find(({ number }) => number === page)), () => this.#leave(page)),
    });
    this.#layers = new Layers({
      choose: (layer) => this.#choose(layer),
      hide: (layer, isHidden) => this.#hide(layer, isHidden),
      lock: (layer, isLocked) => this.#lock(layer, isLocked),
      add: () => this.#addLayer(),
      move: (step) => this.#say(reordered(this.#list(), this.#place.layer, step, Math.random).map(([layer, order]) => [orderKey(this.#page, layer), order])),
      rename: () => this.#renameLayer(),
      remove: () => removal.layer(this.#page, this.#place.layer, layerName(this.#list().find(({ number }) => number === this.#place.layer))),
      bring: () => parts.editing.arrangement.toPlace(this.#place),
      unlockAll: () => this.#unlockAll(),
    });
    for (const id of ["layers", "menu-layers", "pages", "menu-pages"]) find(id).addEventListener("click", () => this.show());
    find("dialog-rename").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      find("dialog-rename").close();
      this.#say([[this.#renamed.key, cleanName(find("rename").value)]]);
    });
  }

  get #page() {
    return this.#parts.desk.sight.page;
  }

  get #place() {
    return this.#parts.desk.sight.place;
  }

  get #document() {
    return this.#parts.board.document;
  }

  #say(entries) {
    this.#parts.board.setMeta(entries);
  }

  // ------------------------------------------------------------------------------------------------------------- kept

  /** Look at the page that was looked at last. */
  recall() {
    const { desk, drawer, room, onTurn } = this.#parts;
    desk.sight.recall(sightKept(drawer, room));
    desk.resight(true);
    this.show();
    onTurn();
  }

  #keep() {
    const { desk, drawer, room } = this.#parts;
    keepSight(drawer, room, desk.sight.kept());
  }

  // --------------------------------------------------------------------------------------------------------- what changes

  /** The room says something else of its pages and layers. */
  changed() {
    const { board, desk } = this.#parts;
    const orders = JSON.stringify([this.#page, layersOf(board.document, this.#page).map(({ number, order }) => [number, order])]);
    if (orders === this.#orders) desk.sight.stale(); // names and locks change nothing on the sheet
    else desk.resight(false);
    this.#orders = orders;
    if (this.#isCaughtUp) this.#tellWhere(this.#drawn);
    this.show();
  }

  /** The room is fetched, or fetched anew; or that is over. @param {boolean} isOver */
  catchUp(isOver) {
    if (!isOver && this.#isCaughtUp) this.#before = this.#place;
    this.#isCaughtUp = isOver;
    if (isOver && this.#before?.page === this.#page) this.#tellWhere(this.#before.layer);
  }

  /** Show what there is. */
  show() {
    const { desk } = this.#parts;
    if (this.#followPage()) return;
    this.#drawn = this.#place.layer;
    this.#pages.show(this.#pageList(), this.#page);
    if (!this.#layers.isOpen) return;
    const layers = this.#list().map((layer) => ({ ...layer, isHidden: desk.sight.isHidden(layer.number) }));
    this.#layers.show(layers, this.#place.layer, desk.selection.isFixed ? 0 : desk.selection.size, this.#lockedItems().length);
  }

  /** Where the page that is shown has gone, another is; where it has come back, that. @returns {boolean} whether one turned */
  #followPage() {
    const { desk, toasts } = this.#parts;
    const isThere = (page) => pagesOf(this.#document).some(({ number }) => number === page);
    if (desk.isPast || desk.isBusy || desk.bench.editor.isOpen) return false;
    const left = this.#left;
    if (left !== null && left.to === this.#page && isThere(left.page)) {
      this.turnTo(left.page);
      return true;
    }
    if (isThere(this.#page)) {
      this.#isListed = true;
      return false;
    }
    // a page that was kept here may not have come yet
    if (!this.#isListed && this.#document.meta(pageKey(this.#page)) !== false) return false;
    this.#leave(this.#page);
    if (this.#isCaughtUp) toasts.say(say("The page that was shown is gone"));
    return true;
  }

  /** Turn from a page, if it is shown, to the one before; if it comes back, so does this person. */
  #leave(page) {
    const others = pagesOf(this.#document).filter(({ number }) => number !== page);
    if (page !== this.#page || others.length === 0) return;
    const to = (others.findLast(({ number }) => number < page) ?? others[0]).number;
    this.turnTo(to);
    this.#left = { page, to };
  }

  /** The pages there are, and the one that is shown. */
  #pageList() {
    const pages = pagesOf(this.#document);
    if (!pages.some(({ number }) => number === this.#page)) pages.push({ number: this.#page, name: "", count: 0 });
    return pages.sort((a, b) => a.number - b.number);
  }

  /** The same for layers. */
  #list() {
    const layers = layersOf(this.#document, this.#page);
    const { layer } = this.#place;
    if (!layers.some(({ number }) => number === layer)) layers.push({ number: layer, name: "", order: "", isLocked: false, count: 0 });
    return layers;
  }

  /** The name of the page that is shown; null if there is no other. @returns {string|null} */
  get nameAmongOthers() {
    const pages = this.#pageList();
    return pages.length === 1 ? null : pageName(pages.find(({ number }) => number === this.#page));
  }

  // ------------------------------------------------------------------------------------------------------------ pages

  /** @param {number} page */
  turnTo(page) {
    const { desk, onTurn } = this.#parts;
    if (page === this.#page) return;
    this.#left = null;
    this.#isListed = false;
    this.#views.set(this.#page, desk.view);
    desk.selection.clear();
    desk.sight.turnTo(page);
    desk.resight(true);
    desk.show(this.#views.get(page) ?? HOME);
    this.#keep();
    this.show();
    onTurn();
  }

  /** To the next page, or the one before. @param {number} step */
  step(step) {
    const pages = this.#pageList();
    const next = pages[pages.findIndex(({ number }) => number === this.#page) + step];
    if (next !== undefined) this.turnTo(next.number);
    else this.#parts.toasts.say(step > 0 ? say("This is the last page") : say("This is the first page"));
  }

  /** Show an item in the middle, wherever it is. @param {string} id */
  reveal(id) {
    this.turnToItem(id);
    this.#parts.desk.reveal(id);
  }

  /** To the page of an item. @param {string} id */
  turnToItem(id) {
    const item = this.#document.item(id);
    if (item !== null && item.type !== ItemType.TICKER) this.turnTo(item.page);
  }

  #addPage() {
    const pages = this.#pageList();
    if (pages.length >= LISTED_MAX) return this.#parts.toasts.say(say("There are {n} pages already.", { n: LISTED_MAX }));
    const page = freeNumber(pages);
    this.#say([[pageKey(page), ""]]);
    this.turnTo(page);
  }

  #renamePage(page) {
    const known = this.#pageList().find(({ number }) => number === page);
    this.#rename(say("Name of the page"), pageKey(page), known.name, pageName({ number: page, name: "" }));
  }

  #rename(title, key, name, placeholder) {
    this.#renamed = { key };
    find("rename-title").textContent = title;
    find("rename").value = name;
    find("rename").placeholder = placeholder;
    find("dialog-rename").showModal();
    find("rename").select();
  }

  // ----------------------------------------------------------------------------------------------------------- layers

  #choose(layer) {
    const { sight } = this.#parts.desk;
    if (sight.isHidden(layer)) this.#hide(layer, false);
    sight.choose(layer);
    this.#keep();
    this.show();
    if (sight.isLocked(layer)) this.#parts.toasts.say(say("This layer is locked. Unlock it to draw on it."));
  }

  #hide(layer, isHidden) {
    const { desk } = this.#parts;
    const before = this.#place.layer;
    desk.sight.hide(layer, isHidden);
    if (!desk.sight.isOpen(this.#place.layer)) this.#addLayer(); // nobody draws what they cannot see
    desk.resight(false);
    this.#keep();
    this.#tellWhere(before);
    this.show();
  }

  /** Ink is never refused: where no other layer is open, it goes to a new one above. */
  #lock(layer, isLocked) {
    const layers = this.#list();
    const isLast = isLocked && layers.every((each) => each.number === layer || each.isLocked);
    const above = isLast && layers.length < LISTED_MAX ? this.#above(layers, layers.at(-1).number)[1] : [];
    this.#say([[lockedKey(this.#page, layer), isLocked ? true : null], ...above]);
  }

  /** Ink goes elsewhere than a moment ago: say so, once. */
  #tellWhere(before) {
    const { layer } = this.#place;
    if (layer === before) return;
    const name = layerName(this.#list().find(({ number }) => number === layer));
    this.#parts.toasts.say(say("You draw on {name} now", { name }));
  }

  #addLayer() {
    const layers = this.#list();
    if (layers.length >= LISTED_MAX) return this.#parts.toasts.say(say("There are {n} layers already.", { n: LISTED_MAX }));
    const [layer, entries] = this.#above(layers, this.#place.layer);
    this.#say(entries);
    this.#choose(layer);
  }

  /** A new layer above one of them, and the meta that makes it. @returns {[number, [string, unknown][]]} */
  #above(layers, below) {
    const layer = freeNumber(layers);
    const entries = [[layerKey(this.#page, layer), ""]];
    const at = layers.findIndex(({ number }) => number === below);
    const { order, number } = layers.at(-1);
    if (at === layers.length - 1 && order === "" && number < layer) return [layer, entries];
    const list = [...layers.slice(0, at + 1), { number: layer, order: "" }, ...layers.slice(at + 1)];
    const orders = reordered(list, layer, 0, Math.random);
    return [layer, [...entries, ...orders.map(([each, key]) => [orderKey(this.#page, each), key])]];
  }

  #renameLayer() {
    const layer = this.#list().find(({ number }) => number === this.#place.layer);
    this.#rename(say("Name of the layer"), layerKey(this.#page, layer.number), layer.name, layerName({ ...layer, name: "" }));
  }

  /** Items of the page that are locked on their own. */
  #lockedItems() {
    return this.#document.items().filter((item) => item.page === this.#page && item.value(Register.LOCK) === true);
  }

  #unlockAll() {
    this.#parts.board.setAll(this.#lockedItems().map(({ id }) => ({ id, register: Register.LOCK, value: null })));
    this.show();
  }
}
