/** What keys do on the board. Keys that a field or a dialog wants are left to it. */

import { TOOLS } from "./tools.js";

const TOOL_KEYS = new Map(Object.entries(TOOLS).map(([name, { key }]) => [key, name]));
const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]],
]);

/**
 * @typedef {object} KeyCommands
 * @property {(name: string) => void} tool
 * @property {(step: number) => void} width thinner or thicker
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(factor: number) => void} zoomBy
 * @property {() => void} zoomReset
 * @property {() => void} fit
 * @property {(dx: number, dy: number) => void} nudge
 * @property {(isHeld: boolean) => void} space
 * @property {() => void} escape
 */

/**
 * Listen to the keys of a window.
 * @param {Window} target
 * @param {KeyCommands} commands
 */
export function listenToKeys(target, commands) {
  const { classList } = target.document.documentElement;
  target.addEventListener("pointerdown", () => classList.remove("by-keyboard"), true);
  target.addEventListener("keydown", (event) => {
    if (event.key === "Tab") classList.add("by-keyboard");
    if (isForSomebodyElse(event)) return;
    const act = commandOf(event, commands);
    if (act === null) return;
    event.preventDefault();
    act();
  });
  target.addEventListener("keyup", (event) => {
    if (event.key === " ") commands.space(false);
  });
  target.addEventListener("blur", () => commands.space(false));
}

function commandOf(event, commands) {
  const { key } = event;
  const lower = key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (lower === "z") return event.shiftKey ? commands.redo : commands.undo;
    if (lower === "y") return commands.redo;
    return null;
  }
  if (event.altKey) return null;
  if (TOOL_KEYS.has(lower)) return () => commands.tool(TOOL_KEYS.get(lower));
  if (ARROWS.has(key)) return isOnPaper(event) ? () => commands.nudge(...ARROWS.get(key)) : null;
  switch (key) {
    case " ":
      return isOnPaper(event) ? () => commands.space(true) : null;
    case "[":
      return () => commands.width(-1);
    case "]":
      return () => commands.width(1);
    case "+":
    case "=":
      return () => commands.zoomBy(1.25);
    case "-":
      return () => commands.zoomBy(0.8);
    case "0":
      return commands.zoomReset;
    case "1":
      return commands.fit;
    case "Escape":
      return commands.escape;
    default:
      return null;
  }
}

/** A space or an arrow belongs to the button that has the focus. */
function isOnPaper({ target }) {
  return !(target instanceof HTMLElement) || target.closest("button, a") === null;
}

function isForSomebodyElse({ target, isComposing }) {
  if (isComposing) return true;
  return target instanceof HTMLElement && target.closest("dialog, input, textarea, select, [contenteditable]") !== null;
}
