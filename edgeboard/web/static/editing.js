/** Selecting, and what is done to a selection, put together: keys, the bar beside it, the toolbar's colours, the clipboard. */

import { Arrangement } from "./arrangement.js";
import { isClip, listenToClipboard } from "./clipboard.js";
import { textCopy } from "./pasting.js";
import { say } from "./locale.js";
import { SelectionBar } from "./selectionbar.js";
import { TOOLS, inkOf } from "./tools.js";
import { visible } from "./view.js";

const TURN = Math.PI / 12; // that a key turns; with Shift:
const FINE_TURN = Math.PI / 180;
const GROWTH = 1.1; // by which a key makes larger; with Shift:
const FINE_GROWTH = 1.01;
const FAR = 10; // screen px that an arrow key with Shift pushes; without it is 1

/** Everything that edits. */
export class Editing {
  #desk;
  #choose;
  #arrangement;
  #bar;
  #notify;

  /**
   * @param {object} parts
   * @param {import("./desk.js").Desk} parts.desk
   * @param {string} parts.room its name
   * @param {(choice: object) => void} parts.choose a tool
   * @param {(text: string) => void} parts.notify words in passing
   */
  constructor({ desk, room, choose, notify }) {
    this.#desk = desk;
    this.#choose = choose;
    this.#notify = notify;
    this.#arrangement = new Arrangement({ bench: desk.bench, room, notify, onChange: () => desk.stale() });
    this.#bar = new SelectionBar(this.#arrangement, desk);
    listenToClipboard(window, {
      copy: () => this.#arrangement.copy(),
      remove: () => this.#arrangement.remove(),
      paste: (text) => this.#paste(text),
    });
  }

  /** @returns {Arrangement} */
  get arrangement() {
    return this.#arrangement;
  }

  /** What keys do to a selection, as `listenToKeys` takes it. */
  get keys() {
    const [desk, arrangement] = [this.#desk, this.#arrangement];
    return {
      nudge: (dx, dy, isFar) => {
        const step = (isFar ? FAR : 1) / desk.view.zoom;
        if (!arrangement.nudge(dx * step, dy * step)) desk.nudge(dx, dy);
      },
      adjust: (dx, dy, isFine) => arrangement.adjust(dx * (isFine ? FINE_TURN : TURN), (isFine ? FINE_GROWTH : GROWTH) ** -dy),
      hasSelection: () => desk.selection.size > 0,
      remove: () => arrangement.remove(),
      duplicate: () => arrangement.duplicate(),
      lock: () => arrangement.lock(!desk.selection.isFixed),
      selectAll: () => {
        if (desk.isPast) return;
        this.#choose({ name: "select" });
        arrangement.all();
      },
      selectNext: (step) => {
        if (desk.isPast) return;
        this.#choose({ name: "select" });
        const id = arrangement.next(step);
        if (id !== null) desk.seek(id);
      },
      order: (move) => arrangement.order(move),
    };
  }

  /** What is drawn above the sheet has been drawn: the bar follows. */
  show() {
    this.#bar.show(this.#desk.isBusy || this.#desk.bench.carry !== null);
  }

  /** Select nothing. @returns {boolean} whether something was selected */
  none() {
    return this.#arrangement.none();
  }

  /** The toolbar's colour or width is meant for the selection. @param {{colour?: number, width?: number}} style width as a step @returns {boolean} whether there is one */
  restyle({ colour, width }) {
    const widthOf = ({ isMarker }) => TOOLS[isMarker ? "marker" : "pen"].widths[width];
    return this.#arrangement.restyle({ colour, width: width === undefined ? undefined : widthOf });
  }

  /**
   * Put items from elsewhere into the middle of the view, selected.
   * @param {import("./clipboard.js").Copy[]} copies
   * @param {[string, unknown][]} [entries] of meta, which belong to it
   */
  insert(copies, entries = []) {
    const { view, size } = this.#desk;
    this.#choose({ name: "select" });
    this.#arrangement.insert(copies, visible(view, size.width, size.height), entries);
  }

  #paste(text) {
    const { bench, view, size, isPast } = this.#desk;
    if (isPast || bench.board.isReadOnly) return false;
    const isOurs = this.#arrangement.paste(text, visible(view, size.width, size.height));
    if (isOurs) this.#choose({ name: "select" });
    return isOurs || this.#write(text);
  }

  /** A text of elsewhere becomes one of the board. @returns {boolean} whether there was any */
  #write(text) {
    const { choice, view, size } = this.#desk;
    if (isClip(text)) {
      this.#notify(say("What was copied is damaged."));
      return true;
    }
    const pasted = textCopy(text, inkOf("text", choice), visible(view, size.width, size.height));
    if (pasted === null) return false;
    this.insert([pasted.copy]);
    if (pasted.isCut) this.#notify(say("A text holds 8 KiB at most. The rest was not pasted."));
    return true;
  }
}
