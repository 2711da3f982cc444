/** The room that the bars leave when something is to be shown whole: they are asked where they stand. */

import { find } from "./elements.js";
import { fitted } from "./view.js";

const LEAST = Object.freeze({ top: 84, right: 40, bottom: 96, left: 40 }); // screen px
const GAP = 20; // screen px between a bar and what is shown

/** @typedef {{top: number, right: number, bottom: number, left: number}} Margin screen px to keep free */

/**
 * The margin at which nothing of a box lies under a bar.
 * @param {import("./geometry.js").Rect} box canvas px
 * @param {{width: number, height: number}} size of the window
 * @returns {Margin}
 */
export function freeMargin(box, size) {
  return roomiest(box, size, marginsAround(size, shownBox("zoombar"), shownBox("pagebar")));
}

/**
 * Where a bar in a corner leaves room on two of its sides, both are tried.
 * @param {{width: number, height: number}} size
 * @param {DOMRect|null} zoombar null: it is not there
 * @param {DOMRect|null} pagebar
 * @returns {Margin[]}
 */
export function marginsAround({ width, height }, zoombar, pagebar) {
  const isUpright = zoombar !== null && zoombar.height > zoombar.width;
  const margin = { ...LEAST, right: isUpright ? Math.max(LEAST.right, width - zoombar.left + GAP) : LEAST.right };
  if (pagebar === null) return [margin];
  return [
    { ...margin, bottom: Math.max(LEAST.bottom, height - pagebar.top + GAP) },
    { ...margin, left: Math.max(LEAST.left, pagebar.right + GAP) },
  ];
}

/** The margin that shows a box the largest. */
function roomiest(box, { width, height }, margins) {
  const zoom = (margin) => fitted(box, width, height, margin).zoom;
  return margins.reduce((best, each) => (zoom(each) > zoom(best) ? each : best));
}

function shownBox(id) {
  const box = find(id).getBoundingClientRect();
  return box.width > 0 ? box : null;
}
