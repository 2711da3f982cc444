/** The bar and the card of pages: which one is shown, what they are called, how many there are. Shows and tells only. */

import { find, icon, make } from "./elements.js";
import { relist } from "./lists.js";
import { counted, say } from "./locale.js";

/** What a page is called. @param {import("./structure.js").Page} page @returns {string} */
export const pageName = ({ number, name }) => name || say("Page {n}", { n: number + 1 });

/** The bar, and the card behind it. */
export class Pages {
  #commands;
  #shown = "";

  /** @param {{step: (step: number) => void, turnTo: (page: number) => void, add: () => void, rename: (page: number) => void, remove: (page: number) => void}} commands */
  constructor(commands) {
    this.#commands = commands;
    const press = (id, act) => find(id).addEventListener("click", act);
    press("page-back", () => commands.step(-1));
    press("page-next", () => commands.step(1));
    press("page-add", () => commands.add());
  }

  /** @param {import("./structure.js").Page[]} pages @param {number} shown the number of the one that is shown */
  show(pages, shown) {
    const text = JSON.stringify([pages, shown]);
    if (text === this.#shown) return;
    this.#shown = text;
    const at = pages.findIndex(({ number }) => number === shown);
    find("pagebar").classList.toggle("is-single", pages.length === 1);
    find("page-back").disabled = at <= 0;
    find("page-next").disabled = at === pages.length - 1;
    find("pages").textContent = `${at + 1} / ${pages.length}`;
    find("pages").setAttribute("aria-label", say("{name}, {at} of {all}. Show all pages", { name: pageName(pages[at]), at: at + 1, all: pages.length }));
    relist(find("page-list"), pages.map((page) => this.#row(page, page.number === shown, pages.length > 1)));
  }

  #row(page, isShown, hasOthers) {
    const row = make("li");
    const open = make("button", "row");
    open.type = "button";
    open.dataset.key = `name ${page.number}`;
    if (isShown) open.setAttribute("aria-current", "page");
    open.append(make("span", "name", pageName(page)), make("span", "soft", counted(page.count, "{n} item", "{n} items")));
    open.addEventListener("click", () => this.#commands.turnTo(page.number));
    row.append(open, small(page, "rename", say("Rename {name}", { name: pageName(page) }), "edit", this.#commands.rename));
    if (hasOthers) row.append(small(page, "remove", say("Delete {name}", { name: pageName(page) }), "trash", this.#commands.remove));
    return row;
  }
}

/** A small button of a page. */
function small({ number }, act, label, glyph, press) {
  const button = make("button", "tool small");
  button.type = "button";
  button.dataset.key = `${act} ${number}`;
  button.setAttribute("aria-label", label);
  button.append(icon(glyph));
  button.addEventListener("click", () => press(number));
  return button;
}
