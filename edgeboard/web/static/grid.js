/**
 * The grid under the ink: dots or lines that move with the paper, for this person alone. Never part of the board.
 *
 * One element as large as the window and a mesh more, with a background that repeats: moving the paper only shifts it, which
 * the compositor does; only another magnification has it painted anew.
 */

export const GRIDS = Object.freeze(["none", "dots", "lines"]);
const MESH = 40; // px of the canvas at zoom 1
const NARROWEST_PX = 22; // on screen: a finer mesh is left out

/** How far apart the meshes are on the screen. @param {number} zoom @returns {number} px */
export function meshOf(zoom) {
  let mesh = MESH * zoom;
  while (mesh < NARROWEST_PX) mesh *= 2;
  while (mesh >= 4 * NARROWEST_PX) mesh /= 2;
  return mesh;
}

/** The element that shows it. */
export class Grid {
  #element;
  #mesh = 0;

  /** @param {HTMLElement} element behind the sheet */
  constructor(element) {
    this.#element = element;
  }

  /** @param {string} kind one of `GRIDS` */
  show(kind) {
    this.#element.hidden = kind === "none";
    this.#element.dataset.kind = kind;
  }

  /** @param {import("./view.js").View} view */
  look({ x, y, zoom }) {
    const { style } = this.#element;
    const mesh = meshOf(zoom);
    if (mesh !== this.#mesh) {
      this.#mesh = mesh;
      style.setProperty("--mesh", `${mesh}px`);
    }
    const shift = (value) => -((((value * zoom) % mesh) + mesh) % mesh);
    style.transform = `translate(${shift(x).toFixed(2)}px, ${shift(y).toFixed(2)}px)`;
  }
}
