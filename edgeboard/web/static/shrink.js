/**
 * A picture of any size made small enough for a board: at most 1,600 px and 2 MiB, its transparency kept.
 *
 * The browser decodes and encodes. A photograph is always encoded anew, so that what a camera wrote beside it (where it
 * was taken, say) stays with its owner; drawings, screenshots and animations that fit are taken as they are.
 */

import { IMAGE_BYTES_MAX, mediaOf, sizeOf } from "./images.js";

export const SIDE_MAX = 1_600; // px
const FILE_MAX = 64 * 1024 * 1024; // bytes that are looked at all
const HEAD_MAX = 1024 * 1024; // bytes before the first frame header of a photograph, at most
const PIXELS_MAX = 100e6; // of the source
const AS_IT_IS_MAX = 768 * 1024; // bytes; a larger picture is worth encoding anew
const QUALITIES = [0.88, 0.75, 0.6];
const SMALLER = 0.75; // of its sides, where no quality was enough

/** A file is no picture that can be shown. The message is for people. */
export class ImageError extends Error {}

/**
 * @typedef {object} Small
 * @property {Uint8Array} bytes
 * @property {string} media
 * @property {number} width px
 * @property {number} height px
 */

/**
 * Make a picture small enough.
 * @param {Blob} file
 * @returns {Promise<Small>}
 * @throws {ImageError} "kind" or "size" for a message: it is no picture, or cannot be made small enough
 */
export async function shrink(file) {
  if (file.size > FILE_MAX) throw new ImageError("size");
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const media = mediaOf(head);
  if (media === null && !/^image\/(?:avif|bmp|heic|heif|jxl)$/.test(file.type)) throw new ImageError("kind");
  // what says how large it is can be turned away before it takes the memory
  const said = media === null ? null : sizeOf(new Uint8Array(await file.slice(0, HEAD_MAX).arrayBuffer()));
  if (said !== null && said.width * said.height > PIXELS_MAX) throw new ImageError("size");
  const picture = await decode(file);
  try {
    const { width, height } = picture;
    if (width * height > PIXELS_MAX) throw new ImageError("size");
    const isSmall = Math.max(width, height) <= SIDE_MAX;
    const most = media === "image/gif" ? IMAGE_BYTES_MAX : AS_IT_IS_MAX;
    if (isSmall && file.size <= most && media !== null && media !== "image/jpeg") {
      return { bytes: new Uint8Array(await file.arrayBuffer()), media, width, height };
    }
    return await encodeSmall(picture, media === "image/jpeg");
  } finally {
    picture.close();
  }
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new ImageError("kind");
  }
}

async function encodeSmall(picture, isPhoto) {
  let scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
  for (; scale * Math.max(picture.width, picture.height) >= 16; scale *= SMALLER) {
    const canvas = drawn(picture, scale);
    const { width, height } = canvas;
    for (const [media, quality] of ways(isPhoto ? false : hasAlpha(canvas), isPhoto)) {
      const bytes = await encode(canvas, media, quality);
      if (bytes !== null && bytes.length <= IMAGE_BYTES_MAX && mediaOf(bytes) === media) return { bytes, media, width, height };
    }
  }
  throw new ImageError("size");
}

/** What is tried, in order: without loss first where that may be small. */
function ways(isTransparent, isPhoto) {
  const lossy = (media) => QUALITIES.map((quality) => [media, quality]);
  if (isPhoto) return lossy("image/jpeg");
  return [["image/png", 1], ...lossy("image/webp"), ...(isTransparent ? [] : lossy("image/jpeg"))];
}

function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function hasAlpha(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

function encode(canvas, media, quality) {
  return new Promise((resolve) => {
    canvas.toBlob(
      (blob) => (blob === null ? resolve(null) : blob.arrayBuffer().then((data) => resolve(new Uint8Array(data)))),
      media,
      quality,
    );
  });
}
