/** What the page says about its connection and its ink, in plain words. Values in, text out. */

import { Phase } from "./connection.js";
import { Carrier } from "./link.js";
import { counted, say } from "./locale.js";
import { Code } from "./wire.js";

const CARRIERS = new Map([
  [Carrier.WEBRTC, "WebRTC"],
  [Carrier.WEBSOCKET, "WebSocket"],
]);

const CODES = new Map([ // say
  [Code.NORMAL, "The board closed the connection."],
  [Code.TOO_BIG, "The board found a message too big."],
  [Code.RATE, "The board asks to slow down."],
  [Code.BAD_SIGNATURE, "The board did not accept a signature."],
  [Code.TOO_OLD, "This page is older than the board."],
  [Code.ROOM_FULL, "This room is full."],
  [Code.AUTHENTICATION, "The board did not recognise this device."],
  [Code.OTHER_MESH, "This board belongs to another group of boards."],
  [Code.CLONE, "Another board uses the same key."],
  [Code.MALFORMED, "The board and this page did not understand each other."],
  [Code.SLOW, "The connection was too slow."],
  [Code.GOING_AWAY, "The board is restarting."],
  [Code.LIMIT, "A limit of the board was reached."],
  [Code.SILENT, "The board went silent."],
  [Code.FORBIDDEN, "The board does not let this device in."],
  [Code.STORE_FULL, "The board's storage is full."],
  [Code.PIN, "The board asks for its PIN."],
]);

/** What a board says at its door (`edgeboard/rooms/admission.py`, `edgeboard/identity/tokens.py`). */
export const DOOR_WORDS = [ // say
  "This board asks for its PIN.",
  "That is not the PIN.",
  "Too many wrong PINs. Wait half a minute.",
  "This board lets in only who has a link made for them.",
  "The link that let you in has ended.",
  "The link that let you in is for another room.",
  "The link that let you in does not hold at this board.",
  "This board is only for people on its network.",
];

const ROOM_STATES = new Map([ // say
  ["idle", "asleep"],
  ["joining", "joining the other boards"],
  ["active", "up to date"],
  ["converging", "catching up with the other boards"],
  ["leaving", "closing"],
  ["faulted", "cannot save just now; ink is kept in the board's memory"],
]);

/**
 * The badge.
 * @param {{phase: string, carrier: string, isSuspect: boolean, waiting: number, roomState: string, isPersistent: boolean, board: string, role: string}}
 *   state `waiting`: strokes not handed over; `isPersistent`: whether this browser keeps them; `board`: the name of the
 *   board, where it is not the one that the page came from; `role`: what the page may do there
 * @returns {{title: string, detail: string, tone: "good"|"busy"|"bad"}}
 */
export function badge({ phase, carrier, isSuspect, waiting, roomState = "", isPersistent = true, board = "", role = "draw" }) {
  const queue = waiting > 0 ? counted(waiting, "{n} stroke waiting", "{n} strokes waiting") : "";
  const kept = isPersistent ? say("ink is kept here") : say("leave this page open");
  switch (phase) {
    case Phase.LIVE:
      if (isSuspect) return { title: say("Unsteady"), detail: queue || say("waiting for the board"), tone: "busy" };
      if (roomState === "faulted") return { title: say("Live"), detail: say("the board cannot save"), tone: "busy" };
      if (!isPersistent) return { title: say("Live"), detail: queue || say("this browser keeps no ink"), tone: "busy" };
      if (role === "view") return { title: say("View only"), detail: board === "" ? "" : say("at {board}", { board }), tone: "good" };
      if (board !== "") return { title: say("Live"), detail: queue || say("at {board}", { board }), tone: "good" };
      return { title: say("Live"), detail: queue || say("over {way}", { way: CARRIERS.get(carrier) ?? carrier }), tone: "good" };
    case Phase.JOINING:
      return { title: say("Joining"), detail: queue || say("fetching the board"), tone: "busy" };
    case Phase.CONNECTING:
      return { title: say("Connecting"), detail: queue || say("looking for the board"), tone: "busy" };
    case Phase.STOPPED:
      return { title: say("Not connected"), detail: queue || kept, tone: "bad" };
    default:
      if (!isPersistent) return { title: say("Offline"), detail: kept, tone: "bad" };
      return { title: say("Offline"), detail: queue ? say("{queue}, kept here", { queue }) : kept, tone: "bad" };
  }
}

/** Why a link ended, for a person. @param {{code: number, text: string}|null} last @returns {string} */
export function ending(last) {
  if (last === null) return "";
  if (last.code === 0) return say("The board cannot be reached.");
  if (DOOR_WORDS.includes(last.text)) return say(last.text);
  return say(CODES.get(last.code) ?? "The connection ended (code {code}).", { code: last.code });
}

/** Why an op was not taken. @param {{code: number, text: string}} refused @returns {string} */
export function refusal({ code, text }) {
  switch (code) {
    case Code.RATE:
      return say("too much at once for the board");
    case Code.FORBIDDEN:
      return say("this device may not draw here");
    case Code.STORE_FULL:
      return say("the board's storage is full");
    case Code.LIMIT:
    case Code.TOO_BIG:
      return say("larger than the board allows");
    default:
      return text === "" ? say("code {code}", { code }) : say(text);
  }
}

/** @param {string} state of a room, as the host names it @returns {string} */
export function roomWords(state) {
  return say(ROOM_STATES.get(state) ?? state);
}

/** How far the own ink has come. @param {{unsent: number, unsafe: number}} ops @returns {string} */
export function safety({ unsent, unsafe }) {
  if (unsafe === 0) return say("All your ink is safe.");
  if (unsent === 0) return say("Saved by the board, on its way to a second one.");
  return say("Some ink is only on this device yet.");
}
