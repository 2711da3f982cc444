/** Other people's cursors: one small element each, moved by the compositor so that they glide. */

import { cssColour } from "./ink.js";
import { toScreen } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";

/** The layer of cursors. */
export class Cursors {
  #layer;
  #shown = new Map(); // origin -> {element, label, key}

  /** @param {HTMLElement} layer */
  constructor(layer) {
    this.#layer = layer;
  }

  /**
   * Show these and no others.
   * @param {Iterable<{origin: string, x: number, y: number}>} cursors canvas px
   * @param {(origin: string) => {name: string, colour: number}|null} who
   * @param {import("./view.js").View} view
   * @param {boolean} isMoving whether the view itself moves: then nothing glides
   */
  draw(cursors, who, view, isMoving) {
    this.#layer.classList.toggle("is-still", isMoving);
    const gone = new Set(this.#shown.keys());
    for (const { origin, x, y } of cursors) {
      gone.delete(origin);
      const shown = this.#shown.get(origin) ?? this.#add(origin);
      const person = who(origin);
      const key = person === null ? "" : `${person.colour} ${person.name}`;
      if (shown.key !== key) this.#dress(shown, person, key);
      const place = toScreen(view, x, y);
      shown.element.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px)`;
    }
    for (const origin of gone) {
      this.#shown.get(origin).element.remove();
      this.#shown.delete(origin);
    }
  }

  #add(origin) {
    const element = document.createElement("div");
    element.className = "cursor";
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 20 20");
    const arrow = document.createElementNS(SVG, "path");
    arrow.setAttribute("d", "M2 1.5 16.5 9l-6.4 1.9L7.4 17z");
    icon.append(arrow);
    const label = document.createElement("span");
    element.append(icon, label);
    this.#layer.append(element);
    const shown = { element, label, key: null };
    this.#shown.set(origin, shown);
    return shown;
  }

  #dress(shown, person, key) {
    shown.key = key;
    shown.element.style.setProperty("--person", cssColour(person?.colour ?? 1));
    shown.label.textContent = person?.name ?? "";
    shown.label.hidden = person === null;
  }
}
