/** Deleting a page or a layer: asked where ink goes with it, told, and taken back by one undo. What others draw there meanwhile stays, and shows it again. */

import { find } from "./elements.js";
import { counted, say } from "./locale.js";
import { layerGone, pageGone } from "./structure.js";

/** The one that deletes. */
export class Removal {
  #board;
  #toasts;
  #remove = () => {}; // what the dialog is about

  /** @param {import("./board.js").Board} board @param {import("./toasts.js").Toasts} toasts */
  constructor(board, toasts) {
    this.#board = board;
    this.#toasts = toasts;
    find("remove-do").addEventListener("click", () => {
      find("dialog-remove").close();
      this.#remove();
    });
  }

  /**
   * @param {number} page
   * @param {string} name
   * @param {() => void} leave is called before it goes
   */
  page(page, name, leave) {
    const isOn = (item) => item.page === page;
    this.#ask(isOn, name, () => {
      leave();
      const cleared = this.#board.clear(page);
      this.#board.setMeta(pageGone(this.#board.document, page), cleared > 0);
    });
  }

  /** @param {number} page @param {number} layer @param {string} name */
  layer(page, layer, name) {
    const isOn = (item) => item.page === page && item.layer === layer;
    this.#ask(isOn, name, () => {
      const { document } = this.#board;
      const erased = this.#board.erase(document.items().filter(isOn).map(({ id }) => id), false);
      this.#board.setMeta(layerGone(document, page, layer), erased > 0);
    });
  }

  #ask(isOn, name, remove) {
    const { document } = this.#board;
    this.#remove = () => {
      remove();
      const isCurrent = this.#board.untouched;
      this.#toasts.say(say("{name} was deleted", { name }), { action: say("Undo"), onAction: () => this.#board.undo(), isCurrent });
    };
    const items = document.items().filter(isOn);
    if (items.length === 0) return this.#remove();
    const people = new Set(items.map((item) => document.personOf(item.op.origin))).size;
    const things = counted(items.length, "{n} item", "{n} items");
    const makers = counted(people, "{n} person", "{n} people");
    find("remove-title").textContent = say("Delete {name}?", { name });
    find("remove-words").textContent = say("This takes away {things} by {makers}. What others draw meanwhile stays. You can undo it.", { things, makers });
    find("dialog-remove").showModal();
  }
}
