/**
 * Who is in the room: the lists that nodes send of their people, put together. No screen, no clock.
 *
 * A node's list replaces its earlier one. A person may sit at two pages; a page is an origin.
 */

const NODES_MAX = 256; // of which lists are kept

/** @typedef {{person: string, name: string, colour: number, origins: string[], isSelf: boolean, node: string}} Present */

/** The people of one room. */
export class Presence {
  #lists = new Map(); // node -> people
  #byOrigin = new Map(); // origin -> {name, colour, person}
  #self;

  /** @param {string} person our own id */
  constructor(person) {
    this.#self = person;
  }

  /**
   * A node's list.
   * @param {string} node hex
   * @param {{person: string, origin: string, name: string, colour: number}[]} people
   */
  replace(node, people) {
    if (people.length === 0) this.#lists.delete(node);
    else if (this.#lists.has(node) || this.#lists.size < NODES_MAX) this.#lists.set(node, people);
    this.#byOrigin = new Map();
    for (const list of this.#lists.values()) for (const each of list) this.#byOrigin.set(each.origin, each);
  }

  /** The link is gone: nobody is known to be here. */
  clear() {
    this.#lists.clear();
    this.#byOrigin.clear();
  }

  /** Who is behind an origin. @param {string} origin @returns {{name: string, colour: number, person: string}|null} */
  of(origin) {
    return this.#byOrigin.get(origin) ?? null;
  }

  /** Everybody else, once each, by name. @returns {Present[]} */
  others() {
    const people = new Map();
    for (const [node, list] of this.#lists) {
      for (const { person, origin, name, colour } of list) {
        if (person === this.#self) continue;
        const known = people.get(person);
        if (known === undefined) people.set(person, { person, name, colour, origins: [origin], node, isSelf: false });
        else known.origins.push(origin);
      }
    }
    return [...people.values()].sort((a, b) => a.name.localeCompare(b.name) || (a.person < b.person ? -1 : 1));
  }
}
