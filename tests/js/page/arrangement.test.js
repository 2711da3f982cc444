import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Arrangement } from "../../../edgeboard/web/static/arrangement.js";
import { Bench } from "../../../edgeboard/web/static/bench.js";
import { Board } from "../../../edgeboard/web/static/board.js";
import { Carry } from "../../../edgeboard/web/static/carry.js";
import { MIME, clipText, copyOf, listenToClipboard, readClip } from "../../../edgeboard/web/static/clipboard.js";
import { encodeStroke } from "../../../edgeboard/web/static/codec.js";
import { translation } from "../../../edgeboard/web/static/geometry.js";
import { toHex } from "../../../edgeboard/web/static/ids.js";
import { Register } from "../../../edgeboard/web/static/kinds.js";
import { ItemType, Kind } from "../../../edgeboard/web/static/ops.js";
import { pictureOf } from "../../../edgeboard/web/static/picture.js";
import { Sight } from "../../../edgeboard/web/static/sight.js";
import { Move } from "../../../edgeboard/web/static/zorder.js";
import { Dice } from "../random.js";

before(() => {
  globalThis.Path2D = class {
    moveTo() {}
    lineTo() {}
    arc() {}
    closePath() {}
  };
  globalThis.Element ??= class {};
});

/** A person at a board without a screen: pictures are made when asked for. */
class Person {
  made = [];
  told = [];

  constructor(person, seed) {
    const dice = new Dice(seed);
    this.board = new Board({
      person,
      onMade: (ops) => this.made.push(...ops),
      onChanged: (ids) => this.bench?.selection.changed(ids),
      onArrived: () => {},
    });
    const { document } = this.board;
    this.sight = new Sight(document);
    const picture = (id) => {
      const item = document.item(id);
      return item?.alive && this.sight.shows(item) ? (pictureOf(item) ?? undefined) : undefined;
    };
    const shown = () => document.items().filter((item) => this.sight.shows(item));
    this.painter = {
      picture,
      lift() {},
      ids: () => shown().map(({ id }) => id),
      pictures: (ids) => shown().filter(({ id }) => ids?.has(id) ?? true).map(({ id }) => picture(id)),
    };
    this.bench = new Bench({ board: this.board, painter: this.painter, sight: this.sight, live: null, view: () => null, clock: () => 0 });
    const notify = (text) => this.told.push(text);
    this.does = new Arrangement({ bench: this.bench, room: "lobby", onChange: () => {}, notify, dice: () => dice.next() });
  }

  stroke(x, y, colour = 4) {
    const columns = { scale: 8, x: [x * 8, x * 8 + 80], y: [y * 8, y * 8 + 40] };
    return this.board.addPiece(null, 0, { tool: 0, colour, width: 24, page: 0, layer: 0 }, columns);
  }

  select(...ids) {
    this.bench.selection.replace(ids);
    return this.does;
  }

  move(id, dx, dy) {
    this.select(id);
    this.bench.take(new Carry(this.bench));
    this.bench.carry.to(translation(dx, dy));
    this.bench.settle();
  }

  /** Take in what another one has made since the last time. */
  hear(other, from = 0) {
    const { person } = other.board;
    this.board.foresee(other.made.slice(from).map((op) => ({ origin: op.origin, person, tails: [op.tail] })));
    return other.made.length;
  }

  value(id, register) {
    return this.board.document.item(id).value(register);
  }

  get order() {
    return this.board.document.items().map(({ id }) => id);
  }
}

const pair = () => [new Person("a1".repeat(16), 1), new Person("b2".repeat(16), 2)];

/** Both have heard everything of each other, and have the same canvas. */
function agree(ana, ben) {
  ana.hear(ben);
  ben.hear(ana);
  assert.equal(toHex(ana.board.document.digest()), toHex(ben.board.document.digest()));
  assert.deepEqual(ana.order, ben.order);
}

test("a move is one op for each item, and one undo", () => {
  const [ana] = pair();
  const ids = [ana.stroke(0, 0), ana.stroke(50, 50)];
  const before = ana.made.length;
  ana.select(...ids);
  ana.bench.take(new Carry(ana.bench));
  for (let i = 1; i <= 30; i++) ana.bench.carry.to(translation(i, 0));
  assert.equal(ana.made.length, before, "nothing is said while the hand moves");
  ana.bench.settle();
  assert.deepEqual(ana.made.slice(before).map(({ kind, more }) => [kind, more]), [[Kind.SET, false], [Kind.SET, true]]);
  assert.deepEqual(ana.value(ids[0], Register.TRANSFORM), [1, 0, 0, 1, 30, 0]);
  ana.board.undo();
  assert.equal(ana.value(ids[0], Register.TRANSFORM), undefined);
  ana.bench.take(new Carry(ana.bench));
  ana.bench.settle();
  assert.equal(ana.made.at(-1).undo, 1, "what was not moved is not said");
});

test("one moves, the other recolours at the same time: both win", () => {
  const [ana, ben] = pair();
  const id = ana.stroke(0, 0);
  ben.hear(ana);
  ana.move(id, 40, 0);
  ben.select(id).restyle({ colour: 9 });
  agree(ana, ben);
  assert.deepEqual(ana.value(id, Register.TRANSFORM), [1, 0, 0, 1, 40, 0]);
  assert.equal(ana.value(id, Register.STYLE)[0], 9);
});

test("one moves, the other erases at the same time: erased, and its undo shows it where it was moved", () => {
  const [ana, ben] = pair();
  const id = ana.stroke(0, 0);
  ben.hear(ana);
  ana.move(id, 40, 0);
  ben.select(id).remove();
  agree(ana, ben);
  assert.deepEqual([ana.order, [...ana.bench.selection.ids]], [[], []]);
  ben.board.undo();
  agree(ana, ben);
  assert.deepEqual(ana.order, [id]);
  assert.deepEqual(ben.value(id, Register.TRANSFORM), [1, 0, 0, 1, 40, 0]);
});

test("undo of a move leaves alone what another one moved later", () => {
  const [ana, ben] = pair();
  const ids = [ana.stroke(0, 0), ana.stroke(50, 50)];
  ben.hear(ana);
  ana.select(...ids);
  ana.bench.take(new Carry(ana.bench));
  ana.bench.carry.to(translation(5, 5));
  ana.bench.settle();
  ben.hear(ana);
  ben.move(ids[0], 100, 0);
  ana.hear(ben);
  ana.board.undo();
  agree(ana, ben);
  assert.deepEqual(ana.value(ids[0], Register.TRANSFORM), [1, 0, 0, 1, 105, 5]);
  assert.equal(ana.value(ids[1], Register.TRANSFORM), undefined);
});

test("two bring different things to the front at once: both are above the rest, in the same order everywhere", () => {
  const [ana, ben] = pair();
  const ids = [0, 1, 2, 3].map((at) => ana.stroke(at, at));
  ben.hear(ana);
  ana.select(ids[0]).order(Move.FRONT);
  ben.select(ids[1]).order(Move.FRONT);
  agree(ana, ben);
  assert.deepEqual(ana.order.slice(0, 2), [ids[2], ids[3]]);
  const later = ben.stroke(9, 9);
  agree(ana, ben);
  assert.equal(ana.order.at(-1), later, "new ink comes on top");
  ana.select(later).order(Move.BACK);
  agree(ana, ben);
  assert.equal(ana.order[0], later);
});

test("keys turn what is selected around its middle and make it larger, as one gesture", () => {
  const [ana] = pair();
  const id = ana.stroke(0, 0);
  ana.select(id);
  const middle = () => {
    const { x0, y0, x1, y1 } = ana.bench.selection.box;
    return [(x0 + x1) / 2, (y0 + y1) / 2].map(Math.round);
  };
  const before = [middle(), ana.made.length];
  for (let step = 0; step < 6; step++) ana.does.adjust(Math.PI / 12, 1);
  ana.does.adjust(0, 2);
  ana.bench.settle();
  assert.deepEqual([middle(), ana.made.length], [before[0], before[1] + 1]);
  const [a, b, c, d] = ana.value(id, Register.TRANSFORM);
  assert.deepEqual([a, b, c, d].map((value) => Math.round(value * 1e6) / 1e6 + 0), [0, 2, -2, 0]);
  for (let step = 0; step < 200; step++) ana.does.adjust(0, 0.5);
  ana.bench.settle();
  assert.ok(Math.abs(ana.value(id, Register.TRANSFORM)[1]) > 0.01, "it does not vanish");
});

test("what is locked stays as it is, until it is unlocked", () => {
  const [ana] = pair();
  const id = ana.stroke(0, 0);
  ana.select(id).lock(true);
  assert.deepEqual([...ana.bench.selection.ids], [id], "it stays selected, to be unlocked");
  const before = ana.made.length;
  ana.does.remove();
  ana.does.restyle({ colour: 1 });
  ana.does.order(Move.BACK);
  assert.equal(ana.does.nudge(1, 1), true);
  ana.bench.settle();
  assert.equal(ana.made.length, before);
  assert.deepEqual(new Set(ana.told), new Set(["This is locked. Unlock it first."]));
  ana.does.all();
  assert.equal(ana.bench.selection.size, 0);
  assert.equal(ana.does.next(1), id, "who steps through items comes to it");
  ana.select(id).lock(false);
  assert.equal(ana.value(id, Register.LOCK), undefined);
  ana.does.remove();
  assert.deepEqual(ana.order, []);
});

test("a copy has the pieces, cuts and style of its item, lies beside it, and is another one", () => {
  const [ana, ben] = pair();
  const id = ana.stroke(0, 0);
  ana.board.addPiece(id, 1, { tool: 0, colour: 4, width: 24, page: 0, layer: 0 }, { scale: 8, x: [80, 160], y: [40, 0] });
  ana.select(id).restyle({ colour: 9, width: () => 72 });
  ana.select(id).order(Move.FRONT);
  ana.does.duplicate();
  const [copy] = ana.bench.selection.ids;
  assert.notEqual(copy, id);
  const [one, other] = [id, copy].map((each) => copyOf(ana.board.document.item(each)));
  assert.deepEqual(other.pieces, one.pieces);
  assert.equal(other.pieces.length, 2);
  assert.deepEqual(ana.value(copy, Register.STYLE), [9, 72, null, null]);
  assert.deepEqual(ana.value(copy, Register.TRANSFORM), [1, 0, 0, 1, 16, 16]);
  assert.equal(ana.value(copy, Register.Z), undefined);
  assert.equal(ana.made.at(-1).more, true);
  agree(ana, ben);
  ana.board.undo();
  assert.deepEqual(ana.order, [id]);
  ana.board.redo();
  agree(ana, ben);
  assert.deepEqual(ben.value(copy, Register.STYLE), [9, 72, null, null]);
});

test("what is copied is pasted on another board, in its middle; on the same one beside it, each time further", () => {
  const [ana, ben] = pair();
  ana.stroke(0, 0);
  ana.stroke(100, 0);
  ana.does.all();
  const text = ana.does.copy();
  const seen = { x0: 5000, y0: 5000, x1: 6000, y1: 6000 };
  assert.equal(ben.does.paste(text, seen), true);
  assert.equal(ben.order.length, 2);
  const { box } = ben.bench.selection;
  assert.ok(box.x0 > 5400 && box.x1 < 5600 && box.y0 > 5450 && box.y1 < 5550, JSON.stringify(box));
  for (const step of [16, 32]) {
    ana.does.paste(text, { x0: 0, y0: 0, x1: 500, y1: 500 });
    for (const id of ana.bench.selection.ids) assert.deepEqual(ana.value(id, Register.TRANSFORM), [1, 0, 0, 1, step, step]);
  }
});

test("what is on a clipboard may have been made up by anybody", () => {
  const payload = toHex(encodeStroke({ tool: 0, colour: 4, width: 24, columns: { scale: 8, x: [1], y: [1] } }));
  const item = { type: ItemType.STROKE, pieces: [{ payload }], registers: [] };
  const clip = (items, fields = {}) => JSON.stringify({ format: "edgeboard-items", version: 1, room: "x", items, ...fields });
  assert.equal(readClip(clip([item])).copies.length, 1);
  const bad = [
    "", "hello", "edgeboard-items", "{}", clip(null), clip([null]), clip([{}]), clip([item], { version: 2 }), clip([item], { format: "x" }),
    clip([{ ...item, type: -1 }]), clip([{ ...item, pieces: [] }]), clip([{ ...item, pieces: [{ payload: "zz" }] }]),
    clip([{ ...item, pieces: [{ payload: "0" }] }]), clip([{ ...item, pieces: [{ payload: "00".repeat(17 * 1024) }] }]),
    clip([{ ...item, pieces: [{ payload, cuts: [5, 5] }] }]), clip([{ ...item, pieces: [{ payload, cuts: [1] }] }]),
    clip([{ ...item, registers: [[1, "c1"]] }]), clip([{ ...item, registers: [[1, ""]] }]), clip([{ ...item, registers: [[Register.LOCK, "c3"]] }]),
    clip([{ ...item, registers: [[1, "0000"]] }]), clip([{ ...item, registers: [[4, "a2fffe"]] }]), clip(Array(5_001).fill(item)),
  ];
  for (const text of bad) assert.equal(readClip(text), null, text.slice(0, 120));
  const dice = new Dice(4);
  const [ana] = pair();
  ana.stroke(0, 0);
  const good = clipText(ana.board.document.items().map(copyOf), "x");
  for (let round = 0; round < 2000; round++) {
    const at = dice.whole(0, good.length - 1);
    readClip(good.slice(0, at) + dice.pick(["0", "f", "\"", "[", "}", ",", "", "9e9", "null"]) + good.slice(at + dice.whole(0, 3)));
  }
});

test("fields keep their copies, and other texts are not ours", () => {
  const listeners = new Map();
  const said = [];
  listenToClipboard({ addEventListener: (type, handle) => listeners.set(type, handle) }, {
    copy: () => "json",
    remove: () => said.push("remove"),
    paste: (text) => text === "json",
  });
  const clipboardData = { files: [], kept: new Map(), setData: (type, text) => clipboardData.kept.set(type, text), getData: (type) => clipboardData.kept.get(type) ?? "" };
  const event = (target = null) => ({ target, clipboardData, preventDefault: () => said.push("prevented") });
  listeners.get("cut")(event());
  assert.deepEqual([said.splice(0), clipboardData.kept.get(MIME)], [["prevented", "remove"], "json"]);
  listeners.get("paste")(event());
  assert.deepEqual(said.splice(0), ["prevented"]);
  clipboardData.kept = new Map([["text/plain", "a poem"]]);
  listeners.get("paste")(event());
  const field = new Element();
  field.closest = () => field;
  for (const type of ["copy", "cut", "paste"]) listeners.get(type)(event(field));
  assert.deepEqual(said, []);
});

test("what is too much to copy is said, and neither a part of it nor a hole is made", () => {
  const ana = new Person("aa".repeat(16), 5);
  for (let at = 0; at < 2_001; at++) ana.stroke(at % 50, at % 40);
  ana.does.all();
  ana.made.length = 0;
  assert.equal(ana.does.copy(), null); // so that nothing is cut
  ana.does.duplicate();
  assert.deepEqual(ana.made, []);
  assert.match(ana.told[0], /2,?000 items/);
});

test("a paste of which one op is too large leaves nothing, here or in the log", () => {
  const ana = new Person("aa".repeat(16), 6);
  ana.stroke(5, 5);
  ana.does.all();
  const [copy] = readClip(ana.does.copy()).copies;
  const digest = toHex(ana.board.document.digest());
  const next = ana.board.maker.next;
  ana.made.length = 0;
  const large = { ...copy, pieces: [{ payload: new Uint8Array(16_384), cuts: [] }] };
  ana.does.paste(clipText([copy, large], "elsewhere"), { x0: 0, y0: 0, x1: 100, y1: 100 });
  assert.deepEqual(ana.made, []);
  assert.equal(toHex(ana.board.document.digest()), digest);
  assert.equal(ana.board.maker.next, next);
  assert.match(ana.told[0], /too large/);
});
