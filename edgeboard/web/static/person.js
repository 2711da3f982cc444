/**
 * Who sits at this device, and how they like their tools: kept in this browser, with memory where it keeps nothing.
 *
 * The person id is random and outlives reloads; names, colours and undo belong to it.
 */

import { randomPerson } from "./ids.js";
import { NAME_MAX, isRoomName } from "./wire.js";

const PERSON = "edgeboard.person";
const TOOLS = "edgeboard.tools";
// and the room's name:
const VIEW = "edgeboard.view.";
const SEEN = "edgeboard.seen.";
const SIGHT = "edgeboard.sight.";
const GRID = "edgeboard.grid.";
const DRAFT = "edgeboard.draft.";

/** Colours of people: those of the palette that read well on white and apart from each other. */
export const PERSON_COLOURS = Object.freeze([4, 5, 7, 8, 9, 10, 11, 12, 13]);

const FIRST = ["Amber", "Brisk", "Calm", "Clever", "Coral", "Gentle", "Golden", "Indigo", "Jolly", "Lucky", "Mellow"];
const LAST = ["Badger", "Crane", "Finch", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Robin", "Seal", "Wren"];

/** @typedef {{id: string, name: string, colour: number, isChosen: boolean}} Person `isChosen`: whether they chose the colour */

/** Values kept in this browser by name. */
export class Drawer {
  #storage;
  #memory = new Map();

  /** @param {Storage|null} storage may be missing, full or forbidden */
  constructor(storage) {
    this.#storage = storage;
  }

  /** @param {string} key @returns {unknown} null if there is none, or it cannot be read */
  get(key) {
    if (this.#memory.has(key)) return this.#memory.get(key);
    try {
      return JSON.parse(this.#storage?.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {unknown} value */
  set(key, value) {
    this.#memory.set(key, value);
    try {
      this.#storage?.setItem(key, JSON.stringify(value));
    } catch {
      // memory has it
    }
  }
}

/** The storage of this browser, or null. @returns {Storage|null} */
export function browserStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** A name as it may be sent: one line, not too long. @param {unknown} text @returns {string} */
export function cleanName(text) {
  if (typeof text !== "string") return "";
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").replace(/\s+/g, " ").trim();
  return [...line].slice(0, NAME_MAX).join("").trim();
}

/** Up to two letters that stand for a name. @param {string} name @returns {string} */
export function initials(name) {
  const words = name.split(" ").filter((word) => word !== "");
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/**
 * Who sits here: as kept, or somebody new.
 * @param {Drawer} drawer
 * @param {() => number} [dice] 0 .. 1
 * @returns {Person}
 */
export function whoIsHere(drawer, dice = Math.random) {
  const kept = drawer.get(PERSON);
  const choose = (list) => list[Math.floor(dice() * list.length) % list.length];
  const isKept = kept !== null && typeof kept === "object" && /^[0-9a-f]{32}$/.test(kept.id);
  const person = {
    id: isKept ? kept.id : randomPerson(),
    name: (isKept && cleanName(kept.name)) || `${choose(FIRST)} ${choose(LAST)}`,
    colour: isKept && PERSON_COLOURS.includes(kept.colour) ? kept.colour : choose(PERSON_COLOURS),
    isChosen: isKept && kept.isChosen === true,
  };
  drawer.set(PERSON, person);
  return person;
}

/** @param {Drawer} drawer @param {Person} person */
export function remember(drawer, person) {
  drawer.set(PERSON, person);
}

/**
 * What the toolbar looked like.
 * @param {Drawer} drawer
 * @param {Record<string, {widths: number[]|null}>} tools as `tools.js` has them
 * @returns {object} only what makes sense; empty if nothing is known
 */
export function toolsKept(drawer, tools) {
  const { name, colour, paper, isPartial, widths } = Object(drawer.get(TOOLS));
  const kept = {};
  const isColour = (value) => Number.isInteger(value) && value >= 0 && value <= 16 + 0xffffff;
  if (Object.hasOwn(tools, name)) kept.name = name;
  if (isColour(colour)) kept.colour = colour;
  if (isColour(paper)) kept.paper = paper;
  if (typeof isPartial === "boolean") kept.isPartial = isPartial;
  const isStep = ([tool, step]) => Object.hasOwn(tools, tool) && tools[tool].widths?.[step] !== undefined;
  kept.widths = Object.fromEntries(Object.entries(Object(widths)).filter(isStep));
  return kept;
}

/** @param {Drawer} drawer @param {object} tools */
export function keepTools(drawer, tools) {
  drawer.set(TOOLS, tools);
}

/** Which page of a room was looked at last, and what was hidden: as `Sight.recall` takes it. @param {Drawer} drawer @param {string} room */
export function sightKept(drawer, room) {
  return drawer.get(SIGHT + room);
}

/** @param {Drawer} drawer @param {string} room @param {object} sight as `Sight.kept` gives it */
export function keepSight(drawer, room, sight) {
  drawer.set(SIGHT + room, sight);
}

/** How far a person has looked in a room; null if never. @param {Drawer} drawer @param {string} room @returns {number|null} */
export function seenKept(drawer, room) {
  const kept = drawer.get(SEEN + room);
  return Number.isSafeInteger(kept) && kept >= 0 ? kept : null;
}

/** @param {Drawer} drawer @param {string} room @param {number} seen a Lamport number */
export function keepSeen(drawer, room, seen) {
  drawer.set(SEEN + room, seen);
}

/** Where this room was looked at last. @param {Drawer} drawer @param {string} room @returns {{x: number, y: number, zoom: number}|null} */
export function viewKept(drawer, room) {
  const kept = drawer.get(VIEW + room);
  const isView = kept !== null && typeof kept === "object" && [kept.x, kept.y, kept.zoom].every(Number.isFinite);
  return isView ? kept : null;
}

/** @param {Drawer} drawer @param {string} room @param {{x: number, y: number, zoom: number}} view */
export function keepView(drawer, room, { x, y, zoom }) {
  drawer.set(VIEW + room, { x, y, zoom });
}

/** The room of an address; the lobby if it names none. @param {string} path @returns {string} */
export function roomOf(path) {
  const match = /^\/(?:room|embed)\/([^/]+)\/?$/.exec(path);
  let name = "";
  try {
    name = decodeURIComponent(match?.[1] ?? "").normalize("NFC");
  } catch {
    // not a name
  }
  return isRoomName(name) ? name : "lobby";
}

/** The grid of a room. @param {Drawer} drawer @param {string} room @param {readonly string[]} kinds the first by default */
export function gridKept(drawer, room, kinds) {
  const kept = drawer.get(GRID + room);
  return kinds.includes(kept) ? kept : kinds[0];
}

/** @param {Drawer} drawer @param {string} room @param {string} kind */
export function keepGrid(drawer, room, kind) {
  drawer.set(GRID + room, kind);
}

/**
 * Where the note that is being typed in a room is kept.
 * @param {Drawer} drawer
 * @param {string} room
 * @param {(kept: unknown) => object|null} sound what of it makes sense
 */
export function draftsOf(drawer, room, sound) {
  return { get: () => sound(drawer.get(DRAFT + room)), set: (draft) => drawer.set(DRAFT + room, draft) };
}
