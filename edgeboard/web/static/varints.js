/**
 * LEB128 varints and zigzag over byte arrays, and the errors of every decoder.
 *
 * The twin of `edgeboard/varints.py`. JavaScript counts exactly up to 2^53 − 1, and so does every number of the op log;
 * a varint above it is a DecodeError here.
 */

/** Bytes from outside break a format. Every decoder throws this, or its child, and nothing else. */
export class DecodeError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "DecodeError";
  }
}

/** Well-formed bytes exceed a named limit. */
export class LimitError extends DecodeError {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "LimitError";
  }
}

export const UVARINT_BYTES_MAX = 10;

/** A growing byte array. */
export class Writer {
  /** @param {number} [capacity] bytes to start with */
  constructor(capacity = 64) {
    this.data = new Uint8Array(capacity);
    this.length = 0;
  }

  /** @param {number} more bytes about to be written */
  reserve(more) {
    const wanted = this.length + more;
    if (wanted <= this.data.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.data.length * 2));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  /** @param {number} value 0 .. 255 */
  byte(value) {
    this.reserve(1);
    this.data[this.length++] = value;
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    this.reserve(bytes.length);
    this.data.set(bytes, this.length);
    this.length += bytes.length;
  }

  /**
   * An unsigned varint.
   * @param {number} value a whole number, 0 .. 2^53 − 1
   * @throws {RangeError} not such a number: our own mistake, never a peer's
   */
  u(value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned number: ${value}`);
    this.reserve(UVARINT_BYTES_MAX);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.data[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.data[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.data[this.length++] = rest;
  }

  /** A signed number: its zigzag as a varint. @param {number} value */
  s(value) {
    this.u(zigzag(value));
  }

  /** @returns {Uint8Array} a copy of what was written */
  take() {
    return this.data.slice(0, this.length);
  }
}

/** Reads what a Writer wrote, from `at` up to `end`. */
export class Reader {
  /**
   * @param {Uint8Array} data
   * @param {number} [at]
   * @param {number} [end]
   */
  constructor(data, at = 0, end = data.length) {
    this.data = data;
    this.at = at;
    this.end = end;
  }

  /** How many bytes are left. */
  get left() {
    return this.end - this.at;
  }

  /** @returns {number} @throws {DecodeError} nothing is left */
  byte() {
    if (this.at >= this.end) throw new DecodeError("a byte is missing");
    return this.data[this.at++];
  }

  /**
   * The next `count` bytes, as a view.
   * @param {number} count
   * @returns {Uint8Array}
   * @throws {DecodeError} cut short
   */
  bytes(count) {
    if (count > this.end - this.at) throw new DecodeError("bytes are cut short");
    const start = this.at;
    this.at += count;
    return this.data.subarray(start, this.at);
  }

  /** Everything that is left, as a view. @returns {Uint8Array} */
  rest() {
    return this.bytes(this.end - this.at);
  }

  /**
   * An unsigned varint.
   * @returns {number}
   * @throws {DecodeError} cut short, longer than 10 bytes, above 2^53 − 1, or not in its shortest form
   */
  u() {
    const { data, end } = this;
    let at = this.at;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < UVARINT_BYTES_MAX && at < end; count++) {
      const byte = data[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 0) throw new DecodeError("a varint is not in its shortest form");
        if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError("a number is above 2^53 − 1");
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    throw new DecodeError("a varint is cut short or too long");
  }

  /** A signed number. @returns {number} @throws {DecodeError} as `u` */
  s() {
    return unzigzag(this.u());
  }
}

/** Maps 0, −1, 1, −2, 2 … to 0, 1, 2, 3, 4 … @param {number} value @returns {number} */
export function zigzag(value) {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The inverse of `zigzag`. @param {number} value @returns {number} */
export function unzigzag(value) {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
