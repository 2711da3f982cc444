import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { Board } from "../../../edgeboard/web/static/board.js";
import { runs } from "../../../edgeboard/web/static/ink.js";
import { decodeStroke } from "../../../edgeboard/web/static/codec.js";
import { distanceToSegment } from "../../../edgeboard/web/static/geometry.js";
import { ItemType, Register, Shape } from "../../../edgeboard/web/static/kinds.js";
import { LiveSender } from "../../../edgeboard/web/static/live.js";
import { cleanText, excess, fitting, notePayload, readNote, DoubleTap } from "../../../edgeboard/web/static/notes.js";
import { pictureOf } from "../../../edgeboard/web/static/picture.js";
import { ShapeTool, constrained } from "../../../edgeboard/web/static/shapes.js";
import { FIRST_CHOICE, TOOLS, coloured, family, inkOf, sized } from "../../../edgeboard/web/static/tools.js";
import { TRAIL_LASTS_MS, Trails } from "../../../edgeboard/web/static/trails.js";
import { unpack } from "../../../edgeboard/web/static/values.js";
import { wrapped } from "../../../edgeboard/web/static/wrapping.js";
import { Dice } from "../random.js";

const PLACE = { page: 0, layer: 0 };

before(() => {
  globalThis.Path2D = class {
    rect() {}
    ellipse() {}
    moveTo() {}
    lineTo() {}
    arc() {}
    closePath() {}
  };
});

/** A board, the ops it made, and a bench whose painter looks at the document alone. */
class Table {
  made = [];
  now = 1000;
  view = { x: 0, y: 0, zoom: 1 };
  wiped = new Map();
  board = new Board({
    person: "aa".repeat(16),
    onMade: (ops) => this.made.push(...ops),
    onChanged: () => {},
    onArrived: () => {},
  });
  live = new LiveSender(this.board.origin);
  bench = {
    board: this.board,
    live: this.live,
    trails: new Trails(),
    selection: { replace: (ids) => (this.selected = ids) },
    view: () => this.view,
    place: PLACE,
    isFixed: () => false,
    clock: () => this.now,
    middle: () => ({ x: 400, y: 300 }),
    painter: {
      picture: (id) => pictureOf(this.board.document.item(id), null, null, this.wiped) ?? undefined,
      touched: () => [],
      showCut: (wiped) => (this.wiped = wiped),
      cutUnder: (...track) =>
        this.items().flatMap((item) => {
          const pieces = pictureOf(item, null, null, this.wiped)?.cutUnder?.(...track) ?? [];
          return pieces.length > 0 ? [{ id: item.id, pieces }] : [];
        }),
    },
  };

  tool(name, choice = {}) {
    return TOOLS[name].make(this.bench, inkOf(name, { ...FIRST_CHOICE, ...choice }));
  }

  drag(name, places, choice) {
    const tool = this.tool(name, choice);
    const sample = ([x, y, isShift = false]) => ({ x, y, pressure: null, time: (this.now += 8), isShift });
    tool.begin(sample(places[0]), { hasPressure: false });
    for (const place of places.slice(1)) {
      tool.move([sample(place)]);
      if (this.now >= tool.due) tool.tick(this.now);
    }
    tool.end();
    return this.items().at(-1);
  }

  items() {
    return this.board.document.items();
  }
}

let table;
beforeEach(() => (table = new Table()));
const shapeOf = (item) => unpack(item.pieces[0].payload);
const line = (x0, y0, x1, y1) => Array.from({ length: 41 }, (_, i) => [x0 + ((x1 - x0) * i) / 40, y0 + ((y1 - y0) * i) / 40]);

test("a drag makes a shape from corner to corner, in the colour and width of the choice", () => {
  const item = table.drag("rectangle", [[10, 20], [60, 30], [110, 80]], { colour: 9 });
  assert.deepEqual(shapeOf(item), [Shape.RECTANGLE, [10, 20, 110, 80], 9, 3, null]);
  assert.deepEqual(["line", "arrow", "ellipse"].map((name) => shapeOf(table.drag(name, [[0, 0], [50, 50]]))[0]), [0, 1, 3]);
});

test("a tap, and a drag that was given up, make no shape", () => {
  assert.equal(table.drag("line", [[10, 20], [12, 21]]), undefined);
  const tool = table.tool("line");
  tool.begin({ x: 0, y: 0, time: 1 });
  tool.move([{ x: 90, y: 9, time: 2 }]);
  assert.notEqual(tool.drawing, null);
  tool.cancel();
  assert.deepEqual([tool.drawing, table.made.length], [null, 0]);
});

test("Shift makes squares and circles, and lines of whole 15 degrees", () => {
  assert.deepEqual(shapeOf(table.drag("ellipse", [[100, 100], [160, 130, true]]))[1], [100, 100, 160, 160]);
  assert.deepEqual(shapeOf(table.drag("rectangle", [[100, 100], [60, 130, true]]))[1], [100, 100, 60, 140]);
  const dice = new Dice(3);
  for (let i = 0; i < 200; i++) {
    const to = { x: dice.whole(-500, 500), y: dice.whole(-500, 500) };
    const end = constrained(Shape.LINE, { x: 0, y: 0 }, to);
    const turns = Math.atan2(end.y, end.x) / (Math.PI / 12);
    assert.ok(Math.abs(turns - Math.round(turns)) < 1e-6 || Math.hypot(end.x, end.y) < 1e-9);
    assert.ok(Math.hypot(end.x, end.y) <= Math.hypot(to.x, to.y) + 1e-9);
  }
});

test("corners are whole px, and parts of one only where it is magnified", () => {
  table.view = { x: 0.3, y: 0.3, zoom: 1 };
  assert.deepEqual(shapeOf(table.drag("line", [[10, 10], [90, 90]]))[1], [10, 10, 90, 90]);
  table.view = { x: 0, y: 0, zoom: 4 };
  assert.deepEqual(shapeOf(table.drag("line", [[1, 1], [42, 42]]))[1], [0.25, 0.25, 10.5, 10.5]);
});

test("a shape that is put down without a pointer is in the middle, as large on the screen at any zoom", () => {
  table.view = { x: 0, y: 0, zoom: 2 };
  ShapeTool.stamp(table.bench, { shape: Shape.RECTANGLE, colour: 1, width: 8 });
  assert.deepEqual(shapeOf(table.items()[0])[1], [360, 275, 440, 325]);
  assert.deepEqual(table.selected, [table.items()[0].id]);
});

test("an outline is touched where it is drawn, not inside; a line not in its box", () => {
  const touched = (item, x, y, radius = 4) => pictureOf(item).touched(x, y, x, y, radius);
  const box = table.drag("rectangle", [[100, 100], [300, 200]]);
  assert.deepEqual([touched(box, 100, 150), touched(box, 200, 150), touched(box, 200, 203), touched(box, 90, 150)], [true, false, true, false]);
  const ring = table.drag("ellipse", [[100, 100], [300, 200]]);
  assert.deepEqual([touched(ring, 200, 100), touched(ring, 101, 101), touched(ring, 200, 150)], [true, false, false]);
  const slope = table.drag("line", [[0, 0], [400, 400]]);
  assert.deepEqual([touched(slope, 200, 200), touched(slope, 300, 100)], [true, false]);
});

test("the partial eraser takes what it wipes over and leaves the rest, as one gesture", () => {
  const item = table.drag("pen", line(0, 100, 400, 100));
  table.drag("eraser", line(200, 60, 200, 140), { isPartial: true });
  const [piece] = item.pieces;
  const { width, columns } = decodeStroke(piece.payload);
  const left = runs(columns, width, piece.cuts);
  assert.equal(left.length, 2);
  for (const run of left) {
    for (let i = 0; i < run.x.length; i++) {
      assert.ok(distanceToSegment(run.x[i], run.y[i], 200, 60, 200, 140) >= 9 + run.r[i] - 0.1);
    }
  }
  assert.ok(left[0].x.at(-1) > 187 && left[1].x[0] < 213);
  assert.deepEqual(table.made.slice(1).map(({ more }) => more), table.made.slice(1).map((_, at) => at > 0));
  table.board.undo();
  assert.deepEqual(item.pieces[0].cuts, []);
  table.board.redo();
  assert.notDeepEqual(item.pieces[0].cuts, []);
});

test("a long wipe is logged as it goes, and is still one undo", () => {
  const item = table.drag("pen", line(0, 100, 800, 100));
  table.drag("eraser", Array.from({ length: 200 }, (_, i) => [100 + 2 * i, 100 + (i % 5)]), { isPartial: true });
  assert.ok(table.made.length >= 4, `${table.made.length} ops`);
  const { columns, width } = decodeStroke(item.pieces[0].payload);
  assert.equal(runs(columns, width, item.pieces[0].cuts).length, 2);
  table.board.undo();
  assert.deepEqual(item.pieces[0].cuts, []);
});

test("what was wiped away whole is no item any more, and undo brings it back", () => {
  table.drag("pen", line(100, 100, 140, 100));
  table.drag("eraser", line(60, 100, 180, 100), { isPartial: true });
  assert.equal(table.items().length, 0);
  assert.ok(table.board.undo());
  assert.equal(table.items().length, 1);
  assert.deepEqual(table.items()[0].pieces[0].cuts, []);
});

test("wiping over shapes and notes does nothing to them", () => {
  table.drag("rectangle", [[0, 0], [100, 100]]);
  table.board.addItem(ItemType.STICKY, notePayload({ type: ItemType.STICKY, x: 0, y: 0, w: 90, h: 90, colour: 6, text: "x" }), PLACE);
  const ops = table.made.length;
  table.drag("eraser", line(-20, 50, 200, 50), { isPartial: true });
  assert.deepEqual([table.made.length, table.items().length], [ops, 2]);
});

test("a wipe follows a stroke that was moved and magnified", () => {
  const item = table.drag("pen", line(0, 0, 100, 0));
  table.board.set(item.id, Register.TRANSFORM, [2, 0, 0, 2, 100, 300]);
  table.drag("eraser", line(200, 280, 200, 320), { isPartial: true });
  const { width, columns } = decodeStroke(item.pieces[0].payload);
  const [left, right] = runs(columns, width, item.pieces[0].cuts);
  assert.ok(left.x.at(-1) > 42 && left.x.at(-1) < 46 && right.x[0] < 58 && right.x[0] > 54, `${left.x.at(-1)} ${right.x[0]}`);
});

test("clear takes what this person has seen, in one gesture, and spares what comes later", () => {
  table.drag("pen", line(0, 0, 100, 0));
  table.drag("rectangle", [[0, 0], [50, 50]]);
  const earlier = new Table();
  earlier.drag("pen", line(0, 50, 100, 50));
  const kept = earlier.made.map(({ origin, tail }) => ({ origin, tail }));
  table.board.adopt(kept); // of an earlier page load, not logged yet: no vector names it
  assert.equal(table.board.clear(0), 3);
  assert.equal(table.items().length, 0);
  table.drag("pen", line(0, 90, 100, 90));
  assert.equal(table.items().length, 1);
  table.board.undo();
  table.board.undo();
  assert.equal(table.items().length, 3);
  assert.equal(new Table().board.clear(0), 0);
});

test("a note reads back as it was written, with what was set later", () => {
  const text = { type: ItemType.TEXT, x: 3, y: 4, w: 0, h: 0, size: 28, colour: 9, text: "one\ntwo" };
  const id = table.board.addItem(ItemType.TEXT, notePayload(text), PLACE);
  assert.deepEqual(readNote(table.board.document.item(id)), text);
  table.board.set(id, Register.TEXT, "three");
  assert.equal(readNote(table.board.document.item(id)).text, "three");
  const sticky = { type: ItemType.STICKY, x: 1, y: 2, w: 200, h: 220, size: 20, colour: 14, text: "note" };
  const other = table.board.addItem(ItemType.STICKY, notePayload(sticky), PLACE);
  assert.deepEqual(readNote(table.board.document.item(other)), sticky);
});

test("text is cleaned to what may be logged, and no letter of it is changed", () => {
  assert.equal(cleanText("a\r\nb\rc \n\n"), "a\nb\nc");
  assert.equal(cleanText("tab\there\u0000\u001b"), "tab\there");
  assert.equal(cleanText("👩‍👩‍👧 \u202e عربى ไทย"), "👩‍👩‍👧 \u202e عربى ไทย");
  assert.equal(cleanText("half \ud83d"), "half \ufffd");
  assert.equal(excess("a".repeat(8192)), 0);
  assert.equal(excess("語".repeat(2731)), 1);
  assert.equal(fitting("語".repeat(2731)), "語".repeat(2730));
});

test("two taps are two only soon after each other and at one place", () => {
  const taps = new DoubleTap();
  const at = (x, time) => taps.isSecond({ x, y: 0, time });
  assert.deepEqual([at(0, 0), at(5, 300), at(5, 500), at(5, 1000), at(50, 1100)], [false, true, false, false, false]);
});

test("lines break between words, between signs without spaces, and inside what is too long", () => {
  const rows = (text, width) => wrapped([text], width, (each) => [...each].length, 99);
  assert.deepEqual(rows("the quick brown fox", 9), ["the quick", "brown fox"]);
  assert.deepEqual(rows("记得带上长电缆", 3), ["记得带", "上长电", "缆"]);
  assert.deepEqual(rows("a incomprehensible b", 6), ["a", "incomp", "rehens", "ible b"]);
  assert.deepEqual(rows("", 5), [""]);
  assert.equal(wrapped(["x".repeat(5000)], 1, (each) => each.length, 400).length, 400);
});

test("a trail fades from its end and leaves nothing", () => {
  const trails = new Trails();
  for (let i = 0; i < 400; i++) trails.add("0a", { number: 0, page: 0, x: i, y: 0, at: i });
  const [[, points]] = trails.all();
  assert.equal(points.length, 256);
  assert.equal(trails.fade(TRAIL_LASTS_MS + 300), true);
  assert.ok(points.every(({ at }) => at > 300));
  assert.equal(trails.fade(TRAIL_LASTS_MS + 400), false);
  for (let i = 0; i < 200; i++) trails.add(String(i), { number: 0, page: 0, x: 0, y: 0, at: 0 });
  assert.ok([...trails.all()].length <= 64);
});

test("a colour or a width is for the tool in hand where that has one, and shapes share theirs", () => {
  assert.deepEqual(["pen", "eraser", "hand", "sticky", "text"].map(coloured), ["pen", "pen", "pen", "sticky", "text"]);
  assert.deepEqual(["marker", "eraser", "sticky", "laser"].map(sized), ["marker", "eraser", "pen", "pen"]);
  assert.deepEqual(family("arrow"), ["line", "arrow", "rectangle", "ellipse"]);
  assert.equal(inkOf("sticky", { ...FIRST_CHOICE, colour: 3, paper: 14 }).colour, 14);
  assert.equal(inkOf("eraser", FIRST_CHOICE).width, 144);
  for (const [name, { widths }] of Object.entries(TOOLS)) if (widths) assert.ok(widths[FIRST_CHOICE.widths[name]] > 0, name);
});
