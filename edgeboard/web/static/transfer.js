/**
 * Pictures and files out of the board, and files into it.
 *
 * A PNG is drawn here, from the page that is shown, so it works without a board. Files are read by the board, which gives
 * back items (docs/formats/excalidraw.md); they become ops of this person, one gesture that one undo takes back. What could
 * not be carried is shown in a list.
 */

import { find, make } from "./elements.js";
import { inflated } from "./geometry.js";
import { mediaOf } from "./images.js";
import { Inserter } from "./inserting.js";
import { counted, say } from "./locale.js";
import { Bitmap } from "./sheet.js";
import { LISTED_MAX, freeNumbers, pageKey, pagesOf } from "./structure.js";
import { packSound } from "./values.js";

const MARGIN = 16; // canvas px around what is drawn
const PIXELS_MAX = 36_000_000; // of a PNG, as the board has it
const SIDE_MAX = 16_384; // px that browsers give a canvas
const FILE_MAX = 16 * 1024 * 1024; // bytes that the board takes
const PAPER = "#ffffff";
const NOTES_HEADER = "Edgeboard-Notes";
const GONE_MS = 60_000; // until what was saved is let go of

/** What the board says of files that it cannot open (`edgeboard/node/conversion.py`). */
export const FILE_WORDS = [ // say
  "This is none of the files that can be opened: drawings of Excalidraw, rooms saved as data (JSON), pen recordings, pictures (PNG, JPEG, WebP, GIF).",
  "This file is damaged, or is none of those that can be opened: drawings of Excalidraw, rooms saved as data (JSON), pen recordings.",
  "SVG pictures cannot be opened. Save it as PNG, and open that.",
];

/** @typedef {{kind: string, count: number, why: string}} Note what was not carried */

/** Saving and opening. */
export class Transfer {
  #boards;
  #desk;
  #editing;
  #gallery;
  #toasts;
  #room;

  /**
   * @param {object} parts
   * @param {import("./boards.js").Boards} parts.boards
   * @param {import("./desk.js").Desk} parts.desk
   * @param {import("./editing.js").Editing} parts.editing
   * @param {import("./gallery.js").Gallery} parts.gallery
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {string} parts.room its name
   */
  constructor({ boards, desk, editing, gallery, toasts, room }) {
    this.#boards = boards;
    this.#desk = desk;
    this.#editing = editing;
    this.#gallery = gallery;
    this.#toasts = toasts;
    this.#room = room;
  }

  /** Save the page that is shown. @param {number} scale px for each of the canvas, 1 to 4 */
  async savePng(scale) {
    const { painter } = this.#desk.bench;
    const extent = painter.extent();
    if (extent === null) {
      this.#toasts.say(say("There is nothing here to save."));
      return;
    }
    const box = sheetOf(extent);
    const fitting = fits(box, scale);
    if (fitting < scale) {
      const text = fitting === 0 ? say("Too large for a PNG. Save it as SVG.") : say("Too large for {scale}×. It fits at {fitting}×.", { scale, fitting });
      this.#toasts.say(text, { isTrouble: true });
      return;
    }
    const bitmap = new Bitmap(box, scale);
    bitmap.fill(PAPER);
    for (const picture of painter.pictures()) bitmap.draw(picture);
    const file = await bitmap.encode();
    if (file === null) this.#toasts.say(say("Too large for a PNG. Save it as SVG."), { isTrouble: true });
    else save(file, `${this.#room}.png`);
  }

  /** Save the page that is shown for Excalidraw, as the board writes it. */
  async saveExcalidraw() {
    const page = this.#desk.sight.page + 1;
    const answer = await this.#ask(`/api/room/${encodeURIComponent(this.#room)}/export.excalidraw?page=${page}`);
    if (answer === null) return;
    const name = `${this.#room}.excalidraw`;
    save(await answer.blob(), name);
    showNotes(say("{name} was saved without these:", { name }), readNotes(answer.headers.get(NOTES_HEADER)));
  }

  /** Add what is in a file, in the middle of the view; its further pages become new ones. @param {File} file */
  async open(file) {
    if (mediaOf(new Uint8Array(await file.slice(0, 16).arrayBuffer())) !== null) {
      const { board } = this.#desk.bench;
      return new Inserter({ board, desk: this.#desk, gallery: this.#gallery, toasts: this.#toasts }).insert([file]);
    }
    if (file.size > FILE_MAX) {
      this.#toasts.say(say("{name} is larger than {most} MiB. Use edgeboard import on the board.", { name: file.name, most: FILE_MAX >> 20 }), { isTrouble: true });
      return;
    }
    const answer = await this.#ask(`/api/convert?name=${encodeURIComponent(file.name.slice(-100))}`, { method: "POST", body: new Blob([file]) }); // without a type: no preflight
    if (answer === null) return;
    const { items, images, notes, pages = [""] } = await answer.json();
    const known = pagesOf(this.#desk.bench.board.document);
    if (known.length + pages.length - 1 > LISTED_MAX) {
      this.#toasts.say(say("There are {n} pages already.", { n: known.length }), { isTrouble: true });
      return;
    }
    for (const image of images) await this.#gallery.keep(fromBase64(image));
    if (this.#desk.isPast) return;
    const fresh = freeNumbers(known, pages.length - 1);
    if (items.length > 0) this.#editing.insert(copiesOf(items, fresh), fresh.map((page, at) => [pageKey(page), pages[at + 1]]));
    const added = counted(items.length, "{n} item added", "{n} items added");
    this.#toasts.say(fresh.length === 0 ? added : say("{added}, on {n} pages", { added, n: pages.length }));
    showNotes(say("{name} was opened without these:", { name: file.name }), notes);
  }

  /** The board's answer; null after its refusal was shown. */
  async #ask(path, options) {
    let answer;
    try {
      answer = await fetch(this.#boards.at()(path), options);
    } catch {
      this.#toasts.say(say("The board cannot be reached."), { isTrouble: true });
      return null;
    }
    if (answer.ok) return answer;
    const text = await answer.json().then((told) => told.text, () => "");
    const isPlain = FILE_WORDS.includes(text);
    this.#toasts.say(isPlain ? say(text) : say("The board could not do that: {why}", { why: say(text || String(answer.status)) }), { isTrouble: true });
    return null;
  }
}

/** What a PNG shows: whole px around everything. @param {import("./geometry.js").Rect} extent @returns {import("./geometry.js").Rect} */
export function sheetOf(extent) {
  const { x0, y0, x1, y1 } = inflated(extent, MARGIN);
  return { x0: Math.floor(x0), y0: Math.floor(y0), x1: Math.ceil(x1), y1: Math.ceil(y1) };
}

/** The largest scale up to the one that is wanted at which a PNG is not too large. @param {import("./geometry.js").Rect} box @param {number} wanted @returns {number} 0 if there is none */
export function fits({ x0, y0, x1, y1 }, wanted) {
  const [width, height] = [x1 - x0, y1 - y0];
  for (let scale = wanted; scale > 0; scale--) {
    if (width * height * scale * scale <= PIXELS_MAX && Math.max(width, height) * scale <= SIDE_MAX) return scale;
  }
  return 0;
}

/**
 * Items of the board's answer as copies to be added.
 * @param {{type: number, pieces: string[], registers: Record<string, unknown>, cuts?: number[][][], ends?: (number|null)[], page?: number}[]} items
 * @param {number[]} [fresh] pages for those of the file behind its first
 * @returns {import("./clipboard.js").Copy[]}
 */
export function copiesOf(items, fresh = []) {
  return items.map(({ type, pieces, registers, cuts = [], ends, page = 0 }) => ({
    type,
    pieces: pieces.map((payload, at) => ({ payload: fromBase64(payload), cuts: (cuts[at] ?? []).flat() })),
    registers: Object.entries(registers).map(([register, value]) => [Number(register), packSound(value)]),
    ...(ends === undefined ? {} : { ends }),
    ...(page === 0 ? {} : { page: fresh[page - 1] }),
  }));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function readNotes(header) {
  try {
    const notes = JSON.parse(header ?? "[]");
    return Array.isArray(notes) ? notes : [];
  } catch {
    return [];
  }
}

/** @param {string} what @param {Note[]} notes nothing is shown if there are none */
function showNotes(what, notes) {
  if (notes.length === 0) return;
  find("notes-what").textContent = what;
  const rows = notes.map(({ kind, count, why }) => {
    const row = make("li");
    row.append(make("span", "name", `${say(kind)} (${count})`), make("br"), make("span", "soft", say(why)));
    return row;
  });
  find("notes-list").replaceChildren(...rows);
  if (!find("dialog-notes").open) find("dialog-notes").showModal();
}

function save(file, name) {
  const link = make("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), GONE_MS);
}
