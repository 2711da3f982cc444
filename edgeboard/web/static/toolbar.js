/**
 * The toolbar: tools, colours and widths. What a small screen has no room for goes into a flyout, the least used first.
 *
 * Tools are the buttons of index.html with `data-tool`; those of one family stand in a flyout of their own, behind a
 * button that shows the one used last.
 */

import { Choices, DOTS, find, setIcon, swatch, widthButton } from "./elements.js";
import { PALETTE, cssColour } from "./ink.js";
import { COLOUR_NAMES, say } from "./locale.js";
import { TOOLS, coloured, family, sized } from "./tools.js";

/** The toolbar. */
export class Toolbar {
  #bar = find("toolbar");
  #group = find("tools");
  #choose;
  #restyle;
  #closeCards;
  #choice = null;
  #shape = "rectangle"; // the one used last
  #slots; // the buttons beside each other, in order
  #tools;
  #shapes;
  #colours;
  #widths;
  #kinds;

  /**
   * @param {(choice: object) => void} choose
   * @param {(style: {colour?: number, width?: number}) => boolean} restyle what is selected, if anything is
   * @param {() => void} closeCards
   */
  constructor(choose, restyle, closeCards) {
    this.#choose = choose;
    this.#restyle = restyle;
    this.#closeCards = closeCards;
    this.#slots = [...this.#group.querySelectorAll("[data-rank]")];
    this.#tools = new Choices(this.#slots, (at) => this.#take(this.#slots[at]));
    const shapes = [...find("card-shapes").querySelectorAll("[data-tool]")];
    this.#shapes = new Choices(shapes, (at) => this.#take(shapes[at]));
    this.#colours = new Choices(
      PALETTE.map((css, at) => swatch(find("colours"), css, say(COLOUR_NAMES[at]))),
      (at) => this.#chooseColour(at),
    );
    const widths = DOTS.map((_, at) => widthButton(find("widths"), at, DOTS.length));
    this.#widths = new Choices(widths, (at) => this.#chooseWidth(at));
    this.#kinds = new Choices([...find("eraser-kind").children], (at) => choose({ name: "eraser", isPartial: at === 1 }));
    for (const name of ["shapes", "more"]) find(name).addEventListener("click", () => this.#place(find(name)));
    new ResizeObserver(() => this.#fit()).observe(document.documentElement);
    this.#fit();
  }

  #take(button) {
    const { tool } = button.dataset;
    if (tool !== undefined && button.closest(".flyout")) this.#closeCards();
    this.#choose({ name: tool ?? this.#shape });
  }

  /** A colour is for what is selected, else for a tool that has one. */
  #chooseColour(at) {
    if (this.#choice.name === "select" && this.#restyle({ colour: at })) return;
    const name = coloured(this.#choice.name);
    this.#choose({ name, [TOOLS[name].colour]: at });
  }

  #chooseWidth(at) {
    if (this.#choice.name === "select" && this.#restyle({ width: at })) return;
    const name = sized(this.#choice.name);
    this.#choose({ name, widths: Object.fromEntries(family(name).map((each) => [each, at])) });
  }

  /** @param {import("./desk.js").Choice} choice */
  show(choice) {
    this.#choice = choice;
    const { name } = choice;
    this.#bar.dataset.tool = name;
    const isShape = TOOLS[name].family === "shapes";
    if (isShape) this.#shape = name;
    setIcon(find("shapes"), this.#shape);
    this.#tools.show(this.#slots.findIndex((slot) => (isShape ? slot.id === "shapes" : slot.dataset.tool === name)));
    this.#shapes.show(family(this.#shape).indexOf(name));
    const colour = choice[TOOLS[coloured(name)].colour];
    const width = choice.widths[sized(name)];
    this.#colours.show(colour);
    this.#widths.show(width);
    this.#kinds.show(choice.isPartial ? 1 : 0);
    document.documentElement.style.setProperty("--ink", cssColour(choice.colour));
    const blob = find("style").querySelector(".blob");
    blob.style.setProperty("--blob", cssColour(colour));
    blob.style.width = blob.style.height = `${DOTS[width] + 7}px`;
    this.#showMore();
  }

  // ---------------------------------------------------------------------------------------------------------- flyouts

  /** As many tools beside each other as there is room for; the rest behind the last button. */
  #fit() {
    const [more, card] = [find("more"), find("card-more")];
    this.#group.replaceChildren(...this.#slots, more);
    more.hidden = true;
    const leaving = [...this.#slots].sort((a, b) => b.dataset.rank - a.dataset.rank);
    const gone = new Set();
    const isTooWide = () => this.#bar.lastElementChild.getBoundingClientRect().right > this.#bar.getBoundingClientRect().right;
    while (isTooWide() && leaving.length > 1) {
      more.hidden = false;
      const slot = leaving.shift();
      gone.add(slot);
      slot.remove();
    }
    card.replaceChildren(...this.#slots.filter((slot) => gone.has(slot)));
    if (gone.size === 0 && !card.hidden) this.#closeCards();
    if (this.#choice !== null) this.#showMore();
  }

  /** The last button stands for the tool in hand, if that is behind it. */
  #showMore() {
    const more = find("more");
    const hidden = [...find("card-more").children].find((slot) => slot.getAttribute("aria-checked") === "true");
    more.classList.toggle("is-chosen", hidden !== undefined);
    setIcon(more, hidden === undefined ? "more" : hidden.querySelector("use").getAttribute("href").slice("#i-".length));
  }

  /** A flyout stands above its button, as far as the window lets it. */
  #place(button) {
    const card = find(button.getAttribute("aria-controls"));
    if (card.hidden) return;
    const bar = this.#bar.getBoundingClientRect();
    const anchor = (button.closest(".flyout") ? find("more") : button).getBoundingClientRect();
    const half = card.offsetWidth / 2;
    const middle = Math.min(innerWidth - half - 8, Math.max(half + 8, anchor.left + anchor.width / 2));
    card.style.left = `${middle - bar.left}px`;
  }
}
