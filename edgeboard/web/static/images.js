/**
 * Images on the canvas: what an image item names, which bytes may be shown as one, and how large it is made.
 *
 * The twin of `edgeboard/canvas/images.py`. Markup is no image here, and what an image is says its content.
 */

import { pack, unpack } from "./values.js";
import { fromHex, toHex } from "./ids.js";
import { DecodeError } from "./varints.js";

export const IMAGE_BYTES_MAX = 2 * 1024 * 1024;
export const MEDIA_TYPES = Object.freeze(["image/png", "image/jpeg", "image/webp", "image/gif"]);
export const PIXELS_MAX = 40e6; // a small file can say that it is a huge picture, which no phone can hold
const SHARE = 0.6; // of the window that a new image takes at most

const STARTS = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

/** The media type of an image by its first bytes. @param {Uint8Array} bytes @returns {string|null} null if it is none that is shown */
export function mediaOf(bytes) {
  const begins = (start, at = 0) => start.every((byte, i) => bytes[at + i] === byte);
  if (begins([0x52, 0x49, 0x46, 0x46]) && begins([0x57, 0x45, 0x42, 0x50], 8)) return "image/webp";
  return STARTS.find(([, start]) => begins(start))?.[0] ?? null;
}

/**
 * How large an image says that it is.
 * @param {Uint8Array} bytes
 * @returns {{width: number, height: number}|null} px; null if it does not say
 */
export function sizeOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const is = (text, at) => [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
  switch (mediaOf(bytes)) {
    case "image/png":
      return is("IHDR", 12) && bytes.length >= 24 ? { width: view.getUint32(16), height: view.getUint32(20) } : null;
    case "image/gif":
      return bytes.length >= 10 ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : null;
    case "image/jpeg":
      return sizeOfJpeg(bytes, view);
    case "image/webp":
      return bytes.length >= 30 ? sizeOfWebp(bytes, view, is) : null;
    default:
      return null;
  }
}

/** From the first frame header; what stands between segments is passed over, as lenient readers do. */
function sizeOfJpeg(bytes, view) {
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 9 <= bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    const hasLength = ![0x00, 0x01, 0xff].includes(marker) && !(marker >= 0xd0 && marker <= 0xd9);
    at += hasLength ? 2 + view.getUint16(at + 2) : 1;
  }
  return null;
}

function sizeOfWebp(bytes, view, is) {
  const three = (at) => view.getUint16(at, true) + (bytes[at + 2] << 16);
  if (is("VP8X", 12)) return { width: three(24) + 1, height: three(27) + 1 };
  if (is("VP8L", 12) && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  const isFrame = is("VP8 ", 12) && bytes[23] === 0x9d && bytes[24] === 0x01 && bytes[25] === 0x2a;
  return isFrame ? { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff } : null;
}

/** Whether these bytes may be decoded: an image of a kind that is shown, and not larger than a phone can hold. @param {Uint8Array} bytes */
export function isShowable(bytes) {
  const size = sizeOf(bytes);
  return size !== null && size.width > 0 && size.height > 0 && size.width * size.height <= PIXELS_MAX;
}

/**
 * The payload of an image item (docs/formats/oplog.md, type 5).
 * @param {{x: number, y: number, width: number, height: number}} box canvas px
 * @param {string} content hex of the SHA-256
 * @param {string} media
 * @param {number} size bytes
 * @returns {Uint8Array}
 */
export function imagePayload({ x, y, width, height }, content, media, size) {
  return pack([x, y, width, height, fromHex(content), media, size]);
}

/**
 * What an image item names.
 * @param {Uint8Array} payload
 * @returns {{content: string, media: string, size: number}|null} null if it is not of the form, or is not shown
 */
export function readImage(payload) {
  let value;
  try {
    value = unpack(payload);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
  if (!Array.isArray(value) || value.length < 7) return null;
  const [content, media, size] = value.slice(4, 7);
  const isNamed = content instanceof Uint8Array && content.length === 32 && MEDIA_TYPES.includes(media);
  if (!isNamed || !Number.isSafeInteger(size) || size < 1 || size > IMAGE_BYTES_MAX) return null;
  return { content: toHex(content), media, size };
}

/**
 * Where a new image goes: around a point, as large as it is, but not larger than most of what is seen.
 * @param {{width: number, height: number}} image px
 * @param {{x: number, y: number}} middle canvas px
 * @param {{width: number, height: number}} seen canvas px
 * @returns {{x: number, y: number, width: number, height: number}} canvas px
 */
export function placed(image, middle, seen) {
  const scale = Math.min(1, (seen.width * SHARE) / image.width, (seen.height * SHARE) / image.height);
  const [width, height] = [Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))];
  return { x: Math.round(middle.x - width / 2), y: Math.round(middle.y - height / 2), width, height };
}
