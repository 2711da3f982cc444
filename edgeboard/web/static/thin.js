/**
 * Thinning: leaves out the points of a stroke that nobody would miss (Ramer, Douglas and Peucker).
 *
 * The twin of `edgeboard/canvas/thin.py`. A point may go if it lies within `TOLERANCE` px of the chord between those
 * that stay, and its pressure within `PRESSURE_TOLERANCE` of what lies between theirs.
 */

export const TOLERANCE = 0.5; // px
export const PRESSURE_TOLERANCE = 128; // of 4095

/**
 * Which points stay.
 * @param {{scale: number, x: ArrayLike<number>, y: ArrayLike<number>, pressure?: ArrayLike<number>|null}} columns
 * @param {number} [tolerance] px
 * @param {number} [pressureTolerance] of 4095
 * @returns {number[]} their indices, rising, the first and the last among them
 */
export function kept({ scale, x, y, pressure = null }, tolerance = TOLERANCE, pressureTolerance = PRESSURE_TOLERANCE) {
  const last = x.length - 1;
  if (last < 1) return last < 0 ? [] : [0];
  const stays = new Uint8Array(x.length);
  stays[0] = stays[last] = 1;
  const open = [[0, last]];
  while (open.length > 0) {
    const [from, to] = open.pop();
    let worst = 1; // beyond the tolerance
    let at = -1;
    const dx = x[to] - x[from];
    const dy = y[to] - y[from];
    const square = dx * dx + dy * dy;
    for (let i = from + 1; i < to; i++) {
      const along = square > 0 ? ((x[i] - x[from]) * dx + (y[i] - y[from]) * dy) / square : 0;
      const u = Math.min(1, Math.max(0, along));
      const offX = x[i] - x[from] - u * dx;
      const offY = y[i] - y[from] - u * dy;
      let error = Math.sqrt(offX * offX + offY * offY) / scale / tolerance;
      if (pressure !== null) {
        const between = pressure[from] + u * (pressure[to] - pressure[from]);
        error = Math.max(error, Math.abs(pressure[i] - between) / pressureTolerance);
      }
      if (error > worst) [worst, at] = [error, i];
    }
    if (at < 0) continue;
    stays[at] = 1;
    open.push([from, at], [at, to]);
  }
  const indices = [];
  for (let i = 0; i <= last; i++) if (stays[i]) indices.push(i);
  return indices;
}

/**
 * Columns of the points that stay.
 * @param {import("./codec.js").Columns} columns
 * @param {number} [tolerance] px
 * @param {number} [pressureTolerance] of 4095
 * @returns {import("./codec.js").Columns}
 */
export function thin(columns, tolerance = TOLERANCE, pressureTolerance = PRESSURE_TOLERANCE) {
  const indices = kept(columns, tolerance, pressureTolerance);
  const choose = (column) => (column ? indices.map((i) => column[i]) : null);
  const { scale, x, y, pressure, time, tiltX, tiltY } = columns;
  return { scale, x: choose(x), y: choose(y), pressure: choose(pressure), time: choose(time), tiltX: choose(tiltX), tiltY: choose(tiltY) };
}
