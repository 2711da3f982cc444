/**
 * The tools by name, as the toolbar has them.
 *
 * A tool takes one gesture of a pointer from its begin to its end: screen px come in, canvas px go on. What it makes goes
 * through the board, so the network is never waited for. A tool without `make` moves the paper.
 */

import { EraserTool, PartialEraserTool } from "./eraser.js";
import { WIDTH_STEPS } from "./ink.js";
import { ItemType, Shape, Tool } from "./kinds.js";
import { LaserTool } from "./laser.js";
import { CursorTool } from "./live.js";
import { NoteTool } from "./notes.js";
import { StrokeTool } from "./pen.js";
import { SelectTool } from "./select.js";
import { ShapeTool } from "./shapes.js";

/**
 * @typedef {import("./bench.js").Bench} Bench
 *
 * @typedef {object} GestureTool one gesture
 * @property {(sample: import("./pointer.js").Sample, how: {hasPressure: boolean, type: string}) => void} begin
 * @property {(samples: import("./pointer.js").Sample[], predicted?: import("./pointer.js").Sample[]) => void} move
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
 * @property {number[]|null} widths to choose from, 1/8 px: of ink, of letters, of an eraser on the screen; null: it has none
 * @property {"colour"|"paper"|null} colour which colour of the choice is its own; null: it has none
 * @property {string} [family] tools that share one button
 * @property {number} cursor one of `CursorTool`, as others see it hover
 * @property {((bench: Bench, ink: Ink) => GestureTool)|null} make
 * @property {(bench: Bench, ink: Ink) => void} [stamp] put one in the middle of the window, without a pointer
 * @property {(bench: Bench, place: {x: number, y: number}) => string} [over] how the mouse pointer looks at a place
 * @property {boolean} [edits] whether two taps open the note that is there
 *
 * @typedef {{colour: number, width: number, isPartial: boolean}} Ink
 */

const WIDTHS = [12, 24, 40, 72, 128];
const SIZES = [128, 160, 224, 320, 480]; // of letters: 16 to 60 px
const ERASERS = [64, 144, 256, 448, 768]; // across: 8 to 96 px on the screen

const pen = (tool) => (bench, ink) => new StrokeTool(bench, { tool, ...ink });
const eraser = (bench, { width, isPartial }) => {
  const how = { radius: width / WIDTH_STEPS / 2 };
  return isPartial ? new PartialEraserTool(bench, how) : new EraserTool(bench, how);
};
const shape = (key, kind) => ({
  key,
  widths: WIDTHS,
  colour: "colour",
  family: "shapes",
  cursor: CursorTool.PEN,
  make: (bench, ink) => new ShapeTool(bench, { shape: kind, ...ink }),
  stamp: (bench, ink) => ShapeTool.stamp(bench, { shape: kind, ...ink }),
});
const note = (key, type, widths, colour) => ({
  key,
  widths,
  colour,
  cursor: CursorTool.NONE,
  make: (bench, ink) => new NoteTool(bench, { type, ...ink }),
  stamp: (bench, ink) => NoteTool.stamp(bench, { type, ...ink }),
});

/** @type {Readonly<Record<string, ToolKind>>} */
export const TOOLS = Object.freeze({
  select: {
    key: "v",
    widths: null,
    colour: null,
    cursor: CursorTool.SELECT,
    make: (bench) => new SelectTool(bench),
    over: SelectTool.over,
    edits: true,
  },
  pen: { key: "p", widths: WIDTHS, colour: "colour", cursor: CursorTool.PEN, make: pen(Tool.PEN) },
  marker: { key: "m", widths: [80, 128, 192, 288, 448], colour: "colour", cursor: CursorTool.PEN, make: pen(Tool.MARKER) },
  eraser: { key: "e", widths: ERASERS, colour: null, cursor: CursorTool.ERASER, make: eraser },
  line: shape("l", Shape.LINE),
  arrow: shape("a", Shape.ARROW),
  rectangle: shape("r", Shape.RECTANGLE),
  ellipse: shape("o", Shape.ELLIPSE),
  text: note("t", ItemType.TEXT, SIZES, "colour"),
  sticky: note("n", ItemType.STICKY, null, "paper"),
  laser: { key: "k", widths: null, colour: null, cursor: CursorTool.NONE, make: (bench) => new LaserTool(bench) },
  hand: { key: "h", widths: null, colour: null, cursor: CursorTool.NONE, make: null },
});

/** What a toolbar begins with. @type {import("./desk.js").Choice} */
export const FIRST_CHOICE = Object.freeze({
  name: "pen",
  colour: 0,
  paper: 6,
  isPartial: false,
  widths: Object.freeze({ pen: 1, marker: 2, eraser: 1, line: 1, arrow: 1, rectangle: 1, ellipse: 1, text: 1 }),
});

/** The tool that a colour is for: the one in hand if it has one, else the pen. @param {string} name */
export const coloured = (name) => (TOOLS[name]?.colour ? name : "pen");

/** The tool that a width is for: the one in hand if it has one, else the pen. @param {string} name */
export const sized = (name) => (TOOLS[name]?.widths ? name : "pen");

/** The tools of one family, which share what is chosen for one of them. @param {string} name @returns {string[]} */
export function family(name) {
  const own = TOOLS[name].family;
  return own === undefined ? [name] : Object.keys(TOOLS).filter((each) => TOOLS[each].family === own);
}

/** What a tool draws with. @param {string} name @param {import("./desk.js").Choice} choice */
export function inkOf(name, choice) {
  const { colour, widths } = TOOLS[name];
  return { colour: choice[colour] ?? 0, width: widths?.[choice.widths[name]] ?? 0, isPartial: choice.isPartial };
}
