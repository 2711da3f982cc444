/**
 * The window onto the canvas: where it stands and how much it magnifies. Values and arithmetic only.
 *
 * Canvas px times zoom is screen px (CSS pixels); `x`, `y` are the canvas point in the window's upper left corner.
 * A view is frozen: moving gives another one.
 */

export const ZOOM_MIN = 0.05;
export const ZOOM_MAX = 32;
export const REACH = 200_000; // canvas px from the origin: what 28 bits of finest steps can hold
const FIT_ZOOM_MAX = 2; // a lone dot need not fill the screen

/** @typedef {{x: number, y: number, zoom: number}} View */
/** @typedef {import("./geometry.js").Rect} Box */

/** Where everybody begins: the canvas origin in the corner, as a panel shows it. */
export const HOME = Object.freeze({ x: 0, y: 0, zoom: 1 });

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} x @param {number} y @param {number} zoom @returns {View} within the limits */
export function makeView(x, y, zoom) {
  const sane = (value, otherwise) => (Number.isFinite(value) ? value : otherwise);
  return Object.freeze({
    x: clamp(sane(x, 0), -REACH, REACH),
    y: clamp(sane(y, 0), -REACH, REACH),
    zoom: clamp(sane(zoom, 1), ZOOM_MIN, ZOOM_MAX),
  });
}

/** The canvas point under a screen point. @param {View} view @param {number} x @param {number} y */
export function toCanvas(view, x, y) {
  return { x: clamp(view.x + x / view.zoom, -REACH, REACH), y: clamp(view.y + y / view.zoom, -REACH, REACH) };
}

/** The screen point of a canvas point. @param {View} view @param {number} x @param {number} y */
export function toScreen(view, x, y) {
  return { x: (x - view.x) * view.zoom, y: (y - view.y) * view.zoom };
}

/** Push the paper by screen px. @param {View} view @param {number} dx @param {number} dy @returns {View} */
export function panned(view, dx, dy) {
  return makeView(view.x - dx / view.zoom, view.y - dy / view.zoom, view.zoom);
}

/**
 * Magnify by `factor`, with the canvas point under (x, y) staying there.
 * @param {View} view
 * @param {number} factor
 * @param {number} x screen px
 * @param {number} y screen px
 * @returns {View}
 */
export function zoomed(view, factor, x, y) {
  const zoom = clamp(view.zoom * factor, ZOOM_MIN, ZOOM_MAX);
  return makeView(view.x + x / view.zoom - x / zoom, view.y + y / view.zoom - y / zoom, zoom);
}

/**
 * The view that shows a box whole, in the middle.
 * @param {Box} box canvas px
 * @param {number} width screen px
 * @param {number} height screen px
 * @param {{top: number, right: number, bottom: number, left: number}} margin screen px to keep free
 * @param {number} [most] zoom, however small the box is
 * @returns {View}
 */
export function fitted(box, width, height, margin, most = FIT_ZOOM_MAX) {
  const innerWidth = Math.max(1, width - margin.left - margin.right);
  const innerHeight = Math.max(1, height - margin.top - margin.bottom);
  const boxWidth = Math.max(1, box.x1 - box.x0);
  const boxHeight = Math.max(1, box.y1 - box.y0);
  const wanted = Math.min(innerWidth / boxWidth, innerHeight / boxHeight, most);
  const zoom = clamp(wanted, ZOOM_MIN, ZOOM_MAX);
  return makeView(
    (box.x0 + box.x1) / 2 - (margin.left + innerWidth / 2) / zoom,
    (box.y0 + box.y1) / 2 - (margin.top + innerHeight / 2) / zoom,
    zoom,
  );
}

/** The box of canvas px that a window shows. @param {View} view @param {number} width @param {number} height @returns {Box} */
export function visible(view, width, height) {
  return { x0: view.x, y0: view.y, x1: view.x + width / view.zoom, y1: view.y + height / view.zoom };
}

/**
 * The scale (steps per canvas px) at which one step is at most 1/8 screen px; whole octaves, so strokes pack alike.
 * @param {number} zoom
 * @returns {number} 8 .. 1024
 */
export function scaleFor(zoom) {
  let scale = 8;
  while (scale < 8 * zoom && scale < 1024) scale *= 2;
  return scale;
}
