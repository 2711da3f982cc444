import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Board } from "../../../edgeboard/web/static/board.js";
import { decodeColumns, decodeStroke } from "../../../edgeboard/web/static/codec.js";
import { LiveSender } from "../../../edgeboard/web/static/live.js";
import { PIECE_LASTS_MS } from "../../../edgeboard/web/static/stroke.js";
import { EraserTool } from "../../../edgeboard/web/static/eraser.js";
import { StrokeTool } from "../../../edgeboard/web/static/pen.js";

const PEN = { tool: 0, colour: 4, width: 24 };

/** A board, the ops it made, and a bench to work at. */
class Table {
  made = [];
  changed = new Set();
  now = 1000;
  view = { x: 0, y: 0, zoom: 1 };
  touched = [];

  constructor(label = () => null) {
    this.board = new Board({
      person: "aa".repeat(16),
      onMade: (ops) => this.made.push(...ops),
      onChanged: (ids) => ids.forEach((id) => this.changed.add(id)),
      onArrived: () => {},
      label,
    });
    this.live = new LiveSender(this.board.origin);
    this.bench = {
      board: this.board,
      live: this.live,
      painter: { touched: () => this.touched },
      view: () => this.view,
      place: () => ({ page: 0, layer: 0 }),
      clock: () => this.now,
    };
  }

  at(x, y = 0, pressure = null) {
    this.now += 8;
    return { x, y, pressure, time: this.now };
  }

  stroke(count = 20, y = 0) {
    const tool = new StrokeTool(this.bench, PEN);
    tool.begin(this.at(0, y), { hasPressure: false });
    for (let i = 1; i < count; i++) tool.move([this.at(i * 4, y + (i % 5))]);
    tool.end();
    return this.board.document.items().at(-1).id;
  }

  items() {
    return this.board.document.items();
  }
}

let table;
beforeEach(() => (table = new Table()));

test("a stroke is an op, applied before anybody hears of it", () => {
  const id = table.stroke();
  assert.deepEqual(table.made.map((op) => op.id), [id]);
  assert.ok(table.changed.has(id));
  const { tool, colour, width, columns } = decodeStroke(table.items()[0].pieces[0].payload);
  assert.deepEqual({ tool, colour, width }, PEN);
  assert.equal(columns.scale, 8);
  assert.equal(columns.pressure, null);
  assert.ok(columns.time.at(-1) > 100);
});

test("a long stroke is one item of many pieces that join", () => {
  const tool = new StrokeTool(table.bench, PEN);
  tool.begin(table.at(0), { hasPressure: false });
  for (let i = 1; i < 1300; i++) tool.move([table.at(i, i % 50)]);
  tool.end();
  const [item] = table.items();
  assert.equal(table.items().length, 1);
  assert.ok(item.pieces.length >= 5, "every 2 s of 10");
  const pieces = item.pieces.map((piece, at) => (at === 0 ? decodeStroke(piece.payload).columns : decodeColumns(piece.payload)));
  for (let i = 1; i < pieces.length; i++) {
    assert.equal(pieces[i].x[0], pieces[i - 1].x.at(-1));
    assert.equal(pieces[i].y[0], pieces[i - 1].y.at(-1));
  }
  assert.deepEqual(table.made.map(({ more }) => more), table.made.map((_, at) => at > 0));
});

test("a pen that rests is logged after 2 s, once", () => {
  const tool = new StrokeTool(table.bench, PEN);
  tool.begin(table.at(5), { hasPressure: false });
  tool.tick(table.now + PIECE_LASTS_MS - 1);
  assert.equal(table.made.length, 0);
  tool.tick(table.now + PIECE_LASTS_MS);
  tool.tick(table.now + 3 * PIECE_LASTS_MS);
  tool.end();
  assert.equal(table.made.length, 1);
});

test("points that may come are shown at the end of the stroke, and never logged", () => {
  const tool = new StrokeTool(table.bench, PEN);
  tool.begin(table.at(5), { hasPressure: false });
  tool.move([table.at(20)], [{ x: 90, y: 0 }]);
  assert.ok(tool.drawing.box.x1 > 90);
  tool.move([table.at(30)], []);
  assert.ok(tool.drawing.box.x1 < 60);
  tool.move([table.at(40)], [{ x: 90, y: 0 }]);
  tool.end();
  const { x } = decodeStroke(table.items()[0].pieces[0].payload).columns;
  assert.equal(Math.max(...x), 40 * 8);
});

test("a cancelled stroke leaves nothing", () => {
  const tool = new StrokeTool(table.bench, PEN);
  tool.begin(table.at(5), { hasPressure: false });
  tool.move([table.at(9)]);
  tool.cancel();
  assert.deepEqual([table.made.length, tool.drawing], [0, null]);
});

test("what is under way is logged when the page must go, and goes on if it does not", () => {
  const tool = new StrokeTool(table.bench, PEN);
  tool.begin(table.at(5), { hasPressure: false });
  tool.move([table.at(9)]);
  tool.flush();
  assert.equal(table.made.length, 1);
  tool.move([table.at(20)]);
  tool.end();
  assert.equal(table.items()[0].pieces.length, 2);
});

test("steps are finer where the paper is magnified", () => {
  table.view = { x: 0, y: 0, zoom: 5 };
  table.stroke();
  assert.equal(decodeStroke(table.items()[0].pieces[0].payload).columns.scale, 64);
});

test("one swipe of the eraser is one gesture, however much it takes", () => {
  const ids = [table.stroke(20, 0), table.stroke(20, 50), table.stroke(20, 100)];
  const eraser = new EraserTool(table.bench, { radius: 9 });
  table.touched = [ids[0]];
  eraser.begin(table.at(0));
  table.touched = [ids[0], ids[1]];
  eraser.move([table.at(5), table.at(6)]);
  eraser.end();
  assert.deepEqual(table.items().map(({ id }) => id), [ids[2]]);
  assert.deepEqual(table.made.slice(3).map(({ more }) => more), [false, true]);
  assert.equal(table.board.undo(), true);
  assert.equal(table.items().length, 3);
  assert.deepEqual(table.made.slice(5).map(({ undo, more }) => [undo, more]), [[1, false], [1, true]]);
});

test("undo and redo go through the own gestures and stop at their ends", () => {
  assert.equal(table.board.undo(), false);
  table.stroke();
  table.stroke();
  assert.deepEqual([table.board.undo(), table.board.undo(), table.board.undo()], [true, true, false]);
  assert.equal(table.items().length, 0);
  assert.deepEqual([table.board.canUndo, table.board.canRedo], [false, true]);
  assert.deepEqual([table.board.redo(), table.board.redo(), table.board.redo()], [true, true, false]);
  assert.equal(table.items().length, 2);
  assert.deepEqual([table.board.canUndo, table.board.canRedo], [true, false]);
});

test("a large gesture is logged whole at once, shown in portions, and whole before anything builds on it", () => {
  const waiting = [];
  const made = [];
  let seen = 0;
  const board = new Board({
    person: "aa".repeat(16),
    onMade: (ops) => made.push(...ops),
    onChanged: (ids) => (seen += [...ids].length),
    onArrived: () => {},
    defer: (work) => waiting.push(work),
  });
  const copies = Array.from({ length: 900 }, () => ({ type: 1, pieces: [{ payload: new Uint8Array([1]), cuts: [] }], registers: [] }));
  const ids = board.addCopies(copies, { page: 0, layer: 0 });
  assert.equal(made.length, 900);
  assert.deepEqual(made.slice(0, 2).map(({ more }) => more), [false, true]);
  assert.ok(board.document.items().length < 900);
  while (waiting.length > 0) waiting.shift()();
  assert.deepEqual([board.document.items().length, seen], [900, 900]);
  assert.ok(board.undo());
  assert.equal(made.length, 1800);
  assert.ok(board.document.items().length > 0);
  assert.ok(board.redo(), "it builds on all of the undo");
  assert.equal(made.length, 2700);
  assert.equal(board.erase(ids, false), 900);
  while (waiting.length > 0) waiting.shift()();
  assert.equal(board.document.items().length, 0);
  board.review();
  assert.deepEqual([board.canUndo, board.canRedo], [true, false]);
});

test("ops of an earlier page are the same person's, and can be undone", () => {
  table.stroke();
  const later = new Table();
  later.board.adopt(table.made.map(({ origin, tail }) => ({ origin, tail })));
  assert.equal(later.items().length, 1);
  assert.equal(later.made.length, 0, "they are handed over as they are");
  assert.equal(later.board.undo(), true);
  assert.equal(later.items().length, 0);
  assert.ok(later.made[0].lamport > table.made[0].lamport);
});

test("ops are dated where the board says so", () => {
  const offline = new Table(() => 1_700_000_000_000);
  offline.stroke();
  assert.equal(offline.made[0].at, 1_700_000_000_000);
  table.stroke();
  assert.equal(table.made[0].at, null);
});

test("batches that cannot be read are counted, and nothing is thrown", () => {
  assert.deepEqual(table.board.receive(new Uint8Array(200)), []);
  assert.deepEqual(table.board.receive(new Uint8Array(0)), []);
  table.board.adopt([{ origin: "0a".repeat(8), tail: new Uint8Array(0) }]);
  assert.equal(table.board.troubles.unreadable, 3);
});

test("each page load has an origin of its own", () => {
  assert.notEqual(new Table().board.origin, table.board.origin);
});
