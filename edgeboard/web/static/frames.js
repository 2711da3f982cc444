/**
 * Live frames and their items (docs/formats/wire.md, "live"); the twin of `edgeboard/wire/live.py`.
 *
 * A frame is bytes of its own, not msgpack: it goes out thirty times a second, so nothing is said twice. The pieces of a
 * stroke stand alone, since any of them may be lost; only whose they are is said in full now and then.
 */

import { COLOUR_MAX, TOOL_MAX, WIDTH_MAX, WIDTH_MIN } from "./codec.js";
import { COUNTER_MAX, ORIGIN_BYTES, counterOf, fromHex, opId, originOf, toHex } from "./ids.js";
import { DecodeError, LimitError, Reader, Writer } from "./varints.js";

export const LIVE_MAX = 1100; // bytes: one datagram, so that a lost one loses one message
export const LIVE_ITEMS_MAX = 256;
const MORE = 0x80; // of an item's first byte: its length follows, and behind it another item
const TAG_BYTES = 2;
const CURSOR_STEPS = 10; // in a px
const TRAIL_MAX = 64; // points in one item
export const FIGURE_MAX = 512; // bytes of its payload

/** Kinds of live items; the numbers are on the wire. */
export const LiveKind = Object.freeze({ CURSOR: 1, PREVIEW: 2, ENDED: 3, PROBE: 4, FURTHER: 5, TRAIL: 6, FIGURE: 7, VIEW: 8, FOLLOW: 9 });

/** @typedef {{kind: number, hops: number, body: Uint8Array}} LiveItem as it travels */

// ------------------------------------------------------------------------------------------------------------ frames

/** @param {number} handle the sender's number for the room @param {LiveItem[]} items @returns {Uint8Array} */
export function encodeFrame(handle, items) {
  const out = new Writer(256);
  out.byte(handle);
  items.forEach(({ kind, hops, body }, at) => {
    const head = (hops << 4) | kind;
    if (at < items.length - 1) {
      out.byte(head | MORE);
      out.u(body.length);
    } else {
      out.byte(head);
    }
    out.bytes(body);
  });
  return out.take();
}

/** The most bytes that an item takes in a frame. @param {LiveItem} item @returns {number} */
export function itemSize({ body }) {
  return body.length + (body.length < 0x80 ? 2 : 3);
}

/**
 * Read one frame; the bodies are not looked at.
 * @param {Uint8Array} data
 * @returns {{handle: number, items: LiveItem[]}}
 * @throws {DecodeError} cut short
 * @throws {LimitError} too large, or too many items
 */
export function decodeFrame(data) {
  if (data.length > LIVE_MAX) throw new LimitError(`a live frame of ${data.length} bytes; the limit is ${LIVE_MAX}`);
  const input = new Reader(data);
  const handle = input.byte();
  const items = [];
  let more = input.left > 0;
  while (more) {
    const head = input.byte();
    more = head >= MORE;
    const length = more ? input.u() : input.left;
    if (items.length === LIVE_ITEMS_MAX) throw new LimitError("too many items in a live frame");
    items.push({ kind: head & 15, hops: (head >> 4) & 7, body: input.bytes(length) });
  }
  return { handle, items };
}

// ------------------------------------------------------------------------------------------------------------ bodies

/** What names a stroke between introductions. @param {string} id of the op that will log it @returns {string} */
export function shortName(id) {
  return `${originOf(id).slice(-2 * TAG_BYTES)}:${counterOf(id) & 0xff}`;
}

/**
 * An item that nobody has passed on yet.
 * @param {number} kind one of `LiveKind`
 * @param {object} fields as `readItem` gives them; of a cursor {origin, sequence, x, y, tool, page}, of an end {origin,
 *   sequence, counter}, of a trail {origin, sequence, number, page, places: [x, y] each}, of a figure {origin, sequence, counter,
 *   page, layer, type, payload}, of a preview {id, first, style, columns}, of a further piece {name, first, columns}
 * @returns {LiveItem}
 */
export function liveItem(kind, fields) {
  const out = new Writer();
  if (kind === LiveKind.FURTHER) {
    const [tag, low] = fields.name.split(":");
    out.bytes(fromHex(tag));
    out.byte(Number(low));
    out.u(fields.first);
    out.bytes(fields.columns);
    return { kind, hops: 0, body: out.take() };
  }
  if (kind === LiveKind.PREVIEW) {
    const { tool, colour, width, page, layer } = fields.style;
    out.bytes(fromHex(originOf(fields.id)));
    for (const number of [counterOf(fields.id), fields.first, tool, colour, width, page, layer]) out.u(number);
    out.bytes(fields.columns);
    return { kind, hops: 0, body: out.take() };
  }
  out.bytes(fromHex(fields.origin));
  out.u(fields.sequence);
  if (kind === LiveKind.CURSOR) {
    out.s(Math.round(fields.x * CURSOR_STEPS));
    out.s(Math.round(fields.y * CURSOR_STEPS));
    out.u(fields.tool);
    if (fields.page > 0) out.u(fields.page);
  } else if (kind === LiveKind.ENDED) {
    out.u(fields.counter);
  } else if (kind === LiveKind.VIEW) {
    const { x, y, width, height, page } = fields;
    out.s(Math.round(x));
    out.s(Math.round(y));
    for (const number of [Math.max(1, width), Math.max(1, height), page]) out.u(Math.round(number));
  } else if (kind === LiveKind.FOLLOW) {
    out.bytes(fromHex(fields.leader));
  } else if (kind === LiveKind.TRAIL) {
    out.u(fields.number);
    out.u(fields.page);
    let [lastX, lastY] = [0, 0];
    for (const [x, y] of fields.places) {
      const [stepX, stepY] = [Math.round(x * CURSOR_STEPS), Math.round(y * CURSOR_STEPS)];
      out.s(stepX - lastX);
      out.s(stepY - lastY);
      [lastX, lastY] = [stepX, stepY];
    }
  } else if (kind === LiveKind.FIGURE) {
    for (const number of [fields.counter, fields.page, fields.layer, fields.type]) out.u(number);
    out.bytes(fields.payload);
  }
  return { kind, hops: 0, body: out.take() };
}

/**
 * What an item says; columns are not looked at. Of unknown kinds only origin and sequence are read.
 * @param {LiveItem} item
 * @returns {object} see `liveItem`
 * @throws {DecodeError} the body breaks its format
 */
export function readItem({ kind, body }) {
  const input = new Reader(body);
  if (kind === LiveKind.FURTHER) {
    const tag = toHex(input.bytes(TAG_BYTES));
    return { name: `${tag}:${input.byte()}`, first: input.u(), columns: input.rest() };
  }
  const origin = toHex(input.bytes(ORIGIN_BYTES));
  if (kind === LiveKind.PREVIEW) {
    const counter = input.u();
    if (counter < 1 || counter > COUNTER_MAX) throw new DecodeError("a preview of no possible op");
    const first = input.u();
    const [tool, colour, width, page, layer] = [input.u(), input.u(), input.u(), input.u(), input.u()];
    if (tool > TOOL_MAX || colour > COLOUR_MAX || width < WIDTH_MIN || width > WIDTH_MAX) {
      throw new DecodeError("the tool, colour or width of a preview is out of range");
    }
    return { id: opId(origin, counter), first, style: { tool, colour, width, page, layer }, columns: input.rest() };
  }
  const sequence = input.u();
  if (kind === LiveKind.CURSOR) {
    const [x, y, tool] = [input.s() / CURSOR_STEPS, input.s() / CURSOR_STEPS, input.u()];
    return { origin, sequence, x, y, tool, page: input.left > 0 ? input.u() : 0 };
  }
  if (kind === LiveKind.ENDED) return { origin, sequence, counter: input.u() };
  if (kind === LiveKind.VIEW) {
    const [x, y, width, height, page] = [input.s(), input.s(), input.u(), input.u(), input.u()];
    return { origin, sequence, x, y, width, height, page };
  }
  if (kind === LiveKind.FOLLOW) return { origin, sequence, leader: toHex(input.bytes(ORIGIN_BYTES)) };
  if (kind === LiveKind.TRAIL) return { origin, sequence, ...readTrail(input) };
  if (kind === LiveKind.FIGURE) {
    const [counter, page, layer, type] = [input.u(), input.u(), input.u(), input.u()];
    if (counter < 1 || counter > COUNTER_MAX) throw new DecodeError("a figure of no possible op");
    if (input.left > FIGURE_MAX) throw new LimitError(`a figure of ${input.left} bytes; the limit is ${FIGURE_MAX}`);
    return { origin, sequence, counter, page, layer, type, payload: input.rest() };
  }
  return { origin, sequence };
}

function readTrail(input) {
  const [number, page] = [input.u(), input.u()];
  const places = [];
  let [x, y] = [0, 0];
  while (input.left > 0) {
    if (places.length === TRAIL_MAX) throw new LimitError(`a trail of more than ${TRAIL_MAX} points`);
    x += input.s();
    y += input.s();
    places.push([x / CURSOR_STEPS, y / CURSOR_STEPS]);
  }
  if (places.length === 0) throw new DecodeError("a trail has no point");
  return { number, page, places };
}
