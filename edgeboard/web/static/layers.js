/** The card of layers: their order, what is hidden here, what is locked for everybody, and on which one draws. Shows and tells only. */

import { find, icon, make } from "./elements.js";
import { relist } from "./lists.js";
import { counted, say } from "./locale.js";

/** What a layer is called. @param {import("./structure.js").Layer} layer @returns {string} */
export const layerName = ({ number, name }) => name || say("Layer {n}", { n: number + 1 });

/**
 * @typedef {object} LayerCommands
 * @property {(layer: number) => void} choose draw on it
 * @property {(layer: number, isHidden: boolean) => void} hide
 * @property {(layer: number, isLocked: boolean) => void} lock
 * @property {() => void} add
 * @property {(step: number) => void} move the one that is drawn on, up or down
 * @property {() => void} rename the one that is drawn on
 * @property {() => void} remove the one that is drawn on
 * @property {() => void} bring what is selected onto it
 * @property {() => void} unlockAll items of the page
 */

/** The card. */
export class Layers {
  #commands;
  #shown = "";

  /** @param {LayerCommands} commands */
  constructor(commands) {
    this.#commands = commands;
    const press = (id, act) => find(id).addEventListener("click", act);
    press("layer-add", () => commands.add());
    press("layer-up", () => commands.move(1));
    press("layer-down", () => commands.move(-1));
    press("layer-rename", () => commands.rename());
    press("layer-remove", () => commands.remove());
    press("layer-bring", () => commands.bring());
    press("layer-unlock", () => commands.unlockAll());
  }

  /** Whether somebody looks at the card. */
  get isOpen() {
    return !find("card-layers").hidden;
  }

  /**
   * @param {(import("./structure.js").Layer & {isHidden: boolean})[]} layers the lowest first
   * @param {number} drawn the number of the one that new items go to
   * @param {number} selected how many items are selected
   * @param {number} locked how many items of the page are locked on their own
   */
  show(layers, drawn, selected, locked) {
    const text = JSON.stringify([layers, drawn, selected, locked]);
    if (text === this.#shown) return;
    this.#shown = text;
    const at = layers.findIndex(({ number }) => number === drawn);
    relist(find("layer-list"), [...layers].reverse().map((layer) => this.#row(layer, layer.number === drawn)));
    find("layer-up").disabled = at === layers.length - 1;
    find("layer-down").disabled = at <= 0;
    find("layer-remove").disabled = layers.length === 1 || layers[at]?.isLocked === true;
    find("layer-bring").hidden = selected === 0;
    find("layer-unlock").hidden = locked === 0;
  }

  #row(layer, isDrawn) {
    const name = layerName(layer);
    const { number, isHidden, isLocked, count } = layer;
    const row = make("li");
    const eye = toggle(isHidden ? "eye-off" : "eye", `eye ${number}`, isHidden ? say("Show {name}", { name }) : say("Hide {name}", { name }));
    eye.setAttribute("aria-pressed", String(isHidden));
    eye.addEventListener("click", () => this.#commands.hide(number, !isHidden));
    const open = make("button", "row");
    open.type = "button";
    open.dataset.key = `name ${number}`;
    if (isDrawn) open.setAttribute("aria-current", "true");
    open.append(make("span", "name", name), make("span", "soft", counted(count, "{n} item", "{n} items")));
    open.addEventListener("click", () => this.#commands.choose(number));
    const lock = toggle(isLocked ? "lock" : "unlock", `lock ${number}`, isLocked ? say("Unlock {name}", { name }) : say("Lock {name}", { name }));
    lock.setAttribute("aria-pressed", String(isLocked));
    lock.addEventListener("click", () => this.#commands.lock(number, !isLocked));
    row.append(eye, open, lock);
    return row;
  }
}

function toggle(name, key, label) {
  const button = make("button", "tool small");
  button.type = "button";
  button.dataset.key = key;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.append(icon(name));
  return button;
}
