/**
 * `?kiosk`: a panel on a wall or beside a machine. Larger targets, nothing that leaves the board or asks for a name, and a
 * screen that stays awake where the browser allows it (it does on secure origins only).
 */

/** Whether the page is asked to be one. @param {string} search of the location @returns {boolean} */
export function isKiosk(search) {
  const asked = new URLSearchParams(search).get("kiosk");
  return asked !== null && asked !== "0";
}

/** Make the page one. @param {Window} target */
export function becomeKiosk(target) {
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
}

function isField(target) {
  return target instanceof Element && target.closest("input, textarea") !== null;
}
