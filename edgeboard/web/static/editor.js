/**
 * Typing on the board: a text field laid over the paper, exactly where and as large as the note will be.
 *
 * One note is edited at a time. It is logged when one presses Escape or elsewhere, and at once when the page may go. What
 * is typed is kept as a draft besides, so that even a page that dies loses nothing; `recover` logs what such a page left.
 */

import { find } from "./elements.js";
import { noteFont, rulerFor, stickyLayout, STICKY_MARGIN, TEXT_ASCENT, TEXT_LINE, isDark } from "./figures.js";
import { IDENTITY, applied, asTransform, multiply } from "./geometry.js";
import { cssColour } from "./ink.js";
import { ItemType, Register } from "./kinds.js";
import { say } from "./locale.js";
import { cleanText, excess, fitting, notePayload, readNote } from "./notes.js";

const BEAT_MS = 2_000; // a draft says this often that its page lives
const ORPHAN_MS = 3 * BEAT_MS; // a draft that has not said so for this long is nobody's
const LOWEST = 0.4; // of the window's height: what is lower may lie behind a keyboard on the screen
const WIDEST = 600; // px to which a new sticky note widens
const LIFTED = 0.25; // of the window's height, where it is moved then

/**
 * @typedef {object} Desktop what the editor works on
 * @property {import("./board.js").Board} board
 * @property {() => import("./view.js").View} view
 * @property {() => {page: number, layer: number}} place where new items go
 * @property {(ids: string[]) => void} lift do not paint these items while they are edited
 * @property {(dx: number, dy: number) => void} pan the paper, screen px
 * @property {(text: string) => void} notify words in passing
 * @property {{get: () => object|null, set: (draft: object|null) => void}} drafts of this person in this room
 * @property {() => number} clock Unix ms
 */

/** The text field. */
export class NoteEditor {
  #desktop;
  #frame = find("note");
  #field = find("note-text");
  #note = null; // what is edited; its text is what is logged
  #item = null; // its item, once there is one
  #transform = null;
  #last = 0; // counter of the op that logged it last
  #beat = null;
  #onDone = () => {};

  /** @param {Desktop} desktop */
  constructor(desktop) {
    this.#desktop = desktop;
    const field = this.#field;
    field.addEventListener("input", () => this.#typed());
    field.addEventListener("beforeinput", (event) => this.#refuse(event));
    field.addEventListener("blur", () => this.close());
    addEventListener("resize", () => this.#lift()); // a keyboard on the screen has come up
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // the key is the input method's
      const isDone = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
      if (!isDone) return;
      event.preventDefault();
      this.close();
      find("stage").focus();
    });
  }

  /** Whether something is being edited. */
  get isOpen() {
    return this.#note !== null;
  }

  /** Begin a new note. @param {import("./notes.js").Note} note @param {(id: string) => void} [onDone] with its item, if there is one in the end */
  write(note, onDone = () => {}) {
    this.close();
    this.#open({ ...note }, null, null);
    this.#onDone = onDone;
  }

  /** Go on with one that is there. @param {string} id of a text or a sticky note */
  edit(id) {
    this.close();
    const item = this.#desktop.board.document.item(id);
    if (item === null || !item.alive || item.value(Register.LOCK) === true) return;
    this.#open(readNote(item), id, transformOf(item));
  }

  #open(note, item, transform) {
    [this.#note, this.#item, this.#transform, this.#last] = [note, item, transform, 0];
    const { style, dataset } = this.#frame;
    const isText = note.type === ItemType.TEXT;
    dataset.kind = isText ? "text" : "sticky";
    style.setProperty("--note", cssColour(note.colour));
    style.setProperty("--on-note", isText ? cssColour(note.colour) : isDark(note.colour) ? "#ffffff" : cssColour(0));
    this.#field.value = note.text;
    this.#field.setAttribute("aria-label", isText ? say("Text") : say("Sticky note"));
    this.#frame.hidden = false;
    document.body.classList.add("is-typing");
    this.#desktop.lift(item === null ? [] : [item]);
    this.#fit();
    this.#field.focus({ preventScroll: true });
    this.#field.setSelectionRange(note.text.length, note.text.length);
    this.#lift();
    this.#beat = setInterval(() => this.#keep(), BEAT_MS);
  }

  /** Log what was typed and put the field away. */
  close() {
    if (this.#note === null) return;
    this.flush();
    clearInterval(this.#beat);
    this.#desktop.lift([]);
    const [item, onDone] = [this.#item, this.#onDone];
    this.#onDone = () => {};
    this.#note = this.#item = null;
    this.#frame.hidden = true;
    document.body.classList.remove("is-typing");
    this.#field.value = "";
    if (item !== null && this.#desktop.board.document.isAlive(item)) onDone(item);
  }

  /** Log what was typed; the field stays. */
  flush() {
    if (this.#note === null) return;
    const text = fitting(cleanText(this.#field.value));
    if (text !== this.#note.text) this.#log(text);
    this.#desktop.drafts.set(null);
  }

  #log(text) {
    const { board, place } = this.#desktop;
    const more = this.#last > 0 && this.#last === board.nextCounter - 1;
    const isThere = this.#item !== null && board.document.isAlive(this.#item);
    if (!isThere && text === "") return;
    if (!isThere) this.#add(text, place());
    else if (text === "" && this.#note.type === ItemType.TEXT) board.erase([this.#item], more);
    else board.set(this.#item, Register.TEXT, text, more);
    this.#note.text = text;
    this.#last = board.nextCounter - 1;
  }

  /** A new item, also where somebody has taken the old one away meanwhile. */
  #add(text, place) {
    const { board, lift } = this.#desktop;
    this.#item = board.addItem(this.#note.type, notePayload({ ...this.#note, text }), place);
    if (this.#transform !== null) board.set(this.#item, Register.TRANSFORM, [...this.#transform], true);
    lift([this.#item]);
  }

  /** The view or the item's place has changed. */
  look() {
    if (this.#note === null) return;
    const { x, y, zoom } = this.#desktop.view();
    const { x: left, y: top } = this.#note;
    const paper = [zoom, 0, 0, zoom, -x * zoom, -y * zoom];
    const matrix = multiply(multiply(paper, this.#transform ?? IDENTITY), [1, 0, 0, 1, left, top]);
    this.#frame.style.transform = `matrix(${matrix.map((value) => value.toFixed(5)).join()})`;
  }

  // ---------------------------------------------------------------------------------------------------------- typing

  #typed() {
    this.#fit();
    this.#keep();
  }

  /** Refuse what would make the text too long before it replaces anything. */
  #refuse(event) {
    if (event.data === null || !event.cancelable) return;
    const { value, selectionStart, selectionEnd } = this.#field;
    const after = value.slice(0, selectionStart) + event.data + value.slice(selectionEnd);
    if (excess(after) === 0) return;
    event.preventDefault();
    this.#desktop.notify(say("A note holds 8 KiB of text at most. This would be more."));
  }

  /** As wide and as high as what is in it. */
  #fit() {
    const { style } = this.#frame;
    const note = this.#note;
    const lines = this.#field.value.split("\n");
    if (note.type === ItemType.TEXT) {
      const ruler = rulerFor(note.size);
      const widest = Math.max(...lines.map((line) => ruler.measureText(line).width));
      style.width = `${widest + 2 * note.size}px`;
      style.height = `${(lines.length + 0.2) * TEXT_LINE * note.size}px`;
      this.#dress(note.size, 0);
    } else {
      const isNew = this.#item === null;
      let layout = stickyLayout(lines, note.w, note.h);
      for (;;) {
        const isTall = layout.isShrunk && note.h < 2 * note.w; // a new one grows before its letters become small
        const isWide = layout.h > note.h && note.w < WIDEST; // and becomes no strip where the smallest are too many
        if (!isNew || (!isTall && !isWide)) break;
        if (isTall) note.h += 20;
        else note.w += 20;
        layout = stickyLayout(lines, note.w, note.h);
      }
      style.width = `${note.w}px`;
      style.height = `${layout.h}px`; // and where its smallest letters need more, it is higher
      this.#dress(layout.size, STICKY_MARGIN);
    }
    this.look();
  }

  /** Letters stand on the line where they will be painted. */
  #dress(size, margin) {
    const { style } = this.#field;
    const { fontBoundingBoxAscent: above = 0.93 * size, fontBoundingBoxDescent: below = 0.24 * size } = rulerFor(size).measureText("x");
    const baseline = (TEXT_LINE * size - above - below) / 2 + above;
    style.font = noteFont(size);
    style.lineHeight = String(TEXT_LINE);
    style.padding = margin > 0 ? `0 ${margin}px` : "0";
    style.top = `${margin + TEXT_ASCENT * size - baseline}px`;
  }

  /** A keyboard on the screen may cover the lower half: then the paper moves up. */
  #lift() {
    if (this.#note === null || !matchMedia("(pointer: coarse)").matches) return;
    const { y, zoom } = this.#desktop.view();
    const place = applied(this.#transform ?? IDENTITY, this.#note.x, this.#note.y);
    const top = (place.y - y) * zoom;
    if (top > LOWEST * innerHeight) this.#desktop.pan(0, LIFTED * innerHeight - top);
  }

  // ---------------------------------------------------------------------------------------------------------- drafts

  #keep() {
    const { drafts, clock, place } = this.#desktop;
    const text = this.#field.value;
    if (this.#note === null || text === this.#note.text) return;
    drafts.set({ note: { ...this.#note, text }, item: this.#item, place: place(), at: clock() });
  }

  /**
   * Log what a page that died has left. A draft of a page that lives, in another tab, says so every two seconds.
   * @param {(id: string) => boolean} isThere whether an item lives; a note whose item does not becomes a new one
   * @returns {boolean} whether there was something
   */
  recover(isThere) {
    const { board, clock, drafts } = this.#desktop;
    const draft = drafts.get();
    if (draft === null || this.isOpen || clock() - draft.at < ORPHAN_MS) return false;
    drafts.set(null);
    const text = fitting(cleanText(draft.note.text));
    if (text === "") return false;
    if (draft.item !== null && isThere(draft.item)) board.set(draft.item, Register.TEXT, text);
    else board.addItem(draft.note.type, notePayload({ ...draft.note, text }), draft.place);
    return true;
  }
}

function transformOf(item) {
  const value = item.value(Register.TRANSFORM);
  return value === undefined ? null : asTransform(value);
}

/**
 * A draft as it was kept, if it makes sense.
 * @param {unknown} kept
 * @returns {object|null}
 */
export function soundDraft(kept) {
  const { note, item, place, at } = Object(kept);
  const { type, x, y, w, h, size, colour, text } = Object(note);
  const numbers = [x, y, w, h, size, colour, at, place?.page, place?.layer];
  const isNote = type === ItemType.TEXT || type === ItemType.STICKY;
  const isId = item === null || (typeof item === "string" && /^[0-9a-f]{16}:[1-9][0-9]{0,9}$/.test(item));
  return isNote && isId && numbers.every(Number.isFinite) && typeof text === "string" ? kept : null;
}
