/**
 * The chrome: toolbar, badge, cards and dialogs. It shows what it is told and tells what was pressed.
 *
 * Words of other people go into the page as text, never as markup. Styles are set through the CSSOM, as the content
 * security policy wants it. Names of elements are those of index.html.
 */

import { Cards } from "./cards.js";
import { Choices, avatar, find, make, setText, swatch } from "./elements.js";
import { GRIDS } from "./grid.js";
import { cssColour } from "./ink.js";
import { relist, watchPresses } from "./lists.js";
import { COLOUR_NAMES, counted, language, say, translate } from "./locale.js";
import { PERSON_COLOURS, cleanName } from "./person.js";
import { Toolbar } from "./toolbar.js";
import { badge, ending, refusal, roomWords, safety } from "./words.js";

const ROWS_MAX = 200; // of people or refused changes that are listed
const AVATARS_MAX = 4; // beside each other; fewer on a phone

/**
 * @typedef {object} Commands what the chrome asks for
 * @property {(choice: object) => void} choose
 * @property {(style: {colour?: number, width?: number}) => boolean} restyle what is selected, if anything is
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(factor: number) => void} zoomBy
 * @property {() => void} zoomReset
 * @property {() => void} fit
 * @property {(draws: boolean) => void} fingers
 * @property {(kind: string) => void} grid one of `GRIDS`
 * @property {() => {items: number, people: number, page: string|null}} countClear what a clear would take, and the name of the page if there are others
 * @property {() => void} clear
 * @property {(name: string, colour: number) => void} introduce
 * @property {() => void} connect
 * @property {() => void} retry
 * @property {() => void} discard
 * @property {(id: string) => void} reveal
 * @property {(who: object|null) => void} follow
 * @property {() => void} history
 * @property {(use: (transfer: import("./transfer.js").Transfer) => void) => void} transfer
 * @property {() => void} share
 * @property {() => void} marquee
 */

/** Everything on the screen that is not paper. */
export class Chrome {
  #commands;
  #cards = new Cards([
    "badge", "people", "menu", "style", "shapes", "more",
    "selection-style", "selection-order", "pages", "layers", "menu-pages", "menu-layers",
  ].map(find));
  #toolbar;
  #grids;
  #nameColours;
  #person = null;
  #nameColour = 0;
  #shown = new Map(); // what a part was last made of, as text
  #boards;
  #page = 0;
  #room;

  /** @param {string} room @param {import("./boards.js").Boards} boards @param {Commands} commands */
  constructor(room, boards, commands) {
    this.#room = room;
    this.#boards = boards;
    this.#commands = commands;
    document.documentElement.lang = language;
    translate(document.body);
    find("room").textContent = room;
    document.title = `${room} · edgeboard`;
    find("export-svg").download = `${room}.svg`;
    find("export-json").download = `${room}.json`;
    this.#showAddresses();
    this.#toolbar = new Toolbar(commands.choose, commands.restyle, () => this.close());
    this.#grids = new Choices([...find("grid-kind").children], (at) => commands.grid(GRIDS[at]));
    watchPresses();
    this.#fillDialogs();
    this.#wire();
  }

  /** Whether a part has to be made anew. @param {string} part @param {unknown} from */
  #differs(part, from) {
    const text = JSON.stringify(from);
    if (this.#shown.get(part) === text) return false;
    this.#shown.set(part, text);
    return true;
  }

  // --------------------------------------------------------------------------------------------------------- toolbar

  /** @param {import("./desk.js").Choice} choice */
  showChoice(choice) {
    this.#toolbar.show(choice);
  }

  /** @param {string} kind one of `GRIDS` */
  showGrid(kind) {
    this.#grids.show(GRIDS.indexOf(kind));
  }

  /** The page that is shown is what is saved as a picture. @param {number} page */
  showPage(page) {
    this.#page = page;
    this.#showAddresses();
  }

  /** Where the board's own files are: at another one after a move. */
  #showAddresses() {
    const path = `/api/room/${encodeURIComponent(this.#room)}/export`;
    const at = this.#boards.at();
    find("export-json").href = at(`${path}.json`);
    find("link-mesh").href = `${this.#boards.here}/mesh`;
    find("export-svg").href = at(`${path}.svg?page=${this.#page + 1}`);
  }

  /** @param {number} zoom */
  showZoom(zoom) {
    const percent = Math.round(zoom * 100);
    const button = find("zoom-reset");
    button.textContent = `${percent}%`;
    button.setAttribute("aria-label", say("Zoom: {percent} percent. Press for 100 percent", { percent }));
  }

  /** @param {boolean} canUndo @param {boolean} canRedo */
  showHistory(canUndo, canRedo) {
    find("undo").disabled = !canUndo;
    find("redo").disabled = !canRedo;
  }

  /** @param {boolean} hasPen @param {boolean} fingersDraw */
  showFingers(hasPen, fingersDraw) {
    find("menu-fingers").hidden = !hasPen;
    find("menu-fingers").setAttribute("aria-checked", String(fingersDraw));
  }

  // ------------------------------------------------------------------------------------------------------ connection

  /**
   * @param {object} state
   * @param {string} state.phase
   * @param {string} state.carrier
   * @param {boolean} state.isSuspect
   * @param {{code: number, text: string}|null} state.last
   * @param {string} state.hostName
   * @param {string} state.software
   * @param {string} state.roomState
   * @param {number|null} state.roundTrip ms
   * @param {number} state.waiting strokes
   * @param {number} state.unsent ops
   * @param {number} state.unsafe ops
   * @param {number} state.foreign ops
   * @param {number} state.refused ops
   * @param {boolean} state.isPersistent
   */
  showLink(state) {
    const { title, detail, tone } = badge(state);
    const button = find("badge");
    button.dataset.tone = tone;
    button.toggleAttribute("data-waiting", state.waiting > 0);
    setText("badge-title", title);
    setText("badge-detail", detail);
    button.setAttribute("aria-label", say("Connection: {title}, {detail}", { title, detail }));
    setText("spoken", state.phase === "connecting" ? "" : `${title}, ${detail}`);
    setText("link-title", title);
    setText("link-detail", detail);
    const isUp = state.carrier !== "";
    const isSure = isUp && !state.isSuspect; // else what the board said last may not be so any more
    setText("link-words", isUp ? safety(state) : [ending(state.last), safety(state)].join(" ").trim());
    const facts = [
      [say("Board"), state.hostName],
      [say("Room"), isSure && state.roomState && roomWords(state.roomState)],
      [say("Answers within"), isSure && state.roundTrip !== null ? `${Math.max(1, Math.round(state.roundTrip))} ms` : ""],
      [say("Not handed over"), String(state.unsent)],
      [say("Not safe yet"), String(state.unsafe)],
    ];
    if (this.#differs("facts", facts)) {
      const rows = facts.filter(([, value]) => value);
      find("link-facts").replaceChildren(
        ...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]),
      );
    }
    if (this.#differs("address", this.#boards.at()(""))) this.#showAddresses();
    const notes = [];
    if (this.#boards.isAway) {
      notes.push(say("This page came from {board}, which did not answer. Reload it only when that board is back.", { board: this.#boards.nameOf(this.#boards.home) }));
    }
    if (this.#boards.isShutIn) notes.push(say("Other boards have no secure address (https), so this page cannot go to them."));
    if (!state.isPersistent) notes.push(say("This browser does not keep ink. Leave the page open until all of it is safe."));
    if (state.foreign > 0) {
      notes.push(
        counted(
          state.foreign,
          "{n} change made at another board of this name waits here.",
          "{n} changes made at another board of this name wait here.",
        ),
      );
    }
    find("link-storage").hidden = notes.length === 0;
    setText("link-storage", notes.join(" "));
    find("link-retry").hidden = isUp || state.phase === "connecting";
    find("link-refused").hidden = state.refused === 0;
    setText("link-refused", counted(state.refused, "{n} change could not be taken", "{n} changes could not be taken"));
    setText("version", state.software && `${state.hostName} · ${state.software}`);
  }

  // ---------------------------------------------------------------------------------------------------------- people

  /**
   * @param {import("./person.js").Person} self
   * @param {import("./presence.js").Present[]} others
   * @param {{leader: string|null, followers: string[]}} company whom this page follows (a person), who follows it (origins)
   */
  showPeople(self, others, { leader, followers }) {
    this.#person = self;
    if (!this.#differs("people", [self, others, leader, followers, innerWidth < 480])) return;
    const everyone = [{ ...self, isSelf: true }, ...others];
    const most = innerWidth < 480 ? 2 : AVATARS_MAX;
    const stack = everyone.slice(0, most).map(({ name, colour }) => avatar(name, colour));
    if (everyone.length > most) stack.push(make("span", "avatar more", `+${everyone.length - most}`));
    find("people").replaceChildren(...stack);
    find("people").setAttribute("aria-label", counted(everyone.length, "{n} person here. Show who", "{n} people here. Show who"));
    find("people").title = everyone.map(({ name }) => name).slice(0, 12).join(", ");
    const rows = everyone.slice(0, ROWS_MAX).map(({ person, name, colour, isSelf, origins = [] }) => {
      const row = make("li");
      row.append(avatar(name, colour), make("span", "name", name || say("Somebody")));
      if (isSelf) row.append(make("span", "soft", say("you")));
      else {
        if (origins.some((origin) => followers.includes(origin))) row.append(make("span", "soft", say("follows you")));
        else if (origins.length > 1) row.append(make("span", "soft", say("{n} pages", { n: origins.length })));
        const isLeader = person === leader;
        const button = make("button", "button quiet", isLeader ? say("Stop") : say("Follow"));
        button.type = "button";
        button.dataset.key = person;
        button.setAttribute("aria-label", isLeader ? say("Stop following {name}", { name }) : say("Follow {name}", { name }));
        button.addEventListener("click", () => {
          if (!isLeader) this.close(); // it would cover what they show
          this.#commands.follow(isLeader ? null : { person, name, origins });
        });
        row.append(button);
      }
      return row;
    });
    relist(find("people-list"), rows);
  }

  #fillDialogs() {
    this.#nameColours = new Choices(
      PERSON_COLOURS.map((colour) => swatch(find("name-colours"), cssColour(colour), say(COLOUR_NAMES[colour]))),
      (at) => {
        this.#nameColour = PERSON_COLOURS[at];
        this.#nameColours.show(at);
      },
    );
  }

  askName() {
    this.close();
    find("name").value = this.#person.name;
    this.#nameColour = this.#person.colour;
    this.#nameColours.show(PERSON_COLOURS.indexOf(this.#person.colour));
    find("dialog-name").showModal();
    find("name").select();
  }

  // --------------------------------------------------------------------------------------------------------- refused

  /** @param {{id: string, item: string|null, what: string, refused: {code: number, text: string}}[]} list */
  showRefused(list) {
    if (!this.#differs("refused", list.map(({ id, item, refused }) => [id, item, refused]))) return;
    const rows = list.slice(0, ROWS_MAX).map(({ item, what, refused }) => {
      const row = make("li");
      row.append(make("span", "name", say("{what}: {why}", { what, why: refusal(refused) })));
      if (item !== null) {
        const button = make("button", "button quiet", say("Show"));
        button.type = "button";
        button.addEventListener("click", () => {
          find("dialog-refused").close();
          this.#commands.reveal(item);
        });
        row.append(button);
      }
      return row;
    });
    find("refused-list").replaceChildren(...rows);
    if (list.length === 0) find("dialog-refused").close();
  }

  /** The keyboard sheet. */
  showKeys() {
    this.close();
    if (document.querySelector("dialog[open]") !== null) return;
    find("dialog-keys").showModal();
    find("keys-title").focus(); // its first button is at the end of the sheet
  }

  #askClear() {
    this.close();
    const { items, people, page } = this.#commands.countClear();
    const things = counted(items, "{n} thing", "{n} things");
    const makers = counted(people, "{n} person", "{n} people");
    const words = say("This takes away {things} by {makers}. What others draw meanwhile stays. You can undo it.", { things, makers });
    setText("clear-title", page === null ? say("Clear the board?") : say("Clear {name}?", { name: page }));
    setText("clear-words", page === null ? words : `${words} ${say("The other pages stay as they are.")}`);
    find("clear-do").disabled = items === 0;
    find("dialog-clear").showModal();
  }

  openRefused() {
    this.close();
    if (!find("dialog-refused").open) find("dialog-refused").showModal();
  }

  // -------------------------------------------------------------------------------------------------------- commands

  /** Close what is open. @returns {boolean} whether something was */
  close() {
    return this.#cards.close();
  }

  #wire() {
    const press = (id, act) => find(id).addEventListener("click", act);
    const andClose = (act) => () => {
      this.close();
      act();
    };
    const commands = this.#commands;
    press("undo", () => commands.undo());
    press("redo", () => commands.redo());
    press("zoom-in", () => commands.zoomBy(1.25));
    press("zoom-out", () => commands.zoomBy(0.8));
    press("zoom-reset", () => commands.zoomReset());
    press("zoom-fit", () => commands.fit());
    press("menu-image", andClose(() => find("image-file").click()));
    press("menu-fit", andClose(() => commands.fit()));
    press("menu-history", andClose(() => commands.history()));
    press("menu-fingers", () => commands.fingers(find("menu-fingers").getAttribute("aria-checked") !== "true"));
    press("menu-name", () => this.askName());
    press("edit-name", () => this.askName());
    press("menu-keys", () => this.showKeys());
    press("menu-clear", () => this.#askClear());
    press("clear-do", () => {
      find("dialog-clear").close();
      commands.clear();
    });
    press("link-retry", () => commands.connect());
    press("link-refused", () => this.openRefused());
    press("refused-retry", () => commands.retry());
    press("refused-discard", () => commands.discard());
    press("export-svg", () => this.close());
    press("export-excalidraw", andClose(() => commands.transfer((transfer) => transfer.saveExcalidraw())));
    press("menu-share", andClose(() => commands.share()));
    press("menu-marquee", andClose(() => commands.marquee()));
    press("menu-open", andClose(() => find("open-file").click()));
    find("open-file").addEventListener("change", () => {
      const [file] = find("open-file").files;
      find("open-file").value = ""; // so that the same file may be opened again
      if (file !== undefined) commands.transfer((transfer) => transfer.open(file));
    });
    for (const button of document.querySelectorAll("[data-png]")) {
      button.addEventListener("click", andClose(() => commands.transfer((transfer) => transfer.savePng(Number(button.dataset.png)))));
    }
    press("export-json", () => this.close());
    find("dialog-name").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      find("dialog-name").close();
      commands.introduce(cleanName(find("name").value) || this.#person.name, this.#nameColour);
    });
  }
}
