/**
 * The tools by name, as the toolbar has them.
 *
 * A tool takes one gesture of a pointer from its begin to its end: screen px come in, canvas px go on. What it makes goes
 * through the board, so the network is never waited for. A tool without `make` moves the paper.
 */

import { EraserTool } from "./eraser.js";
import { Tool } from "./kinds.js";
import { CursorTool } from "./live.js";
import { StrokeTool } from "./pen.js";
import { SelectTool } from "./select.js";

/**
 * @typedef {import("./bench.js").Bench} Bench
 *
 * @typedef {object} GestureTool one gesture
 * @property {(sample: import("./pointer.js").Sample, how: {hasPressure: boolean, type: string}) => void} begin
 * @property {(samples: import("./pointer.js").Sample[]) => void} move
 * @property {(now: number) => void} tick time passes, the pointer may rest
 * @property {number} due when `tick` matters, ms; Infinity for never
 * @property {() => void} flush log what there is: the page may be gone in a moment
 * @property {() => void} end
 * @property {() => void} cancel it was no gesture after all
 * @property {import("./picture.js").Picture|null} drawing what is under way, drawn above the sheet
 * @property {{x: number, y: number, radius: number}|null} ring where a ring shows what is touched, screen px
 * @property {number} cursor one of `CursorTool`
 *
 * @typedef {object} ToolKind
 * @property {string} key of the keyboard
 * @property {number[]|null} widths to choose from, 1/8 px; null: it has none
 * @property {number} cursor one of `CursorTool`, as others see it hover
 * @property {((bench: Bench, ink: {colour: number, width: number}) => GestureTool)|null} make
 * @property {(bench: Bench, place: {x: number, y: number}) => string} [over] how the mouse pointer looks at a place
 */

const pen = (tool) => (bench, ink) => new StrokeTool(bench, { tool, ...ink });

/** @type {Readonly<Record<string, ToolKind>>} */
export const TOOLS = Object.freeze({
  select: { key: "v", widths: null, cursor: CursorTool.SELECT, make: (bench) => new SelectTool(bench), over: SelectTool.over },
  pen: { key: "p", widths: [12, 24, 40, 72, 128], cursor: CursorTool.PEN, make: pen(Tool.PEN) },
  marker: { key: "m", widths: [80, 128, 192, 288, 448], cursor: CursorTool.PEN, make: pen(Tool.MARKER) },
  eraser: { key: "e", widths: null, cursor: CursorTool.ERASER, make: (bench) => new EraserTool(bench) },
  hand: { key: "h", widths: null, cursor: CursorTool.NONE, make: null },
});

/** The tool that a colour or a width is for: the one in hand if it draws, else the pen. @param {string} name */
export const inked = (name) => (TOOLS[name]?.widths ? name : "pen");
