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
    const rename = make("button", "tool small");
    rename.type = "button";
    rename.dataset.key = `rename ${page.number}`;
    rename.setAttribute("aria-label", say("Rename {name}", { name: pageName(page) }));
    rename.append(icon("edit"));
    rename.addEventListener("click", () => this.#commands.rename(page.number));
    row.append(open, rename);
    if (!hasOthers) return row;
    const remove = make("button", "tool small");
    remove.type = "button";
    remove.dataset.key = `remove ${page.number}`;
    remove.setAttribute("aria-label", say("Delete {name}", { name: pageName(page) }));
    remove.append(icon("trash"));
    remove.addEventListener("click", () => this.#commands.remove(page.number));
    row.append(remove);
    return row;
  }
}
