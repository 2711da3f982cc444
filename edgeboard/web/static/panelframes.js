/** What a panel shows, followed packet by packet (docs/formats/panels.md): frames are counted and summed, and what is lost is seen. */

const WHOLE = 1;
const FRAMES = 2;
const WHOLE_HEAD = 13; // bytes
const FRAME_HEAD = 20;

const TABLE = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** CRC-32 (ISO-HDLC), begun with the sum of what came before. @param {Uint8Array} bytes @param {number} before @returns {number} */
export function crc32(bytes, before = 0) {
  let sum = ~before;
  for (let at = 0; at < bytes.length; at++) sum = TABLE[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** @param {Uint8Array} bytes as zlib packed them @returns {Promise<Uint8Array>} */
async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The pixels of one panel, as RGBA, and how far they have been followed. */
export class Picture {
  sequence = 0;
  sum = 0;
  known = false; // whether a whole picture has come

  /** @param {number} width @param {number} height px @param {number} channels bytes a px: 1 grey, 4 blue green red */
  constructor(width, height, channels) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  }

  /**
   * Take one packet.
   * @param {ArrayBuffer} buffer
   * @returns {Promise<{x: number, y: number, width: number, height: number}[]>} what looks different now
   * @throws {Error} frames are missing or changed: ask for a whole picture
   */
  async take(buffer) {
    const head = new DataView(buffer);
    const kind = head.getUint8(0);
    if (kind === WHOLE) return this.#whole(head, await unpacked(new Uint8Array(buffer, WHOLE_HEAD)));
    if (kind === FRAMES) return this.#frames(await unpacked(new Uint8Array(buffer, 1)));
    return []; // of a newer board
  }

  #whole(head, pixels) {
    if (pixels.length !== this.width * this.height * this.channels) throw new Error("a picture of another size");
    if (crc32(pixels) !== head.getUint32(9)) throw new Error("the sum of a picture is wrong");
    this.sequence = head.getUint32(1);
    this.sum = head.getUint32(5);
    this.known = true;
    const area = { x: 0, y: 0, width: this.width, height: this.height };
    this.#paste(area, pixels);
    return [area];
  }

  #frames(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const areas = [];
    for (let at = 0; at < bytes.length; ) {
      const sequence = view.getUint32(at);
      const [x, y, width, height] = [8, 10, 12, 14].map((place) => view.getUint16(at + place));
      const from = at + FRAME_HEAD;
      const pixels = bytes.subarray(from, from + view.getUint32(at + 16));
      if (sequence > this.sequence) {
        if (!this.known || sequence !== this.sequence + 1) throw new Error(`frame ${sequence} does not follow ${this.sequence}`);
        const sum = crc32(pixels, crc32(bytes.subarray(at + 8, at + 16), this.sum));
        if (sum !== view.getUint32(at + 4)) throw new Error(`the sum of frame ${sequence} is wrong`);
        this.#paste({ x, y, width, height }, pixels);
        areas.push({ x, y, width, height });
        this.sequence = sequence;
        this.sum = sum;
      }
      at = from + pixels.length;
    }
    return areas;
  }

  #paste({ x, y, width, height }, pixels) {
    const { rgba, channels } = this;
    let from = 0;
    for (let row = y; row < y + height; row++) {
      let to = (row * this.width + x) * 4;
      for (let left = width; left > 0; left--, from += channels, to += 4) {
        rgba[to] = pixels[channels === 1 ? from : from + 2];
        rgba[to + 1] = pixels[channels === 1 ? from : from + 1];
        rgba[to + 2] = pixels[from];
      }
    }
  }
}
