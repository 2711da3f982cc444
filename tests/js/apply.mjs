/**
 * The browser's modules as a filter, for comparing them with their Python twins: one JSON case per line of stdin, one
 * JSON answer per line of stdout. tests/properties/test_differential.py asks; the table at the end says what can be asked.
 */

import { createInterface } from "node:readline";

import { AuthorTables, decodeBatch } from "../../edgeboard/web/static/batch.js";
import { encodeBody } from "../../edgeboard/web/static/bodies.js";
import { Document } from "../../edgeboard/web/static/canvas.js";
import { decodeColumns, decodeStroke, encodeColumns, encodeStroke } from "../../edgeboard/web/static/codec.js";
import { fromHex, toHex } from "../../edgeboard/web/static/ids.js";
import { runs } from "../../edgeboard/web/static/ink.js";
import { Maker, decodeOp, encodeOp } from "../../edgeboard/web/static/ops.js";
import { refine } from "../../edgeboard/web/static/refine.js";
import { redo, undo } from "../../edgeboard/web/static/undo.js";
import { pack } from "../../edgeboard/web/static/values.js";
import { DecodeError } from "../../edgeboard/web/static/varints.js";
import { Vector } from "../../edgeboard/web/static/vectors.js";
import { plainColumns } from "./random.js";

/** A canvas from steps: ["introduce", tag, node], ["own", origin, person], ["op", origin, tail, author or null, entry], ["skip", author, entry, hash]. */
function buildCanvas({ admins, steps }) {
  const document = new Document({ admins });
  let alarms = 0;
  for (const [what, ...rest] of steps) {
    if (what === "introduce") document.introduce(rest[0], rest[1]);
    else if (what === "own") document.own(rest[0], rest[1]);
    else if (what === "skip") document.skip({ author: rest[0], entry: rest[1] }, rest[2]);
    else {
      const [origin, tail, author, entry] = rest;
      const applied = document.apply(decodeOp(origin, fromHex(tail)), author === null ? null : { author, entry });
      if (applied.equivocation) alarms++;
    }
  }
  return { document, alarms };
}

function describe(document) {
  return {
    digest: toHex(document.digest()),
    canonical: toHex(pack(document.canonical())),
    lamport: document.lamport,
    size: document.size,
    items: document.items().map((item) => [item.id, item.type, item.page, item.layer, item.z, item.pieces.map((piece) => piece.id)]),
  };
}

const ANSWERS = {
  canvas(ask) {
    const { document, alarms } = buildCanvas(ask);
    return { ...describe(document), alarms: alarms > 0 };
  },

  /** What undo and redo of each person would submit, as the tails of a maker that has made nothing before. */
  undo(ask) {
    const { document } = buildCanvas(ask);
    const submitted = ({ flag, bodies }) => {
      const maker = new Maker(ask.origin);
      return bodies.map((body, number) => toHex(maker.make(body, document.lamport, { undo: flag, more: number > 0 }).tail));
    };
    return ask.people.map((person) => [submitted(undo(document, person)), submitted(redo(document, person))]);
  },

  /** Read an op, write it again from what was read. */
  op({ origin, tail }) {
    const op = decodeOp(origin, fromHex(tail));
    const { id, counter, lamport, kind, undo, more, at } = op;
    let again;
    try {
      again = toHex(encodeOp({ origin, counter, lamport, kind, undo, more, at, body: encodeBody(op.body, id) }));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      again = null;
    }
    return { id, lamport, kind, undo, more, at, hash: op.hash, again };
  },

  columns: ({ columns }) => ({ hex: toHex(encodeColumns(columns)) }),

  "decode columns": ({ hex }) => plainColumns(decodeColumns(fromHex(hex))),

  stroke({ hex }) {
    const { tool, colour, width, columns } = decodeStroke(fromHex(hex));
    return { tool, colour, width, again: toHex(encodeStroke({ tool, colour, width, columns })) };
  },

  vector({ hex }) {
    const vector = Vector.decode(fromHex(hex));
    return { entries: [...vector], again: toHex(vector.encode()) };
  },

  batch({ hex }) {
    const { tag, first, count, time, introduction, origins, entries } = decodeBatch(fromHex(hex), new AuthorTables());
    const slots = entries.map(({ op, dropped, person }) => [op?.id ?? null, op?.hash ?? dropped, person]);
    return { tag, first, count, time, introduction, origins: origins.map(({ origin, person }) => [origin, person]), slots };
  },

  discs: ({ hex, width, cuts }) => runs(decodeColumns(fromHex(hex)), width, cuts).map(({ x, y, r, t }) => [x, y, r, t].map((column) => [...column])),

  thin({ columns, width }) {
    const { x, y, pressure, time } = refine(columns, width);
    return [x, y, pressure, time].map((column) => column && [...column]);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer;
  try {
    answer = { answer: ANSWERS[ask.do](ask) };
  } catch (error) {
    answer = error instanceof DecodeError ? { refused: error.message } : { broken: error.stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
