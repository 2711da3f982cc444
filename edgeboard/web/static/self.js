/** The person at this page, as others see them: a name, and a colour that gives way to those of others until it was chosen. */

import { yielded } from "./hues.js";
import { remember, whoIsHere } from "./person.js";

const NEW_FOR_MS = 1_500; // after the first sight of others; who came later has as long to give way

/** Who sits here. */
export class Self {
  #drawer;
  #onChange;
  #metAt = null;
  #others = [];
  #timer = null;
  /** @type {import("./person.js").Person} */
  person;

  /** @param {import("./person.js").Drawer} drawer @param {(name: string, colour: number) => void} onChange tell it to the others */
  constructor(drawer, onChange) {
    this.#drawer = drawer;
    this.#onChange = onChange;
    this.person = whoIsHere(drawer);
  }

  get id() {
    return this.person.id;
  }

  /** This is how the person wants to be seen. @param {string} name @param {number} colour */
  become(name, colour) {
    this.#set({ name, colour, isChosen: this.person.isChosen || colour !== this.person.colour });
  }

  /** Somebody came, went or changed. @param {import("./presence.js").Present[]} others @param {number} now ms */
  meet(others, now) {
    this.#others = others;
    if (others.length === 0) return;
    this.#metAt ??= now;
    if (now - this.#metAt < NEW_FOR_MS) this.#giveWay(true);
    else this.#timer ??= setTimeout(() => this.#giveWay(false), NEW_FOR_MS);
  }

  #giveWay(isNew) {
    clearTimeout(this.#timer);
    this.#timer = null;
    const colour = yielded(this.person, this.#others, isNew, Math.random);
    if (colour !== null) this.#set({ colour });
  }

  #set(change) {
    this.person = { ...this.person, ...change };
    remember(this.#drawer, this.person);
    this.#onChange(this.person.name, this.person.colour);
  }
}
