/**
 * What moves above the sheet: the own stroke under way, strokes of others before they are logged, marks on refused ones.
 *
 * Drawn anew whenever one of them changes, but only where something was or is. Never asks the network for anything.
 */

import { inflated, overlap, united } from "./geometry.js";
import { drawSelection } from "./handles.js";
import { cssColour } from "./ink.js";
import { pictureOfColumns } from "./inkpicture.js";
import { previewOf } from "./picture.js";
import { TRAIL_LASTS_MS } from "./trails.js";
import { toCanvas, visible } from "./view.js";

const UNKNOWN_WIDTH = 24; // of a preview whose style got lost, in 1/8 px
const LASER_PX = 7; // on screen, where the pointer is; behind it the trail becomes thinner

/** The canvas above the sheet. */
export class Overlay {
  #element;
  #context;
  #width = 0;
  #height = 0;
  #ratio = 1;
  #drawn = null; // the box that is not empty, in canvas px, and the view it was drawn for
  #pictures = new Map(); // preview id -> {length, picture}
  #figures = new Map(); // payload -> picture

  /** @param {HTMLCanvasElement} element */
  constructor(element) {
    this.#element = element;
    this.#context = element.getContext("2d");
  }

  resize(width, height, ratio) {
    [this.#width, this.#height, this.#ratio] = [width, height, ratio];
    this.#element.width = Math.max(1, Math.round(width * ratio));
    this.#element.height = Math.max(1, Math.round(height * ratio));
    this.#drawn = null;
  }

  /**
   * @param {import("./view.js").View} view
   * @param {object} what
   * @param {import("./picture.js").Picture[]} what.own what this person has in hand
   * @param {object|null} what.selection as `drawSelection` takes it
   * @param {{x: number, y: number, radius: number}|null} what.ring of the eraser, screen px
   * @param {Iterable<import("./live.js").Preview>} what.previews
   * @param {Iterable<{page: number, type: number, payload: Uint8Array}>} what.figures of others, under way
   * @param {Iterable<[string, import("./trails.js").TrailPoint[]]>} what.trails of laser pointers, by origin
   * @param {number} what.now ms
   * @param {number} what.page that is shown
   * @param {(origin: string) => number} what.colourOf a person's colour
   * @param {{box: import("./geometry.js").Rect, colour: string}[]} what.marks boxes to mark
   */
  draw(view, { own, selection, ring, previews, figures, trails, now, page, colourOf, marks }) {
    const context = this.#context;
    this.#clear(view);
    const seen = visible(view, this.#width, this.#height);
    const unit = view.zoom * this.#ratio;
    context.setTransform(unit, 0, 0, unit, -view.x * unit, -view.y * unit);
    context.lineCap = context.lineJoin = "round";
    let box = null;
    for (const picture of [...this.#others(previews, page, colourOf), ...this.#drafts(figures, page)]) {
      if (!overlap(picture.box, seen)) continue;
      picture.draw(context);
      box = united(box, picture.box);
    }
    for (const picture of own) {
      picture.draw(context);
      box = united(box, picture.box);
    }
    for (const { box: marked, colour } of marks) {
      const mark = inflated(marked, 4 / view.zoom);
      if (!overlap(mark, seen)) continue;
      this.#mark(mark, colour, view.zoom);
      box = united(box, inflated(mark, 4 / view.zoom));
    }
    if (selection !== null) box = united(box, drawSelection(context, view, selection));
    if (ring !== null) box = united(box, this.#ring(ring, view));
    for (const [origin, points] of trails) {
      const here = points.filter((point) => point.page === page);
      box = united(box, this.#trail(here, cssColour(colourOf(origin)), view.zoom, now));
    }
    this.#drawn = box === null ? null : { box, view };
  }

  #ring({ x, y, radius }, view) {
    const context = this.#context;
    const { x: cx, y: cy } = toCanvas(view, x, y);
    const r = radius / view.zoom;
    context.globalAlpha = 1;
    for (const [colour, width] of [["#ffffff", 3], ["#1d1d1f", 1.3]]) {
      context.beginPath();
      context.arc(cx, cy, r, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = width / view.zoom;
      context.stroke();
    }
    return inflated({ x0: cx - r, y0: cy - r, x1: cx + r, y1: cy + r }, 3 / view.zoom);
  }

  /** Thinner the longer ago; points of one press are joined. */
  #trail(points, css, zoom, now) {
    const context = this.#context;
    context.globalAlpha = 1;
    context.strokeStyle = css;
    let box = null;
    points.forEach(({ number, x, y, at }, i) => {
      const from = points[i - 1]?.number === number ? points[i - 1] : { x, y };
      const width = (LASER_PX / zoom) * Math.max(0.05, 1 - (now - at) / TRAIL_LASTS_MS);
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(x + 0.001 / zoom, y); // a line of no length is not drawn everywhere
      context.stroke();
      box = united(box, inflated({ x0: x, y0: y, x1: x, y1: y }, width));
    });
    return box;
  }

  #drafts(figures, page) {
    const before = this.#figures;
    this.#figures = new Map();
    for (const { page: own, type, payload } of figures) {
      if (own === page) this.#figures.set(payload, before.get(payload) ?? previewOf(type, payload));
    }
    return [...this.#figures.values()].filter((picture) => picture !== null);
  }

  #others(previews, page, colourOf) {
    const pictures = [];
    const before = this.#pictures;
    this.#pictures = new Map();
    for (const { id, origin, style, x, y, pressure } of previews) {
      if ((style?.page ?? 0) !== page) continue;
      let cached = before.get(id);
      if (cached === undefined || cached.length !== x.length || cached.style !== style) {
        const shown = style ?? { tool: 0, colour: colourOf(origin), width: UNKNOWN_WIDTH };
        const picture = pictureOfColumns({ scale: 1, x, y, pressure }, shown);
        cached = { length: x.length, style, picture };
      }
      this.#pictures.set(id, cached);
      if (x.length > 0) pictures.push(cached.picture);
    }
    return pictures;
  }

  #mark({ x0, y0, x1, y1 }, colour, zoom) {
    const context = this.#context;
    context.globalAlpha = 0.9;
    context.strokeStyle = colour;
    context.lineWidth = 1.5 / zoom;
    context.setLineDash([6 / zoom, 5 / zoom]);
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    context.setLineDash([]);
  }

  #clear(view) {
    const context = this.#context;
    if (this.#drawn === null) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (this.#drawn.view !== view) {
      context.clearRect(0, 0, this.#element.width, this.#element.height);
      return;
    }
    const unit = view.zoom * this.#ratio;
    const { x0, y0, x1, y1 } = this.#drawn.box;
    const left = Math.floor((x0 - view.x) * unit) - 2;
    const top = Math.floor((y0 - view.y) * unit) - 2;
    context.clearRect(left, top, Math.ceil((x1 - x0) * unit) + 5, Math.ceil((y1 - y0) * unit) + 5);
  }
}
