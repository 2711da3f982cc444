/**
 * Cards and dialogs: what opens when a button is pressed, and goes when one presses elsewhere.
 *
 * At most one card is open. Dialogs are the browser's own, with its focus and its Escape key.
 */

/** The cards that buttons name in `aria-controls`. */
export class Cards {
  #open = null; // {card, button}

  /** @param {HTMLElement[]} buttons */
  constructor(buttons) {
    for (const button of buttons) {
      // a click without a pointer came from the keyboard: then the focus goes along
      button.addEventListener("click", (event) => this.#toggle(button, event.detail === 0));
    }
    document.addEventListener("pointerdown", ({ target }) => {
      const isInside = this.#open?.card.contains(target) || this.#open?.button.contains(target);
      if (this.#open !== null && !isInside) this.close();
    }, true);
    for (const dialog of document.querySelectorAll("dialog")) {
      for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog && isOutside(dialog, event)) dialog.close();
      });
    }
  }

  /** Close what is open. @returns {boolean} whether something was */
  close() {
    if (this.#open === null) return false;
    const { card, button } = this.#open;
    this.#open = null;
    if (card.contains(document.activeElement)) button.focus();
    show(card, false);
    button.setAttribute("aria-expanded", "false");
    return true;
  }

  #toggle(button, isByKeyboard) {
    const card = document.getElementById(button.getAttribute("aria-controls"));
    const wasOpen = this.#open?.card === card;
    this.close();
    if (wasOpen) return;
    show(card, true);
    button.setAttribute("aria-expanded", "true");
    this.#open = { card, button };
    if (isByKeyboard) (card.querySelector("[role=radio][aria-checked=true]") ?? card.querySelector("button:not([hidden]), a"))?.focus();
  }
}

/** The style card is always there on a wide screen; elsewhere it opens by a class. */
function show(card, isShown) {
  card.closest(".pill")?.classList.toggle("has-card", isShown);
  if (card.classList.contains("style-card")) card.classList.toggle("is-open", isShown);
  else card.hidden = !isShown;
}

function isOutside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
