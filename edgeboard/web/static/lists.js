/**
 * Lists that change while somebody uses them: others draw on, and names and counts follow.
 *
 * A button that is pressed stays where it is until it is let go, else the browser tells nobody of the click; and the
 * focus stays on the row that had it.
 */

let pressed = null; // the element that a pointer holds down
const waiting = new Map(); // rows by list, for when it lets go

/** @param {HTMLElement} list @param {HTMLElement[]} rows whose buttons have a `data-key` that outlives the row */
export function relist(list, rows) {
  if (pressed !== null && list.contains(pressed)) {
    waiting.set(list, rows);
    return;
  }
  waiting.delete(list);
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...rows);
  if (key !== undefined) list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/** Begin to watch what is pressed. */
export function watchPresses() {
  const release = () =>
    setTimeout(() => {
      pressed = null; // the click, which comes after the pointer is up, has been told by now
      for (const [list, rows] of [...waiting]) relist(list, rows);
    });
  document.addEventListener("pointerdown", ({ target }) => (pressed = target), true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
}
