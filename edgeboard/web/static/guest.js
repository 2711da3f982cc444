/**
 * What a guest says to its host over one link: greeting, joining, submitting, answering (docs/formats/wire.md, "Flow").
 *
 * An engine: it knows neither sockets nor clocks nor the canvas. Time comes in as `now` (ms, rising), output goes out
 * through `drain()`. One session serves one link; what outlives links (ink, vector, outbox) belongs to others.
 * Nothing that a host sends makes it throw: bad bytes on ctl or log end the link with a code, on live they are counted.
 */

import { DecodeError, LimitError } from "./varints.js";
import { CREDIT_WINDOW, Channel, Code, JOINED_MAX, Joiner, TEXT_MAX, VERSION } from "./wire.js";
import { decode, encode, isWithin, split } from "./wire.js";
import { counterOf, opId, originOf } from "./ids.js";

export const PING_EVERY_MS = 1_100; // of quiet; a host pings every second, so ours are rare
export const ANSWER_WITHIN_MS = 400; // of our ping, while the page was awake
export const DOUBT_AFTER_MS = 1_500; // of quiet, with a ping unanswered
export const MEASURE_EVERY_MS = 20_000; // how long an answer takes
export const SUSPECT_AFTER_MS = 3_500; // three pings unheard
export const SILENT_AFTER_MS = 15_000; // less than the 30 s of the contract: a phone changes networks faster
export const PROBE_WITHIN_MS = 3_000; // for an answer, where there is reason to think that the link has died
export const CREDIT_EVERY = 32 * 1024; // log bytes; the contract wants it at least every 64 KiB
const SUBMIT_BYTES = 48 * 1024; // of tails in one SUBMIT: it must not need fragments
const SUBMIT_OPS = 1_000;
const OP_OVERHEAD = 4; // bytes around a tail in a SUBMIT, at most
const LATE_TIMER_MS = 5_000; // a timer this late means that the page slept, not that the host did
const HICCUP_MS = 300; // a timer this late means that the page was busy, so what it waits for may be in its queue
const TEND_EVERY_MS = 200; // while it is quiet
const HANDLE = 1; // our number for the room in live frames: there is one room

/** The states of a session, in order. */
export const Stage = Object.freeze({ GREETING: "greeting", JOINING: "joining", LIVE: "live", ENDED: "ended" });

/**
 * What a session hands out:
 * send {channel, data} · stage {stage} · welcome {node, name, software, version} · named {room}, once it is known ·
 * room {room, state} · recent {ops} · batch {batch} ·
 * caughtUp · receipt {level, origin, counters} · refused {origin, counter, code, text} · presence {node, people} ·
 * notice {level, text} · live {items} · digest {vector, canvas} · blob {message} · hosts {hosts, ticket} ·
 * doubt {doubt}: whether the host has not even answered, so that it may be dead · suspect {suspect}: for longer ·
 * ended {code, text, byPeer}
 * @typedef {{type: string}} Output
 */

/** One guest's side of one link. */
export class GuestSession {
  #me;
  #roomName;
  #vector;
  #room = null;
  #hostHandle = null;
  #stage = Stage.GREETING;
  #outputs = [];
  #joiners = [new Joiner(), new Joiner()];
  #fragments = 0;
  #lastHeard = 0;
  #lastPing = 0;
  #due = 0;
  #pings = 0;
  #probedAt = null;
  #askedAt = null; // when the first ping that is unanswered went out, if the page was awake since
  #doubt = false;
  #suspect = false;
  #roundTrip = null;
  // log bytes that came in, and what the host was told of them
  #processed = 0;
  #credited = 0;
  // log bytes that went out, and what the host has said of them
  #sent = 0;
  #taken = 0;
  #queue = [];
  #ends = new Map(); // op id to the log byte at which its SUBMIT ended
  #strange = 0;

  /**
   * @param {{person: string, origin: string, name: string, colour: number, capabilities?: Map<string, unknown>}} me
   *   ids in hex; `capabilities` what the page has to show, such as its ticket
   * @param {string} roomName
   * @param {() => Uint8Array} vector what we hold, asked for when joining
   */
  constructor(me, roomName, vector) {
    this.#me = { ...me };
    this.#roomName = roomName;
    this.#vector = vector;
  }

  get stage() {
    return this.#stage;
  }

  /** Whether the host has left a ping unanswered, and may be dead. */
  get isDoubted() {
    return this.#doubt;
  }

  /** The room's id in hex, once the host has named it. @returns {string|null} */
  get room() {
    return this.#room;
  }

  /** @returns {object} a frozen snapshot */
  statistics() {
    return Object.freeze({
      stage: this.#stage,
      logBytesIn: this.#processed,
      logBytesOut: this.#sent,
      queued: this.#queue.length,
      underWay: this.#sent - this.#taken,
      roundTripMs: this.#roundTrip,
      strange: this.#strange,
    });
  }

  // ------------------------------------------------------------------------------------------------------ commands

  /** The link is open: greet and ask to join. @param {number} now */
  open(now) {
    this.#lastHeard = this.#lastPing = now;
    this.#arm(now);
    this.#greet();
    const vector = this.#vector();
    this.#send(Channel.CTL, encode("join", { room: "", name: this.#roomName, vector, handle: HANDLE }));
  }

  /** Another name or colour. @param {string} name @param {number} colour */
  introduce(name, colour) {
    this.#me.name = name;
    this.#me.colour = colour;
    if (this.#stage !== Stage.ENDED) this.#greet();
  }

  /**
   * Hand over ops, in the order they were made. They go out as soon as the room is known and the host's credit allows.
   * @param {Iterable<{origin: string, counter: number, tail: Uint8Array}>} ops
   */
  submit(ops) {
    for (const op of ops) this.#queue.push(op);
    this.#pump();
  }

  /** Send live items, if the link is live. @param {unknown[]} items @returns {boolean} whether they went out */
  sendLive(items) {
    if (this.#room === null || this.#stage === Stage.ENDED) return false;
    this.#send(Channel.LIVE, encode("live", { handle: HANDLE, items }));
    return true;
  }

  /** The network or the page came back: find out soon whether the link is still good. @param {number} now */
  probe(now) {
    if (this.#stage === Stage.ENDED || this.#probedAt !== null) return;
    this.#probedAt = now;
    this.#askedAt ??= now;
    this.#ping(now);
    this.#arm(now);
  }

  /** Ask for ranges that are missing. @param {{tag: string, first: number, end: number}[]} ranges */
  want(ranges) {
    if (this.#room === null || ranges.length === 0) return;
    this.#send(Channel.CTL, encode("want", { room: this.#room, ranges: ranges.slice(0, 256) }));
  }

  /** Say something about blobs; the exchange (`blobs.js`) knows what. @param {string} kind @param {object} fields */
  tell(kind, fields) {
    if (this.#stage !== Stage.ENDED) this.#send(Channel.CTL, encode(kind, fields));
  }

  /** End the link from our side. @param {number} code @param {string} text */
  end(code, text) {
    if (this.#stage === Stage.ENDED) return;
    this.#send(Channel.CTL, encode("close", { code, text: text.slice(0, TEXT_MAX) }));
    this.#finish(code, text, false);
  }

  // --------------------------------------------------------------------------------------------------- the network

  /**
   * One message from the link.
   * @param {number} channel
   * @param {Uint8Array} data
   * @param {number} now
   */
  receive(channel, data, now) {
    if (this.#stage === Stage.ENDED) return;
    this.#heard(now);
    try {
      const message = decode(channel, data);
      if (message === null) this.#strange += 1;
      else if (message.kind === "fragment") this.#join(channel, message, now);
      else this.#handle(message, now);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#strange += 1;
      if (channel === Channel.LIVE) return;
      this.end(error instanceof LimitError ? Code.LIMIT : Code.MALFORMED, error.message);
    }
    if (channel === Channel.LOG) this.#credit(data.length);
  }

  /** The link broke without a word. @param {string} text */
  lost(text) {
    this.#finish(0, text, true);
  }

  /** When `onTimer` wants to be called next. @returns {number|null} ms on the clock of `now` */
  nextTimer() {
    return this.#stage === Stage.ENDED ? null : this.#due;
  }

  /** @param {number} now */
  onTimer(now) {
    if (this.#stage === Stage.ENDED) return;
    const late = now - this.#due;
    if (late > LATE_TIMER_MS) this.#lastHeard = Math.max(this.#lastHeard, now - SUSPECT_AFTER_MS);
    if (late > HICCUP_MS) this.#askedAt = null;
    const quiet = now - this.#lastHeard;
    const isProbed = this.#probedAt !== null && now - this.#probedAt >= PROBE_WITHIN_MS;
    if (quiet >= SILENT_AFTER_MS || isProbed) {
      this.end(Code.SILENT, "nothing was heard for too long");
      return;
    }
    if (quiet >= SUSPECT_AFTER_MS) this.#suspectIs(true);
    const isUnanswered = this.#askedAt !== null && now - this.#askedAt >= ANSWER_WITHIN_MS;
    if (quiet >= DOUBT_AFTER_MS && isUnanswered) this.#doubtIs(true);
    const sincePing = now - this.#lastPing;
    const isQuiet = quiet >= PING_EVERY_MS && (this.#askedAt === null || sincePing >= PING_EVERY_MS);
    if (isQuiet) this.#askedAt ??= now;
    if (isQuiet || sincePing >= MEASURE_EVERY_MS) this.#ping(now);
    this.#arm(now);
  }

  /** What has come of it all, in order. @returns {Output[]} */
  drain() {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  // ------------------------------------------------------------------------------------------------------ messages

  #join(channel, message, now) {
    const whole = this.#joiners[channel].add(message);
    if (whole === null) return;
    const inner = decode(channel, whole, JOINED_MAX);
    if (inner?.kind === "fragment") throw new DecodeError("a fragment inside a fragment");
    if (inner === null) this.#strange += 1;
    else this.#handle(inner, now);
  }

  #handle(message, now) {
    if ("room" in message && message.kind !== "room" && message.kind !== "join" && message.room !== this.#room) {
      this.#strange += 1; // of another room, or before ours was named
      return;
    }
    switch (message.kind) {
      case "close":
        this.#finish(message.code, message.text, true);
        break;
      case "ping":
        this.#send(Channel.CTL, encode("pong", { sequence: message.sequence }));
        break;
      case "pong":
        if (message.sequence === this.#pings) this.#roundTrip = now - this.#lastPing;
        break;
      case "welcome":
        if (this.#stage === Stage.GREETING) this.#enter(Stage.JOINING);
        this.#give("welcome", message);
        break;
      case "room":
        if (message.name !== this.#roomName) return;
        this.#named(message.room);
        this.#give("room", message);
        break;
      case "join":
        if (message.name !== this.#roomName) return;
        if (message.room !== "") this.#named(message.room);
        this.#hostHandle = message.handle;
        break;
      case "caughtUp":
        if (this.#stage !== Stage.LIVE) this.#ping(now);
        this.#enter(Stage.LIVE);
        this.#give("caughtUp", message);
        break;
      case "credit":
        this.#taken = Math.min(this.#sent, Math.max(this.#taken, message.processed));
        this.#pump();
        break;
      case "receipt":
        this.#give("receipt", message);
        this.#answered(message.origin, message.counters);
        this.#pump();
        break;
      case "refused":
        this.#give("refused", message);
        this.#answered(message.origin, [message.counter, message.counter]);
        this.#pump();
        break;
      case "batch":
      case "recent":
      case "presence":
      case "notice":
      case "digest":
      case "hosts":
        this.#give(message.kind, message);
        break;
      case "blobHave":
      case "blobWant":
      case "blobChunk":
      case "blobLack":
        this.#give("blob", { message });
        break;
      case "live":
        if (message.handle === this.#hostHandle) this.#give("live", message);
        break;
      default: // of nodes to each other
        this.#strange += 1;
    }
  }

  #named(room) {
    if (this.#room === room) return;
    this.#room = room;
    this.#give("named", { room });
    this.#pump();
  }

  /** A host that has answered for an op has processed what carried it, credit or not. */
  #answered(origin, counters) {
    const isMeant = isWithin(counters);
    for (const [id, end] of this.#ends) {
      if (originOf(id) !== origin || !isMeant(counterOf(id))) continue;
      this.#ends.delete(id);
      this.#taken = Math.max(this.#taken, end);
    }
  }

  // ------------------------------------------------------------------------------------------------------- sending

  #greet() {
    this.#send(Channel.CTL, encode("guest", { version: VERSION, capabilities: new Map(), ...this.#me }));
  }

  /** Send SUBMITs while the host has room for them: ops of one origin together. */
  #pump() {
    if (this.#room === null || this.#stage === Stage.ENDED) return;
    let at = 0;
    while (at < this.#queue.length) {
      const { origin } = this.#queue[at];
      const ops = [];
      let bytes = 64;
      for (; at < this.#queue.length && ops.length < SUBMIT_OPS; at++) {
        const op = this.#queue[at];
        const more = op.tail.length + OP_OVERHEAD;
        if (op.origin !== origin || (ops.length > 0 && bytes + more > SUBMIT_BYTES)) break;
        bytes += more;
        ops.push(op);
      }
      if (this.#sent - this.#taken + bytes > CREDIT_WINDOW) {
        at -= ops.length;
        break;
      }
      this.#send(Channel.LOG, encode("submit", { room: this.#room, origin, tails: ops.map((op) => op.tail) }));
      for (const op of ops) this.#ends.set(opId(op.origin, op.counter), this.#sent);
    }
    if (at > 0) this.#queue.splice(0, at);
  }

  #send(channel, data) {
    const parts = channel === Channel.LIVE ? [data] : split(data, ++this.#fragments);
    for (const part of parts) {
      if (channel === Channel.LOG) this.#sent += part.length;
      this.#outputs.push({ type: "send", channel, data: part });
    }
  }

  #credit(bytes) {
    this.#processed += bytes;
    if (this.#processed - this.#credited < CREDIT_EVERY || this.#stage === Stage.ENDED) return;
    this.#credited = this.#processed;
    this.#send(Channel.CTL, encode("credit", { processed: this.#processed }));
  }

  // --------------------------------------------------------------------------------------------------------- state

  #ping(now) {
    this.#lastPing = now;
    this.#pings += 1;
    this.#send(Channel.CTL, encode("ping", { sequence: this.#pings, digests: new Map() }));
  }

  #heard(now) {
    this.#lastHeard = now;
    this.#probedAt = this.#askedAt = null;
    this.#suspectIs(false);
    this.#doubtIs(false);
  }

  #doubtIs(doubt) {
    if (this.#doubt === doubt) return;
    this.#doubt = doubt;
    this.#give("doubt", { doubt });
  }

  #suspectIs(suspect) {
    if (this.#suspect === suspect) return;
    this.#suspect = suspect;
    this.#give("suspect", { suspect });
  }

  #arm(now) {
    const quietUntil = this.#lastHeard + PING_EVERY_MS;
    this.#due = this.#askedAt === null && quietUntil > now ? quietUntil : now + TEND_EVERY_MS;
    if (this.#probedAt !== null) this.#due = Math.min(this.#due, this.#probedAt + PROBE_WITHIN_MS);
  }

  #enter(stage) {
    if (this.#stage === stage) return;
    this.#stage = stage;
    this.#give("stage", { stage });
  }

  #finish(code, text, byPeer) {
    if (this.#stage === Stage.ENDED) return;
    this.#stage = Stage.ENDED;
    this.#give("ended", { code, text, byPeer });
  }

  #give(type, fields) {
    this.#outputs.push({ ...fields, type });
  }
}
