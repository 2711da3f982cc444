/** What the page says about its connection and its ink, in plain words. Values in, text out. */

import { Phase } from "./connection.js";
import { Carrier } from "./link.js";
import { Code } from "./wire.js";

const CARRIERS = new Map([
  [Carrier.WEBRTC, "WebRTC"],
  [Carrier.WEBSOCKET, "WebSocket"],
]);

const CODES = new Map([
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
]);

const ROOM_STATES = new Map([
  ["idle", "asleep"],
  ["joining", "joining the other boards"],
  ["active", "up to date"],
  ["converging", "catching up with the other boards"],
  ["leaving", "closing"],
  ["faulted", "cannot save just now; ink is kept in the board's memory"],
]);

/** @param {number} count @param {string} one @param {string} [many] @returns {string} "1 stroke", "3 strokes" */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * The badge.
 * @param {{phase: string, carrier: string, isSuspect: boolean, waiting: number, roomState: string}} state `waiting`: strokes
 *   not handed over
 * @returns {{title: string, detail: string, tone: "good"|"busy"|"bad"}}
 */
export function badge({ phase, carrier, isSuspect, waiting, roomState = "" }) {
  const queue = waiting > 0 ? `${counted(waiting, "stroke")} waiting` : "";
  switch (phase) {
    case Phase.LIVE:
      if (isSuspect) return { title: "Unsteady", detail: queue || "waiting for the board", tone: "busy" };
      if (roomState === "faulted") return { title: "Live", detail: "the board cannot save", tone: "busy" };
      return { title: "Live", detail: queue || `over ${CARRIERS.get(carrier) ?? carrier}`, tone: "good" };
    case Phase.JOINING:
      return { title: "Joining", detail: queue || "fetching the board", tone: "busy" };
    case Phase.CONNECTING:
      return { title: "Connecting", detail: queue || "looking for the board", tone: "busy" };
    case Phase.STOPPED:
      return { title: "Not connected", detail: queue || "ink is kept here", tone: "bad" };
    default:
      return { title: "Offline", detail: queue ? `${queue}, kept here` : "ink is kept here", tone: "bad" };
  }
}

/** Why a link ended, for a person. @param {{code: number, text: string}|null} last @returns {string} */
export function ending(last) {
  if (last === null) return "";
  if (last.code === 0) return "The board cannot be reached.";
  return CODES.get(last.code) ?? `The connection ended (code ${last.code}).`;
}

/** Why an op was not taken. @param {{code: number, text: string}} refused @returns {string} */
export function refusal({ code, text }) {
  switch (code) {
    case Code.RATE:
      return "too much at once for the board";
    case Code.FORBIDDEN:
      return "this device may not draw here";
    case Code.STORE_FULL:
      return "the board's storage is full";
    case Code.LIMIT:
    case Code.TOO_BIG:
      return "larger than the board allows";
    default:
      return text === "" ? `code ${code}` : text;
  }
}

/** @param {string} state of a room, as the host names it @returns {string} */
export function roomWords(state) {
  return ROOM_STATES.get(state) ?? state;
}

/** How far the own ink has come. @param {{unsent: number, unsafe: number}} ops @returns {string} */
export function safety({ unsent, unsafe }) {
  if (unsafe === 0) return "All your ink is safe.";
  if (unsent === 0) return "Saved by the board, on its way to a second one.";
  return "Some ink is only on this device yet.";
}
