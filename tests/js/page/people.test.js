import assert from "node:assert/strict";
import { test } from "node:test";

import { Drawer, cleanName, initials, toolsKept, viewKept, keepView, whoIsHere } from "../../../edgeboard/web/static/person.js";
import { Presence } from "../../../edgeboard/web/static/presence.js";
import { TOOLS } from "../../../edgeboard/web/static/tools.js";

class Storage {
  items = new Map();
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    this.items.set(key, value);
  }
}

test("a person is the same after a reload", () => {
  const storage = new Storage();
  const first = whoIsHere(new Drawer(storage));
  assert.match(first.id, /^[0-9a-f]{32}$/);
  assert.deepEqual(whoIsHere(new Drawer(storage)), first);
});

test("where nothing is kept, memory serves", () => {
  const closed = { getItem: () => { throw new Error("forbidden"); }, setItem: () => { throw new Error("forbidden"); } };
  const drawer = new Drawer(closed);
  const person = whoIsHere(drawer);
  assert.deepEqual(whoIsHere(drawer), person);
  assert.notEqual(whoIsHere(new Drawer(null)).id, person.id);
});

test("what was kept by a stranger or an accident is not trusted", () => {
  const storage = new Storage();
  storage.setItem("edgeboard.person", JSON.stringify({ id: "../../x", name: 7, colour: 99 }));
  assert.match(whoIsHere(new Drawer(storage)).id, /^[0-9a-f]{32}$/);
  storage.setItem("edgeboard.person", "{broken");
  assert.match(whoIsHere(new Drawer(storage)).id, /^[0-9a-f]{32}$/);
  storage.setItem("edgeboard.tools", JSON.stringify({ name: "__proto__", colour: -1, widths: { pen: 9, marker: 0 } }));
  assert.deepEqual(toolsKept(new Drawer(storage), TOOLS), { widths: { marker: 0 } });
  storage.setItem("edgeboard.tools", JSON.stringify({ name: "marker", colour: 6, widths: { pen: 2, marker: 4 } }));
  assert.deepEqual(toolsKept(new Drawer(storage), TOOLS), { name: "marker", colour: 6, widths: { pen: 2, marker: 4 } });
  storage.setItem("edgeboard.view.lobby", JSON.stringify({ x: 1, y: null, zoom: 2 }));
  assert.equal(viewKept(new Drawer(storage), "lobby"), null);
});

test("a view is kept by room", () => {
  const drawer = new Drawer(new Storage());
  keepView(drawer, "a", { x: 1, y: 2, zoom: 3 });
  assert.deepEqual(viewKept(drawer, "a"), { x: 1, y: 2, zoom: 3 });
  assert.equal(viewKept(drawer, "b"), null);
});

test("names are one line of at most 40 characters", () => {
  assert.equal(cleanName("  Ada \n\u202e Lovelace\t"), "Ada Lovelace");
  assert.equal([...cleanName("🖊".repeat(60))].length, 40);
  assert.equal(cleanName(7), "");
});

test("initials stand for a name", () => {
  assert.deepEqual(["Ada King Lovelace", "ada", "", "🖊 x"].map(initials), ["AL", "A", "?", "🖊X"]);
});

const at = (person, origin, name) => ({ person: person.repeat(16), origin: origin.repeat(8), name, colour: 4 });

test("lists of nodes are put together; a person at two pages is one person", () => {
  const presence = new Presence("aa".repeat(16));
  presence.replace("n1", [at("aa", "01", "me"), at("bb", "02", "Bob"), at("bb", "03", "Bob")]);
  presence.replace("n2", [at("cc", "04", "Alice")]);
  assert.deepEqual(presence.others().map(({ name, origins }) => [name, origins.length]), [["Alice", 1], ["Bob", 2]]);
  assert.equal(presence.of("04".repeat(8)).name, "Alice");
  assert.equal(presence.of("01".repeat(8)).name, "me");
  presence.replace("n1", []);
  assert.deepEqual(presence.others().map(({ name }) => name), ["Alice"]);
  assert.equal(presence.of("02".repeat(8)), null);
  presence.clear();
  assert.deepEqual(presence.others(), []);
});
