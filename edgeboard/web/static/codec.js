/**
 * The columns of a stroke (docs/formats/oplog.md, "Columns of a stroke"): deltas, Rice codes, bit streams.
 *
 * Columns are {scale, x, y, pressure, time, tiltX, tiltY}: positions in steps (Int32Array), pressure 0 .. 4095
 * (Int32Array or null), time in ms (Float64Array or null), tilt in degrees (Int32Array or null, both or neither).
 * An encoder here makes the same bytes as the Python one: the shortest form, ties by the rules of the contract.
 */

import { BitReader, BitWriter, planColumn, readColumn, writeColumn } from "./planes.js";
import { DecodeError, LimitError, Reader, Writer } from "./varints.js";

export const POINTS_MAX = 500;
export const COORDINATE_END = 2 ** 28; // absolute values are below it
export const SCALE_MAX = 1024;
export const STEP_MAX = 2 ** 20;
export const PRESSURE_MAX = 4095;
export const TILT_MAX = 90;
export const TIME_END = 2 ** 32;
export const WIDTH_MIN = 1; // in 1/8 px
export const WIDTH_MAX = 2048;
export const TOOL_MAX = 1;
export const COLOUR_MAX = 16 + 0xffffff;

export const TIME_STEP = 16; // ms, of times that a thinned stroke has

const LEVELS = [0, 100, 255, 1023, 2047, 4095, 15]; // by pressure code
const CHOICES = [6, 1, 2, 3, 4]; // pressure codes in the order in which they are tried; 5 takes any
const RAW = 5;
const GRIDS = [null, { scale: 20, step: 20 }, { scale: 8, step: 1 }, { scale: 20, step: 1 }]; // by grid code
const TOOLS = 4; // that have room beside the width
const TIME = 32; // flag: there is a column of time
const TILT = 64; // flag: there are two columns of tilt
const COARSE_TIME = 128; // flag: all times are whole steps; without TIME the first is 0 and left out

/**
 * @typedef {object} Columns
 * @property {number} scale steps per px
 * @property {ArrayLike<number>} x steps
 * @property {ArrayLike<number>} y
 * @property {ArrayLike<number>|null} [pressure]
 * @property {ArrayLike<number>|null} [time] ms since the stroke's first point
 * @property {ArrayLike<number>|null} [tiltX]
 * @property {ArrayLike<number>|null} [tiltY]
 */

// ---------------------------------------------------------------------------------------------------------- encoding

/**
 * @param {Columns} columns
 * @returns {Uint8Array}
 * @throws {LimitError} a value is outside the format
 */
export function encodeColumns(columns) {
  const { scale, x, y } = columns;
  const pressure = columns.pressure ?? null;
  const time = columns.time ?? null;
  const tiltX = columns.tiltX ?? null;
  const tiltY = columns.tiltY ?? null;
  const n = x.length;
  checkColumns(columns, n);
  const pressureCode = pressure === null ? 0 : choosePressure(pressure);
  const levels = pressure === null ? null : Float64Array.from(pressure, (value) => levelOf(value, LEVELS[pressureCode]));
  const timeFlags = chooseTime(time);
  const times = timeFlags & COARSE_TIME ? Float64Array.from(time, (ms) => ms / TIME_STEP) : time;
  const others = [levels, times, tiltX, tiltY].filter((column) => column !== null);
  const tail = others.map((column) => planColumn(column, column === times));

  const { grid, gx, gy, plans } = chooseGrid(scale, x, y, tail);
  const out = new Writer(32 + 4 * n);
  out.byte(grid | (pressureCode << 2) | timeFlags | (tiltX === null ? 0 : TILT));
  out.u(n);
  if (grid === 0) {
    out.u(scale);
    out.u(gx);
    out.u(gy);
  }
  out.s(x[0]);
  out.s(y[0]);
  if (levels !== null) out.u(levels[0]);
  if (timeFlags & TIME) out.u(times[0]);
  if (tiltX !== null) {
    out.s(tiltX[0]);
    out.s(tiltY[0]);
  }
  if (n > 1) {
    const bits = new BitWriter(out);
    for (const plan of plans) writeColumn(bits, plan);
    bits.flush();
  }
  return out.take();
}

function checkColumns({ scale, x, y, pressure, time, tiltX, tiltY }, n) {
  const fail = (what) => {
    throw new LimitError(`a stroke cannot have ${what}`);
  };
  if (n < 1 || n > POINTS_MAX) fail(`${n} points in a piece`);
  if (!Number.isInteger(scale) || scale < 1 || scale > SCALE_MAX) fail(`a scale of ${scale}`);
  if (Boolean(tiltX) !== Boolean(tiltY)) fail("one column of tilt");
  const check = (column, low, high, name) => {
    if (!column) return;
    if (column.length !== n) fail(`${column.length} of ${n} values of ${name}`);
    for (let i = 0; i < n; i++) {
      const value = column[i];
      if (!(value >= low && value <= high) || !Number.isInteger(value)) fail(`${name} ${value}`);
    }
  };
  check(x, 1 - COORDINATE_END, COORDINATE_END - 1, "x");
  check(y, 1 - COORDINATE_END, COORDINATE_END - 1, "y");
  check(pressure, 0, PRESSURE_MAX, "pressure");
  check(time, 0, TIME_END - 1, "time");
  check(tiltX, -TILT_MAX, TILT_MAX, "tilt");
  check(tiltY, -TILT_MAX, TILT_MAX, "tilt");
}

/** Pressure of a level, rounded half up. */
export function pressureOf(level, levels) {
  return Math.floor((level * PRESSURE_MAX * 2 + levels) / (2 * levels));
}

/** The level that a pressure is nearest to. */
export function levelOf(pressure, levels) {
  return Math.floor((pressure * levels * 2 + PRESSURE_MAX) / (2 * PRESSURE_MAX));
}

/** The first code that gives every value back. */
function choosePressure(pressure) {
  for (const code of CHOICES) {
    let exact = true;
    for (let i = 0; exact && i < pressure.length; i++) {
      exact = pressureOf(levelOf(pressure[i], LEVELS[code]), LEVELS[code]) === pressure[i];
    }
    if (exact) return code;
  }
  return RAW;
}

/** The flags of a column of times. */
function chooseTime(time) {
  if (time === null) return 0;
  for (let i = 0; i < time.length; i++) if (time[i] % TIME_STEP !== 0) return TIME;
  return COARSE_TIME | (time[0] > 0 ? TIME : 0);
}

/** The grid code of the fewest bytes; ties go to the higher code. */
function chooseGrid(scale, x, y, tail) {
  const stepX = commonStep(x);
  const stepY = commonStep(y);
  const planned = new Map();
  const plan = (column, step) => {
    const key = column === x ? step : -step;
    if (!planned.has(key)) planned.set(key, planColumn(offsets(column, step)));
    return planned.get(key);
  };
  let best = null;
  for (let grid = 0; grid < 4; grid++) {
    let [gx, gy] = [stepX || 1, stepY || 1];
    let header = uvarintBytes(scale) + uvarintBytes(gx) + uvarintBytes(gy);
    if (grid > 0) {
      if (GRIDS[grid].scale !== scale) continue;
      gx = gy = GRIDS[grid].step;
      header = 0;
      if (stepX % gx !== 0 || stepY % gy !== 0) continue;
    }
    const plans = [plan(x, gx), plan(y, gy), ...tail];
    const bits = x.length > 1 ? plans.reduce((sum, each) => sum + each.bits, 0) : 0;
    const bytes = header + Math.ceil(bits / 8);
    if (best === null || bytes <= best.bytes) best = { grid, gx, gy, plans, bytes };
  }
  return best;
}

/** The greatest common divisor of a column's differences; 0 if there are none, 1 if it is beyond what can be written. */
function commonStep(column) {
  let step = 0;
  for (let i = 1; i < column.length && step !== 1; i++) {
    let a = Math.abs(column[i] - column[i - 1]);
    let b = step;
    while (b > 0) [a, b] = [b, a % b];
    step = a;
  }
  return step > STEP_MAX ? 1 : step;
}

function offsets(column, step) {
  const values = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) values[i] = (column[i] - column[0]) / step;
  return values;
}

function uvarintBytes(value) {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

// ---------------------------------------------------------------------------------------------------------- decoding

/**
 * The columns at the beginning of `data`; bytes behind them belong to a later version and are skipped.
 * @param {Uint8Array} data
 * @returns {Columns}
 * @throws {DecodeError} the bytes break the format
 */
export function decodeColumns(data) {
  return readColumns(new Reader(data));
}

function readColumns(input) {
  const flags = input.byte();
  const pressureCode = (flags >> 2) & 7;
  if (pressureCode >= LEVELS.length) throw new DecodeError("a stroke has an unknown pressure code");
  const n = input.u();
  if (n < 1) throw new DecodeError("a stroke has no points");
  if (n > POINTS_MAX) throw new LimitError(`${n} points in a piece; the limit is ${POINTS_MAX}`);
  const { scale, gx, gy } = readGrid(input, flags & 3);
  const x0 = input.s();
  const y0 = input.s();
  const level0 = pressureCode > 0 ? input.u() : 0;
  const time0 = flags & TIME ? input.u() : 0;
  const tiltX0 = flags & TILT ? input.s() : 0;
  const tiltY0 = flags & TILT ? input.s() : 0;

  const bits = n > 1 ? new BitReader(input.data, input.at, input.end) : null;
  const read = (first, mayRise) => readColumn(bits, first, n, mayRise);
  const x = place(read(0), n, x0, gx);
  const y = place(read(0), n, y0, gy);
  const levels = LEVELS[pressureCode];
  const pressure = pressureCode > 0 ? pressures(within(read(level0), n, 0, levels), n, levels) : null;
  const timeStep = flags & COARSE_TIME ? TIME_STEP : 1;
  const hasTime = (flags & (TIME | COARSE_TIME)) !== 0;
  const time = hasTime ? within(read(time0, true), n, 0, Math.floor((TIME_END - 1) / timeStep)).slice(0, n) : null;
  if (timeStep > 1) for (let i = 0; i < n; i++) time[i] *= timeStep;
  const tilt = (first) => new Int32Array(within(read(first), n, -TILT_MAX, TILT_MAX).subarray(0, n));
  const tiltX = flags & TILT ? tilt(tiltX0) : null;
  const tiltY = flags & TILT ? tilt(tiltY0) : null;
  bits?.finish();
  return { scale, x, y, pressure, time, tiltX, tiltY };
}

function pressures(column, n, levels) {
  const values = new Int32Array(n);
  for (let i = 0; i < n; i++) values[i] = pressureOf(column[i], levels);
  return values;
}

function readGrid(input, grid) {
  if (grid > 0) return { scale: GRIDS[grid].scale, gx: GRIDS[grid].step, gy: GRIDS[grid].step };
  const scale = input.u();
  const gx = input.u();
  const gy = input.u();
  if (scale < 1 || scale > SCALE_MAX) throw new DecodeError("a stroke's scale is out of range");
  if (gx < 1 || gx > STEP_MAX || gy < 1 || gy > STEP_MAX) throw new DecodeError("a stroke's step is out of range");
  return { scale, gx, gy };
}

function place(values, n, first, step) {
  const placed = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = first + step * values[i];
    if (!(Math.abs(at) < COORDINATE_END)) throw new DecodeError("a coordinate is out of range");
    placed[i] = at;
  }
  return placed;
}

function within(values, n, low, high) {
  for (let i = 0; i < n; i++) {
    if (!(values[i] >= low && values[i] <= high)) throw new DecodeError("a value of a stroke is out of range");
  }
  return values;
}

// ----------------------------------------------------------------------------------------------------------- strokes

/**
 * The payload of a stroke's first piece.
 * @param {{tool: number, colour: number, width: number, columns: Columns}} stroke width in 1/8 px
 * @returns {Uint8Array}
 */
export function encodeStroke({ tool, colour, width, columns }) {
  const out = new Writer();
  out.u(colour);
  out.u(width * TOOLS + tool);
  out.bytes(encodeColumns(columns));
  return out.take();
}

/**
 * @param {Uint8Array} data
 * @returns {{tool: number, colour: number, width: number, columns: Columns}}
 * @throws {DecodeError} the bytes break the format
 */
export function decodeStroke(data) {
  const input = new Reader(data);
  const colour = input.u();
  const both = input.u();
  const [tool, width] = [both % TOOLS, Math.floor(both / TOOLS)];
  if (tool > TOOL_MAX) throw new DecodeError("a stroke has an unknown tool");
  if (colour > COLOUR_MAX) throw new DecodeError("a stroke's colour is out of range");
  if (width < WIDTH_MIN || width > WIDTH_MAX) throw new DecodeError("a stroke's width is out of range");
  return { tool, colour, width, columns: readColumns(input) };
}
