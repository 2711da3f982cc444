/** Seeded randomness for tests: the same numbers everywhere. */

/** @param {number} seed @returns {() => number} numbers of [0, 1) */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chances drawn from one seed. */
export class Dice {
  /** @param {number} seed */
  constructor(seed) {
    this.next = random(seed);
  }

  /** A whole number from low to high, both included. */
  whole(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  pick(choices) {
    return choices[this.whole(0, choices.length - 1)];
  }

  chance(probability) {
    return this.next() < probability;
  }

  bytes(count) {
    return Uint8Array.from({ length: count }, () => this.whole(0, 255));
  }

  hex(count) {
    return [...this.bytes(count)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** The same bytes, hurt: a flip, a cut, an insertion, a byte doubled. @param {Uint8Array} bytes */
  hurt(bytes) {
    const list = [...bytes];
    for (let times = this.whole(1, 3); times > 0; times--) {
      const at = this.whole(0, list.length);
      switch (this.whole(0, 3)) {
        case 0:
          if (at < list.length) list[at] ^= 1 << this.whole(0, 7);
          break;
        case 1:
          list.length = at;
          break;
        case 2:
          list.splice(at, 0, this.pick([0, 1, 127, 128, 255, this.whole(0, 255)]));
          break;
        default:
          list.splice(at, 1);
      }
    }
    return Uint8Array.from(list);
  }

  /** @template T @param {T[]} list @returns {T[]} another order */
  shuffled(list) {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }
}

/** Columns of a stroke of any shape the format knows. @param {Dice} dice */
export function randomColumns(dice) {
  const n = dice.pick([1, 1, 2, 3, 10, 60, 500, dice.whole(1, 500)]);
  const scale = dice.pick([8, 20, 20, 1, 1024, dice.whole(1, 1024)]);
  const step = dice.pick([1, 1, 20, 20, 7]);
  const stride = dice.pick([0, 1, 8, 300]);
  const walk = (first, by, multiple) => {
    const values = [first];
    for (let i = 1; i < n; i++) values.push(values[i - 1] + multiple * dice.whole(-by, by));
    return values;
  };
  const columns = {
    scale,
    x: walk(dice.whole(-100000, 100000), stride, step),
    y: walk(dice.whole(-100000, 100000), dice.pick([stride, 0]), step),
    pressure: null,
    time: null,
    tiltX: null,
    tiltY: null,
  };
  if (dice.chance(0.1)) columns.x[n - 1] = dice.pick([2 ** 28 - 1, 1 - 2 ** 28]);
  if (dice.chance(0.6)) {
    const levels = dice.pick([100, 255, 1023, 2047, 4095]);
    columns.pressure = columns.x.map(() => Math.floor((dice.whole(0, levels) * 4095 * 2 + levels) / (2 * levels)));
  }
  if (dice.chance(0.6)) {
    let now = dice.pick([0, 0, 2000, 2 ** 31]);
    columns.time = columns.x.map(() => (now += dice.pick([0, 8, dice.whole(0, 40)])));
  }
  if (dice.chance(0.3)) {
    columns.tiltX = columns.x.map(() => dice.whole(-90, 90));
    columns.tiltY = columns.x.map(() => 30);
  }
  return columns;
}

/** What a decoder gave, as plain arrays. */
export function plainColumns(columns) {
  const plain = (column) => (column === null ? null : Array.from(column));
  const { scale, x, y, pressure, time, tiltX, tiltY } = columns;
  return { scale, x: plain(x), y: plain(y), pressure: plain(pressure), time: plain(time), tiltX: plain(tiltX), tiltY: plain(tiltY) };
}
