/**
 * The link to this room, as text and as a QR code, and what another page needs to show it.
 *
 * The link names an address that others can reach: that of this page, unless it is open on the board itself under
 * 127.0.0.1 or localhost; then the board says by which addresses it is reached. A page that has gone to another board
 * names that one.
 */

import { isLocal } from "./boards.js";
import { find } from "./elements.js";
import { say } from "./locale.js";

/** Who may come by the link, by the board's rule. */
const WHO = new Map([ // say
  ["draw", "Whoever is in this network may open the room and draw."],
  ["view", "Whoever is in this network may open the room and look at it."],
  ["pin", "Whoever knows the PIN of the board may open the room and draw."],
  ["token", "Only who has a link made for them may open the room: edgeboard token."],
]);

/** The dialog. */
export class Sharing {
  #boards;
  #host;
  #room;
  #toasts;

  /** @param {{boards: import("./boards.js").Boards, host: import("./boards.js").Host, room: string, toasts: import("./toasts.js").Toasts}} parts */
  constructor({ boards, host, room, toasts }) {
    this.#host = host;
    this.#boards = boards;
    this.#room = room;
    this.#toasts = toasts;
    for (const button of find("dialog-share").querySelectorAll("[data-copy]")) {
      button.addEventListener("click", () => this.#copy(find(button.dataset.copy)));
    }
  }

  async open() {
    const { here } = this.#boards;
    const urls = isLocal(new URL(here).hostname) ? await this.#ask() : [];
    const base = reachable(here, urls);
    const link = linkTo(base, "room", this.#room);
    find("share-link").value = link;
    find("share-embed").value = `<iframe src="${linkTo(base, "embed", this.#room)}" width="800" height="600"></iframe>`;
    find("share-code").src = await this.#picture(`/api/qr.svg?text=${encodeURIComponent(link)}`);
    const isHere = isLocal(new URL(base).hostname);
    find("share-note").hidden = !isHere;
    find("share-note").textContent = isHere ? say("This board has no address that others could reach: it is in no network, or listens on this machine only.") : "";
    const who = WHO.get(this.#host.admit);
    if (who !== undefined) find("share-who").textContent = say(who);
    find("dialog-share").showModal();
    find("share-link").select();
    find("share-link").scrollLeft = 0;
  }

  /** Where a picture of the board is: of another one's its bytes, since the page shows no picture of strangers. */
  async #picture(path) {
    if (!this.#boards.isAway) return path;
    URL.revokeObjectURL(find("share-code").src);
    try {
      return URL.createObjectURL(await (await fetch(this.#boards.at()(path))).blob());
    } catch {
      return "";
    }
  }

  async #ask() {
    try {
      const { urls } = await (await fetch(this.#boards.at()("/api/addresses"))).json();
      return Array.isArray(urls) ? urls : [];
    } catch {
      return []; // the board is away: the page's own address has to do
    }
  }

  /** The clipboard's own way is missing on plain HTTP. */
  #copy(field) {
    field.select();
    const isDone = document.execCommand("copy");
    this.#toasts.say(isDone ? say("Copied") : say("Press Ctrl C to copy"));
  }
}

/**
 * The address to give to others.
 * @param {string} origin of this page
 * @param {string[]} urls of the board, the best first
 * @returns {string}
 */
export function reachable(origin, urls) {
  if (!isLocal(new URL(origin).hostname)) return origin;
  return urls.find((url) => !isLocal(new URL(url).hostname)) ?? origin;
}

/** @param {string} base @param {"room"|"embed"} how @param {string} room @returns {string} */
export function linkTo(base, how, room) {
  return `${base}/${how}/${encodeURIComponent(room)}`;
}
