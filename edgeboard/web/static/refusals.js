/**
 * What a host would not take: it stays in the outbox, is shown, and goes again when there is hope.
 *
 * Some reasons pass (too much at once, a full disk): those ops go again after a while and on every new link. The others
 * wait for their maker, who may try again or let go of them.
 */

import { Kind, Undo } from "./kinds.js";
import { kindName } from "./naming.js";
import { decodeOp } from "./ops.js";
import { DecodeError } from "./varints.js";
import { Code } from "./wire.js";
import { say } from "./locale.js";

export const AGAIN_AFTER_MS = 20_000;

/** Whether a reason goes away by itself. @param {number} code @returns {boolean} */
export function isPassing(code) {
  return code === Code.RATE || code === Code.STORE_FULL;
}

/**
 * The item that an op of the outbox speaks of.
 * @param {import("./canvas.js").Document} document
 * @param {{id: string}} entry
 * @returns {string|null} null if it is none that can be shown
 */
export function itemOf(document, { id }) {
  const op = document.op(id);
  const body = op === null ? null : attempt(() => op.body);
  if (body?.kind === Kind.ADD) return body.item ?? id;
  return body?.kind === Kind.ALIVE || body?.kind === Kind.SET ? body.target : null;
}

/** What an op of the outbox is to its maker. @param {{origin: string, tail: Uint8Array}} entry @returns {string} */
export function whatOf({ origin, tail }) {
  const op = attempt(() => decodeOp(origin, tail));
  if (op?.undo === Undo.UNDO) return say("Undo");
  if (op?.undo === Undo.REDO) return say("Redo");
  if (op?.kind === Kind.ADD) return kindName(attempt(() => op.body)?.type);
  if (op?.kind === Kind.CLEAR) return say("Clear");
  return op?.kind === Kind.ALIVE || op?.kind === Kind.CUT ? say("Wipe of the eraser") : say("Change");
}

/** What was kept by an earlier page may be damaged. */
function attempt(read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Refused ops, and when they go again. */
export class Refusals {
  #outbox;
  #submit;
  #timer = null;

  /**
   * @param {import("./outbox.js").Outbox} outbox
   * @param {(entries: import("./outbox.js").Kept[]) => void} submit hand these over, if there is a link
   */
  constructor(outbox, submit) {
    this.#outbox = outbox;
    this.#submit = submit;
  }

  /**
   * The host says no.
   * @param {{origin: string, counter: number, code: number, text: string}} refused
   * @returns {import("./outbox.js").Kept|null} the op, if it is ours
   */
  take({ origin, counter, code, text }) {
    const entry = this.#outbox.refuse(origin, counter, code, text);
    if (entry !== null && isPassing(code)) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#submit(this.#outbox.retry(isPassing)), AGAIN_AFTER_MS);
    }
    return entry;
  }

  /** A new link: what was refused for a reason that passes is like any other op again. */
  relent() {
    clearTimeout(this.#timer);
    this.#outbox.retry(isPassing);
  }

  /** Its maker wants all of it to go again. */
  retry() {
    this.#submit(this.#outbox.retry());
  }
}
