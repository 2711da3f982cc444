/** Parts of the page that only some ask for: they are fetched when there is time, or when somebody asks. */

import { ItemType } from "./kinds.js";
import { Later, fetchInTime } from "./later.js";
import { say } from "./locale.js";

/** The time slider, files in and out, the link to share, and the marquee. */
export class Extras {
  #history;
  #transfer;
  #sharing;
  #marquee;
  #board;
  #toasts;

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./boards.js").Boards} parts.boards
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./boards.js").Host} parts.host
   * @param {() => import("./editing.js").Editing} parts.editing
   * @param {import("./gallery.js").Gallery} parts.gallery
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {string} parts.room its name
   * @param {() => void} parts.undo
   * @param {() => import("./presence.js").Present[]} parts.everyone who is here, this person first
   * @param {() => number} parts.clock ms
   */
  constructor({ board, boards, host, desk, editing, gallery, toasts, room, undo, everyone, clock }) {
    this.#toasts = toasts;
    this.#board = board;
    this.#history = new Later(async () => {
      const { Player } = await import("./player.js");
      return new Player({ board, desk, toasts, clock, everyone, undo });
    });
    this.#transfer = new Later(async () => {
      const { Transfer } = await import("./transfer.js");
      return new Transfer({ boards, desk, editing: editing(), gallery, toasts, room });
    });
    this.#sharing = new Later(async () => {
      const { Sharing } = await import("./sharing.js");
      return new Sharing({ boards, host, room, toasts });
    });
    this.#marquee = new Later(async () => {
      const { Marquee } = await import("./marquee.js");
      return new Marquee({ board, boards, room });
    });
  }

  /** Fetch all of it while there is nothing else to do. */
  fetchInTime() {
    fetchInTime([this.#history, this.#transfer, this.#sharing]);
  }

  /** Show what happened here. */
  openHistory() {
    this.#use(this.#history, (player) => player.open());
  }

  /** Show the present again. @returns {boolean} whether the past was shown */
  closeHistory() {
    return this.#history.now?.close() ?? false;
  }

  /** Save or open. @param {(transfer: import("./transfer.js").Transfer) => void} use */
  transfer(use) {
    this.#use(this.#transfer, use);
  }

  /** On the board's own panel: show its code for new boards. @param {() => void} closeMenu */
  pair(closeMenu) {
    import("./pairing.js").then(({ Pairing }) => new Pairing(this.#toasts, closeMenu).watch()).catch(() => {});
  }

  /** Items may look different: if lines of the marquee are among them, it shows what they say. @param {Iterable<string>} ids */
  noticed(ids) {
    const { document } = this.#board;
    const lines = [...ids].filter((id) => document.item(id)?.type === ItemType.TICKER);
    if (lines.length > 0) this.#marquee.get().then((marquee) => marquee.changed(lines), () => {});
  }

  /** Show the lines of the marquee. */
  openMarquee() {
    this.#use(this.#marquee, (marquee) => marquee.open());
  }

  /** Show the link. */
  share() {
    this.#use(this.#sharing, (sharing) => sharing.open());
  }

  #use(part, use) {
    part.get().then(use, () => this.#toasts.say(say("That part of the page cannot be fetched now."), { isTrouble: true }));
  }
}
