/**
 * From Pointer Events to gestures: drawing with one pointer, moving the paper with two fingers, the wheel or the space bar.
 *
 * One gesture at a time. A pen outranks fingers: while it draws, touches are the palm, and once a pen has been seen,
 * one finger moves the paper instead of drawing. A second finger soon after the first turns a begun stroke into a pinch.
 */

const PINCH_WITHIN_MS = 350; // after the first finger
const PINCH_WITHIN_PX = 30; // that the first finger has moved
const WHEEL_LINE_PX = 40;
const NOTCH_PX = 50; // a wheel's step is at least this, a trackpad's is less
const ERASER_BUTTON = 5; // the other end of a pen
const PREDICTED_MAX = 3; // points to come that are shown
const REAL_LEVELS = 4; // different pressures after which a finger's are believed

/** Whether a device measures pressure: those that do not say 0, 0.5 or 1. */
export class PressureSense {
  #seen = new Map(); // pointer type -> different levels

  /** @param {string} type @param {number} pressure 0 .. 1 */
  feel(type, pressure) {
    if (pressure === 0 || pressure === 0.5 || pressure === 1) return;
    const levels = this.#seen.get(type) ?? new Set();
    if (levels.size < 2 * REAL_LEVELS) levels.add(pressure);
    this.#seen.set(type, levels);
  }

  /** @param {string} type of pointer @returns {boolean} */
  isReal(type) {
    const levels = this.#seen.get(type)?.size ?? 0;
    if (type === "pen") return levels > 0;
    return type === "touch" && levels >= REAL_LEVELS;
  }
}

/**
 * @typedef {{x: number, y: number, pressure: number|null, time: number, isShift: boolean}} Sample screen px, 0 .. 1 or
 *   null, ms, and whether the Shift key is down
 *
 * @typedef {object} Gestures what a board does with them
 * @property {(sample: Sample, how: {type: string, isEraser: boolean, hasPressure: boolean}) => boolean} begin false to refuse
 * @property {(samples: Sample[], predicted: Sample[]) => void} move what came, and what the browser thinks comes next
 * @property {() => void} end
 * @property {() => void} cancel it was no stroke after all
 * @property {(dx: number, dy: number) => void} pan screen px
 * @property {(factor: number, x: number, y: number) => void} zoom around a screen point
 * @property {(sample: Sample|null, type: string) => void} hover null: the pointer left
 * @property {(isPanning: boolean) => void} grip the paper is held, or let go
 */

/** Listens to one element. */
export class PointerInput {
  #element;
  #gestures;
  #sense = new PressureSense();
  #drawing = null; // {id, type, startX, startY, startTime, travelled, hasPressure, last}
  #panning = null; // {id, x, y}
  #fingers = new Map(); // pointer id -> {x, y}
  #pinch = null; // {distance, x, y}
  #hasPen = false;
  /** Whether a drag moves the paper: the hand tool, or the space bar held down. */
  isHand = false;
  /** Whether one finger draws although a pen was seen. */
  fingersDraw = false;

  /** @param {HTMLElement} element covers the window @param {Gestures} gestures */
  constructor(element, gestures) {
    this.#element = element;
    this.#gestures = gestures;
    const on = (type, handle, options) => element.addEventListener(type, handle, options);
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event, false));
    on("pointercancel", (event) => this.#up(event, true));
    on("lostpointercapture", (event) => this.#up(event, true));
    on("pointerleave", (event) => {
      if (event.pointerType === "mouse" || event.buttons === 0) this.#gestures.hover(null, event.pointerType);
    });
    on("wheel", (event) => this.#wheel(event), { passive: false });
    for (const type of ["contextmenu", "touchstart", "dragstart", "selectstart"]) {
      on(type, (event) => event.cancelable && event.preventDefault(), { passive: false });
    }
  }

  /** Whether a pen has been seen, so that fingers move the paper. */
  get hasPen() {
    return this.#hasPen;
  }

  get isDrawing() {
    return this.#drawing !== null;
  }

  // ------------------------------------------------------------------------------------------------------- pointers

  #down(event) {
    event.preventDefault();
    this.#element.focus({ preventScroll: true });
    this.#capture(event.pointerId);
    const { pointerType: type } = event;
    if (type === "pen") this.#hasPen = true;
    this.#sense.feel(type, event.pressure);
    if (type === "touch") this.#fingerDown(event);
    else if (type === "pen" || event.button === 0) {
      if (type === "pen" && this.#drawing?.type === "touch") this.#abandon();
      if (this.isHand && event.button !== ERASER_BUTTON) this.#grip(event);
      else this.#begin(event);
    } else if (event.button === 1 || event.button === 2) this.#grip(event);
  }

  #fingerDown(event) {
    this.#fingers.set(event.pointerId, this.#place(event));
    if (this.#drawing !== null) {
      const { type, startTime, travelled } = this.#drawing;
      const isYoung = event.timeStamp - startTime < PINCH_WITHIN_MS && travelled < PINCH_WITHIN_PX;
      if (type !== "touch" || !isYoung) return; // a palm, or a finger that came too late
      this.#abandon();
    }
    if (this.#fingers.size >= 2) {
      this.#panning = null;
      this.#startPinch();
    } else if (this.isHand || (this.#hasPen && !this.fingersDraw)) this.#grip(event);
    else this.#begin(event);
  }

  #move(event) {
    const { pointerType: type } = event;
    const place = this.#place(event);
    if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, place);
    if (this.#drawing?.id === event.pointerId) this.#draw(event);
    else if (this.#pinch !== null && this.#fingers.has(event.pointerId)) this.#movePinch();
    else if (this.#panning?.id === event.pointerId) {
      this.#gestures.pan(place.x - this.#panning.x, place.y - this.#panning.y);
      this.#panning = { id: event.pointerId, ...place };
    }
    if (type !== "touch") this.#gestures.hover({ ...place, pressure: null, time: event.timeStamp }, type);
  }

  #up(event, isCancelled) {
    this.#fingers.delete(event.pointerId);
    if (this.#drawing?.id === event.pointerId) {
      if (!isCancelled && event.pointerType !== "touch") this.#draw(event);
      this.#drawing = null;
      this.#gestures.end(); // what was drawn is kept, even if the system took the pointer away
    }
    if (this.#panning?.id === event.pointerId) {
      this.#panning = null;
      this.#gestures.grip(false);
    }
    if (this.#pinch !== null && event.pointerType === "touch") {
      this.#pinch = null;
      const rest = [...this.#fingers];
      if (rest.length >= 2) this.#startPinch();
      else if (rest.length === 1) this.#panning = { id: rest[0][0], ...rest[0][1] };
      if (rest.length === 0) this.#gestures.grip(false);
    }
    if (event.pointerType === "touch") this.#gestures.hover(null, "touch");
  }

  #begin(event) {
    if (this.#drawing !== null || this.#panning !== null || this.#pinch !== null) return;
    const { pointerType: type, pointerId: id, timeStamp: startTime } = event;
    const hasPressure = this.#sense.isReal(type);
    const sample = this.#sample(event, hasPressure);
    const isEraser = type === "pen" && (event.button === ERASER_BUTTON || (event.buttons & 32) !== 0);
    if (!this.#gestures.begin(sample, { type, isEraser, hasPressure })) return;
    this.#drawing = { id, type, startTime, travelled: 0, hasPressure, last: sample };
  }

  #draw(event) {
    const drawing = this.#drawing;
    const samples = [];
    for (const each of coalesced(event)) {
      this.#sense.feel(drawing.type, each.pressure);
      const sample = this.#sample(each, drawing.hasPressure);
      drawing.travelled += Math.hypot(sample.x - drawing.last.x, sample.y - drawing.last.y);
      drawing.last = sample;
      samples.push(sample);
    }
    const predicted = event.type === "pointermove" ? (event.getPredictedEvents?.() ?? []) : [];
    this.#gestures.move(samples, predicted.slice(0, PREDICTED_MAX).map((each) => this.#sample(each, drawing.hasPressure)));
  }

  #abandon() {
    this.#drawing = null;
    this.#gestures.cancel();
  }

  #grip(event) {
    if (this.#drawing !== null || this.#pinch !== null) return;
    this.#panning = { id: event.pointerId, ...this.#place(event) };
    this.#gestures.grip(true);
  }

  #capture(id) {
    try {
      this.#element.setPointerCapture(id);
    } catch {
      // the pointer is gone already; its moves still come while it is over us
    }
  }

  // ---------------------------------------------------------------------------------------------- fingers and wheel

  #startPinch() {
    this.#pinch = this.#span();
    this.#gestures.grip(true);
  }

  #span() {
    const [a, b] = [...this.#fingers.values()];
    return { distance: Math.max(8, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  }

  #movePinch() {
    if (this.#fingers.size < 2) return;
    const [before, now] = [this.#pinch, this.#span()];
    this.#gestures.pan(now.x - before.x, now.y - before.y);
    this.#gestures.zoom(now.distance / before.distance, now.x, now.y);
    this.#pinch = now;
  }

  #wheel(event) {
    event.preventDefault();
    const { x, y } = this.#place(event);
    const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? WHEEL_LINE_PX : 10 * WHEEL_LINE_PX;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) this.#gestures.zoom(Math.exp(-clamp(dy, 100) * 0.01), x, y);
    else if (event.shiftKey && dx === 0) this.#gestures.pan(-dy, 0);
    else if (dx === 0 && (event.deltaMode !== 0 || Math.abs(dy) >= NOTCH_PX)) {
      this.#gestures.zoom(Math.exp(-clamp(dy, 240) * 0.0015), x, y);
    } else this.#gestures.pan(-dx, -dy);
  }

  #place(event) {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #sample(event, hasPressure) {
    const { x, y } = this.#place(event);
    // a pen that lifts says 0: the last it pressed counts
    const pressure = hasPressure ? (event.pressure > 0 ? event.pressure : (this.#drawing?.last.pressure ?? 0)) : null;
    return { x, y, pressure, time: event.timeStamp, isShift: event.shiftKey === true };
  }
}

/** The moves that an event stands for: a fast pen makes several per frame, and not every browser tells. */
export function coalesced(event) {
  const all = event.getCoalescedEvents?.() ?? [];
  return all.length > 0 ? all : [event];
}

const clamp = (value, most) => Math.min(most, Math.max(-most, value));
