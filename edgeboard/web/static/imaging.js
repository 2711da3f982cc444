/** The images of the page put together: what is shown of them, what is kept, and how they come onto the board. */

import { Gallery } from "./gallery.js";
import { Inserter } from "./inserting.js";
import { say } from "./locale.js";
import { Vault } from "./vault.js";
import { refusal } from "./words.js";

/**
 * @param {object} parts
 * @param {Promise<IDBDatabase|null>} parts.database
 * @param {string} parts.person hex
 * @param {string} parts.roomName
 * @param {import("./board.js").Board} parts.board
 * @param {import("./toasts.js").Toasts} parts.toasts
 * @param {(kind: string, fields: object) => void} parts.tell the host, if there is a link
 * @param {(ids: string[]) => void} parts.onLook
 * @param {() => void} parts.onChange
 * @param {() => number} parts.clock
 * @returns {Gallery}
 */
export function makeGallery({ database, person, roomName, board, toasts, tell, ...rest }) {
  const said = new Set(); // a reason is told once
  const onRefused = ({ content, ...reason }) => {
    const text = say("{what} not taken: {why}", { what: say("Image"), why: refusal({ ...reason, text: say(reason.text) }) });
    if (!said.has(content + text)) toasts.say(text, { isTrouble: true });
    said.add(content + text);
  };
  const vault = new Vault(database, person, roomName);
  return new Gallery({ document: board.document, vault, say: tell, onRefused, ...rest });
}

/** Let images be pasted, dropped and chosen. @param {object} parts as of `Inserter` */
export function listenForImages(parts) {
  const element = (id) => document.getElementById(id);
  new Inserter(parts).listen(window, element("stage"), element("insert-image"), element("image-file"));
}
