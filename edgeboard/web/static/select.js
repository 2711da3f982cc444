/**
 * The tool that selects. A tap takes the topmost item, a drag on empty paper takes what is inside a box, or inside a lasso
 * where its path bends; a drag on what is selected moves it, its handles scale and turn it; what is locked can be tapped,
 * so that it is unlocked. Shift adds, takes away, frees the ratio, snaps the turn.
 */

import { Carry } from "./carry.js";
import { translation } from "./geometry.js";
import { ROTATE, handleAt, isInside, pullOf, rotation, scaling } from "./handles.js";
import { Lasso } from "./lasso.js";
import { layerName } from "./layers.js";
import { CursorTool } from "./live.js";
import { say } from "./locale.js";
import { layersOf } from "./structure.js";
import { toCanvas } from "./view.js";

const HOLD_MS = 550; // of a long press
const SLOP = { mouse: 3, pen: 6, touch: 9 }; // screen px that a tap may move
const REACH = { mouse: 5, pen: 7, touch: 13 }; // screen px around a press in which ink is met
const HANDLE_REACH = { mouse: 10, pen: 14, touch: 22 };
const LASSO_STEP = 3; // screen px

/** What a gesture has turned out to be. */
const Mode = Object.freeze({ PRESS: 0, LASSO: 1, MOVE: 2, SCALE: 3, TURN: 4, DONE: 5 });

/** One gesture of the tool. */
export class SelectTool {
  #bench;
  #mode = Mode.PRESS;
  #type = "mouse";
  #start = null; // sample
  #from = null; // canvas px
  #last = null; // sample
  #hit = null; // the item under the press
  #handle = null;
  #frame = null;
  #lasso = null;
  cursor = CursorTool.SELECT;
  ring = null;

  /** @param {import("./tools.js").Bench} bench */
  constructor(bench) {
    this.#bench = bench;
  }

  /** What a mouse over here would do: the style of its pointer. @returns {string} "" for nothing in particular */
  static over({ selection, painter, view }, { x, y }) {
    const frame = selection.frame;
    if (frame !== null && !selection.isFixed) {
      const handle = handleAt(frame, view(), x, y, HANDLE_REACH.mouse);
      if (handle === ROTATE) return "turn";
      if (handle !== null) return pullOf(frame, view(), handle);
      if (isInside(frame, view(), x, y)) return "move";
    }
    const place = toCanvas(view(), x, y);
    return painter.topmost(place.x, place.y, REACH.mouse / view().zoom) === null ? "" : "item";
  }

  get drawing() {
    return this.#lasso?.picture(this.#bench.view().zoom) ?? null;
  }

  /** When a press becomes a long one. */
  get due() {
    return this.#mode === Mode.PRESS ? this.#start.time + HOLD_MS : Infinity;
  }

  begin(sample, { type }) {
    const { selection, painter, view } = this.#bench;
    this.#type = Object.hasOwn(SLOP, type) ? type : "mouse";
    this.#start = this.#last = sample;
    this.#from = toCanvas(view(), sample.x, sample.y);
    this.#hit = painter.topmost(this.#from.x, this.#from.y, REACH[this.#type] / view().zoom);
    this.#frame = selection.isFixed ? null : selection.frame;
    if (this.#frame !== null) this.#handle = handleAt(this.#frame, view(), sample.x, sample.y, HANDLE_REACH[this.#type]);
  }

  move(samples) {
    for (const sample of samples) {
      this.#last = sample;
      if (this.#mode === Mode.PRESS && this.#isTap()) continue;
      if (this.#mode === Mode.PRESS) this.#decide();
      if (this.#mode === Mode.LASSO) {
        const { x, y } = toCanvas(this.#bench.view(), sample.x, sample.y);
        this.#lasso.add(x, y);
      }
    }
    this.#follow();
  }

  #isTap() {
    return Math.hypot(this.#last.x - this.#start.x, this.#last.y - this.#start.y) <= SLOP[this.#type];
  }

  /** It moves: what is it? */
  #decide() {
    const { selection, view } = this.#bench;
    const { x, y, isShift } = this.#start;
    if (this.#handle !== null) this.#mode = this.#handle === ROTATE ? Mode.TURN : Mode.SCALE;
    else if (!isShift && this.#frame !== null && isInside(this.#frame, view(), x, y)) this.#mode = Mode.MOVE;
    else if (!isShift && this.#hit !== null) {
      selection.replace([this.#hit]);
      this.#frame = selection.frame;
      this.#mode = Mode.MOVE;
    } else {
      this.#mode = Mode.LASSO;
      this.#lasso = new Lasso(LASSO_STEP / view().zoom);
      this.#lasso.add(this.#from.x, this.#from.y);
      return;
    }
    this.#bench.take(new Carry(this.#bench));
  }

  #follow() {
    if (this.#mode !== Mode.MOVE && this.#mode !== Mode.SCALE && this.#mode !== Mode.TURN) return;
    const to = toCanvas(this.#bench.view(), this.#last.x, this.#last.y);
    this.#bench.carry?.to(this.#delta(to, this.#last.isShift));
  }

  #delta(to, isShift) {
    if (this.#mode === Mode.SCALE) return scaling(this.#frame, this.#handle, this.#from, to, isShift);
    if (this.#mode === Mode.TURN) return rotation(this.#frame, this.#from, to, isShift);
    return translation(to.x - this.#from.x, to.y - this.#from.y);
  }

  /** A long press takes what is locked. */
  tick(now) {
    if (this.#mode !== Mode.PRESS || now < this.due || this.#handle !== null) return;
    if (this.#takeFixed()) this.#mode = Mode.DONE;
  }

  /** Select what is locked here, so that it can be unlocked; of a locked layer it is said. @returns {boolean} whether there is something */
  #takeFixed() {
    const { board, notify, painter, selection, sight, view } = this.#bench;
    const fixed = painter.topmost(this.#from.x, this.#from.y, REACH[this.#type] / view().zoom, true);
    if (fixed === null) return false;
    if (this.#bench.isOnLockedLayer(fixed)) {
      selection.clear();
      const layer = layersOf(board.document, sight.page).find(({ number }) => number === board.document.item(fixed).layer);
      notify(say("{name} is locked", { name: layerName(layer) }));
    } else selection.replace([fixed]);
    return true;
  }

  /** The page may be gone in a moment: what is moved is set down here. */
  flush() {
    if (this.#mode === Mode.PRESS || this.#mode === Mode.DONE) return;
    this.end();
    this.#mode = Mode.DONE;
  }

  end() {
    const { selection } = this.#bench;
    if (this.#mode === Mode.PRESS) this.#tap();
    else if (this.#mode === Mode.LASSO) {
      const inside = this.#bench.painter.pictures().filter((picture) => this.#lasso.share(picture) > 0.5);
      const ids = inside.map(({ id }) => id).filter((id) => !this.#bench.isFixed(id));
      selection.replace(this.#start.isShift ? [...selection.ids, ...ids] : ids);
      this.#lasso = null;
    } else this.#bench.settle();
  }

  #tap() {
    const { selection } = this.#bench;
    if (this.#handle !== null) return;
    if (this.#start.isShift) {
      if (this.#hit !== null) selection.toggle(this.#hit);
    } else if (this.#hit !== null) selection.replace([this.#hit]);
    else if (!this.#takeFixed()) selection.clear();
  }

  cancel() {
    this.#lasso = null;
    this.#bench.drop();
  }
}
