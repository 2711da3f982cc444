/**
 * A bitmap of the size of the window, painted for one view: what the painter shows, and what it paints behind the scene.
 *
 * Canvas px go in, whole device px are touched, so that neither a seam nor a second coat is left at an edge.
 */

/** A bitmap of the size of the window. */
export class Sheet {
  #element;
  #context;
  #placed = "";
  #ratio = 1;

  constructor(element) {
    this.#element = element;
    this.#context = element.getContext("2d");
    this.#context.lineCap = "round";
  }

  get width() {
    return this.#element.width;
  }

  get height() {
    return this.#element.height;
  }

  /** @param {number} width CSS px @param {number} height @param {number} ratio device px per CSS px */
  resize(width, height, ratio) {
    this.#ratio = ratio;
    const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.#element.width === w && this.#element.height === h) return;
    this.#element.width = w;
    this.#element.height = h;
    // as large as it was painted, also while the window has another size already
    this.#element.style.width = `${w / ratio}px`;
    this.#element.style.height = `${h / ratio}px`;
  }

  place(transform) {
    if (transform === this.#placed) return;
    this.#placed = transform;
    this.#element.style.transform = transform;
  }

  clear() {
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.width, this.height);
  }

  shift(dx, dy) {
    if (dx === 0 && dy === 0) return;
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "copy";
    context.drawImage(this.#element, dx, dy);
    context.globalCompositeOperation = "source-over";
  }

  replaceBy(other) {
    this.resize(other.width / other.#ratio, other.height / other.#ratio, other.#ratio);
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.globalCompositeOperation = "copy";
    context.drawImage(other.#element, 0, 0);
    context.globalCompositeOperation = "source-over";
  }

  draw(view, picture) {
    this.#aim(view);
    picture.draw(this.#context);
  }

  /** Paint boxes of the canvas anew. */
  repaint(view, boxes, pictures) {
    const context = this.#context;
    const unit = view.zoom * this.#ratio;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    for (const box of boxes) {
      // whole device px, so that neither a seam nor a second coat is left at the edges
      const x0 = Math.floor((box.x0 - view.x) * unit) - 1;
      const y0 = Math.floor((box.y0 - view.y) * unit) - 1;
      const x1 = Math.ceil((box.x1 - view.x) * unit) + 1;
      const y1 = Math.ceil((box.y1 - view.y) * unit) + 1;
      context.rect(x0, y0, x1 - x0, y1 - y0);
    }
    context.clip();
    context.clearRect(0, 0, this.width, this.height);
    this.#aim(view);
    for (const picture of pictures) picture.draw(context);
    context.restore();
  }

  #aim(view) {
    const unit = view.zoom * this.#ratio;
    this.#context.setTransform(unit, 0, 0, unit, -view.x * unit, -view.y * unit);
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
