/**
 * `?kiosk`: a panel on a wall or beside a machine. Larger targets, nothing that leaves the board or asks for a name, and a
 * screen that stays awake where the browser allows it (it does on secure origins only).
 */

import { isLocal } from "./boards.js";

/** Whether the page is asked to be one. @param {string} search of the location @returns {boolean} */
export function isKiosk(search) {
  const asked = new URLSearchParams(search).get("kiosk");
  return asked !== null && asked !== "0";
}

/** Make the page one. @param {Window} target @param {() => void} beside called if it is open on the board itself */
export function becomeKiosk(target, beside) {
  const { document, navigator } = target;
  document.documentElement.classList.add("is-kiosk");
  for (const type of ["contextmenu", "dragstart", "selectstart"]) {
    document.addEventListener(type, (event) => isField(event.target) || event.preventDefault());
  }
  const stayAwake = async () => {
    if (document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock?.request("screen");
    } catch {
      // not allowed here, or the battery is low: the system decides
    }
  };
  document.addEventListener("visibilitychange", stayAwake); // a hidden page loses it
  stayAwake();
  if (isLocal(target.location.hostname)) beside();
}

function isField(target) {
  return target instanceof Element && target.closest("input, textarea") !== null;
}
