/** Words in passing: shown for a while above the toolbar, and read out. */

import { icon, make } from "./elements.js";

const LASTS_MS = 6_000;
const TROUBLE_LASTS_MS = 12_000;
const SHOWN_MAX = 4;

/** The place where they appear. */
export class Toasts {
  #box;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
  }

  /**
   * Say something, unless just that is being said.
   * @param {string} text
   * @param {{isTrouble?: boolean, action?: string, onAction?: () => void}} [options]
   */
  say(text, { isTrouble = false, action, onAction } = {}) {
    for (const each of this.#box.children) if (each.dataset.text === text) return;
    const toast = make("div", "toast");
    toast.dataset.text = text;
    if (isTrouble) toast.append(icon("warn"));
    toast.append(make("span", "", text));
    if (action !== undefined) {
      const button = make("button", "", action);
      button.type = "button";
      button.addEventListener("click", () => {
        toast.remove();
        onAction();
      });
      toast.append(button);
    }
    this.#box.append(toast);
    while (this.#box.children.length > SHOWN_MAX) this.#box.firstChild.remove();
    setTimeout(() => toast.remove(), isTrouble ? TROUBLE_LASTS_MS : LASTS_MS);
  }
}
