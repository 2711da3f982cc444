/** The door as a person sees it: the question for the PIN, and on the board's own panel the PIN itself. */

import { isLocal } from "./boards.js";
import { find } from "./elements.js";
import { isKiosk } from "./kiosk.js";
import { say } from "./locale.js";
import { DOOR_WORDS } from "./words.js";

let answer = null; // what is done with the next PIN

/**
 * Ask for the PIN of the board.
 * @param {string} why the board's words
 * @param {(pin: string) => void} onSaid
 */
export function askPin(why, onSaid) {
  const dialog = find("dialog-pin");
  if (answer === null) dialog.querySelector("form").addEventListener("submit", () => answer(find("pin").value));
  answer = onSaid;
  find("pin-words").textContent = DOOR_WORDS.includes(why) ? say(why) : "";
  find("pin").value = "";
  if (!dialog.open) dialog.showModal();
  find("pin").focus();
}

/** The PIN, if this page is open on the board itself; else "". @returns {Promise<string>} */
export async function ownPin() {
  if (!isLocal(location.hostname)) return "";
  try {
    const response = await fetch("/api/pin");
    return response.ok ? ((await response.json()).pin ?? "") : "";
  } catch {
    return "";
  }
}

/** On the board's own panel: show people the PIN that they are asked for. @param {string} admit the board's rule */
export async function showPin(admit) {
  const pin = admit === "pin" && isKiosk(location.search) ? await ownPin() : "";
  find("panel-pin").hidden = pin === "";
  find("panel-pin").textContent = say("PIN {pin}", { pin: spaced(pin) });
}

/** In halves, as people read it. @param {string} pin */
function spaced(pin) {
  return `${pin.slice(0, pin.length / 2)} ${pin.slice(pin.length / 2)}`;
}
