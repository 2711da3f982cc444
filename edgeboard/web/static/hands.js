/** What buttons and keys ask for, done to board, desk and drawer. */

import { GRIDS } from "./grid.js";
import { listenToKeys } from "./keyboard.js";
import { freeMargin } from "./margins.js";
import { say } from "./locale.js";
import * as people from "./person.js";
import { TOOLS, family, sized } from "./tools.js";

const DRAFTS_AGAIN_MS = 8_000; // after which a draft whose page has died is known as such

/** The hands of the person at this page. */
export class Hands {
  #parts;

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./ui.js").Chrome} parts.chrome
   * @param {import("./editing.js").Editing} parts.editing
   * @param {import("./grid.js").Grid} parts.grid
   * @param {import("./company.js").Company} parts.company
   * @param {import("./extras.js").Extras} parts.extras
   * @param {import("./paging.js").Paging} parts.paging
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {import("./person.js").Drawer} parts.drawer
   * @param {string} parts.room its name
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Take up the tools as they were left, and listen to the keys. @param {Window} target */
  begin(target) {
    const { company, desk, chrome, drawer, editing, extras, grid, paging, room } = this.#parts;
    this.choose(people.toolsKept(drawer, TOOLS));
    this.showGrid(people.gridKept(drawer, room, GRIDS));
    grid.look(desk.view);
    target.setTimeout(() => this.recoverNotes(), DRAFTS_AGAIN_MS);
    listenToKeys(target, {
      tool: (name) => this.choose({ name }),
      width: (step) => this.#thicken(step),
      partial: () => this.choose({ name: "eraser", isPartial: !desk.choice.isPartial }),
      stamp: () => desk.stamp(),
      undo: () => this.repeat("undo"),
      redo: () => this.repeat("redo"),
      zoomBy: (factor) => desk.zoomBy(factor),
      zoomReset: () => desk.zoomTo(1),
      fit: () => desk.fit(freeMargin),
      ...editing.keys,
      page: (step) => paging.step(step),
      space: (isHeld) => desk.holdSpace(isHeld),
      escape: () => chrome.close() || desk.abandon() || editing.none() || extras.closeHistory() || company.stop(),
      help: () => chrome.showKeys(),
    });
  }

  /** @param {Partial<import("./desk.js").Choice>} choice */
  choose(choice) {
    const { board, desk, chrome, drawer, editing } = this.#parts;
    desk.choose(board.isReadOnly ? { name: "hand" } : choice);
    if (desk.choice.name !== "select") editing.none();
    if (!board.isReadOnly) people.keepTools(drawer, desk.choice);
    chrome.showChoice(desk.choice);
  }

  /** What the board lets this person do here; in a page of somebody else's they may look at most. @param {"draw"|"view"} role */
  let(role) {
    const { board, drawer } = this.#parts;
    const { body } = document;
    body.dataset.role = role;
    const isReadOnly = role === "view" || body.hasAttribute("data-embed");
    if (board.isReadOnly === isReadOnly) return;
    board.isReadOnly = isReadOnly;
    this.choose(people.toolsKept(drawer, TOOLS));
  }

  #thicken(step) {
    const { choice } = this.#parts.desk;
    const name = sized(choice.name);
    const most = TOOLS[name].widths.length - 1;
    const width = Math.min(most, Math.max(0, choice.widths[name] + step));
    this.choose({ name, widths: Object.fromEntries(family(name).map((each) => [each, width])) });
  }

  /** @param {"undo"|"redo"} what */
  repeat(what) {
    const { board, desk, toasts } = this.#parts;
    if (board.isReadOnly || desk.isBusy || desk.isPast) return;
    desk.bench.settle();
    if (!board[what]()) toasts.say(board.whyNot(what));
  }

  /** @param {string} kind one of `GRIDS` */
  showGrid(kind) {
    const { chrome, drawer, grid, room } = this.#parts;
    people.keepGrid(drawer, room, kind);
    grid.show(kind);
    chrome.showGrid(kind);
  }

  /** What a clear would take, and the name of the page if there are others. @returns {{items: number, people: number, page: string|null}} */
  countClear() {
    const { board, desk, paging } = this.#parts;
    const seen = board.document.items().filter((item) => item.page === desk.sight.page);
    const people = new Set(seen.map((item) => board.document.personOf(item.op.origin))).size;
    return { items: seen.length, people, page: paging.nameAmongOthers };
  }

  clear() {
    const { board, desk, toasts } = this.#parts;
    if (desk.isBusy || desk.isPast) return;
    desk.bench.settle();
    if (board.clear(desk.sight.page) === 0) return;
    toasts.say(say("The board is clear."), { action: say("Undo"), onAction: () => this.repeat("undo"), isCurrent: board.untouched });
  }

  /** Log notes that a page which died had not logged. */
  recoverNotes() {
    const { desk, toasts } = this.#parts;
    if (desk.recoverNotes()) toasts.say(say("A note that you were writing before was kept."));
  }
}
