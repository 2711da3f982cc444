import assert from "node:assert/strict";
import { before, test } from "node:test";

import { add, alive, further, meta, set } from "../../../edgeboard/web/static/bodies.js";
import { Document } from "../../../edgeboard/web/static/canvas.js";
import { encodeColumns, encodeStroke } from "../../../edgeboard/web/static/codec.js";
import { multiply } from "../../../edgeboard/web/static/geometry.js";
import { ItemType, Maker, Register } from "../../../edgeboard/web/static/ops.js";
import { Painter } from "../../../edgeboard/web/static/painter.js";
import { Sight } from "../../../edgeboard/web/static/sight.js";
import { orderKey } from "../../../edgeboard/web/static/structure.js";
import { makeView, panned, zoomed } from "../../../edgeboard/web/static/view.js";
import { Dice } from "../random.js";

const SIZE = 24; // px of the window; one px of the canvas is one cell

/**
 * A canvas of cells instead of px: a stroke colours the cells of its points. What a real canvas does with ink is the
 * browser's affair; which ink goes where, and what is painted over, is the painter's.
 */
class Cells {
  #width = 0;
  #height = 0;
  style = {};
  cells = new Map();
  strokes = 0;

  getContext() {
    return this.context;
  }

  set width(value) {
    this.#width = value;
    this.cells.clear();
  }

  get width() {
    return this.#width;
  }

  set height(value) {
    this.#height = value;
    this.cells.clear();
  }

  get height() {
    return this.#height;
  }

  constructor() {
    const canvas = this;
    let matrix = [1, 0, 0, 1, 0, 0];
    let clip = null;
    let rects = [];
    const saved = [];
    const isInside = (x, y) => {
      const isOn = x >= 0 && y >= 0 && x < canvas.width && y < canvas.height;
      return isOn && (clip === null || clip.some(([rx, ry, w, h]) => x >= rx && y >= ry && x < rx + w && y < ry + h));
    };
    this.context = {
      setTransform: (...values) => (matrix = values),
      save: () => saved.push([matrix, clip]),
      restore: () => ([matrix, clip] = saved.pop()),
      transform: (a, b, c, d, e, f) => (matrix = multiply(matrix, [a, b, c, d, e, f])),
      beginPath: () => (rects = []),
      rect: (...rect) => rects.push(rect),
      clip: () => (clip = rects),
      clearRect() {
        for (const key of [...canvas.cells.keys()]) if (isInside(...key.split(",").map(Number))) canvas.cells.delete(key);
      },
      drawImage(image, dx, dy) {
        const copy = [...image.cells].map(([key, colours]) => {
          const [x, y] = key.split(",").map(Number);
          return [`${x + dx},${y + dy}`, colours];
        });
        canvas.cells = new Map(copy.filter(([key]) => isInside(...key.split(",").map(Number))));
      },
      stroke(path) {
        canvas.strokes += 1;
        const cell = (at) => Math.floor(at + 1e-6); // what lies on an edge, but for rounding, lies behind it
        const cells = new Set(path.places.map(([x, y]) => [matrix[0] * x + matrix[4], matrix[3] * y + matrix[5]].map(cell).join()));
        for (const key of cells) {
          if (!isInside(...key.split(",").map(Number))) continue;
          canvas.cells.set(key, `${canvas.cells.get(key) ?? ""}${this.strokeStyle};`);
        }
      },
    };
    this.context.fill = this.context.stroke;
  }
}

before(() => {
  globalThis.Path2D = class {
    places = [];
    moveTo(x, y) {
      this.places.push([x, y]);
    }
    lineTo(x, y) {
      this.places.push([x, y]);
    }
    arc() {}
    closePath() {}
  };
  globalThis.document = { createElement: () => new Cells() };
});

/** What of a canvas lies in the window, by its cells there. */
function inWindow(element) {
  const [, x, y] = element.style.transform.match(/^translate\((\S+)px, (\S+)px\) scale\(1\)$/).map(Number);
  const moved = [...element.cells].map(([key, colours]) => {
    const [cx, cy] = key.split(",").map(Number);
    return [cx + x, cy + y, colours];
  });
  const seen = moved.filter(([cx, cy]) => cx >= 0 && cy >= 0 && cx < SIZE && cy < SIZE);
  return Object.fromEntries(seen.map(([cx, cy, colours]) => [`${cx},${cy}`, colours]).sort());
}

/** A document with a painter, and a second one that paints everything anew. */
class Easel {
  document = new Document();
  maker = new Maker("0a".repeat(8));
  element = new Cells();
  view = makeView(0, 0, 1);
  now = 0;

  constructor() {
    this.sight = new Sight(this.document);
    this.painter = new Painter(this.document, this.element, this.sight);
    this.painter.resize(SIZE, SIZE, 1);
    this.painter.look(this.view);
    this.settle();
  }

  make(body, lamport = this.document.lamport + 1) {
    const op = this.maker.make(body, lamport);
    this.painter.changed(this.document.apply(op).items);
    return op.id;
  }

  stroke(places, colour = 0) {
    return this.make(add({ type: ItemType.STROKE, payload: encodeStroke({ tool: 0, colour, width: 8, columns: columns(places) }) }));
  }

  /** What is looked at becomes another. */
  resight(change) {
    const { page } = this.sight;
    change(this.sight);
    this.sight.stale();
    this.painter.resight(this.sight.page !== page);
  }

  look(view) {
    this.view = view;
    this.painter.look(view);
  }

  settle(painter = this.painter) {
    for (let i = 0; i < 500; i++) if (!painter.frame(() => (this.now += 0.25))) return;
    assert.fail("there is always more to paint");
  }

  cells() {
    this.settle();
    return inWindow(this.element);
  }

  anew() {
    const element = new Cells();
    const painter = new Painter(this.document, element, this.sight);
    painter.resize(SIZE, SIZE, 1);
    painter.changed(this.document.items().map(({ id }) => id));
    painter.look(this.view);
    this.settle(painter);
    return inWindow(element);
  }
}

const columns = (places) => ({ scale: 8, x: places.map(([x]) => x * 8), y: places.map(([, y]) => y * 8) });

test("new ink on top is painted without touching the rest", () => {
  const easel = new Easel();
  for (let i = 0; i < 10; i++) easel.stroke([[i, i]]);
  easel.cells();
  const before = easel.element.strokes;
  easel.stroke([[3, 9]]);
  easel.cells();
  assert.equal(easel.element.strokes, before + 1);
});

test("ink that is erased uncovers what was below, in order", () => {
  const easel = new Easel();
  easel.stroke([[5, 5]], 1);
  const middle = easel.stroke([[5, 5]], 2);
  easel.stroke([[5, 5]], 3);
  easel.cells();
  easel.make(alive(middle, false));
  assert.deepEqual(easel.cells(), easel.anew());
  assert.equal(Object.values(easel.cells())[0].split(";").length - 1, 2);
});

test("ink that comes late but belongs below is painted below", () => {
  const easel = new Easel();
  easel.stroke([[5, 5]], 1);
  easel.stroke([[5, 5]], 2);
  easel.cells();
  const other = new Maker("0b".repeat(8));
  const payload = encodeStroke({ tool: 0, colour: 9, width: 8, columns: columns([[5, 5]]) });
  easel.painter.changed(easel.document.apply(other.make(add({ type: ItemType.STROKE, payload }), 1)).items);
  assert.deepEqual(easel.cells(), easel.anew());
});

test("much ink that comes late is painted behind the scene, once it has all come, and in its order", () => {
  const easel = new Easel();
  const stroke = (x, y, look) => add({ type: ItemType.STROKE, payload: encodeStroke({ width: 8, columns: columns([[x, y]]), ...look }) });
  easel.make(stroke(5, 5, { tool: 0, colour: 1 }), 1_000_000);
  easel.cells();
  const before = easel.painter.statistics();
  const other = new Maker("0b".repeat(8));
  const late = (count) => {
    for (let i = 0; i < count; i++) {
      const op = other.make(stroke(5, i % 20, { tool: i % 2, colour: i % 16 }), i);
      easel.painter.changed(easel.document.apply(op).items);
    }
  };
  for (let i = 0; i < 3; i++) {
    late(40);
    assert.ok(easel.painter.frame(() => (easel.now += 1)));
  }
  assert.equal(easel.painter.statistics().full, before.full);
  assert.equal(easel.painter.statistics().isWhole, false);
  easel.make(stroke(7, 7, { tool: 0, colour: 3 }), 1_000_001);
  easel.painter.frame(() => (easel.now += 1));
  assert.ok("7,7" in inWindow(easel.element), "new ink on top shows at once all the same");
  assert.deepEqual(easel.cells(), easel.anew());
  const { full, boxes, isWhole } = easel.painter.statistics();
  assert.deepEqual([full, boxes, isWhole], [before.full + 1, before.boxes, true]);
  for (let i = 0; i < 120; i++) {
    late(40);
    easel.painter.frame(() => (easel.now += 10));
  }
  assert.ok(easel.painter.statistics().full > full, "it does not wait for ever");
  assert.deepEqual(easel.cells(), easel.anew());
});

test("a short pan paints nothing, a longer one moves the sheet on and paints only what that leaves empty", () => {
  const easel = new Easel();
  for (let i = 0; i < 40; i++) easel.stroke([[i - 10, i - 10]]);
  easel.cells();
  const before = easel.painter.statistics();
  easel.look(panned(easel.view, -1, 1));
  assert.deepEqual(easel.cells(), easel.anew());
  assert.deepEqual(easel.painter.statistics(), before);
  const painted = easel.element.strokes;
  easel.look(panned(easel.view, -3, 2));
  assert.deepEqual(easel.cells(), easel.anew());
  const after = easel.painter.statistics();
  assert.deepEqual([after.full, after.shifts], [before.full, before.shifts + 1]);
  assert.equal(easel.element.strokes, painted, "the strips are painted behind the scene");
  easel.look(panned(easel.view, -300, 0));
  assert.deepEqual(easel.cells(), easel.anew());
  assert.equal(easel.painter.statistics().full, before.full + 1, "what is far away is painted whole");
});

test("a larger window and another zoom are painted behind the scene, in slices", () => {
  const easel = new Easel();
  for (let i = 0; i < 400; i++) easel.stroke([[i % 20, (i * 7) % 20]]);
  easel.cells();
  easel.look(zoomed(easel.view, 2, 12, 12));
  let slow = 0;
  let frames = 1;
  while (easel.painter.frame(() => (slow += 3))) frames += 1;
  assert.ok(frames > 5, `${frames} frames`);
  assert.deepEqual(easel.cells(), easel.anew());
  easel.painter.resize(SIZE * 2, SIZE, 1);
  easel.painter.frame(() => (slow += 50));
  easel.look(panned(easel.view, 5, 5));
  easel.painter.frame(() => (slow += 50));
  easel.painter.resize(SIZE, SIZE, 1);
  assert.deepEqual(easel.cells(), easel.anew());
});

test("whatever happens in whatever order, the sheet shows what painting it anew would show", () => {
  for (let seed = 1; seed <= 120; seed++) {
    const dice = new Dice(seed);
    const easel = new Easel();
    const ids = [];
    const place = () => [dice.whole(-5, 30), dice.whole(-5, 30)];
    for (let step = 0; step < 60; step++) {
      const chance = dice.next();
      if (chance < 0.45) ids.push(easel.stroke(Array.from({ length: dice.whole(1, 4) }, place), dice.whole(0, 15)));
      else if (chance < 0.55 && ids.length > 0) {
        const payload = encodeColumns(columns([place(), place()]));
        easel.make(further(dice.pick(ids), dice.whole(1, 4), { type: ItemType.STROKE, payload }));
      } else if (chance < 0.75 && ids.length > 0) easel.make(alive(dice.pick(ids), dice.chance(0.4)));
      else if (chance < 0.8 && ids.length > 0) {
        const [register, value] = dice.pick([
          [Register.Z, dice.pick(["8", "00000000000004", "", "000000000000055"])],
          [Register.LAYER, [dice.whole(0, 1), dice.whole(0, 2)]],
          [Register.TRANSFORM, [1, 0, 0, 1, dice.whole(-6, 6), dice.whole(-6, 6)]],
        ]);
        easel.make(set(dice.pick(ids), register, value));
      } else if (chance < 0.83) {
        easel.make(meta(orderKey(easel.sight.page, dice.whole(0, 2)), dice.pick(["", "4", "8", "c"])));
        easel.resight(() => {});
      } else if (chance < 0.86) easel.resight((sight) => sight.hide(dice.whole(0, 2), dice.chance(0.4)));
      else if (chance < 0.88) easel.resight((sight) => sight.turnTo(1 - sight.page));
      else if (chance < 0.9) {
        easel.painter.lift(ids.filter(() => dice.chance(0.3)));
        easel.painter.frame(() => (easel.now += dice.whole(0, 12)));
        easel.painter.lift([]);
      } else if (chance < 0.93) easel.look(panned(easel.view, dice.whole(-9, 9), dice.whole(-9, 9)));
      else if (chance < 0.96) easel.look(makeView(dice.whole(-9, 9), dice.whole(-9, 9), dice.pick([1, 2])));
      else easel.painter.resize(SIZE, SIZE, 1);
      if (dice.chance(0.7)) easel.painter.frame(() => (easel.now += dice.whole(0, 12)));
      if (step % 10 === 9) assert.deepEqual(easel.cells(), easel.anew(), `seed ${seed}, step ${step}`);
    }
  }
});

test("a stroke that grows is made and painted where it grew, and nowhere else", () => {
  const easel = new Easel();
  const under = easel.stroke([[19, 2], [20, 2]], 1);
  const id = easel.stroke([[0, 0], [4, 4]], 2);
  easel.cells();
  const [first] = easel.painter.picture(id).parts;
  const more = (offset, places) => {
    easel.make(further(id, offset, { type: ItemType.STROKE, payload: encodeColumns(columns(places)) }));
  };
  const painted = easel.element.strokes;
  more(2, [[4, 4], [6, 6], [8, 8]]);
  assert.deepEqual(easel.cells(), easel.anew());
  assert.equal(easel.painter.picture(id).parts[0], first, "what was outlined is not outlined again");
  assert.equal(easel.element.strokes, painted + 2, "both pieces of the stroke, and not what lies elsewhere");
  easel.make(set(id, Register.Z, "0"));
  assert.deepEqual(easel.cells(), easel.anew(), "another place in paint order is seen in all of it");
  easel.make(set(id, Register.STYLE, [5]));
  assert.notEqual(easel.painter.picture(id).parts.length, 1);
  assert.deepEqual(easel.cells(), easel.anew());
  easel.make(alive(under, false));
  assert.deepEqual(easel.cells(), easel.anew());
});

test("what takes long to paint has a frame of its own", () => {
  const easel = new Easel();
  const many = (count) => Array.from({ length: count }, (_, at) => [at % 20, (at * 7) % 20]);
  for (let i = 0; i < 10; i++) {
    const id = easel.stroke(many(500), i);
    for (let piece = 1; piece < 5; piece++) {
      easel.make(further(id, piece * 500, { type: ItemType.STROKE, payload: encodeColumns(columns(many(500))) }));
    }
  }
  let frames = 1;
  while (easel.painter.frame(() => easel.now)) frames += 1;
  assert.ok(frames >= 10, `${frames} frames`);
  assert.deepEqual(easel.cells(), easel.anew());
});

test("a track meets the ink it crosses, and items that are hidden never", () => {
  const easel = new Easel();
  const id = easel.stroke([[0, 5], [20, 5]]);
  easel.stroke([[0, 15], [20, 15]]);
  assert.deepEqual(easel.painter.touched(10, 0, 10, 8, 1), [id]);
  assert.deepEqual(easel.painter.touched(10, 9, 10, 11, 1), []);
  easel.painter.hide([id]);
  assert.deepEqual(easel.painter.touched(10, 0, 10, 8, 1), []);
  assert.ok(easel.painter.extent().y0 > 5);
});

test("what is lifted is not on the sheet, and is there again when it is set down", () => {
  const easel = new Easel();
  const [below, above] = [easel.stroke([[5, 5]], 1), easel.stroke([[5, 5]], 2)];
  const before = easel.cells();
  easel.painter.lift([above]);
  assert.equal(Object.values(easel.cells())[0].split(";").length - 1, 1);
  assert.equal(easel.painter.topmost(5, 5, 1), above, "it can be taken up all the same");
  easel.painter.lift([]);
  assert.deepEqual(easel.cells(), before);
  assert.deepEqual(easel.painter.pictures(new Set([above, below])).map(({ id }) => id), [below, above]);
});

test("what is locked is not touched, and found only by who looks for it", () => {
  const easel = new Easel();
  const id = easel.stroke([[0, 5], [20, 5]]);
  easel.make(set(id, Register.LOCK, true));
  assert.deepEqual(easel.painter.touched(10, 0, 10, 8, 1), []);
  assert.equal(easel.painter.topmost(10, 5, 1), null);
  assert.equal(easel.painter.topmost(10, 5, 1, true), id);
});

test("ten thousand strokes do not hold up a frame", () => {
  const easel = new Easel();
  for (let i = 0; i < 10_000; i++) easel.stroke([[i % 20, (i * 3) % 20]]);
  let ticks = 0;
  let frames = 1;
  while (easel.painter.frame(() => (ticks += 0.5))) frames += 1;
  assert.ok(frames > 20, `${frames} frames`);
});
