/**
 * One column of a stroke as Rice codes in three planes (docs/formats/oplog.md, "Columns of a stroke").
 *
 * The twin of `edgeboard/oplog/planes.py`. A plan is the shortest form of a column, found exactly and not by guess,
 * because every language has to write the same bytes.
 */

import { DecodeError, LimitError, unzigzag, zigzag } from "./varints.js";

const RICE_MAX = 24; // the highest k, and the unary length that says "32 bits follow"
const RESIDUAL_END = 2 ** 32;
const WIDE = -1; // where 32 bits follow

/**
 * The shortest form of a column; ties go to the lower order, then the lower k.
 * @param {ArrayLike<number>} column
 * @param {boolean} [mayRise] whether order 3, for values that never fall, may take the place of order 1
 * @returns {{order: number, k: number, bits: number, codes: Uint32Array|null}}
 * @throws {LimitError} a jump does not fit in 32 bits
 */
export function planColumn(column, mayRise = false) {
  const n = column.length;
  let constant = true;
  for (let i = 1; constant && i < n; i++) constant = column[i] === column[0];
  if (constant) return { order: 0, k: 0, bits: 2, codes: null };
  let best = null;
  const rises = mayRise && neverFalls(column);
  for (const order of rises ? [2, 3] : [1, 2]) {
    const codes = residuals(column, order);
    if (codes === null) continue;
    for (let k = 0; k <= RICE_MAX; k++) {
      const bits = 7 + riceBits(codes, k);
      if (best === null || bits < best.bits) best = { order, k, bits, codes };
    }
  }
  if (best === null) throw new LimitError("a stroke jumps too far");
  return best;
}

function neverFalls(column) {
  for (let i = 1; i < column.length; i++) if (column[i] < column[i - 1]) return false;
  return true;
}

/** The residuals of an order as unsigned numbers, or null if one does not fit in 32 bits. */
function residuals(column, order) {
  const n = column.length;
  const codes = new Uint32Array(n - 1);
  for (let j = 1; j < n; j++) {
    let residual = column[j] - column[j - 1];
    if (order === 2 && j > 1) residual -= column[j - 1] - column[j - 2];
    const code = order === 3 ? residual : zigzag(residual);
    if (code >= RESIDUAL_END) return null;
    codes[j - 1] = code;
  }
  return codes;
}

function riceBits(codes, k) {
  let bits = 0;
  for (let i = 0; i < codes.length; i++) {
    const q = codes[i] >>> k;
    bits += q < RICE_MAX ? q + 1 + k : RICE_MAX + 1 + 32;
  }
  return bits;
}

/** Append the bits of a column. @param {BitWriter} bits @param {ReturnType<typeof planColumn>} plan */
export function writeColumn(bits, { order, k, codes }) {
  bits.put(order, 2);
  if (order === 0) return;
  bits.put(k, 5);
  for (let i = 0; i < codes.length; i++) {
    const q = Math.min(codes[i] >>> k, RICE_MAX);
    bits.put(2 ** (q + 1) - 2, q + 1);
  }
  if (k > 0) {
    const mask = 2 ** k - 1;
    for (let i = 0; i < codes.length; i++) if (codes[i] >>> k < RICE_MAX) bits.put(codes[i] & mask, k);
  }
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] >>> k < RICE_MAX) continue;
    bits.put(codes[i] >>> 16, 16);
    bits.put(codes[i] & 0xffff, 16);
  }
}

/** Bits into a Writer, the most significant first. */
export class BitWriter {
  constructor(out) {
    this.out = out;
    this.held = 0; // bits not yet written, fewer than 8
    this.count = 0;
  }

  /** @param {number} value @param {number} count at most 25 bits */
  put(value, count) {
    let left = count;
    while (left > 0) {
      const take = Math.min(8 - this.count, left);
      left -= take;
      this.held = (this.held << take) | ((value >>> left) & ((1 << take) - 1));
      this.count += take;
      if (this.count === 8) {
        this.out.byte(this.held);
        this.held = this.count = 0;
      }
    }
  }

  flush() {
    if (this.count > 0) this.put(0, 8 - this.count);
  }
}

/**
 * A column of n values; residuals of order 2 may leave 32 bits before they are checked.
 * @param {BitReader} bits
 * @param {number} first
 * @param {number} n
 * @param {boolean} [mayRise] whether order 3 may be
 * @returns {Float64Array} with room for n or more; good until the next column is read
 * @throws {DecodeError} cut short, order 3 where it may not be, or k or a unary code out of range
 */
export function readColumn(bits, first, n, mayRise = false) {
  if (values.length < n) [codes, values] = [new Float64Array(n), new Float64Array(n)];
  values[0] = first;
  if (n === 1) return values;
  const order = bits.take(2);
  if (order === 3 && !mayRise) throw new DecodeError("a column of order 3");
  if (order === 0) return values.fill(first, 0, n);
  const k = bits.take(5);
  if (k > RICE_MAX) throw new DecodeError("a Rice parameter above 24");
  bits.unary(codes, n, RICE_MAX);
  bits.low(codes, n, k);
  let [step, value] = [0, first];
  for (let j = 1; j < n; j++) {
    const code = codes[j];
    let residual = code;
    if (order !== 3) residual = code < 0x80000000 ? (code >>> 1) ^ -(code & 1) : unzigzag(code);
    step = order === 2 ? step + residual : residual;
    value += step;
    values[j] = value;
  }
  return values;
}

// the column that is read: a small array of its own for each costs more than what is in it
let codes = new Float64Array(512);
let values = new Float64Array(512);

/** Bits out of bytes, the most significant first. */
export class BitReader {
  constructor(data, at, end) {
    this.data = data;
    this.bit = at * 8;
    this.end = end * 8;
  }

  /** @param {number} count 1 .. 24 @returns {number} @throws {DecodeError} cut short */
  take(count) {
    if (this.bit + count > this.end) throw new DecodeError("the bits of a stroke are cut short");
    const value = (this.window() << (this.bit & 7)) >>> (32 - count);
    this.bit += count;
    return value;
  }

  /**
   * The unary plane: into codes 1 .. n − 1 go ones up to a zero each, as many of them as lie in one window at a time.
   * @throws {DecodeError} cut short, or more ones than `most`
   */
  unary(codes, n, most) {
    for (let j = 1; j < n; ) {
      let left = 32 - (this.bit & 7);
      let word = this.window() << (this.bit & 7);
      const before = j;
      while (j < n) {
        const ones = Math.clz32(~word);
        if (ones >= left) break; // the zero lies in the next window
        if (ones > most) throw new DecodeError("a unary code is too long");
        codes[j++] = ones === most ? WIDE : ones;
        this.bit += ones + 1;
        left -= ones + 1;
        word <<= ones + 1;
      }
      if (j === before) throw new DecodeError("a unary code is too long");
      if (this.bit > this.end) throw new DecodeError("the bits of a stroke are cut short");
    }
  }

  /**
   * The low and the wide plane: codes 1 .. n − 1, which hold their unary parts, become whole.
   * @throws {DecodeError} cut short
   */
  low(codes, n, k) {
    const scale = 2 ** k;
    let wide = 0;
    for (let j = 1; j < n; j++) if (codes[j] === WIDE) wide += 1;
    if (k > 0) {
      if (this.bit + k * (n - 1 - wide) > this.end) throw new DecodeError("the bits of a stroke are cut short");
      let left = 0;
      let word = 0;
      for (let j = 1; j < n; j++) {
        if (codes[j] === WIDE) continue;
        if (left < k) {
          left = 32 - (this.bit & 7);
          word = this.window() << (this.bit & 7);
        }
        codes[j] = codes[j] * scale + (word >>> (32 - k));
        word <<= k;
        left -= k;
        this.bit += k;
      }
    }
    for (let j = 1; wide > 0 && j < n; j++) {
      if (codes[j] !== WIDE) continue;
      codes[j] = this.take(16) * 65536 + this.take(16);
      wide -= 1;
    }
  }

  /** The four bytes from the one that holds the next bit: 25 bits or more; behind the end are zeros. */
  window() {
    const { data } = this;
    const at = this.bit >>> 3;
    const last = this.end >>> 3;
    if (at + 3 < last) return (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    let word = 0;
    for (let i = 0; i < 4; i++) word = (word << 8) | (at + i < last ? data[at + i] : 0);
    return word;
  }

  /** Pads to a whole byte; what follows belongs to a later version. @throws {DecodeError} the padding is not zeros */
  finish() {
    const padding = -this.bit & 7;
    if (padding > 0 && this.take(padding) !== 0) throw new DecodeError("a stroke is not padded with zeros");
  }
}
