/**
 * A bitmap of the size of the window and a margin, painted for one view: what is shown, and what is made behind the scene.
 *
 * Canvas px go in, whole device px are touched, so that neither a seam nor a second coat is left at an edge.
 */

/**
 * @typedef {object} Size
 * @property {number} width of the window, CSS px
 * @property {number} height
 * @property {number} margin around it, CSS px, whole in device px
 * @property {number} ratio device px per CSS px
 */

/** A bitmap somewhat larger than the window. */
export class Sheet {
  #element;
  #context;
  #placed = "";
  #size = { width: 0, height: 0, margin: 0, ratio: 1 };

  constructor(element) {
    this.#element = element;
    this.#context = element.getContext("2d");
    this.#context.lineCap = "round";
  }

  /** @returns {Size} */
  get size() {
    return this.#size;
  }

  /** @param {Size} size */
  resize(size) {
    this.#size = size;
    const { width, height, margin, ratio } = size;
    const [w, h] = [width, height].map((length) => Math.max(1, Math.round((length + 2 * margin) * ratio)));
    if (this.#element.width === w && this.#element.height === h) return;
    this.#element.width = w;
    this.#element.height = h;
    // as large as it was painted, also while the window has another size already
    this.#element.style.width = `${w / ratio}px`;
    this.#element.style.height = `${h / ratio}px`;
  }

  /**
   * Show it where it belongs in a window that looks elsewhere by now.
   * @param {import("./view.js").View} shown that it was painted for
   * @param {import("./view.js").View} wanted
   */
  place(shown, wanted) {
    const scale = wanted.zoom / shown.zoom;
    const [x, y] = ["x", "y"].map((axis) => (shown[axis] - wanted[axis]) * wanted.zoom - this.#size.margin * scale);
    const transform = `translate(${x}px, ${y}px) scale(${scale})`;
    if (transform === this.#placed) return;
    this.#placed = transform;
    this.#element.style.transform = transform;
  }

  clear() {
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.#element.width, this.#element.height);
  }

  /** Become another of the same size, moved. @param {Sheet} other @param {number} dx device px @param {number} dy */
  copy(other, dx, dy) {
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "copy";
    context.drawImage(other.#element, dx, dy);
    context.globalCompositeOperation = "source-over";
  }

  draw(view, picture) {
    this.#aim(view);
    picture.draw(this.#context);
  }

  /** Paint boxes of the canvas anew. */
  repaint(view, boxes, pictures) {
    this.open(view, boxes, true);
    for (const picture of pictures) this.put(picture);
    this.close();
  }

  /**
   * Begin to put pictures into boxes.
   * @param {import("./view.js").View} view
   * @param {import("./geometry.js").Rect[]} boxes canvas px
   * @param {boolean} [isCleared] whether they are made empty
   */
  open(view, boxes, isCleared = false) {
    const context = this.#context;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    for (const box of boxes) context.rect(...this.#rounded(view, box));
    context.clip();
    if (isCleared) context.clearRect(0, 0, this.#element.width, this.#element.height);
    this.#aim(view);
  }

  /** Whole device px, so that neither a seam nor a second coat is left at the edges. */
  #rounded(view, box) {
    const unit = view.zoom * this.#size.ratio;
    const edge = this.#size.margin * this.#size.ratio;
    const x0 = Math.floor((box.x0 - view.x) * unit + edge) - 1;
    const y0 = Math.floor((box.y0 - view.y) * unit + edge) - 1;
    const x1 = Math.ceil((box.x1 - view.x) * unit + edge) + 1;
    const y1 = Math.ceil((box.y1 - view.y) * unit + edge) + 1;
    return [x0, y0, x1 - x0, y1 - y0];
  }

  put(picture) {
    picture.draw(this.#context);
  }

  close() {
    this.#context.restore();
  }

  #aim(view) {
    const unit = view.zoom * this.#size.ratio;
    const edge = this.#size.margin * this.#size.ratio;
    this.#context.setTransform(unit, 0, 0, unit, edge - view.x * unit, edge - view.y * unit);
    this.#context.lineCap = "round";
    this.#context.lineJoin = "round";
  }
}

/** A part of the canvas on its own, without a view. */
export class Bitmap {
  #box;
  #image;
  #context;

  /** @param {import("./geometry.js").Rect} box canvas px @param {number} unit device px per canvas px */
  constructor(box, unit) {
    this.#box = box;
    this.#image = globalThis.document.createElement("canvas");
    this.#image.width = Math.max(1, Math.ceil((box.x1 - box.x0) * unit));
    this.#image.height = Math.max(1, Math.ceil((box.y1 - box.y0) * unit));
    this.#context = this.#image.getContext("2d");
    this.#context.setTransform(unit, 0, 0, unit, -box.x0 * unit, -box.y0 * unit);
    this.#context.lineCap = this.#context.lineJoin = "round";
  }

  /** @param {import("./picture.js").Picture} picture */
  draw(picture) {
    picture.draw(this.#context);
  }

  /** Paint all of it. @param {string} css */
  fill(css) {
    const context = this.#context;
    context.globalAlpha = 1;
    context.fillStyle = css;
    context.fillRect(this.#box.x0, this.#box.y0, this.#box.x1 - this.#box.x0, this.#box.y1 - this.#box.y0);
  }

  /** As a file. @returns {Promise<Blob|null>} PNG; null if the browser cannot */
  encode() {
    return new Promise((resolve) => this.#image.toBlob(resolve, "image/png"));
  }

  /** Draw it where it belongs. @param {CanvasRenderingContext2D} context whose transform is that of the canvas */
  show(context) {
    const { x0, y0, x1, y1 } = this.#box;
    context.globalAlpha = 1;
    if (x1 > x0 && y1 > y0) context.drawImage(this.#image, x0, y0, x1 - x0, y1 - y0);
  }
}
