/** The numbers of the op log (docs/formats/oplog.md). They are on the wire: append only. */

/** What an op does. */
export const Kind = Object.freeze({ ADD: 1, SET: 2, ALIVE: 3, CUT: 4, CLEAR: 5, META: 6, ACL: 7, FLOOR: 8 });

/** Whether an op takes something back. */
export const Undo = Object.freeze({ ORDINARY: 0, UNDO: 1, REDO: 2 });

/** What an item is. */
export const ItemType = Object.freeze({
  STROKE: 1,
  SHAPE: 2,
  TEXT: 3,
  STICKY: 4,
  IMAGE: 5,
  CONNECTOR: 6,
  TICKER: 7,
});

/** What can be set of an item. */
export const Register = Object.freeze({ TRANSFORM: 1, STYLE: 2, Z: 3, TEXT: 4, LAYER: 5, LOCK: 6, DATA: 7 });

/** What a node may do; without an acl it has MODERATE. */
export const Role = Object.freeze({ NONE: 0, VIEW: 1, DRAW: 2, MODERATE: 3, ADMIN: 4 });

/** Shapes of `ItemType.SHAPE`. */
export const Shape = Object.freeze({ LINE: 0, ARROW: 1, RECTANGLE: 2, ELLIPSE: 3, POLYGON: 4 });

/** Tools of a stroke. */
export const Tool = Object.freeze({ PEN: 0, MARKER: 1 });
