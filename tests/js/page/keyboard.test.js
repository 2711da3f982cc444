import assert from "node:assert/strict";
import { test } from "node:test";

import { listenToKeys } from "../../../edgeboard/web/static/keyboard.js";

globalThis.HTMLElement ??= class {};

/** A window that hears keys, and what came of them. */
class Desk {
  said = [];
  hasSelection = false;
  classes = new Set();

  constructor() {
    this.listeners = new Map();
    const classList = { add: (name) => this.classes.add(name), remove: (name) => this.classes.delete(name) };
    this.document = { documentElement: { classList } };
    const names = ["tool", "width", "undo", "redo", "zoomBy", "zoomReset", "fit", "nudge", "space", "escape"];
    names.push("adjust", "page", "remove", "duplicate", "selectAll", "selectNext", "order", "lock", "partial", "stamp", "help");
    const note = (name) => (...values) => this.said.push([name, ...values]);
    const commands = Object.fromEntries(names.map((name) => [name, note(name)]));
    listenToKeys(this, { ...commands, hasSelection: () => this.hasSelection });
  }

  addEventListener(type, handle) {
    this.listeners.set(type, handle);
  }

  press(key, fields = {}) {
    let isTaken = false;
    this.listeners.get("keydown")({ key, target: null, preventDefault: () => (isTaken = true), ...fields });
    return isTaken;
  }
}

/** An element inside another one of this kind. */
function inside(kind) {
  const element = new HTMLElement();
  element.closest = (selector) => (selector.split(", ").includes(kind) ? element : null);
  return element;
}

test("keys choose tools, widths and views", () => {
  const desk = new Desk();
  for (const key of ["p", "M", "e", "h", "[", "]", "+", "-", "0", "1", "Escape", "ArrowLeft"]) assert.ok(desk.press(key), key);
  const names = desk.said.map(([name, ...values]) => [name, ...values].join(" "));
  assert.deepEqual(names.slice(0, 6), ["tool pen", "tool marker", "tool eraser", "tool hand", "width -1", "width 1"]);
  assert.deepEqual(names.slice(8), ["zoomReset", "fit", "escape", "nudge -1 0 "]);
});

test("keys change what is selected, and are the browser's where nothing is", () => {
  const desk = new Desk();
  const keys = [["d", { ctrlKey: true }], ["L", { ctrlKey: true, shiftKey: true }], ["]", { ctrlKey: true }], ["Delete", {}], ["Backspace", {}]];
  for (const [key, fields] of keys) assert.equal(desk.press(key, fields), false, key);
  desk.hasSelection = true;
  for (const [key, fields] of keys) assert.ok(desk.press(key, fields), key);
  for (const key of ["[", "]"]) desk.press(key, { ctrlKey: true, shiftKey: true });
  desk.press("[", { metaKey: true });
  desk.press("a", { ctrlKey: true });
  desk.press("ArrowUp", { shiftKey: true });
  desk.press("ArrowRight", { ctrlKey: true });
  desk.press(".");
  desk.press(",");
  const said = desk.said.map((each) => each.join(" "));
  assert.deepEqual(said.slice(0, 5), ["duplicate", "lock", "order up", "remove", "remove"]);
  assert.deepEqual(said.slice(5, 9), ["order back", "order front", "order down", "selectAll"]);
  assert.deepEqual(said.slice(9), ["nudge 0 -1 true", "adjust 1 0 ", "selectNext 1", "selectNext -1"]);
});

test("Shift with E is for the parts that the eraser takes, Enter for a shape in the middle, ? for the sheet", () => {
  const desk = new Desk();
  assert.ok(desk.press("E", { shiftKey: true }) && desk.press("Enter") && desk.press("?", { shiftKey: true }));
  assert.deepEqual(desk.said, [["partial"], ["stamp"], ["help"]]);
  assert.equal(desk.press("Enter", { target: inside("button") }), false);
});

test("undo and redo by the usual keys, on every system", () => {
  const desk = new Desk();
  desk.press("z", { ctrlKey: true });
  desk.press("Z", { ctrlKey: true, shiftKey: true });
  desk.press("y", { ctrlKey: true });
  desk.press("z", { metaKey: true });
  assert.deepEqual(desk.said.map(([name]) => name), ["undo", "redo", "redo", "undo"]);
  assert.equal(desk.press("p", { ctrlKey: true }), false, "printing is the browser's");
});

test("a field or a dialog keeps its keys", () => {
  const desk = new Desk();
  for (const kind of ["input", "dialog"]) assert.equal(desk.press("p", { target: inside(kind) }), false);
  assert.equal(desk.press("p", { isComposing: true }), false);
  assert.deepEqual(desk.said, []);
});

test("a button keeps its space bar and arrows, and leaves the letters", () => {
  const desk = new Desk();
  const target = inside("button");
  assert.equal(desk.press(" ", { target }), false);
  assert.equal(desk.press("ArrowUp", { target }), false);
  assert.equal(desk.press("e", { target }), true);
});

test("the space bar is let go when the key or the window is", () => {
  const desk = new Desk();
  desk.press(" ");
  desk.listeners.get("keyup")({ key: " " });
  desk.press(" ");
  desk.listeners.get("blur")({});
  assert.deepEqual(desk.said.map(([, isHeld]) => isHeld), [true, false, true, false]);
});

test("focus is marked for those who move by Tab", () => {
  const desk = new Desk();
  desk.press("Tab");
  assert.ok(desk.classes.has("by-keyboard"));
  desk.listeners.get("pointerdown")({});
  assert.ok(!desk.classes.has("by-keyboard"));
});
