import assert from "node:assert/strict";
import { test } from "node:test";

import { compareOps, fromHex, opBytes, opFromBytes, opId, parseOp, randomOrigin, toHex } from "../../edgeboard/web/static/ids.js";
import { pack, skip, unpack, unpackText } from "../../edgeboard/web/static/values.js";
import { DecodeError, Reader, Writer } from "../../edgeboard/web/static/varints.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";
import { Dice } from "./random.js";

test("varints come back, up to 2^53 − 1", () => {
  const values = [0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49, 2 ** 53 - 2, 2 ** 53 - 1];
  const out = new Writer(1);
  for (const value of values) out.u(value);
  const input = new Reader(out.take());
  for (const value of values) assert.equal(input.u(), value);
  assert.equal(input.left, 0);
});

test("signed numbers come back", () => {
  const values = [0, -1, 1, -64, 64, -(2 ** 31), 2 ** 31, 2 ** 52 - 1, -(2 ** 52)];
  const out = new Writer();
  for (const value of values) out.s(value);
  const input = new Reader(out.take());
  for (const value of values) assert.equal(input.s(), value);
});

test("varints that are long, cut short or too large are refused", () => {
  for (const hex of ["", "80", "8000", "ffffffffffffff7f", "8080808080808010", "ffffffffffffffffff01", "80808080808080808080", "ffffffffffffffffffff01"]) {
    assert.throws(() => new Reader(fromHex(hex)).u(), DecodeError, hex);
  }
  assert.equal(new Reader(fromHex("ffffffffffffff0f")).u(), 2 ** 53 - 1);
});

test("op ids order by origin, then counter as a number", () => {
  const ids = [opId("00000000000000ff", 2), opId("00000000000000ff", 10), opId("0100000000000000", 1)];
  assert.deepEqual([...ids].reverse().sort(compareOps), ids);
  for (const id of ids) assert.equal(opFromBytes(opBytes(id)), parseOp(id));
  for (const text of ["", "ff:1", "00000000000000ff:0", "00000000000000ff:4294967296", "00000000000000FF:1"]) {
    assert.throws(() => parseOp(text), DecodeError, text);
  }
  assert.match(randomOrigin(), /^[0-9a-f]{16}$/);
});

test("vectors come back, merge and compare", () => {
  const a = new Vector([["11".repeat(8), 3], ["00".repeat(8), 300]]);
  const b = new Vector([["11".repeat(8), 5]]);
  assert.ok(Vector.decode(a.encode()).equals(a));
  assert.ok(!a.includes(b));
  assert.ok(a.merge(b).includes(a) && a.merge(b).includes(b));
  assert.equal(a.get("11".repeat(8)), 3);
  assert.ok(a.covers("00".repeat(8), 299) && !a.covers("00".repeat(8), 300));
  assert.deepEqual(a.beyond(b), [{ tag: "00".repeat(8), first: 0, end: 300 }]);
  a.advance("11".repeat(8), 2);
  assert.equal(a.get("11".repeat(8)), 3);
});

test("vectors that are not sorted, doubled, empty or long are refused", () => {
  const tag = (byte) => byte.repeat(8);
  for (const hex of ["", "01", `02${tag("11")}01${tag("00")}01`, `02${tag("11")}01${tag("11")}01`, `01${tag("11")}00`, "00ff", "914e"]) {
    assert.throws(() => Vector.decode(fromHex(hex)), DecodeError, hex);
  }
});

test("values are packed as Python packs them", () => {
  const packed = (value) => toHex(pack(value));
  assert.equal(packed(0), "00");
  assert.equal(packed(127), "7f");
  assert.equal(packed(128), "cc80");
  assert.equal(packed(-1), "ff");
  assert.equal(packed(-33), "d0df");
  assert.equal(packed(65536), "ce00010000");
  assert.equal(packed(-40000), "d2ffff63c0");
  assert.equal(packed(2 ** 40), "cf0000010000000000");
  assert.equal(packed(-(2 ** 40)), "d3ffffff0000000000");
  assert.equal(packed(0.5), "cb3fe0000000000000");
  assert.equal(packed(null), "c0");
  assert.equal(packed([true, false, "ü"]), "93c3c2a2c3bc");
  assert.equal(packed("x".repeat(32)).slice(0, 4), "d920");
  assert.equal(packed(new Uint8Array([1, 2])), "c4020102");
  assert.equal(packed({ a: 1 }), "81a16101");
});

test("values come back, and hurt ones give only a DecodeError", () => {
  const dice = new Dice(1);
  const value = [1, -5, 1.5, "text ü", null, true, new Uint8Array([1, 2, 3]), { key: [2 ** 40, "y".repeat(300)] }, []];
  const bytes = pack(value);
  assert.deepEqual(unpack(bytes), value);
  assert.equal(skip(bytes, 0, bytes.length), bytes.length);
  for (let i = 0; i < 3000; i++) {
    const hurt = dice.hurt(bytes);
    for (const read of [unpack, unpackText]) {
      try {
        read(hurt);
      } catch (error) {
        assert.ok(error instanceof DecodeError, `${toHex(hurt)}: ${error.stack}`);
      }
    }
  }
  assert.throws(() => unpackText(fromHex("a1ff")), DecodeError);
  assert.equal(unpackText(fromHex("a3efbbbf")), "\ufeff");
  assert.throws(() => unpack(fromHex("91".repeat(65) + "00")), DecodeError);
  assert.throws(() => unpack(fromHex("ddffffffff")), DecodeError);
});
