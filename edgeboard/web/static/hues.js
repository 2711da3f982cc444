/** Whose colour is whose: nobody shares one while others are free. Values only. */

import { PERSON_COLOURS } from "./person.js";

const NOBODY = 1; // of the palette: grey, for whom no colour is left

/**
 * The colours of all who drew in a room: those who are known have their own, the others none of these.
 * @param {Iterable<string>} persons hex, in the order in which they came
 * @param {{person: string, colour: number}[]} known who are here
 * @returns {Map<string, number>} by person
 */
export function coloursOf(persons, known) {
  const own = new Map(known.map(({ person, colour }) => [person, colour]));
  const taken = new Set(own.values());
  const free = PERSON_COLOURS.filter((colour) => !taken.has(colour));
  let others = 0;
  return new Map([...persons].map((person) => [person, own.get(person) ?? free[others++ % free.length] ?? NOBODY]));
}

/**
 * Another colour for a person who has chosen none, where somebody else has the same.
 * @param {{id: string, colour: number, isChosen: boolean}} self
 * @param {{person: string, colour: number}[]} others
 * @param {boolean} isNew whether this person has just come: then they give way, else the one with the higher id
 * @param {() => number} dice 0 .. 1
 * @returns {number|null} null: the colour may stay, or no other is free
 */
export function yielded({ id, colour, isChosen }, others, isNew, dice) {
  const rivals = others.filter((other) => other.colour === colour);
  if (isChosen || rivals.length === 0 || (!isNew && rivals.every(({ person }) => id < person))) return null;
  const free = PERSON_COLOURS.filter((each) => others.every((other) => other.colour !== each));
  return free.length === 0 ? null : free[Math.floor(dice() * free.length) % free.length];
}
