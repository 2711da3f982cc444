/**
 * Company: following what somebody else looks at, and what others did while this person was away.
 *
 * Whoever moves the paper or draws goes their own way again.
 */

import { Away } from "./away.js";
import { find } from "./elements.js";
import { counted, say } from "./locale.js";
import { keepSeen, seenKept } from "./person.js";
import { fitted } from "./view.js";

const GLIDE_OVER_MS = 300; // between views: then the paper glides, else it goes along
const NO_MARGIN = { top: 0, right: 0, bottom: 0, left: 0 };

/** One person among the others of a room. */
export class Company {
  #parts;
  #away;
  #leader = null; // {person, name}
  #heardAt = -Infinity;
  #news = []; // items that changed while this person was away the last time that something did

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./ui.js").Chrome} parts.chrome
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./paging.js").Paging} parts.paging
   * @param {import("./following.js").Following} parts.following
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {import("./person.js").Drawer} parts.drawer
   * @param {string} parts.room its name
   * @param {typeof import("./margins.js").freeMargin} parts.margin
   * @param {() => void} parts.onChanged somebody is followed, or nobody any more
   * @param {() => number} parts.clock ms
   */
  constructor(parts) {
    this.#parts = parts;
    const { board, drawer, room } = parts;
    this.#away = new Away(board.document, board.person, seenKept(drawer, room));
    find("follow-stop").addEventListener("click", () => this.stop());
    find("menu-news").addEventListener("click", () => this.#showNews());
  }

  // -------------------------------------------------------------------------------------------------------- following

  /** Whom this page follows: a person, or null. @returns {string|null} hex */
  get leader() {
    return this.#leader?.person ?? null;
  }

  /** @param {{person: string, name: string, origins: string[]}} who somebody else who is here */
  follow({ person, name, origins }) {
    this.#leader = { person, name };
    this.#heardAt = -Infinity;
    this.#parts.following.follow(origins.at(-1));
    this.#show();
  }

  /** @returns {boolean} whether somebody was followed */
  stop() {
    if (this.#leader === null) return false;
    this.#leader = null;
    this.#parts.following.follow(null);
    this.#show();
    return true;
  }

  /** These are here now. @param {import("./presence.js").Present[]} others */
  here(others) {
    if (this.#leader === null) return;
    const found = others.find(({ person }) => person === this.#leader.person);
    if (found === undefined) this.stop();
    else if (!found.origins.includes(this.#parts.following.leader)) this.follow(found); // their page was loaded anew
  }

  /** Somebody says what is on their screen. @param {{origin: string} & import("./following.js").Sight} sight */
  saw({ origin, x, y, width, height, page }) {
    const { following, desk, paging, clock } = this.#parts;
    if (this.#leader === null || origin !== following.leader || desk.isPast) return;
    if (desk.sight.page !== page) paging.turnTo(page);
    const box = { x0: x - width / 2, y0: y - height / 2, x1: x + width / 2, y1: y + height / 2 };
    const view = fitted(box, desk.size.width, desk.size.height, NO_MARGIN, Infinity);
    const now = clock();
    if (now - this.#heardAt > GLIDE_OVER_MS) desk.glideTo(view);
    else desk.show(view);
    this.#heardAt = now;
  }

  /** What this page shows, for those who follow it. @param {import("./view.js").View} view */
  look({ x, y, zoom }) {
    const { following, desk } = this.#parts;
    const [width, height] = [desk.size.width / zoom, desk.size.height / zoom];
    following.look({ x: x + width / 2, y: y + height / 2, width, height, page: desk.sight.page });
  }

  #show() {
    find("follow").hidden = this.#leader === null;
    find("follow-name").textContent = this.#leader === null ? "" : say("Following {name}", { name: this.#leader.name || say("Somebody") });
    document.body.classList.toggle("is-following", this.#leader !== null);
    this.#parts.onChanged();
  }

  // -------------------------------------------------------------------------------------------------------------- away

  /** This person looks away: what comes from now on will be news. */
  leave() {
    keepSeen(this.#parts.drawer, this.#parts.room, this.#away.leave());
  }

  /** This person looks, and the room is up to date: say what is new, once; the menu keeps the way there. */
  back() {
    if (document.visibilityState !== "visible") return;
    const news = this.#away.back();
    this.leave();
    if (news.length === 0) return;
    this.#news = news;
    const text = counted(news.length, "{n} change while you were away", "{n} changes while you were away");
    find("menu-news").hidden = false;
    find("menu-news").querySelector("span").textContent = text;
    this.#parts.toasts.say(text, { action: say("Show"), onAction: () => this.#showNews() });
  }

  #showNews() {
    const { board, chrome, desk, paging, toasts, margin } = this.#parts;
    chrome.close();
    const living = this.#news.filter((id) => board.document.isAlive(id));
    if (living.length === 0) {
      find("menu-news").hidden = true;
      toasts.say(say("What changed then has been erased since."));
      return;
    }
    paging.turnToItem(living.at(-1));
    desk.showNews(living, margin);
  }
}
