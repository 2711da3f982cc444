/**
 * The time slider: plays a room's story, jumps between sittings, shows whose hand was whose, and restores an old state.
 *
 * While it is open the paper shows the past and takes no ink; what others draw goes on behind and is there afterwards.
 */

import { find, make } from "./elements.js";
import { coloursOf } from "./hues.js";
import { cssColour } from "./ink.js";
import { counted, language, say } from "./locale.js";
import { Story, restoring } from "./story.js";

const SPEEDS = [1, 5, 20, 50, 100, 200];
const START_SPEED = 20;
const REST_MAX_MS = 1_500; // of the viewer's time that a rest takes
const MARKS_MAX = 200;
const LISTED_MAX = 24; // people in the legend

/** The bar at the bottom of the page. */
export class Player {
  #parts;
  #story = null;
  #position = 0;
  #document = null;
  #isPlaying = false;
  #shownAt = 0;
  #budget = 0; // ms of the room's time that have passed since the last step
  #isByPerson = false;
  #colours = new Map(); // of those who drew, by person

  /**
   * @param {object} parts
   * @param {import("./board.js").Board} parts.board
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {() => import("./presence.js").Present[]} parts.everyone who is here, this person first
   * @param {() => void} parts.undo takes the restoring back
   * @param {() => number} parts.clock ms
   */
  constructor(parts) {
    this.#parts = parts;
    for (const speed of SPEEDS) {
      const option = make("option", "", `${speed}×`);
      option.value = String(speed);
      option.selected = speed === START_SPEED;
      find("player-speed").append(option);
    }
    const press = (id, act) => find(id).addEventListener("click", act);
    press("player-play", () => (this.#isPlaying ? this.pause() : this.#play()));
    press("player-back", () => this.#jump(-1));
    press("player-next", () => this.#jump(1));
    press("player-who", () => this.#colour(!this.#isByPerson));
    press("player-restore", () => this.#restore());
    press("player-close", () => this.close());
    find("player-at").addEventListener("input", () => {
      this.pause();
      this.#seek(Number(find("player-at").value));
    });
    find("player").addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return this.#story !== null;
  }

  /** Begin at the end: the room as it is. */
  open() {
    const { batches, document: present } = this.#parts.board;
    const story = new Story(batches, (origin) => present.personOf(origin));
    if (story.length === 0) {
      this.#parts.toasts.say(say("Nothing has happened here yet."));
      return;
    }
    this.#story = story;
    find("player-at").max = String(story.length);
    this.#mark(story.sittings());
    this.#listPeople();
    document.body.classList.add("is-past");
    find("player").hidden = false;
    this.#seek(story.length, true);
    find("player-play").focus();
  }

  /** Back to the room as it is. @returns {boolean} whether it was open */
  close() {
    if (!this.isOpen) return false;
    this.pause();
    this.#story = null;
    this.#document = null;
    find("player").hidden = true;
    document.body.classList.remove("is-past");
    this.#parts.desk.showPresent();
    return true;
  }

  pause() {
    this.#isPlaying = false;
    this.#showPlaying();
  }

  #play() {
    if (this.#position === this.#story.length) this.#seek(0);
    this.#isPlaying = true;
    this.#budget = 0;
    this.#shownAt = this.#parts.clock();
    this.#showPlaying();
    requestAnimationFrame(() => this.#advance());
  }

  #advance() {
    if (!this.#isPlaying) return;
    const now = this.#parts.clock();
    const speed = Number(find("player-speed").value);
    this.#budget += (now - this.#shownAt) * speed;
    this.#shownAt = now;
    const { position, left } = this.#story.after(this.#position, this.#budget, REST_MAX_MS * speed);
    this.#budget = left;
    if (position !== this.#position) this.#seek(position);
    if (position === this.#story.length) this.pause();
    else requestAnimationFrame(() => this.#advance());
  }

  /** @param {number} position @param {boolean} [isAnew] make every picture anew */
  #seek(position, isAnew = false) {
    const { document: past, changed } = this.#story.seek(position);
    this.#position = position;
    this.#document = past;
    this.#parts.desk.showPast(past, isAnew ? null : changed, this.#isByPerson ? (item) => this.#colourOf(item) : null);
    const slider = find("player-at");
    slider.value = String(position);
    const time = this.#story.timeAt(position);
    const text = time === null ? say("Before the first stroke") : timeText(time);
    find("player-time").textContent = text;
    slider.setAttribute("aria-valuetext", say("{at} of {all}: {time}", { at: position, all: this.#story.length, time: text }));
    find("player-restore").disabled = position === this.#story.length;
  }

  /** To the beginning of the sitting before or behind. */
  #jump(step) {
    this.pause();
    const stops = [...this.#story.sittings(), this.#story.length];
    const at = this.#position;
    const to = step < 0 ? stops.findLast((stop) => stop < at) : stops.find((stop) => stop > at);
    this.#seek(to ?? (step < 0 ? 0 : this.#story.length));
  }

  #colour(isByPerson) {
    this.#isByPerson = isByPerson;
    this.#listPeople();
    find("player-who").setAttribute("aria-checked", String(isByPerson));
    this.#seek(this.#position, true);
  }

  #colourOf(item) {
    return this.#colours.get(this.#document.personOf(item.op.origin)) ?? 1;
  }

  /** Which colour is whose. */
  #listPeople() {
    const everyone = this.#parts.everyone();
    this.#colours = coloursOf(this.#story.persons(), everyone);
    const names = new Map(everyone.map(({ person, name }) => [person, name || say("Somebody")]));
    const rows = [...this.#colours].slice(0, LISTED_MAX).map(([person, colour]) => {
      const row = make("li");
      const dot = make("i", "dot");
      dot.style.setProperty("background", cssColour(colour));
      row.append(dot, names.get(person) ?? say("not here now"));
      return row;
    });
    find("player-people").replaceChildren(...rows);
    find("player-people").hidden = !this.#isByPerson;
  }

  #restore() {
    const { board, toasts, undo } = this.#parts;
    const { bodies, lost } = restoring(board.document, this.#document);
    board.commit(bodies);
    this.close();
    if (lost > 0) {
      const gone = counted(
        lost,
        "{n} item was erased so long ago that it is gone.",
        "{n} items were erased so long ago that they are gone.",
      );
      toasts.say(gone, { isTrouble: true });
    }
    if (bodies.length === 0) toasts.say(say("The room looks like that already."));
    else toasts.say(say("Restored. What was there since is only hidden."), { action: say("Undo"), onAction: undo, isCurrent: board.untouched });
  }

  #mark(sittings) {
    const marks = sittings.slice(-MARKS_MAX).map((position) => {
      const mark = make("i");
      mark.style.insetInlineStart = `${(100 * position) / this.#story.length}%`;
      return mark;
    });
    find("player-marks").replaceChildren(...marks);
    find("player-back").hidden = find("player-next").hidden = sittings.length < 2;
  }

  #showPlaying() {
    const button = find("player-play");
    button.setAttribute("aria-label", this.#isPlaying ? say("Pause") : say("Play"));
    button.querySelector("use").setAttribute("href", this.#isPlaying ? "#i-pause" : "#i-play");
  }
}

function timeText(time) {
  const sameDay = new Date(time).toDateString() === new Date().toDateString();
  const style = sameDay ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : undefined, style).format(time);
}
