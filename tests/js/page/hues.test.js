import assert from "node:assert/strict";
import { test } from "node:test";

import { coloursOf, yielded } from "../../../edgeboard/web/static/hues.js";
import { PERSON_COLOURS } from "../../../edgeboard/web/static/person.js";

const hex = (digit) => digit.repeat(32);
const some = (colours) => colours.map((colour, at) => ({ person: hex((at + 1).toString(16)), colour }));

test("whoever is known has their own colour in the history, and nobody else has one of these", () => {
  const known = some([8, 5]);
  const persons = ["a", "1", "b", "2", "c"].map(hex);
  const colours = coloursOf(persons, known);
  assert.deepEqual([colours.get(hex("1")), colours.get(hex("2"))], [8, 5]);
  assert.equal(new Set(colours.values()).size, persons.length, "all of them differ");
  assert.deepEqual([...colours.keys()], persons);
});

test("where no colour is free, those who are not known are grey", () => {
  assert.equal(coloursOf([hex("f")], some(PERSON_COLOURS)).get(hex("f")), 1);
});

test("who has just come takes another colour than the others, as long as one is free", () => {
  const self = { id: hex("0"), colour: 4, isChosen: false };
  const others = some([4, ...PERSON_COLOURS.slice(2)]);
  assert.equal(yielded(self, others, true, () => 0.99), PERSON_COLOURS[1]);
  assert.equal(yielded(self, some(PERSON_COLOURS), true, () => 0), null);
  assert.equal(yielded(self, some([5]), true, () => 0), null);
  assert.equal(yielded({ ...self, isChosen: true }, others, true, () => 0), null, "what was chosen stays");
});

test("of two who have been there for a while, one gives way", () => {
  const [low, high] = [{ id: hex("3"), colour: 4 }, { id: hex("9"), colour: 4 }];
  const as = ({ id, colour }) => [{ person: id, colour }];
  assert.equal(yielded({ ...low, isChosen: false }, as(high), false, () => 0), null);
  assert.equal(yielded({ ...high, isChosen: false }, as(low), false, () => 0), 5);
});
