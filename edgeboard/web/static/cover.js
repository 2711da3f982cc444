/**
 * The outline of ink as a screen is filled with it: the union of discs and their tangents (docs/formats/ink.md), in few
 * shapes.
 *
 * `traceRun` in ink.js says the same exactly, with two arcs for every part, as pictures that are kept need it. Here a run is
 * cut into strips along gentle bends, two corners a disc; only ends and sharp bends get a disc. All shapes turn the same
 * way, so they are filled with the nonzero rule. No trigonometry: what costs most are the calls of the path. And no pairs
 * taken apart, which are made and thrown away for every disc.
 */

const SAGITTA = 0.01; // px that a corner may lie off the arc it stands for; at the highest zoom a third of a px

/** A strip under way: corners on one side and on the other. */
class Strip {
  #path;
  #left = [];
  #right = [];

  constructor(path) {
    this.#path = path;
  }

  get isEmpty() {
    return this.#left.length === 0;
  }

  /** Add two corners on a disc, in these directions. */
  add(x, y, r, ex, ey, cx, cy) {
    this.#left.push(x + r * ex, y + r * ey);
    this.#right.push(x + r * cx, y + r * cy);
  }

  /** Whether corners there lie ahead of the last ones, on either side. */
  isAhead(x, y, r, ex, ey, cx, cy, vx, vy) {
    const [left, right] = [this.#left, this.#right];
    const at = left.length - 2;
    return (
      (x + r * ex - left[at]) * vx + (y + r * ey - left[at + 1]) * vy >= 0 &&
      (x + r * cx - right[at]) * vx + (y + r * cy - right[at + 1]) * vy >= 0
    );
  }

  /** Fill it, and begin anew. */
  end() {
    const [path, left, right] = [this.#path, this.#left, this.#right];
    if (left.length > 2) {
      path.moveTo(left[0], left[1]);
      for (let i = 2; i < left.length; i += 2) path.lineTo(left[i], left[i + 1]);
      for (let i = right.length - 2; i >= 0; i -= 2) path.lineTo(right[i], right[i + 1]);
      path.closePath();
    }
    left.length = right.length = 0;
  }
}

/**
 * Add a run to a path.
 * @param {{moveTo: Function, lineTo: Function, arc: Function, closePath: Function}} path
 * @param {import("./ink.js").Discs} discs
 */
export function coverRun(path, { x, y, r }) {
  const last = x.length - 1;
  const strip = new Strip(path);
  let before = -1; // where the part begins that the strip ends with
  let px = 0; // its way ..
  let py = 0;
  let pex = 0; // .. and in which directions its tangents touch on either side
  let pey = 0;
  let pcx = 0;
  let pcy = 0;
  let whole = -1; // the last disc that is drawn whole
  const disc = (i) => {
    if (whole === i) return;
    whole = i;
    path.moveTo(x[i] + r[i], y[i]);
    path.arc(x[i], y[i], r[i], 0, 2 * Math.PI);
    path.closePath();
  };
  /** The strip ends at disc i, as its last part's tangents do. */
  const finish = (i) => {
    if (!strip.isAhead(x[i], y[i], r[i], pex, pey, pcx, pcy, px, py)) {
      strip.end(); // a part so short that the bend before turns it over stands alone
      disc(before);
      strip.add(x[before], y[before], r[before], pex, pey, pcx, pcy);
    }
    strip.add(x[i], y[i], r[i], pex, pey, pcx, pcy);
    strip.end();
  };
  for (let i = 0; i < last; i++) {
    const dx = x[i + 1] - x[i];
    const dy = y[i + 1] - y[i];
    const distance = Math.sqrt(dx * dx + dy * dy);
    const fall = r[i] - r[i + 1];
    if (distance <= Math.abs(fall)) {
      if (!strip.isEmpty) finish(i);
      if (fall > 0) disc(i); // one holds the other
      else if (fall < 0 || whole !== i) disc(i + 1);
      else whole = i + 1; // they are the same
      continue;
    }
    const vx = dx / distance;
    const vy = dy / distance;
    const s = fall / distance;
    const c = Math.sqrt(1 - s * s);
    const ex = vx * s + vy * c;
    const ey = vy * s - vx * c;
    const cx = vx * s - vy * c;
    const cy = vy * s + vx * c;
    if (!strip.isEmpty) {
      const alikeE = ex * pex + ey * pey;
      const alikeC = cx * pcx + cy * pcy;
      let isGentle = vx * px + vy * py > 0 && r[i] * (1 - Math.min(alikeE, alikeC)) <= 4 * SAGITTA;
      if (isGentle) {
        const scaleE = 1 / Math.sqrt(2 + 2 * alikeE);
        const scaleC = 1 / Math.sqrt(2 + 2 * alikeC);
        const mex = (ex + pex) * scaleE;
        const mey = (ey + pey) * scaleE;
        const mcx = (cx + pcx) * scaleC;
        const mcy = (cy + pcy) * scaleC;
        isGentle = strip.isAhead(x[i], y[i], r[i], mex, mey, mcx, mcy, px, py);
        if (isGentle) strip.add(x[i], y[i], r[i], mex, mey, mcx, mcy);
      }
      if (!isGentle) finish(i);
    }
    if (strip.isEmpty) {
      disc(i);
      strip.add(x[i], y[i], r[i], ex, ey, cx, cy);
    }
    px = vx;
    py = vy;
    pex = ex;
    pey = ey;
    pcx = cx;
    pcy = cy;
    before = i;
  }
  if (strip.isEmpty) {
    if (last === 0) disc(0);
    return;
  }
  finish(last);
  disc(last);
}
