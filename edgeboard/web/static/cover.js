/**
 * The outline of ink as a screen is filled with it: the union of discs and their tangents (docs/formats/ink.md), in few and
 * cheap shapes.
 *
 * `traceRun` in ink.js says the same exactly, with two arcs for every part, as pictures that are kept need it. Here parts
 * are quadrangles, what a gentle bend leaves open between two of them is a triangle, and only ends and sharp bends get a
 * disc. All shapes turn the same way, so they are filled with the nonzero rule. No trigonometry.
 */

const SAGITTA = 0.01; // px that a triangle may miss of the arc it stands for; at the highest zoom a third of a px

/**
 * Add a run to a path.
 * @param {{moveTo: Function, lineTo: Function, arc: Function, closePath: Function}} path
 * @param {import("./ink.js").Discs} discs
 */
export function coverRun(path, { x, y, r }) {
  const last = x.length - 1;
  let [ax, ay, bx, by] = [0, 0, 0, 0]; // where the tangents of the part before touch, as directions, on either side
  let [ux, uy, us] = [0, 0, 0]; // the way of that part, and by how much of its length it fell
  let isOpen = true; // the next part has nothing to join: its first disc is drawn
  let whole = -1; // the last disc that is drawn whole
  for (let i = 0; i < last; i++) {
    const [dx, dy] = [x[i + 1] - x[i], y[i + 1] - y[i]];
    const distance = Math.sqrt(dx * dx + dy * dy);
    const fall = r[i] - r[i + 1];
    if (distance <= Math.abs(fall)) {
      const larger = fall > 0 || (fall === 0 && whole === i) ? i : i + 1; // one holds the other
      if (larger !== whole) disc(path, x[larger], y[larger], r[larger]);
      whole = fall === 0 ? i + 1 : larger;
      isOpen = whole !== i + 1;
      continue;
    }
    const [vx, vy] = [dx / distance, dy / distance];
    const s = fall / distance;
    const c = Math.sqrt(1 - s * s);
    const [cx, cy] = [vx * s - vy * c, vy * s + vx * c];
    const [ex, ey] = [vx * s + vy * c, vy * s - vx * c];
    if (whole !== i) {
      const [gapB, gapA] = [bx * ey - by * ex, cx * ay - cy * ax]; // above 0: the tangents part there
      const bend = Math.max(gapB > 0 ? 1 - bx * ex - by * ey : 0, gapA > 0 ? 1 - ax * cx - ay * cy : 0);
      const isSharp = ux * vx + uy * vy <= 0 || Math.abs(s - us) > 1; // tangents may part by more than half a turn
      if (isOpen || isSharp || r[i] * bend > 4 * SAGITTA) disc(path, x[i], y[i], r[i]);
      else {
        if (gapB > 0) wedge(path, x[i], y[i], r[i], bx, by, ex, ey);
        if (gapA > 0) wedge(path, x[i], y[i], r[i], cx, cy, ax, ay);
      }
    }
    path.moveTo(x[i] + r[i] * ex, y[i] + r[i] * ey);
    path.lineTo(x[i + 1] + r[i + 1] * ex, y[i + 1] + r[i + 1] * ey);
    if (fall < 0) path.lineTo(x[i + 1], y[i + 1]); // towards the larger disc the tangents touch short of its middle
    path.lineTo(x[i + 1] + r[i + 1] * cx, y[i + 1] + r[i + 1] * cy);
    path.lineTo(x[i] + r[i] * cx, y[i] + r[i] * cy);
    if (fall > 0) path.lineTo(x[i], y[i]);
    path.closePath();
    [ax, ay, bx, by, ux, uy, us, isOpen] = [cx, cy, ex, ey, vx, vy, s, false];
  }
  if (whole !== last && (!isOpen || last === 0)) disc(path, x[last], y[last], r[last]);
}

function disc(path, x, y, r) {
  path.moveTo(x + r, y);
  path.arc(x, y, r, 0, 2 * Math.PI);
  path.closePath();
}

/** A triangle from the middle of a disc to two directions on it. */
function wedge(path, x, y, r, fromX, fromY, toX, toY) {
  path.moveTo(x, y);
  path.lineTo(x + r * fromX, y + r * fromY);
  path.lineTo(x + r * toX, y + r * toY);
  path.closePath();
}
