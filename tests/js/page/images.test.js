import assert from "node:assert/strict";
import { test } from "node:test";

import { IMAGE_BYTES_MAX, imagePayload, isShowable, mediaOf, placed, readImage, sizeOf } from "../../../edgeboard/web/static/images.js";
import { toHex } from "../../../edgeboard/web/static/ids.js";
import { pack } from "../../../edgeboard/web/static/values.js";

const content = "ab".repeat(32);
const box = { x: 1, y: 2.5, width: 300, height: 200 };
const text = (string) => new TextEncoder().encode(string);

test("an image item is what Python makes of it", () => {
  const payload = imagePayload(box, content, "image/png", 1000);
  assert.equal(toHex(payload), `9701cb4004000000000000cd012cccc8c420${content}a9696d6167652f706e67cd03e8`);
  assert.deepEqual(readImage(payload), { content, media: "image/png", size: 1000 });
});

test("what is not of the form, or is not shown, is no image", () => {
  const hash = new Uint8Array(32);
  const broken = [
    new Uint8Array(0), text("x"), pack({ x: 1 }), pack([1, 2, 3, 4, hash, "image/png"]),
    pack([1, 2, 3, 4, new Uint8Array(31), "image/png", 1]), pack([1, 2, 3, 4, hash, "image/svg+xml", 1]),
    pack([1, 2, 3, 4, hash, "image/png", 0]), pack([1, 2, 3, 4, hash, "image/png", IMAGE_BYTES_MAX + 1]),
    pack([1, 2, 3, 4, hash, "image/png", "1"]), pack([1, 2, 3, 4, hash, 7, 1]),
  ];
  for (const payload of broken) assert.equal(readImage(payload), null, toHex(payload));
});

test("an image is what its first bytes say, and markup is none", () => {
  assert.equal(mediaOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0)), "image/png");
  assert.equal(mediaOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), "image/jpeg");
  assert.equal(mediaOf(text("GIF89a....")), "image/gif");
  assert.equal(mediaOf(text("RIFF....WEBPVP8 ")), "image/webp");
  for (const other of ["", "<svg>", "RIFF....WAVE", "\u0089PNG", "%PDF-1.7"]) assert.equal(mediaOf(text(other)), null, other);
});

const png = (width, height) => {
  const head = new DataView(new ArrayBuffer(29));
  [0x89504e47, 0x0d0a1a0a, 13, 0x49484452, width, height].forEach((word, at) => head.setUint32(4 * at, word));
  return new Uint8Array(head.buffer);
};
const bytes = (hex) => Uint8Array.from(hex.replaceAll(" ", "").match(/../g), (byte) => Number.parseInt(byte, 16));
const webp = (kind, rest) => Uint8Array.of(...text("RIFF\0\0\0\0WEBP"), ...text(kind), ...bytes(rest));

test("an image says how large it is, as in Python", () => {
  const heads = [ // the same in tests/canvas/test_images.py
    png(640, 480),
    bytes("474946383961 8002 e001 000000"),
    bytes("ffd8ffe000044a46ffc0001108 01e0 0280 03"),
    bytes("ffd8 ffff e10003 00 00 ffc4 0003 00 ffd0 ffc2 0011 08 01e0 0280 03"),
    webp("VP8X", "0000000000000000 7f0200 df0100"),
    webp("VP8L", "00000000 2f 7fc27700 0000000000"),
    webp("VP8 ", "00000000 000000 9d012a 8002 e001"),
  ];
  for (const head of heads) {
    assert.deepEqual(sizeOf(head), { width: 640, height: 480 }, toHex(head));
    assert.ok(isShowable(head));
    for (let end = 0; end < head.length; end++) sizeOf(head.subarray(0, end)); // never throws
  }
  const odd = [new Uint8Array(0), bytes("ffd8ffe0"), png(0, 5), text("<svg/>"), new Uint8Array(5000).fill(0xff, 2)];
  for (const other of odd) assert.equal(isShowable(other), false);
  assert.ok(isShowable(png(8000, 5000)));
  assert.ok(!isShowable(png(8000, 5001)) && !isShowable(png(2 ** 31, 2 ** 31)));
});

test("a new image lies around its point, as large as it is but not larger than most of what is seen", () => {
  const seen = { width: 1000, height: 500 };
  assert.deepEqual(placed({ width: 100, height: 60 }, { x: 50, y: 50 }, seen), { x: 0, y: 20, width: 100, height: 60 });
  assert.deepEqual(placed({ width: 1200, height: 600 }, { x: 0, y: 0 }, seen), { x: -300, y: -150, width: 600, height: 300 });
  assert.equal(placed({ width: 4000, height: 1 }, { x: 0, y: 0 }, seen).height, 1);
});
