/**
 * Live traffic: cursors and previews of strokes under way, out and in (docs/formats/wire.md, "live").
 *
 * Engines without clock or socket: `now` is ms and only rises. What goes out is gathered into one frame every 33 ms;
 * what comes in is anybody's word, so every field is checked, every table is bounded, and a bad item is counted and
 * dropped. Nothing here is ever logged: when the op arrives, the preview goes.
 */

import { COORDINATE_END, decodeColumns, encodeColumns } from "./codec.js";
import { FIGURE_MAX, LIVE_MAX, LiveKind, itemSize, liveItem, readItem, shortName } from "./frames.js";
import { counterOf, opId, originOf } from "./ids.js";
import { Trails } from "./trails.js";
import { Following } from "./following.js";
import { DecodeError } from "./varints.js";

export const FRAME_EVERY_MS = 33;
export const PREVIEW_POINTS = 16; // in one item
export const INTRODUCED_EVERY = 8; // items of a stroke: who comes late, or has lost one, waits for at most seven more
export const PREVIEW_LASTS_MS = 5_000; // without its op
export const CURSOR_LASTS_MS = 8_000; // without moving
const TRAIL_POINTS = 32; // of the laser pointer, in one item
const REPEAT_CURSOR_MS = 3_000; // so that newcomers see a hand that rests
const ORIGINS_MAX = 512; // heard of at a time
const PREVIEWS_MAX = 256;
const PREVIEW_LENGTH_MAX = 4_096; // points
const REACH_PX = COORDINATE_END / 8; // of a cursor

/** What a cursor holds. */
export const CursorTool = Object.freeze({ NONE: 0, PEN: 1, ERASER: 2, SELECT: 3 });

// --------------------------------------------------------------------------------------------------------------- out

/** Gathers what one guest shows of itself into frames. */
export class LiveSender {
  #origin;
  #sequence = 0;
  #sentAt = -Infinity;
  #cursor = null;
  #cursorSent = null;
  #stroke = null;
  #ended = [];
  #figure = null; // {counter, page, layer, type, payload, isFresh, isShown}
  #trail = null; // {number, page, places}

  #following;

  /** @param {string} origin hex @param {Following} [following] what is said of views goes out along */
  constructor(origin, following = new Following()) {
    this.#origin = origin;
    this.#following = following;
  }

  /** The pointer is here. @param {number} x canvas px @param {number} y @param {number} tool one of `CursorTool` @param {number} page */
  move(x, y, tool, page = 0) {
    this.#cursor = { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10, tool, page };
  }

  /**
   * A piece of a stroke begins.
   * @param {number} counter of the op that will log it
   * @param {{tool: number, colour: number, width: number, page: number, layer: number}} style
   * @param {number} scale steps per px
   */
  begin(counter, style, scale) {
    this.#stroke = { counter, style, scale, x: [], y: [], pressure: null, first: 0, items: 0 };
  }

  /** A point of it. @param {number} x steps @param {number} y @param {number|null} pressure 0 .. 4095 */
  point(x, y, pressure) {
    const stroke = this.#stroke;
    if (stroke === null) return;
    if (pressure !== null) stroke.pressure ??= [];
    stroke.x.push(x);
    stroke.y.push(y);
    stroke.pressure?.push(pressure ?? 0);
  }

  /** The piece has been logged; nothing more needs to be shown of it. */
  finish() {
    this.#stroke = null;
  }

  /** The piece will not be logged. */
  cancel() {
    if (this.#stroke !== null && this.#stroke.items > 0) this.#ended.push(this.#stroke.counter);
    this.#stroke = null;
  }

  /**
   * A figure under way looks like this now.
   * @param {number} counter of the op that will log it
   * @param {{page: number, layer: number}} place
   * @param {number} type one of `ItemType`
   * @param {Uint8Array} payload
   */
  figure(counter, { page, layer }, type, payload) {
    if (payload.length > FIGURE_MAX) return;
    this.#figure = { counter, page, layer, type, payload, isFresh: true, isShown: this.#figure?.isShown ?? false };
  }

  /** The figure is logged, or will not be. @param {boolean} isLogged */
  endFigure(isLogged) {
    if (!isLogged && this.#figure?.isShown) this.#ended.push(this.#figure.counter);
    this.#figure = null;
  }

  /** The laser pointer is here. @param {number} number of its press @param {number} page @param {number} x canvas px @param {number} y */
  laser(number, page, x, y) {
    if (this.#trail?.number !== number) this.#trail = { number, page, places: [] };
    this.#trail.places.push([x, y]);
    if (this.#trail.places.length > TRAIL_POINTS) this.#trail.places.shift();
  }

  /** Whether anything waits to be shown. */
  get waiting() {
    const hasInk = (this.#stroke?.x.length ?? 0) > 0 || (this.#figure?.isFresh ?? false);
    return this.#cursor !== null || this.#ended.length > 0 || this.#trail !== null || hasInk;
  }

  /** When `frame` may give something. @param {number} now @returns {number|null} */
  nextTimer(now) {
    if (this.waiting) return Math.max(now, this.#sentAt + FRAME_EVERY_MS);
    const resting = this.#cursorSent === null ? null : this.#cursorSent.at + REPEAT_CURSOR_MS;
    const views = this.#following.nextTimer(now);
    return resting === null || views === null ? (resting ?? views) : Math.min(resting, views);
  }

  /**
   * The items of the next frame, if it is time for one.
   * @param {number} now
   * @returns {import("./frames.js").LiveItem[]|null}
   */
  frame(now) {
    if (!this.waiting && this.#cursorSent !== null && now - this.#cursorSent.at >= REPEAT_CURSOR_MS) {
      if (now - this.#cursorSent.moved < CURSOR_LASTS_MS) this.#cursor = { ...this.#cursorSent, resting: true };
      else this.#cursorSent = null;
    }
    const asksOrTells = (this.#following.nextTimer(now) ?? Infinity) <= now;
    if (!(this.waiting || asksOrTells) || now - this.#sentAt < FRAME_EVERY_MS) return null;
    this.#sentAt = now;
    const items = [];
    if (this.#cursor !== null) {
      const { x, y, tool, page, resting } = this.#cursor;
      // the last point of a preview says where the pen is
      if (!this.#stroke?.x.length) items.push(this.#item(LiveKind.CURSOR, { x, y, tool, page }));
      this.#cursorSent = { x, y, tool, page, at: now, moved: resting ? this.#cursorSent.moved : now };
      this.#cursor = null;
    }
    for (const { kind, fields } of this.#following.due(now)) items.push(this.#item(kind, fields));
    for (const counter of this.#ended.splice(0)) items.push(this.#item(LiveKind.ENDED, { counter }));
    this.#addPreviews(items);
    if (this.#trail !== null) items.push(this.#item(LiveKind.TRAIL, this.#trail));
    this.#trail = null;
    if (this.#figure?.isFresh) {
      items.push(this.#item(LiveKind.FIGURE, this.#figure));
      Object.assign(this.#figure, { isFresh: false, isShown: true });
    }
    return items;
  }

  /** As many previews as one datagram holds. */
  #addPreviews(items) {
    const stroke = this.#stroke;
    let size = 1 + items.reduce((sum, item) => sum + itemSize(item), 0);
    while (stroke !== null && stroke.x.length > 0) {
      const count = Math.min(PREVIEW_POINTS, stroke.x.length);
      const columns = encodeColumns({
        scale: stroke.scale,
        x: stroke.x.slice(0, count),
        y: stroke.y.slice(0, count),
        pressure: stroke.pressure?.slice(0, count) ?? null,
      });
      const { style, first } = stroke;
      const id = opId(this.#origin, stroke.counter);
      const item =
        stroke.items % INTRODUCED_EVERY === 0
          ? liveItem(LiveKind.PREVIEW, { id, first, style, columns })
          : liveItem(LiveKind.FURTHER, { name: shortName(id), first, columns });
      size += itemSize(item);
      if (size > LIVE_MAX) return;
      items.push(item);
      stroke.items += 1;
      stroke.first += count;
      stroke.x.splice(0, count);
      stroke.y.splice(0, count);
      stroke.pressure?.splice(0, count);
    }
  }

  #item(kind, fields) {
    this.#sequence += 1;
    return liveItem(kind, { origin: this.#origin, sequence: this.#sequence, ...fields });
  }
}

// ---------------------------------------------------------------------------------------------------------------- in

/**
 * @typedef {object} Preview
 * @property {string} id op id of what will log it
 * @property {string} origin hex
 * @property {{tool: number, colour: number, width: number, page: number, layer: number}} style
 * @property {number[]} x canvas px
 * @property {number[]} y
 * @property {number[]|null} pressure
 * @property {number} at when last heard of
 */

/** What others show of themselves. */
export class LiveReceiver {
  #own;
  #isLogged;
  #sequences = new Map(); // origin -> highest sequence per kind
  #strokes = new Map(); // short name -> {id, style, first: index of the last piece}
  /** @type {Map<string, {origin: string, x: number, y: number, tool: number, page: number, at: number}>} by origin */
  cursors = new Map();
  /** @type {Map<string, Preview & {next: number}>} by op id */
  previews = new Map();
  /** Figures under way, by op id. @type {Map<string, {id: string, origin: string, page: number, type: number, payload: Uint8Array, at: number}>} */
  figures = new Map();
  /** Where laser pointers have been. */
  trails = new Trails();
  /** Somebody says what is on their screen. @type {(sight: object) => void} */
  onView = () => {};
  /** Somebody wants to see what this page shows. @type {(origin: string, now: number) => void} */
  onFollower = () => {};
  /** Items that broke the format or a limit. */
  dropped = 0;

  /**
   * @param {string} own our origin, of which nothing is shown
   * @param {(id: string) => boolean} isLogged whether the op of this id has arrived
   */
  constructor(own, isLogged) {
    this.#own = own;
    this.#isLogged = isLogged;
  }

  /**
   * The items of a frame.
   * @param {import("./frames.js").LiveItem[]} items
   * @param {number} now
   * @returns {boolean} whether something looks different
   */
  receive(items, now) {
    let changed = false;
    for (const item of items) {
      try {
        changed = this.#take(item, now) || changed;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.dropped += 1;
      }
    }
    return changed;
  }

  /** An op has arrived: its preview has done its work. @param {string} id @returns {boolean} whether there was one */
  arrived(id) {
    return this.previews.delete(id) || this.figures.delete(id);
  }

  /** These origins have left: take their traces away. @param {(origin: string) => boolean} isHere */
  keepOnly(isHere) {
    for (const origin of this.cursors.keys()) if (!isHere(origin)) this.cursors.delete(origin);
    for (const origin of this.#sequences.keys()) if (!isHere(origin)) this.#sequences.delete(origin);
    for (const [name, { id }] of this.#strokes) if (!isHere(originOf(id))) this.#strokes.delete(name);
  }

  /** Drop what nobody has confirmed. @param {number} now @returns {boolean} whether something went */
  expire(now) {
    const before = this.#shown;
    for (const [origin, { at }] of this.cursors) if (now - at >= CURSOR_LASTS_MS) this.cursors.delete(origin);
    for (const [id, { at }] of this.previews) if (now - at >= PREVIEW_LASTS_MS) this.previews.delete(id);
    for (const [id, { at }] of this.figures) if (now - at >= PREVIEW_LASTS_MS) this.figures.delete(id);
    return this.#shown !== before;
  }

  get #shown() {
    return this.cursors.size + this.previews.size + this.figures.size;
  }

  /** When something expires next. @returns {number|null} */
  nextTimer() {
    let due = null;
    for (const { at } of this.cursors.values()) due = Math.min(due ?? Infinity, at + CURSOR_LASTS_MS);
    for (const { at } of [...this.previews.values(), ...this.figures.values()]) due = Math.min(due ?? Infinity, at + PREVIEW_LASTS_MS);
    return due;
  }

  #take(item, now) {
    const fields = readItem(item);
    if (item.kind === LiveKind.PREVIEW) return this.#introduce(fields) && this.#grow(shortName(fields.id), fields, now);
    if (item.kind === LiveKind.FURTHER) return this.#grow(fields.name, fields, now);
    const { origin, sequence } = fields;
    if (origin === this.#own || !this.#isNewer(origin, item.kind, sequence)) return false;
    switch (item.kind) {
      case LiveKind.CURSOR:
        check(isPlace(fields.x) && isPlace(fields.y));
        return this.#point(origin, fields, now);
      case LiveKind.ENDED:
        return this.#end(opId(origin, fields.counter));
      case LiveKind.TRAIL:
        check(fields.places.every(([x, y]) => isPlace(x) && isPlace(y)));
        for (const [x, y] of fields.places) this.trails.add(origin, { number: fields.number, page: fields.page, x, y, at: now });
        return true;
      case LiveKind.FIGURE:
        return this.#draft(fields, now);
      case LiveKind.VIEW:
        check(isPlace(fields.x) && isPlace(fields.y) && fields.width > 0 && fields.height > 0);
        this.onView(fields);
        return false;
      case LiveKind.FOLLOW:
        if (fields.leader === this.#own) this.onFollower(origin, now);
        return false;
      default:
        return false; // a probe, or of a later version
    }
  }

  /** Sequences rise per origin and kind; of unknown kinds nothing is remembered. */
  #isNewer(origin, kind, sequence) {
    if (!SEQUENCED.has(kind)) return false;
    let highest = this.#sequences.get(origin);
    if (highest === undefined) {
      if (this.#sequences.size >= ORIGINS_MAX) this.#sequences.delete(this.#sequences.keys().next().value);
      this.#sequences.set(origin, (highest = new Map()));
    }
    if (sequence <= (highest.get(kind) ?? -1)) return false;
    highest.set(kind, sequence);
    return true;
  }

  #point(origin, { x, y, tool, page }, now) {
    if (!this.cursors.has(origin) && this.cursors.size >= ORIGINS_MAX) return false;
    this.cursors.set(origin, { origin, x, y, tool, page, at: now });
    return true;
  }

  /** From here on a short name is this stroke's. @returns {boolean} whether it is, and not of an earlier one */
  #introduce({ id, style }) {
    if (originOf(id) === this.#own) return false;
    const name = shortName(id);
    const known = this.#strokes.get(name);
    if (known?.id === id) return true;
    if (known !== undefined && originOf(known.id) === originOf(id) && counterOf(id) < counterOf(known.id)) return false;
    this.#strokes.delete(name);
    if (this.#strokes.size >= PREVIEWS_MAX) this.#strokes.delete(this.#strokes.keys().next().value);
    this.#strokes.set(name, { id, style, first: -1 });
    return true;
  }

  #end(id) {
    const known = this.#strokes.get(shortName(id));
    if (known?.id === id) known.first = Infinity; // nothing of it that comes late is shown
    return this.previews.delete(id) || this.figures.delete(id);
  }

  /** A figure looks like this now; of one maker there is one at a time. */
  #draft({ origin, counter, page, type, payload }, now) {
    const id = opId(origin, counter);
    if (this.#isLogged(id)) return false;
    for (const [other, figure] of this.figures) if (figure.origin === origin && other !== id) this.figures.delete(other);
    if (!this.figures.has(id) && this.figures.size >= PREVIEWS_MAX) this.figures.delete(this.figures.keys().next().value);
    this.figures.set(id, { id, origin, page, type, payload, at: now });
    return true;
  }

  /** Points of a stroke; until one is introduced that has this name, they are nobody's. */
  #grow(name, { first, columns }, now) {
    const known = this.#strokes.get(name);
    if (known === undefined || first <= known.first || this.#isLogged(known.id)) return false;
    const { scale, x, y, pressure } = decodeColumns(columns);
    const { id, style } = known;
    known.first = first;
    let preview = this.previews.get(id);
    if (preview === undefined) {
      if (this.previews.size >= PREVIEWS_MAX) this.previews.delete(this.previews.keys().next().value);
      const hasPressure = pressure !== null;
      preview = { id, origin: originOf(id), style, x: [], y: [], pressure: hasPressure ? [] : null, next: 0, at: now };
      this.previews.set(id, preview);
    }
    preview.at = now;
    // what was lost in between is bridged, what came twice is skipped
    for (let i = Math.max(0, preview.next - first); i < x.length && preview.x.length < PREVIEW_LENGTH_MAX; i++) {
      preview.x.push(x[i] / scale);
      preview.y.push(y[i] / scale);
      preview.pressure?.push(pressure?.[i] ?? 0);
    }
    preview.next = Math.max(preview.next, first + x.length);
    this.#point(preview.origin, { x: x.at(-1) / scale, y: y.at(-1) / scale, tool: CursorTool.PEN, page: style.page }, now);
    return true;
  }
}

const SEQUENCED = new Set(Object.values(LiveKind).filter((kind) => kind !== LiveKind.PREVIEW && kind !== LiveKind.FURTHER));
const isPlace = (value) => Math.abs(value) <= REACH_PX;

function check(condition) {
  if (!condition) throw new DecodeError("a live item breaks its format");
}
