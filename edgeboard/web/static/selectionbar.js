/**
 * The bar beside the selection: its colour and width, its place in the order, copies, locks. It shows what is selected and
 * tells what was pressed; where a hand has just begun to move something, it gets out of the way.
 */

import { Choices, find, icon, setText, swatch, widthButton } from "./elements.js";
import { PALETTE, cssColour } from "./ink.js";
import { handlesOf } from "./handles.js";
import { COLOUR_NAMES, say } from "./locale.js";
import { nameOf } from "./naming.js";
import { TOOLS } from "./tools.js";
import { toScreen } from "./view.js";
import { Move } from "./zorder.js";

const GAP = 22; // px between the selection and the bar
const STALK = 34; // px more on the side of the handle that turns it
const EDGE = 8; // px to the edge of the window
const CHROME = 16; // px above and below that other bars cover, and their height
const POPOVER = 240; // px that a popover needs above the bar

/** The bar. */
export class SelectionBar {
  #arrangement;
  #desk;
  #colours;
  #widths;
  #shown = "";

  /**
   * @param {import("./arrangement.js").Arrangement} arrangement
   * @param {import("./desk.js").Desk} desk
   */
  constructor(arrangement, desk) {
    this.#arrangement = arrangement;
    this.#desk = desk;
    const press = (id, act) => find(id).addEventListener("click", act);
    this.#colours = new Choices(
      PALETTE.map((css, at) => swatch(find("selection-colours"), css, say(COLOUR_NAMES[at]))),
      (colour) => this.#restyle({ colour }),
    );
    const count = TOOLS.pen.widths.length;
    this.#widths = new Choices(
      TOOLS.pen.widths.map((_, at) => widthButton(find("selection-widths"), at, count)),
      (step) => this.#restyle({ width: ({ isMarker }) => (isMarker ? TOOLS.marker : TOOLS.pen).widths[step] }),
    );
    for (const move of Object.values(Move)) press(`order-${move}`, () => arrangement.order(move));
    press("selection-duplicate", () => arrangement.duplicate());
    press("selection-lock", () => arrangement.lock(!desk.selection.isFixed));
    press("selection-delete", () => arrangement.remove());
    desk.selection.onChange = () => desk.stale();
  }

  #restyle(change) {
    this.#arrangement.restyle(change);
    this.#showStyle();
  }

  /** What is selected, or where it is seen, may be another. @param {boolean} isBusy whether a gesture is under way */
  show(isBusy) {
    const { selection, view, size } = this.#desk;
    const bar = find("selection");
    const { box, isFixed } = selection;
    const isShown = box !== null && !isBusy;
    const key = isShown ? [box.x0, box.y0, box.x1, box.y1, view.x, view.y, view.zoom, size.width, size.height].join() : "";
    const what = `${key} ${isFixed} ${selection.version}`;
    if (what === this.#shown) return;
    this.#shown = what;
    if (bar.hidden !== !isShown) {
      if (!isShown && bar.contains(document.activeElement)) find("stage").focus({ preventScroll: true });
      bar.hidden = !isShown;
    }
    if (!isShown) return;
    for (const id of ["style", "order", "delete"]) find(`selection-${id}`).hidden = isFixed;
    const lock = find("selection-lock");
    const label = isFixed ? say("Unlock") : say("Lock");
    lock.setAttribute("aria-label", label);
    lock.title = `${label} (Ctrl+Shift+L)`;
    lock.classList.toggle("wide", isFixed);
    lock.replaceChildren(icon("lock"), ...(isFixed ? [label] : []));
    const { only } = this.#arrangement;
    setText("selection-count", only === null ? say("{n} items selected", { n: selection.size }) : say("Selected: {what}", { what: nameOf(only) }));
    this.#showStyle();
    this.#place(bar, box, view, size);
  }

  #showStyle() {
    const { colour, width, isMarker } = this.#arrangement.style;
    this.#colours.show(colour ?? -1);
    this.#widths.show((isMarker ? TOOLS.marker : TOOLS.pen).widths.indexOf(width));
    find("selection-widths").hidden = width === null && this.#desk.selection.size === 1;
    find("selection-style").querySelector(".blob").style.setProperty("--ink", colour === null ? "transparent" : cssColour(colour));
  }

  #place(bar, box, view, { width, height }) {
    const [upper, lower] = [toScreen(view, box.x0, box.y0), toScreen(view, box.x1, box.y1)];
    const { offsetWidth, offsetHeight } = bar;
    const turn = handlesOf(this.#desk.selection.frame, view).at(-1);
    const chrome = CHROME + find("toolbar").offsetHeight;
    const above = upper.y - (turn.y < upper.y ? STALK : 0) - GAP - offsetHeight;
    const below = lower.y + (turn.y > lower.y ? STALK : 0) + GAP;
    let top = above;
    if (above < chrome) top = below + offsetHeight <= height - chrome ? below : chrome;
    top = Math.min(Math.max(top, chrome), height - chrome - offsetHeight);
    const middle = (upper.x + lower.x) / 2;
    const left = Math.round(Math.min(Math.max(middle - offsetWidth / 2, EDGE), width - offsetWidth - EDGE));
    bar.style.left = `${left}px`;
    for (const popover of bar.querySelectorAll(".popover")) {
      const half = Math.min(Number.parseFloat(popover.dataset.width), width - 2 * EDGE) / 2;
      popover.style.left = `${Math.min(Math.max(left + offsetWidth / 2, EDGE + half), width - EDGE - half) - left}px`;
    }
    bar.style.top = `${Math.round(top)}px`;
    bar.classList.toggle("opens-down", top < POPOVER && top < height - top - offsetHeight);
  }
}
