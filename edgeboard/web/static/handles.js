/**
 * The frame around a selection: where its handles are, what dragging one does, and how it looks. Values and arithmetic,
 * and one function that draws.
 *
 * A frame is a box seen through a transform, so that the frame of a single turned item is turned with it. Its corners go
 * clockwise from the upper left one.
 */

import { applied, invert, multiply, united } from "./geometry.js";
import { toScreen } from "./view.js";

export const ROTATE = "rotate";
const CORNERS = ["nw", "ne", "se", "sw"];
const PAD = 5; // screen px between the box and the frame
const STALK = 26; // screen px from the frame to the handle that turns it
const TOP = 78; // screen px of the window that other things cover: there is no handle
const SMALL = 40; // screen px: a smaller frame has one corner to pull
const INSIDE_REACH = 8; // screen px from a corner at which a press inside the frame is meant for the corner
const TURN_STEP = Math.PI / 12; // what Shift snaps to
const SCALE_MIN = 0.02; // of one gesture
const SCALE_MAX = 100;
const HANDLE = 5; // screen px, half a side
const COLOUR = "#3d4fd7";
const FIXED_COLOUR = "#61616f";

/** @typedef {{box: import("./geometry.js").Rect, transform: import("./geometry.js").Transform}} Frame */

/** The corners in canvas px, with a margin in px of the box's own. @param {Frame} frame @param {number} [margin] */
export function cornersOf({ box: { x0, y0, x1, y1 }, transform }, margin = 0) {
  const [l, t, r, b] = [x0 - margin, y0 - margin, x1 + margin, y1 + margin];
  return [applied(transform, l, t), applied(transform, r, t), applied(transform, r, b), applied(transform, l, b)];
}

/** The corners on the screen, a little apart from the box. */
function screenCorners(frame, view) {
  const corners = cornersOf(frame).map(({ x, y }) => toScreen(view, x, y));
  const middle = { x: (corners[0].x + corners[2].x) / 2, y: (corners[0].y + corners[2].y) / 2 };
  const across = unit(corners[0], corners[1]) ?? { x: 1, y: 0 };
  const down = unit(corners[0], corners[3]) ?? { x: -across.y, y: across.x };
  return corners.map(({ x, y }) => {
    const outwards = (axis) => (((x - middle.x) * axis.x + (y - middle.y) * axis.y < 0 ? -1 : 1) * PAD);
    const [right, below] = [outwards(across), outwards(down)];
    return { x: x + right * across.x + below * down.x, y: y + right * across.y + below * down.y };
  });
}

function unit(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  return length > 1e-9 ? { x: (to.x - from.x) / length, y: (to.y - from.y) / length } : null;
}

/**
 * Where the handles are.
 * @param {Frame} frame
 * @param {import("./view.js").View} view
 * @returns {{name: string, x: number, y: number}[]} screen px
 */
export function handlesOf(frame, view) {
  const corners = screenCorners(frame, view);
  const [nw, ne, se] = corners;
  const isSmall = Math.max(Math.hypot(ne.x - nw.x, ne.y - nw.y), Math.hypot(se.x - ne.x, se.y - ne.y)) < SMALL;
  const handles = corners.map(({ x, y }, at) => ({ name: CORNERS[at], x, y })).filter(({ name }) => !isSmall || name === "se");
  return [...handles, { name: ROTATE, ...stalkOf(corners).end }];
}

/** The line to the handle that turns: above the upper side, or below the lower one where that is covered. */
function stalkOf([nw, ne, se, sw]) {
  const up = unit(se, ne) ?? { x: 0, y: -1 };
  const from = (a, b, way) => {
    const start = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    return { start, end: { x: start.x + way * STALK * up.x, y: start.y + way * STALK * up.y } };
  };
  const upper = from(nw, ne, 1);
  const lower = from(sw, se, -1);
  return upper.end.y < TOP && lower.end.y > upper.end.y ? lower : upper;
}

/** The handle at a point of the screen. @param {number} reach screen px @returns {string|null} a corner or `ROTATE` */
export function handleAt(frame, view, x, y, reach) {
  const isIn = isInside(frame, view, x, y);
  let best = null;
  for (const handle of handlesOf(frame, view)) {
    const distance = Math.hypot(handle.x - x, handle.y - y);
    if (distance > (isIn ? INSIDE_REACH : reach) || (best !== null && best.distance <= distance)) continue;
    best = { name: handle.name, distance };
  }
  return best?.name ?? null;
}

/** Whether a point of the screen is inside the frame. @returns {boolean} */
export function isInside(frame, view, x, y) {
  const [nw, ne, , sw] = screenCorners(frame, view);
  const back = invert([ne.x - nw.x, ne.y - nw.y, sw.x - nw.x, sw.y - nw.y, nw.x, nw.y]);
  if (back === null) return false;
  const place = applied(back, x, y);
  return place.x >= 0 && place.x <= 1 && place.y >= 0 && place.y <= 1;
}

/** The mouse pointer over a corner: which way it pulls. @returns {"nwse"|"nesw"} */
export function pullOf(frame, view, name) {
  const corners = screenCorners(frame, view);
  const at = CORNERS.indexOf(name);
  const [here, there] = [corners[at], corners[(at + 2) % 4]];
  return (here.x - there.x) * (here.y - there.y) >= 0 ? "nwse" : "nesw";
}

// ---------------------------------------------------------------------------------------------------- what a drag does

/**
 * What pulling a corner does; the opposite corner stays.
 * @param {Frame} frame
 * @param {string} name of the corner
 * @param {{x: number, y: number}} from canvas px where it was taken
 * @param {{x: number, y: number}} to canvas px
 * @param {boolean} isFree whether width and height go their own ways
 * @returns {import("./geometry.js").Transform} of the canvas
 */
export function scaling(frame, name, from, to, isFree) {
  const { box, transform } = frame;
  const back = invert(transform);
  if (back === null) return [1, 0, 0, 1, 0, 0];
  const isLeft = name === "nw" || name === "sw";
  const isUpper = name === "nw" || name === "ne";
  const corner = { x: isLeft ? box.x0 : box.x1, y: isUpper ? box.y0 : box.y1 };
  const anchor = { x: isLeft ? box.x1 : box.x0, y: isUpper ? box.y1 : box.y0 };
  const [taken, now] = [applied(back, from.x, from.y), applied(back, to.x, to.y)];
  const reach = { x: corner.x - anchor.x, y: corner.y - anchor.y };
  const pulled = { x: reach.x + now.x - taken.x, y: reach.y + now.y - taken.y };
  const share = (along, whole) => (Math.abs(whole) < 1e-9 ? 1 : clamp(along / whole));
  let [sx, sy] = [share(pulled.x, reach.x), share(pulled.y, reach.y)];
  if (!isFree) sx = sy = share(pulled.x * reach.x + pulled.y * reach.y, reach.x ** 2 + reach.y ** 2);
  const scale = [sx, 0, 0, sy, anchor.x * (1 - sx), anchor.y * (1 - sy)];
  return multiply(multiply(transform, scale), back);
}

const clamp = (value) => Math.min(SCALE_MAX, Math.max(SCALE_MIN, value));

/**
 * What pulling the handle above does: a turn around the middle.
 * @param {Frame} frame
 * @param {{x: number, y: number}} from canvas px
 * @param {{x: number, y: number}} to canvas px
 * @param {boolean} snaps whether the frame stands at a multiple of 15 degrees afterwards
 * @returns {import("./geometry.js").Transform} of the canvas
 */
export function rotation(frame, from, to, snaps) {
  const { box, transform } = frame;
  const { x, y } = applied(transform, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
  const before = Math.atan2(transform[1], transform[0]);
  let turn = Math.atan2(to.y - y, to.x - x) - Math.atan2(from.y - y, from.x - x);
  if (snaps) turn = Math.round((before + turn) / TURN_STEP) * TURN_STEP - before;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
}

/** A transform as it is worth writing down: what nobody can see is rounded off. @param {number[]} transform @returns {number[]} */
export function rounded(transform) {
  return transform.map((value, at) => (at < 4 ? Math.round(value * 1e9) / 1e9 : Math.round(value * 1024) / 1024));
}

// -------------------------------------------------------------------------------------------------------- how it looks

/**
 * Draw the frame.
 * @param {CanvasRenderingContext2D} context whose transform is that of the canvas
 * @param {import("./view.js").View} view
 * @param {{frame: Frame, boxes: Frame[], isFixed: boolean, isMoving: boolean}} selection `boxes`: of the items in it
 * @returns {import("./geometry.js").Rect} what was drawn on, canvas px
 */
export function drawSelection(context, view, { frame, boxes, isFixed, isMoving }) {
  const px = 1 / view.zoom;
  const onCanvas = ({ x, y }) => ({ x: view.x + x * px, y: view.y + y * px });
  let drawn = null;
  const trace = (corners) => {
    context.beginPath();
    corners.forEach(({ x, y }, at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.closePath();
    context.stroke();
    for (const { x, y } of corners) drawn = united(drawn, { x0: x, y0: y, x1: x, y1: y });
  };
  context.globalAlpha = 0.55;
  context.strokeStyle = isFixed ? FIXED_COLOUR : COLOUR;
  context.lineWidth = px;
  for (const box of boxes) trace(cornersOf(box));
  context.globalAlpha = 1;
  context.lineWidth = 1.5 * px;
  if (isFixed) context.setLineDash([5 * px, 4 * px]);
  const corners = screenCorners(frame, view).map(onCanvas);
  trace(corners);
  context.setLineDash([]);
  if (!isFixed && !isMoving) {
    const handles = handlesOf(frame, view).map((handle) => ({ ...handle, ...onCanvas(handle) }));
    const { start, end } = stalkOf(screenCorners(frame, view));
    const [from, to] = [onCanvas(start), onCanvas(end)];
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    context.fillStyle = "#ffffff";
    for (const { name, x, y } of handles) {
      context.beginPath();
      if (name === ROTATE) context.arc(x, y, (HANDLE + 1) * px, 0, 2 * Math.PI);
      else context.rect(x - HANDLE * px, y - HANDLE * px, 2 * HANDLE * px, 2 * HANDLE * px);
      context.fill();
      context.stroke();
      drawn = united(drawn, { x0: x, y0: y, x1: x, y1: y });
    }
  }
  const margin = 10 * px;
  return { x0: drawn.x0 - margin, y0: drawn.y0 - margin, x1: drawn.x1 + margin, y1: drawn.y1 + margin };
}
