/** What keys do on the board. Keys that a field or a dialog wants are left to it. */

import { TOOLS } from "./tools.js";
import { Move } from "./zorder.js";

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
 * @property {(dx: number, dy: number, isFar: boolean) => void} nudge the selection, or the paper
 * @property {(dx: number, dy: number, isFine: boolean) => void} adjust turn the selection, or make it smaller (dy: 1) or larger
 * @property {() => boolean} hasSelection
 * @property {() => void} remove the selection
 * @property {() => void} duplicate
 * @property {() => void} lock the selection, or unlock it
 * @property {() => void} selectAll
 * @property {(step: number) => void} selectNext
 * @property {(move: string) => void} order
 * @property {(step: number) => void} page to the next one, or the one before
 * @property {(isHeld: boolean) => void} space
 * @property {() => void} escape
 * @property {() => void} partial the eraser takes whole strokes, or parts of them
 * @property {() => void} stamp put what the tool in hand makes in the middle
 * @property {() => void} help
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
    if (lower === "a") return commands.selectAll;
    if (!commands.hasSelection()) return null;
    if (lower === "d") return commands.duplicate;
    if (lower === "l" && event.shiftKey) return commands.lock;
    if (ARROWS.has(key) && isOnPaper(event)) return () => commands.adjust(...ARROWS.get(key), event.shiftKey);
    // with Shift a bracket is another character, on other layouts in another place
    if (key === "]" || key === "}" || event.code === "BracketRight") return () => commands.order(event.shiftKey ? Move.FRONT : Move.UP);
    if (key === "[" || key === "{" || event.code === "BracketLeft") return () => commands.order(event.shiftKey ? Move.BACK : Move.DOWN);
    return null;
  }
  if (event.altKey) return null;
  if (event.shiftKey && lower === "e") return commands.partial;
  if (TOOL_KEYS.has(lower)) return () => commands.tool(TOOL_KEYS.get(lower));
  if (ARROWS.has(key)) return isOnPaper(event) ? () => commands.nudge(...ARROWS.get(key), event.shiftKey) : null;
  switch (key) {
    case " ":
      return isOnPaper(event) ? () => commands.space(true) : null;
    case "Enter":
      return isOnPaper(event) ? commands.stamp : null;
    case "?":
      return commands.help;
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
    case "Delete":
    case "Backspace":
      return commands.hasSelection() ? commands.remove : null;
    case "PageDown":
      return () => commands.page(1);
    case "PageUp":
      return () => commands.page(-1);
    case ".":
      return () => commands.selectNext(1);
    case ",":
      return () => commands.selectNext(-1);
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
