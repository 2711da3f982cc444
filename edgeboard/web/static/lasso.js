/**
 * What a drag on empty paper takes: the box from where it began to where it is, as long as its path is nearly straight; a
 * path that bends is a lasso. How much of a thing lies inside, and how it looks. Values and arithmetic.
 */

import { IDENTITY, applied, overlap } from "./geometry.js";

const SAMPLES_MAX = 48; // of one item's ink
const GRID = 7; // samples across a box
const POINTS_MAX = 600; // of the line; a longer one is thinned
const BEND = 0.2; // of the square of its chord, that a path takes in before it is a lasso; a quarter of a circle takes 0.14

/** A line that is being drawn; its ends belong together. */
export class Lasso {
  #x = [];
  #y = [];
  #apart;
  #twice = 0; // the area between the path and its chord, from its first point on
  #end = null;
  /** Of the path. @type {import("./geometry.js").Rect} */
  box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };

  /** @param {number} apart canvas px that points are apart at least */
  constructor(apart) {
    this.#apart = apart;
  }

  /** The line goes on to here. @param {number} x canvas px @param {number} y */
  add(x, y) {
    const last = this.#x.length - 1;
    this.#end = { x, y };
    if (last >= 0 && Math.hypot(x - this.#x[last], y - this.#y[last]) < this.#apart) return;
    if (last >= 0) this.#twice += (this.#x[last] - this.#x[0]) * (y - this.#y[0]) - (x - this.#x[0]) * (this.#y[last] - this.#y[0]);
    this.#x.push(x);
    this.#y.push(y);
    const { x0, y0, x1, y1 } = this.box;
    this.box = { x0: Math.min(x0, x), y0: Math.min(y0, y), x1: Math.max(x1, x), y1: Math.max(y1, y) };
    if (this.#x.length <= POINTS_MAX) return;
    this.#x = this.#x.filter((_, at) => at % 2 === 0);
    this.#y = this.#y.filter((_, at) => at % 2 === 0);
    this.#apart *= 2;
  }

  /** Whether the path is straight enough to mean a box. @returns {boolean} */
  get isBox() {
    if (this.#end === null) return false;
    const chord = Math.hypot(this.#end.x - this.#x[0], this.#end.y - this.#y[0]);
    return Math.abs(this.#twice) / 2 <= BEND * chord * chord;
  }

  /** The corners of that box. @returns {import("./geometry.js").Rect} */
  get #span() {
    const [{ x, y }, fromX, fromY] = [this.#end, this.#x[0], this.#y[0]];
    return { x0: Math.min(x, fromX), y0: Math.min(y, fromY), x1: Math.max(x, fromX), y1: Math.max(y, fromY) };
  }

  /** Whether a point is inside: of the box, or of the lasso by the rule of even and odd. @param {number} x @param {number} y @returns {boolean} */
  holds(x, y) {
    if (this.isBox) {
      const { x0, y0, x1, y1 } = this.#span;
      return x >= x0 && x <= x1 && y >= y0 && y <= y1;
    }
    const [xs, ys] = [this.#x, this.#y];
    let isIn = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < xs[i] + ((y - ys[i]) / (ys[j] - ys[i])) * (xs[j] - xs[i])) isIn = !isIn;
    }
    return isIn;
  }

  /**
   * How much of a picture's ink, or of its box where it has none, lies inside.
   * @param {import("./picture.js").Picture} picture
   * @returns {number} 0 .. 1
   */
  share(picture) {
    if (!overlap(picture.box, this.isBox ? this.#span : this.box)) return 0;
    const { x, y, weight } = samplesOf(picture);
    let inside = 0;
    let all = 0;
    for (let i = 0; i < x.length; i++) {
      all += weight[i];
      if (this.holds(x[i], y[i])) inside += weight[i];
    }
    return all > 0 ? inside / all : 0;
  }

  /** How it looks. @param {number} zoom @returns {import("./picture.js").Picture|null} */
  picture(zoom) {
    if (this.#x.length < 2) return null;
    const { isBox } = this;
    const { x0, y0, x1, y1 } = isBox ? this.#span : this.box;
    const px = 1 / zoom;
    return {
      box: { x0: x0 - 3 * px, y0: y0 - 3 * px, x1: x1 + 3 * px, y1: y1 + 3 * px },
      draw: (context) => {
        context.beginPath();
        if (isBox) context.rect(x0, y0, x1 - x0, y1 - y0);
        else this.#x.forEach((x, at) => (at === 0 ? context.moveTo(x, this.#y[at]) : context.lineTo(x, this.#y[at])));
        context.closePath();
        context.globalAlpha = 0.08;
        context.fillStyle = "#3d4fd7";
        context.fill("evenodd");
        context.globalAlpha = 1;
        context.strokeStyle = "#3d4fd7";
        context.lineWidth = 1.5 * px;
        if (!isBox) context.setLineDash([6 * px, 5 * px]);
        context.stroke();
        context.setLineDash([]);
      },
    };
  }
}

/** Places of a picture that stand for all of it: along its ink by length, else all over its box. */
function samplesOf(picture) {
  const inner = picture.inner ?? picture;
  const transform = picture.transform ?? IDENTITY;
  const samples = inner.runs === undefined ? gridOf(inner.tight?.() ?? inner.box) : alongRuns(inner.runs());
  for (let i = 0; i < samples.x.length; i++) {
    const place = applied(transform, samples.x[i], samples.y[i]);
    samples.x[i] = place.x;
    samples.y[i] = place.y;
  }
  return samples;
}

function gridOf({ x0, y0, x1, y1 }) {
  const samples = { x: [], y: [], weight: [] };
  for (let i = 0; i < GRID; i++) {
    for (let j = 0; j < GRID; j++) {
      samples.x.push(x0 + ((i + 0.5) / GRID) * (x1 - x0));
      samples.y.push(y0 + ((j + 0.5) / GRID) * (y1 - y0));
      samples.weight.push(1);
    }
  }
  return samples;
}

function alongRuns(runs) {
  const samples = { x: [], y: [], weight: [] };
  const total = runs.reduce((sum, { x }) => sum + x.length, 0);
  const step = Math.max(1, Math.ceil(total / SAMPLES_MAX));
  for (const { x, y } of runs) {
    for (let from = 0; from < x.length; from += step) {
      const to = Math.min(from + step, x.length - 1);
      samples.x.push((x[from] + x[to]) / 2);
      samples.y.push((y[from] + y[to]) / 2);
      samples.weight.push(Math.hypot(x[to] - x[from], y[to] - y[from]) + 1e-6); // a dot weighs something, too
    }
  }
  return samples;
}
