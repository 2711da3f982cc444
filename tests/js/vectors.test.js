/** The golden vectors of tests/vectors, which Python and C read too. */

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AuthorTables, decodeBatch } from "../../edgeboard/web/static/batch.js";
import { encodeBody } from "../../edgeboard/web/static/bodies.js";
import { Document } from "../../edgeboard/web/static/canvas.js";
import { decodeColumns, decodeStroke, encodeColumns, encodeStroke } from "../../edgeboard/web/static/codec.js";
import { LIVE_MAX, decodeFrame, encodeFrame, liveItem, readItem } from "../../edgeboard/web/static/frames.js";
import { concatBytes, fromHex, opId, parseOp, toHex } from "../../edgeboard/web/static/ids.js";
import { PALETTE, runs } from "../../edgeboard/web/static/ink.js";
import { Kind } from "../../edgeboard/web/static/kinds.js";
import { Maker, decodeOp, encodeOp } from "../../edgeboard/web/static/ops.js";
import { refine } from "../../edgeboard/web/static/refine.js";
import { DecodeError, Reader, Writer, unzigzag, zigzag } from "../../edgeboard/web/static/varints.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";
import { plainColumns } from "./random.js";

const golden = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const sha256 = (...parts) => createHash("sha256").update(concatBytes(...parts)).digest();
const text = (value) => new TextEncoder().encode(value);
const refused = (read, why) => assert.throws(read, DecodeError, why);

test("varints", () => {
  const { unsigned, signed, bad } = golden("varints");
  for (const { value, hex } of unsigned) {
    const read = () => new Reader(fromHex(hex)).u();
    if (BigInt(value) > BigInt(Number.MAX_SAFE_INTEGER)) {
      refused(read, value);
      continue;
    }
    assert.equal(read(), Number(value));
    const out = new Writer();
    out.u(Number(value));
    assert.equal(toHex(out.take()), hex);
  }
  for (const { value, zigzag: code, hex } of signed) {
    if (BigInt(code) > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    assert.equal(zigzag(Number(value)), Number(code));
    assert.equal(unzigzag(Number(code)), Number(value));
    assert.equal(new Reader(fromHex(hex)).s(), Number(value));
  }
  for (const { why, hex } of bad) refused(() => new Reader(fromHex(hex)).u(), why);
});

test("ids and vectors", () => {
  const { authors, ops, vectors, bad_vectors: bad } = golden("ids");
  for (const { public_key: key, author, tag, node } of authors) {
    assert.equal(toHex(sha256(text("edgeboard-author-1"), fromHex(author), fromHex(key))).slice(0, 16), tag);
    assert.equal(author.slice(0, 32), node);
  }
  for (const { origin, counter, printed } of ops) {
    assert.equal(opId(origin, counter), printed);
    assert.equal(parseOp(printed), printed);
  }
  for (const { entries, hex } of vectors) {
    assert.deepEqual([...Vector.decode(fromHex(hex))], entries);
    assert.equal(toHex(new Vector(entries).encode()), hex);
  }
  for (const { why, hex } of bad) refused(() => Vector.decode(fromHex(hex)), why);
});

/** A decoded body as the vectors write it down. */
function bodyFields({ kind, ...fields }) {
  const shown = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Uint8Array) shown[name === "bytes" ? "data" : name] = toHex(value);
    else if (name === "context") shown.context = { base: value.base, vector: [...value.vector] };
    else if (name === "intervals") {
      shown.intervals = [];
      for (let i = 0; i < value.length; i += 2) shown.intervals.push(value.slice(i, i + 2));
    } else shown[name] = value;
  }
  return shown;
}

function checkHead(op, { id, lamport, kind, undo, more, at, hash, body_at: bodyAt }) {
  assert.deepEqual([op.id, op.lamport, op.kind, op.undo, op.more, op.at, op.hash, op.bodyAt], [id, lamport, kind, undo, more, at, hash, bodyAt]);
}

test("ops", () => {
  const { ops, only_read: onlyRead, maker, bad_heads: badHeads, bad_bodies: badBodies, sound_bodies: sound } = golden("ops");
  for (const golden of [...ops, ...onlyRead]) {
    const op = decodeOp(golden.origin, fromHex(golden.tail));
    checkHead(op, golden);
    const want = { ...golden.body };
    const got = bodyFields(op.body);
    if (onlyRead.includes(golden) && op.kind === Kind.META) delete want.value, delete got.value; // there in another form
    assert.deepEqual(got, want, golden.name);
  }
  for (const { name, origin, tail } of ops) {
    const op = decodeOp(origin, fromHex(tail));
    const { counter, lamport, kind, undo, more, at } = op;
    const again = encodeOp({ counter, lamport, kind, undo, more, at, body: encodeBody(op.body, op.id) });
    assert.equal(toHex(again), tail, name);
  }
  const made = new Maker(maker[0].origin);
  for (const [index, seen] of [0, 40].entries()) {
    const op = made.make(decodeOp(maker[index].origin, fromHex(maker[index].tail)).body, seen);
    checkHead(op, maker[index]);
    assert.equal(toHex(op.tail), maker[index].tail);
  }
  for (const { why, origin, tail } of badHeads) refused(() => decodeOp(origin, fromHex(tail)), why);
  for (const { why, origin, tail } of badBodies) {
    const op = decodeOp(origin, fromHex(tail));
    refused(() => op.body, why);
  }
  for (const { origin, tail } of sound) assert.ok(decodeOp(origin, fromHex(tail)).body);
});

const columnsOf = ({ scale, x, y, pressure, t, tilt_x: tiltX, tilt_y: tiltY }) => ({ scale, x, y, pressure, time: t, tiltX, tiltY });

test("columns and strokes", () => {
  const { columns, only_read: onlyRead, bad, strokes, bad_strokes: badStrokes } = golden("columns");
  for (const golden of columns) {
    assert.equal(toHex(encodeColumns(columnsOf(golden))), golden.hex, golden.name);
    assert.deepEqual(plainColumns(decodeColumns(fromHex(golden.hex))), columnsOf(golden), golden.name);
  }
  for (const golden of onlyRead) assert.deepEqual(plainColumns(decodeColumns(fromHex(golden.hex))), columnsOf(golden), golden.name);
  for (const { why, hex } of bad) refused(() => decodeColumns(fromHex(hex)), why);
  for (const { tool, colour, width, columns: name, hex } of strokes) {
    const inside = columnsOf(columns.find((each) => each.name === name));
    assert.equal(toHex(encodeStroke({ tool, colour, width, columns: inside })), hex);
    const stroke = decodeStroke(fromHex(hex));
    assert.deepEqual({ ...stroke, columns: plainColumns(stroke.columns) }, { tool, colour, width, columns: inside });
  }
  for (const { why, hex } of badStrokes) refused(() => decodeStroke(fromHex(hex)), why);
});

test("batches", () => {
  const { mesh, room, batches, bad } = golden("batches");
  const tables = new AuthorTables();
  const keys = new Map();
  for (const golden of batches) {
    // A batch with ops dropped comes to whoever has not had the whole one.
    const dropped = golden.slots.some((slot) => "dropped" in slot);
    const batch = decodeBatch(fromHex(golden.hex), dropped ? copy(tables, golden) : tables);
    assert.deepEqual([batch.tag, batch.first, batch.count, batch.time], [golden.tag, golden.first, golden.count, golden.time]);
    assert.deepEqual(batch.origins, golden.origins);
    if (golden.introduction !== null) {
      const { author, node, public_key: key } = golden.introduction;
      assert.deepEqual(batch.introduction, { author, node, key });
      keys.set(golden.tag, { author, key });
    }
    assert.deepEqual(
      batch.entries.map(({ op, dropped, person }) => (op ? { origin: op.origin, person, tail: toHex(op.tail), hash: op.hash } : { dropped })),
      golden.slots.map((slot) => ("dropped" in slot ? slot : { origin: slot.origin, person: slot.person, tail: slot.tail, hash: slot.hash })),
      golden.name,
    );
    checkSignature(golden, batch, { mesh, room, ...keys.get(golden.tag) });
  }
  for (const { why, hex } of bad) refused(() => decodeBatch(fromHex(hex), new AuthorTables()), why);
});

test("documents", () => {
  for (const scene of golden("documents")) {
    for (const order of [(list) => list, (list) => [...list].reverse()]) checkScene(scene, order);
  }
});

function checkScene({ name, admins, nodes, entries, items, metas, gone, lamport, held, digest }, order) {
  const document = new Document({ admins });
  for (const [tag, node] of nodes) document.introduce(tag, node);
  for (const { origin, tail, dropped, place: [author, entry] } of order(entries)) {
    if (dropped !== undefined) document.skip({ author, entry }, dropped);
    else document.apply(decodeOp(origin, fromHex(tail)), { author, entry });
  }
  const pairs = (flat) => flat.flatMap((start, i) => (i % 2 === 0 ? [[start, flat[i + 1]]] : []));
  const shown = document.items().map((item) => ({
    id: item.id,
    type: item.type,
    page: item.page,
    layer: item.layer,
    lamport: item.lamport,
    pieces: item.pieces.map((piece) => ({ id: piece.id, payload: toHex(piece.payload) })),
    registers: [...item.winners.keys()].sort((a, b) => a - b).map((register) => [register, toHex(item.valueBytes(register))]),
    cuts: item.pieces.map((piece) => pairs(piece.cuts)),
  }));
  assert.deepEqual(shown, items, name);
  assert.deepEqual(document.canonical()[1].map(([key, value]) => [key, toHex(value)]), metas, name);
  for (const id of gone) assert.ok(document.isGone(id) && document.item(id) === null, name);
  assert.deepEqual([document.lamport, [...document.held]], [lamport, held], name);
  assert.equal(toHex(document.digest()), digest, name);
}

test("ink and thinning", () => {
  const { palette, strokes, thin } = golden("ink");
  assert.deepEqual(PALETTE, palette);
  for (const { name, width, cuts, runs: want, ...columns } of strokes) {
    const got = runs(columns, width, cuts.flat()).map(({ x, y, r }) => [...x].map((_, i) => [x[i], y[i], r[i]]));
    assert.deepEqual(got.map((run) => run.length), want.map((run) => run.length), name);
    for (const [i, n] of got.flat(2).entries()) assert.ok(Math.abs(n - want.flat(2)[i]) <= 1e-9, name);
  }
  for (const { width, tolerance, refined, ...columns } of thin) {
    const { scale, x, y, pressure, time } = refine(columns, width, tolerance);
    assert.deepEqual({ scale, x, y, pressure, time }, refined);
  }
});

/** The tables as they were before the whole of this batch brought its origins. */
function copy(tables, { tag, origins }) {
  const before = new AuthorTables();
  before.append(tag, tables.of(tag).slice(0, tables.of(tag).length - origins.length));
  return before;
}

function checkSignature(golden, batch, { mesh, room, author, key }) {
  const numbers = new DataView(new ArrayBuffer(20));
  numbers.setBigUint64(0, BigInt(batch.first));
  numbers.setUint32(8, batch.count);
  numbers.setBigUint64(12, BigInt(batch.time));
  const origins = new Writer();
  if (batch.origins.length > 0) {
    origins.u(batch.row);
    origins.u(batch.origins.length);
    for (const { origin, person } of batch.origins) origins.bytes(fromHex(origin + person));
  }
  const signed = concatBytes(
    text("edgeboard-batch-1"),
    Uint8Array.of(1),
    fromHex(mesh + room + author + key),
    new Uint8Array(numbers.buffer),
    sha256(origins.take()),
    ...batch.entries.map(({ op, dropped }) => fromHex(op ? op.hash : dropped)),
  );
  assert.equal(toHex(signed), golden.signed, golden.name);
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(key, "hex").toString("base64url") }, format: "jwk" });
  assert.ok(verify(null, signed, publicKey, fromHex(golden.signature)), golden.name);
}

test("live frames", () => {
  const { frames, bad_frames: badFrames, bad_items: badItems } = golden("live");
  for (const { name, hex, handle, items } of frames) {
    const frame = decodeFrame(fromHex(hex));
    assert.ok(hex.length / 2 <= LIVE_MAX, name);
    assert.equal(frame.handle, handle, name);
    assert.equal(toHex(encodeFrame(handle, frame.items)), hex, name);
    assert.equal(frame.items.length, items.length, name);
    frame.items.forEach((item, at) => {
      const { kind, hops, hex: body, in_full: inFull, says } = items[at];
      assert.deepEqual([item.kind, item.hops, toHex(item.body)], [kind, hops, body], name);
      const { columns, ...rest } = readItem(item);
      if (rest.payload !== undefined) rest.payload = toHex(rest.payload);
      assert.deepEqual(columns === undefined ? rest : { ...rest, columns: toHex(columns) }, inFull ?? says, name);
      if (kind <= 7) assert.equal(toHex(liveItem(kind, readItem(item)).body), body, name);
      if (columns !== undefined) assert.equal(toHex(encodeColumns(decodeColumns(columns))), says.columns, name);
    });
  }
  for (const { why, hex } of badFrames) refused(() => decodeFrame(fromHex(hex)), why);
  for (const { why, kind, hex } of badItems) refused(() => readItem({ kind, hops: 0, body: fromHex(hex) }), why);
});
