/** Words in passing: shown for a while above the toolbar, and read out. */

import { icon, make } from "./elements.js";

const LASTS_MS = 6_000;
const TROUBLE_LASTS_MS = 12_000;
const SHOWN_MAX = 4;

/** The place where they appear. */
export class Toasts {
  #box;
  #isQuiet;
  #current = new Map(); // toast -> whether it still holds

  /** @param {HTMLElement} box @param {boolean} [isQuiet] whether nothing but trouble is said: to those who only look */
  constructor(box, isQuiet = false) {
    this.#box = box;
    this.#isQuiet = isQuiet;
  }

  /**
   * Say something, unless just that is being said.
   * @param {string} text
   * @param {object} [options]
   * @param {boolean} [options.isTrouble]
   * @param {string} [options.action] on a button
   * @param {() => void} [options.onAction]
   * @param {() => boolean} [options.isCurrent] whether it still holds; asked by `review`
   */
  say(text, { isTrouble = false, action, onAction, isCurrent = () => true } = {}) {
    if (this.#isQuiet && !isTrouble) return;
    this.review();
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
        if (isCurrent()) onAction();
      });
      toast.append(button);
    }
    this.#box.append(toast);
    this.#current.set(toast, isCurrent);
    while (this.#box.children.length > SHOWN_MAX) this.#box.firstChild.remove();
    setTimeout(() => toast.remove(), isTrouble ? TROUBLE_LASTS_MS : LASTS_MS);
  }
  /** Take away what does not hold any more. */
  review() {
    for (const [toast, isCurrent] of this.#current) {
      if (!isCurrent()) toast.remove();
      if (!toast.isConnected) this.#current.delete(toast);
    }
  }
}
