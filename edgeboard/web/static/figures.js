/**
 * Pictures of items that are no ink: shapes, text, sticky notes, images, connectors.
 *
 * Each maker takes an item and gives a picture (see `picture.js`) or null. Payloads came from somebody else, so every
 * number is looked at before it is used; what is not of the form throws DecodeError.
 */

import { distanceToSegments } from "./geometry.js";
import { readImage } from "./images.js";
import { PALETTE, cssColour } from "./ink.js";
import { ItemType, Register, Shape } from "./kinds.js";
import { unpack } from "./values.js";
import { DecodeError } from "./varints.js";
import { wrapped } from "./wrapping.js";

const FAR = 1e7; // px: beyond it nothing is drawn
const POINTS_MAX = 20_000; // numbers in a shape
const HEAVY = 1_000; // points
const LINES_MAX = 400; // of a text
export const TEXT_LINE = 1.3; // of the text size: from line to line
export const TEXT_ASCENT = 0.9; // of the text size: where the baseline is below the top
const LINE_WIDTH_MAX = 256; // px
export const STICKY_MARGIN = 12; // px
const STICKY_SIZES = [18, 16, 14, 12, 10]; // px of its letters: the first that lets all of the text in
const ROUND = 48; // straight parts of an ellipse, where it is asked what touches it
const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

function pictureOfShape(item) {
  const [shape, numbers, colour, width, fill] = listOf(item);
  const places = placesOf(numbers);
  if (places.length < 2) return null;
  const style = styleOf(item, colour, width, fill);
  const path = new Path2D();
  traceShape(path, shape, places, style.width);
  const isClosed = shape === Shape.RECTANGLE || shape === Shape.ELLIPSE || shape === Shape.POLYGON;
  const box = boxOf(places, style.width * 4 + 8);
  return outlined(box, outlineOf(shape, places), style.width / 2, isClosed && style.fill !== null, (context) => {
    context.globalAlpha = style.opacity;
    if (isClosed && style.fill !== null) {
      context.fillStyle = cssColour(style.fill);
      context.fill(path);
    }
    context.strokeStyle = cssColour(style.colour);
    context.lineWidth = style.width;
    context.stroke(path);
  });
}

function pictureOfConnector(item) {
  const [, , numbers, colour, width] = listOf(item);
  const places = placesOf(numbers);
  if (places.length < 2) return null;
  const style = styleOf(item, colour, width, null);
  const path = new Path2D();
  traceShape(path, Shape.ARROW, places, style.width);
  return outlined(boxOf(places, style.width * 4 + 8), places, style.width / 2, false, (context) => {
    context.globalAlpha = style.opacity;
    context.strokeStyle = cssColour(style.colour);
    context.lineWidth = style.width;
    context.stroke(path);
  });
}

function traceShape(path, shape, places, width) {
  const [[x0, y0], [x1, y1]] = places;
  switch (shape) {
    case Shape.RECTANGLE:
      path.rect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
      break;
    case Shape.ELLIPSE:
      path.ellipse((x0 + x1) / 2, (y0 + y1) / 2, Math.abs(x1 - x0) / 2, Math.abs(y1 - y0) / 2, 0, 0, 2 * Math.PI);
      break;
    default:
      places.forEach(([x, y], at) => (at === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
      if (shape === Shape.POLYGON) path.closePath();
      if (shape === Shape.ARROW) traceHead(path, places.at(-2), places.at(-1), 6 + 3 * width);
  }
}

/** The outline as places to be joined by straight lines. */
function outlineOf(shape, places) {
  const [[x0, y0], [x1, y1]] = places;
  switch (shape) {
    case Shape.RECTANGLE:
      return [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]];
    case Shape.ELLIPSE:
      return Array.from({ length: ROUND + 1 }, (_, at) => {
        const turn = (2 * Math.PI * at) / ROUND;
        return [(x0 + x1) / 2 + (Math.abs(x1 - x0) / 2) * Math.cos(turn), (y0 + y1) / 2 + (Math.abs(y1 - y0) / 2) * Math.sin(turn)];
      });
    case Shape.POLYGON:
      return [...places, places[0]];
    default:
      return places;
  }
}

function traceHead(path, [x0, y0], [x1, y1], size) {
  const along = Math.atan2(y1 - y0, x1 - x0);
  for (const turn of [-0.45, 0.45]) {
    path.moveTo(x1, y1);
    path.lineTo(x1 - size * Math.cos(along + turn), y1 - size * Math.sin(along + turn));
  }
}

function pictureOfText(item) {
  const [x, y, text, size, colour] = listOf(item);
  if (!isPlace(x) || !isPlace(y)) return null;
  const height = isLength(size) ? Math.min(size, 1000) : 20;
  const style = styleOf(item, colour, null, null);
  const lines = linesOf(item, text);
  const box = { x0: x - 2, y0: y - 2, x1: x + widestOf(lines, height) + 2, y1: y + lines.length * height * TEXT_LINE + 2 };
  return boxed(box, (context) => {
    context.globalAlpha = style.opacity;
    context.fillStyle = cssColour(style.colour);
    context.font = noteFont(height);
    context.textBaseline = "alphabetic";
    lines.forEach((line, at) => context.fillText(line, x, y + (at * TEXT_LINE + TEXT_ASCENT) * height));
  });
}

function pictureOfSticky(item) {
  const [x, y, w, h, text, colour] = listOf(item);
  if (!isPlace(x) || !isPlace(y) || !isLength(w) || !isLength(h)) return null;
  const style = styleOf(item, isColour(colour) ? colour : 6, null, null);
  const lines = linesOf(item, text);
  let layout = isRoomy(lines, w, h) ? null : stickyLayout(lines, w, h);
  const high = layout?.h ?? h;
  return boxed({ x0: x - 12, y0: y - 12, x1: x + w + 12, y1: y + high + 16 }, (context) => {
    context.globalAlpha = style.opacity;
    context.fillStyle = "rgba(0, 0, 0, 0.12)";
    context.fillRect(x + 1, y + 4, w, high);
    context.fillStyle = cssColour(style.colour);
    context.fillRect(x, y, w, high);
    context.save();
    context.beginPath();
    context.rect(x, y, w, high);
    context.clip();
    context.fillStyle = isDark(style.colour) ? "#ffffff" : "#1d1d1f";
    layout ??= stickyLayout(lines, w, h);
    context.font = noteFont(layout.size);
    context.textBaseline = "alphabetic";
    layout.rows.forEach((row, at) => {
      context.fillText(row, x + STICKY_MARGIN, y + STICKY_MARGIN + (at * TEXT_LINE + TEXT_ASCENT) * layout.size);
    });
    context.restore();
  }, { x0: x, y0: y, x1: x + w, y1: y + high });
}

function pictureOfImage(item, images) {
  const [x, y, w, h] = listOf(item);
  if (!isPlace(x) || !isPlace(y) || !isLength(w) || !isLength(h)) return null;
  const content = readImage(item.pieces[0].payload)?.content ?? null;
  const { opacity } = styleOf(item, 0, null, null);
  return boxed({ x0: x - 1, y0: y - 1, x1: x + w + 1, y1: y + h + 1 }, (context) => {
    const { bitmap = null, share = 0 } = (content !== null && images?.of(content)) || {};
    context.globalAlpha = opacity;
    if (bitmap !== null) context.drawImage(bitmap, x, y, w, h);
    else drawFrame(context, { x, y, w, h }, share);
  });
}

/** Where an image will be, and how much of it has come. */
function drawFrame(context, { x, y, w, h }, share) {
  context.fillStyle = "#f2f2f5";
  context.fillRect(x, y, w, h);
  context.strokeStyle = "#c7c7cc";
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, Math.max(0, w - 1), Math.max(0, h - 1));
  if (share <= 0) return;
  const bar = { x: x + w * 0.2, y: y + h / 2 - 2, width: w * 0.6 };
  context.fillStyle = "#d8d8dd";
  context.fillRect(bar.x, bar.y, bar.width, 4);
  context.fillStyle = "#8e8e93";
  context.fillRect(bar.x, bar.y, bar.width * share, 4);
}

/** Makers by item type. */
export const FIGURES = new Map([
  [ItemType.SHAPE, pictureOfShape],
  [ItemType.TEXT, pictureOfText],
  [ItemType.STICKY, pictureOfSticky],
  [ItemType.IMAGE, pictureOfImage],
  [ItemType.CONNECTOR, pictureOfConnector],
]);

// ------------------------------------------------------------------------------------------------------------- parts

/** The font of notes. @param {number} size px @returns {string} as CSS has it */
export const noteFont = (size) => `${size}px ${FONT}`;

let ruler = null;

/** A context that measures letters of this size. @param {number} size px @returns {CanvasRenderingContext2D} */
export function rulerFor(size) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = noteFont(size);
  return ruler;
}

function widestOf(lines, size) {
  const context = rulerFor(size);
  return Math.max(size / 2, ...lines.map((line) => context.measureText(line).width));
}

/** Whether a text is so short that a sticky note holds it without being measured: of letters as wide as they are high, half of each row empty. */
function isRoomy(lines, w, h) {
  const size = STICKY_SIZES.at(-1);
  const rows = lines.reduce((sum, line) => sum + 1 + Math.ceil((2 * line.length * size) / Math.max(1, w - 2 * STICKY_MARGIN)), 0);
  return rows * size * TEXT_LINE <= h - 2 * STICKY_MARGIN;
}

/**
 * How a text stands in a sticky note: letters become smaller until all of it fits; where the smallest do not, the note is
 * as high as they need.
 * @param {string[]} lines
 * @param {number} w px of the note
 * @param {number} h
 * @returns {{size: number, rows: string[], isShrunk: boolean, h: number}}
 */
export function stickyLayout(lines, w, h) {
  const width = Math.max(1, w - 2 * STICKY_MARGIN);
  let rows = [];
  for (const size of STICKY_SIZES) {
    const context = rulerFor(size);
    rows = shortened(wrapped(lines, width, (text) => context.measureText(text).width, LINES_MAX + 1));
    const needed = rows.length * size * TEXT_LINE + 2 * STICKY_MARGIN;
    if (needed > h && size !== STICKY_SIZES.at(-1)) continue;
    return { size, rows, isShrunk: size !== STICKY_SIZES[0], h: Math.max(h, needed) };
  }
}

/** What is drawn by its outline is touched there, and inside if it is filled. */
function outlined(box, places, radius, isFilled, draw) {
  return {
    box,
    draw,
    isHeavy: places.length > HEAVY,
    touched: (x0, y0, x1, y1, reach) =>
      distanceToSegments(places, x0, y0, x1, y1) <= reach + radius || (isFilled && isInside(places, x0, y0)),
    tight: () => boxOf(places, radius),
  };
}

/** Whether a point lies in what the outline goes around, by the even-odd rule. */
function isInside(places, x, y) {
  let inside = false;
  for (let i = 0; i + 1 < places.length; i++) {
    const [[ax, ay], [bx, by]] = [places[i], places[i + 1]];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}

/** What has an inside is touched anywhere in its box; `tight` is the box without a shadow around it. */
function boxed(box, draw, tight = box) {
  return {
    box,
    draw,
    tight: () => tight,
    touched: (x0, y0, x1, y1, radius) =>
      Math.min(x0, x1) - radius <= box.x1 &&
      Math.max(x0, x1) + radius >= box.x0 &&
      Math.min(y0, y1) - radius <= box.y1 &&
      Math.max(y0, y1) + radius >= box.y0,
  };
}

function listOf(item) {
  const value = unpack(item.pieces[0].payload);
  if (!Array.isArray(value)) throw new DecodeError("an item is not a list");
  return value;
}

function placesOf(numbers) {
  if (!Array.isArray(numbers) || numbers.length > POINTS_MAX) throw new DecodeError("a shape has no places");
  const places = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    if (!isPlace(numbers[i]) || !isPlace(numbers[i + 1])) throw new DecodeError("a place is not a number");
    places.push([numbers[i], numbers[i + 1]]);
  }
  return places;
}

function boxOf(places, margin) {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const [x, y] of places) {
    box.x0 = Math.min(box.x0, x - margin);
    box.y0 = Math.min(box.y0, y - margin);
    box.x1 = Math.max(box.x1, x + margin);
    box.y1 = Math.max(box.y1, y + margin);
  }
  return box;
}

/** An item's own style, where its register does not say otherwise. */
function styleOf(item, colour, width, fill) {
  const later = item.value(Register.STYLE);
  const [newColour, newWidth, newFill, opacity] = Array.isArray(later) ? later : [];
  const first = (is, otherwise, ...values) => values.find(is) ?? otherwise;
  return {
    colour: first(isColour, 0, newColour, colour),
    width: Math.min(first(isLength, 2, newWidth, width), LINE_WIDTH_MAX),
    fill: first(isColour, null, newFill, fill),
    opacity: Number.isFinite(opacity) ? Math.min(1, Math.max(0, opacity)) : 1,
  };
}

function linesOf(item, own) {
  const later = item.value(Register.TEXT);
  const text = typeof later === "string" ? later : typeof own === "string" ? own : "";
  return shortened(text.split("\n"));
}

/** So many rows as are drawn; the last says that there are more. */
function shortened(rows) {
  return rows.length > LINES_MAX ? [...rows.slice(0, LINES_MAX - 1), "…"] : rows;
}

/** Whether white letters are read better on this colour. @param {number} colour @returns {boolean} */
export function isDark(colour) {
  const css = colour < 16 ? PALETTE[colour] : cssColour(colour);
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(css.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 140;
}

const isPlace = (value) => typeof value === "number" && Math.abs(value) <= FAR;
const isLength = (value) => isPlace(value) && value > 0;
const isColour = (value) => Number.isSafeInteger(value) && value >= 0 && value <= 16 + 0xffffff;
