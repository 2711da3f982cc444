/**
 * The marquee on the page: a line that shows what panels show, and a dialog to set it.
 *
 * Its items lie in the room like everything else, so a change is ops of this person, safe and undone like ink. Only what
 * time it is the board says: panels turn by mesh time.
 */

import { Choices, find, icon, make } from "./elements.js";
import { randomOrigin } from "./ids.js";
import { ItemType, Register } from "./kinds.js";
import { relist } from "./lists.js";
import { say } from "./locale.js";
import { Level, TICKER_PAGE, TEXT_MAX, Ticker, contentEnded, contentFor, defaultInterval, inTime, oneLine, tickersOf, versionAt } from "./tickers.js";
import { pack } from "./values.js";

const LEAD_MS = 1_000; // until a change takes effect: by then it is on all panels
const TIME_EVERY_MS = 300_000; // between questions what time it is
const LOOK_MOST_MS = 60_000;
const LASTS_MS = [600_000, 3_600_000, 86_400_000, null]; // as the buttons of the dialog say
const LEVELS = ["info", "healthy", "warning", "critical"];
const RATE = 3.75; // em a second, until the board has said another

/** The line and the dialog. */
export class Marquee {
  #board;
  #boards;
  #room;
  #ids = new Set(); // ticker items, live or not
  #known = new Map(); // by id of the item: {item, content}
  #ticker = null;
  #ahead = Date.now() - performance.now(); // of mesh time, ms, to the page's clock
  #rate = RATE;
  #sources = new Map(); // by id of the item: the names of the boards that set it from a source
  #timer = null;
  #timeTimer = null;
  #levels;
  #lasts;
  #level = Level.INFO;
  #lasting = 1;
  #edited = null; // id of the item in the form; null: a new one

  /** @param {{board: import("./board.js").Board, boards: import("./boards.js").Boards, room: string}} parts */
  constructor({ board, boards, room }) {
    this.#board = board;
    this.#boards = boards;
    this.#room = room;
    this.#levels = new Choices([...find("marquee-level").children], (at) => this.#choose(at, this.#lasting));
    this.#lasts = new Choices([...find("marquee-lasts").children], (at) => this.#choose(this.#level, at));
    find("marquee-text").maxLength = TEXT_MAX;
    find("marquee-form").addEventListener("submit", () => this.#put());
    find("marquee-line").addEventListener("click", () => this.open());
    this.changed(board.document.items().map(({ id }) => id));
    this.#askTime();
  }

  /** The time of the mesh, ms. */
  get #now() {
    return performance.now() + this.#ahead;
  }

  /** Items of the room may be others now. @param {Iterable<string>} ids */
  changed(ids) {
    const { document } = this.#board;
    for (const id of ids) if (document.item(id)?.type === ItemType.TICKER) this.#ids.add(id);
    this.#known = tickersOf([...this.#ids].map((id) => document.item(id)).filter((item) => item !== null));
    this.#ticker = new Ticker([...this.#known.values()].map(({ content }) => content), this.#rate);
    this.#show();
  }

  /** Show the dialog. */
  open() {
    this.#edit(null);
    this.#list();
    this.#askTime();
    find("marquee-form").hidden = this.#board.isReadOnly;
    find("dialog-marquee").showModal();
    if (!this.#board.isReadOnly) find("marquee-text").focus();
  }

  // --------------------------------------------------------------------------------------------------------- the line

  #show() {
    clearTimeout(this.#timer);
    const now = this.#now;
    const { slots, turn, nextUs, isFallback } = this.#ticker.at(now / 1000);
    const line = find("marquee-line");
    line.hidden = isFallback;
    if (!isFallback) {
      const { text, level } = slots[turn].item;
      line.dataset.level = LEVELS[level];
      if (find("marquee-shown").textContent !== text) find("marquee-shown").textContent = text;
      line.title = text;
      line.setAttribute("aria-label", say("Marquee: {text}", { text }));
    }
    if (find("dialog-marquee").open) this.#list();
    if (nextUs !== Infinity) this.#timer = setTimeout(() => this.#show(), Math.min(Math.max(nextUs / 1000 - now, 10), LOOK_MOST_MS));
  }

  /** Ask the board what time it is; half of the round trip is its age. */
  async #askTime() {
    clearTimeout(this.#timeTimer);
    this.#timeTimer = setTimeout(() => this.#askTime(), TIME_EVERY_MS);
    const asked = performance.now();
    try {
      const answer = await fetch(this.#boards.at()(`/api/marquee?room=${encodeURIComponent(this.#room)}`));
      const { mesh_s, rate, items, text } = await answer.json();
      const came = performance.now();
      this.#tell(answer.ok ? "" : say("The board could not do that: {why}", { why: text ?? answer.statusText }));
      if (!Number.isFinite(mesh_s) || !(rate > 0)) return;
      this.#ahead = mesh_s * 1000 - (asked + came) / 2;
      this.#rate = rate;
      this.#sources = new Map((items ?? []).filter(({ source }) => source?.length > 0).map(({ id, source }) => [id, source]));
      this.changed([]);
    } catch {
      this.#tell(say("The board does not answer. What you set shows on panels when it is back.")); // by the page's own time
    }
  }

  #tell(trouble) {
    find("marquee-trouble").textContent = trouble;
    find("marquee-trouble").hidden = trouble === "";
  }

  // ------------------------------------------------------------------------------------------------------- the dialog

  #list() {
    const now = this.#now;
    const shown = [...this.#known.values()].filter(({ content }) => versionAt(content, Math.max(now, content.at)) !== null);
    shown.sort((a, b) => b.content.priority - a.content.priority || a.content.order - b.content.order);
    relist(find("marquee-list"), shown.map(({ content }) => this.#row(content)));
    find("marquee-none").hidden = shown.length > 0;
  }

  #row(content) {
    const { id, text, level } = content;
    const row = make("li");
    const edit = make("button", "row");
    edit.type = "button";
    edit.dataset.key = `edit ${id}`;
    edit.dataset.level = LEVELS[level];
    const boards = this.#sources.get(id);
    edit.disabled = this.#board.isReadOnly || boards !== undefined;
    edit.append(make("i", "level"), make("span", "name", text));
    if (boards !== undefined) {
      const said = say("It comes from the source {id} in edgeboard.yaml of {board}.", { id, board: boards[0] });
      edit.append(make("span", "soft source", said));
    }
    edit.addEventListener("click", () => this.#edit(id));
    row.append(edit);
    if (!edit.disabled) {
      const remove = make("button", "tool small");
      remove.type = "button";
      remove.dataset.key = `remove ${id}`;
      remove.setAttribute("aria-label", say("Remove {text}", { text }));
      remove.append(icon("trash"));
      remove.addEventListener("click", () => this.#remove(id));
      row.append(remove);
    }
    return row;
  }

  #edit(id) {
    const content = id === null ? null : (this.#known.get(id)?.content ?? null);
    this.#edited = content === null ? null : id;
    find("marquee-text").value = content?.text ?? "";
    this.#choose(content?.level ?? Level.INFO, content === null ? 1 : content.expires === null ? 3 : 1);
    find("marquee-set").textContent = content === null ? say("Show it") : say("Change");
  }

  #choose(level, lasting) {
    [this.#level, this.#lasting] = [level, lasting];
    this.#levels.show(level);
    this.#lasts.show(lasting);
  }

  #put() {
    const text = oneLine(find("marquee-text").value);
    if (text === "") return;
    const id = this.#edited ?? `page-${randomOrigin().slice(0, 8)}`;
    const known = this.#known.get(id) ?? null;
    const now = Math.round(this.#now);
    const at = now + LEAD_MS;
    const lasts = LASTS_MS[this.#lasting];
    const lasting = { text, level: this.#level, expires: lasts === null ? null : at + lasts };
    const { order = 0, icon: sign = "", interval = 0 } = known?.content ?? {};
    const wanted = { ...lasting, id, order, icon: sign, interval: interval || defaultInterval(text, this.#rate) };
    const others = [...this.#known.values()].map((each) => each.content);
    const priority = known?.content.priority ?? inTime(others, wanted, at, this.#rate);
    const content = contentFor(known?.content ?? null, { ...wanted, priority }, at);
    if (known === null) this.#board.addItem(ItemType.TICKER, pack({ ticker: id, ...content }), { page: TICKER_PAGE, layer: 0 });
    else this.#board.set(known.item.id, Register.DATA, content);
  }

  #remove(id) {
    const known = this.#known.get(id);
    if (known === undefined) return;
    const at = Math.round(this.#now) + LEAD_MS;
    if (known.content.at > at) this.#board.erase([known.item.id], false);
    else this.#board.set(known.item.id, Register.DATA, contentEnded(known.content, at));
    if (this.#edited === id) this.#edit(null);
  }
}
