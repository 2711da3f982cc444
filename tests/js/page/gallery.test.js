import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Gallery } from "../../../edgeboard/web/static/gallery.js";
import { toHex } from "../../../edgeboard/web/static/ids.js";
import { imagePayload } from "../../../edgeboard/web/static/images.js";
import { ItemType } from "../../../edgeboard/web/static/kinds.js";
import { sha256 } from "../../../edgeboard/web/static/vendor/hashes/sha2.js";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 6, 64, 0, 0, 6, 64];
const BOMB = [...PNG.slice(0, 16), 0, 1, 0, 0, 0, 1, 0, 0]; // says that it is 65,536 px wide and high
const bytesOf = (number) => Uint8Array.of(...PNG, number >> 8, number & 255);
const nameOf = (bytes) => toHex(sha256(bytes));
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Bitmaps as a browser makes them: so and so large, and gone when they are closed. */
const made = { open: 0, most: 0, fails: false };

class Bitmap {
  constructor(width, height) {
    [this.width, this.height, this.isOpen] = [width, height, true];
    made.open += width * height;
    made.most = Math.max(made.most, made.open);
  }

  close() {
    if (this.isOpen) made.open -= this.width * this.height;
    this.isOpen = false;
  }
}

globalThis.createImageBitmap = async (source, { resizeWidth, resizeHeight } = {}) => {
  await null;
  if (made.fails) throw new Error("no picture");
  return resizeWidth === undefined ? new Bitmap(1600, 1600) : new Bitmap(resizeWidth, resizeHeight);
};

/** A gallery over a canvas of image items. */
class Room {
  items = new Map();
  said = [];
  looked = [];
  refused = [];
  kept = new Map();
  gallery = new Gallery({
    document: { item: (id) => this.items.get(id) ?? null },
    vault: {
      isPersistent: true,
      load: async () => [...this.kept].map(([content, bytes]) => ({ content, bytes })),
      put: async ({ content, bytes }) => void this.kept.set(content, bytes),
      remove: async (content) => void this.kept.delete(content),
    },
    say: (kind, fields) => this.said.push({ kind, ...fields }),
    onLook: (ids) => this.looked.push(...ids),
    onChange: () => {},
    onRefused: (reason) => this.refused.push(reason),
    clock: () => performance.now(),
  });

  add(id, content, alive = true) {
    const payload = imagePayload({ x: 0, y: 0, width: 10, height: 10 }, content, "image/png", 10);
    this.items.set(id, { type: ItemType.IMAGE, alive, pieces: [{ payload }] });
    this.gallery.changed([id]);
  }

  hear(level, bytes) {
    this.gallery.receive({ kind: "blobHave", held: [{ content: nameOf(bytes), size: bytes.length, level }] });
  }

  close() {
    this.gallery.closed(); // no timer holds the test up
  }
}

beforeEach(() => Object.assign(made, { open: 0, most: 0, fails: false }));

test("an image that was made here is kept, offered, shown, and let go of when two boards have it", async () => {
  const room = new Room();
  room.gallery.opened();
  const bytes = bytesOf(1);
  const content = await room.gallery.keep(bytes);
  assert.deepEqual([content, [...room.kept.keys()]], [nameOf(bytes), [nameOf(bytes)]]);
  assert.deepEqual(room.gallery.waiting, { unsent: 0, unsafe: 0 }); // no item names it yet
  room.add("a:1", content);
  assert.deepEqual(room.gallery.waiting, { unsent: 1, unsafe: 1 });
  assert.equal(room.gallery.of(content).bitmap, null);
  await settled();
  assert.equal(room.gallery.of(content).bitmap.width, 1600);
  assert.ok(room.looked.includes("a:1"));
  room.hear(1, bytes);
  assert.deepEqual(room.gallery.waiting, { unsent: 0, unsafe: 1 });
  room.hear(2, bytes);
  assert.deepEqual([room.gallery.waiting, room.kept.size], [{ unsent: 0, unsafe: 0 }, 0]);
  room.close();
});

test("what an earlier page kept is offered again", async () => {
  const room = new Room();
  room.kept.set(nameOf(bytesOf(1)), bytesOf(1));
  room.gallery.opened();
  await room.gallery.load();
  assert.deepEqual(room.said.map(({ kind }) => kind), ["blobHave"]);
  room.close();
});

test("an image of others is fetched when an item names it, and not when none does any more", async () => {
  const room = new Room();
  const bytes = bytesOf(2);
  room.gallery.opened();
  room.hear(1, bytes);
  assert.deepEqual(room.said, []);
  room.add("a:1", nameOf(bytes));
  assert.deepEqual(room.said.map(({ kind, length }) => [kind, length]), [["blobWant", bytes.length]]);
  room.gallery.receive({ kind: "blobChunk", content: nameOf(bytes), offset: 0, total: bytes.length, data: bytes });
  room.gallery.of(nameOf(bytes));
  await settled();
  const { bitmap } = room.gallery.of(nameOf(bytes));
  room.add("a:1", nameOf(bytes), false);
  assert.equal(bitmap.isOpen, false);
  room.add("a:1", nameOf(bytes)); // an undo: its bytes are here still
  room.gallery.of(nameOf(bytes));
  await settled();
  assert.ok(room.gallery.of(nameOf(bytes)).bitmap.isOpen);
  assert.equal(room.said.length, 1);
  room.close();
});

test("what is no image is never decoded, and what cannot be decoded stays a frame", async () => {
  const room = new Room();
  const markup = new TextEncoder().encode("<svg onload='alert(1)'/>");
  const content = await room.gallery.keep(markup);
  room.add("a:1", content);
  const bomb = await room.gallery.keep(Uint8Array.from(BOMB));
  room.add("a:3", bomb);
  room.gallery.of(bomb);
  await settled();
  assert.equal(made.most, 0);
  made.fails = true;
  const broken = await room.gallery.keep(bytesOf(3));
  room.add("a:2", broken);
  for (let i = 0; i < 3; i++) {
    assert.equal(room.gallery.of(content).bitmap, null);
    assert.equal(room.gallery.of(broken).bitmap, null);
    await settled();
  }
  assert.equal(made.most, 0);
  room.close();
});

test("however many images there are, their bitmaps fit into memory", async () => {
  const room = new Room();
  const contents = [];
  for (let number = 0; number < 200; number++) {
    contents.push(await room.gallery.keep(bytesOf(number)));
    room.add(`a:${number}`, contents[number]);
    room.gallery.of(contents[number]);
    if (number % 10 === 0) await settled();
  }
  for (let i = 0; i < 400; i++) {
    for (const content of contents) room.gallery.of(content);
    await settled();
    if (contents.every((content) => room.gallery.of(content).bitmap !== null) && made.open <= 42e6) break;
  }
  assert.ok(contents.every((content) => room.gallery.of(content).bitmap?.isOpen));
  assert.ok(made.open <= 42e6, `${made.open} px`);
  assert.ok(made.most <= 60e6, `${made.most} px at most`);
  room.close();
});

test("an image that the host will not take is told and let go of; one that it cannot keep just now is not", async () => {
  const room = new Room();
  room.gallery.opened();
  const [one, two] = [await room.gallery.keep(bytesOf(1)), await room.gallery.keep(bytesOf(2))];
  room.add("a:1", one);
  room.add("a:2", two);
  room.gallery.receive({ kind: "blobLack", content: one, code: 15, text: "no image" });
  room.gallery.receive({ kind: "blobLack", content: two, code: 16, text: "full" });
  assert.deepEqual(room.refused.map(({ text }) => text), ["no image", "full"]);
  assert.deepEqual([...room.kept.keys()], [two]);
  assert.deepEqual(room.gallery.waiting, { unsent: 1, unsafe: 1 });
  room.close();
});
