/**
 * `window.edgeboard`: the page as seen from outside, for tests and for those who look what is wrong.
 *
 * Only for looking: nothing can be changed through it, and what it hands out are copies, but for the document.
 */

import { toHex } from "./ids.js";

/**
 * @param {Window} target
 * @param {object} parts the parts of the page, as `main.js` makes them
 */
export function expose(target, { board, boards, connection, desk, host, images, liveIn, outbox, presence, self }) {
  let errors = 0;
  target.addEventListener("error", () => (errors += 1));
  target.addEventListener("unhandledrejection", () => (errors += 1));
  const surface = {
    /** "webrtc", "websocket" or "". */
    get carrier() {
      return connection.carrier;
    },
    /** One of `Phase`. */
    get state() {
      return connection.phase;
    },
    /** Address of the board that this page is at. */
    get board() {
      return boards.here;
    },
    /** Addresses of boards that it would go to, in order. */
    get otherBoards() {
      return boards.others;
    },
    /** The state of the room at the host, in its own word. */
    get roomState() {
      return host.roomState;
    },
    get document() {
      return board.document;
    },
    get origin() {
      return board.origin;
    },
    get person() {
      return self().id;
    },
    get view() {
      return desk.view;
    },
    /** Everybody here, this person first. */
    get people() {
      return [self(), ...presence.others()];
    },
    /** Cursors of others. */
    get cursors() {
      return [...liveIn.cursors.values()];
    },
    /** Strokes of others that are under way. */
    get previews() {
      return [...liveIn.previews.values()];
    },
    /** Ids of what is selected. */
    get selected() {
      return [...desk.selection.ids];
    },
    /** Where the frame of the selection is, canvas px; null if nothing is selected. */
    get selectionBox() {
      return desk.selection.box;
    },
    /** The page and the layer that new items go to. */
    get place() {
      return desk.sight.place;
    },
    /** Of the canvas, in hex. */
    digest: () => toHex(board.document.digest()),
    /** Items alive, in paint order. */
    items: () => board.document.items().map(({ id, type }) => ({ id, type })),
    /** How many own ops no host has acknowledged. */
    pending: () => outbox.unsent().length + images.waiting.unsent,
    /** How many own ops are not safe yet. */
    unsafe: () => outbox.unsafe().length + images.waiting.unsafe,
    refused: () => outbox.refused().map(({ id, refused }) => ({ id, ...refused })),
    statistics: () => ({
      ops: board.document.size,
      items: board.document.items().length,
      session: connection.session?.statistics() ?? null,
      painter: desk.statistics(),
      liveDropped: liveIn.dropped,
      isPersistent: outbox.persistent,
      errors,
      ...board.troubles,
    }),
  };
  Object.defineProperty(target, "edgeboard", { value: Object.freeze(surface) });
}

/**
 * Bring the attributes up to date that tests and styles go by.
 * @param {DOMStringMap} dataset of the body
 * @param {object} parts as of `expose`
 */
export function mark(dataset, { connection, outbox, images }) {
  dataset.state = connection.phase;
  dataset.carrier = connection.carrier;
  const { unsent, unsafe } = images.waiting;
  dataset.unsafe = String(outbox.unsafe().length + unsafe);
  dataset.pending = String(outbox.unsent().length + unsent);
  dataset.refused = String(outbox.refused().length);
}
