/**
 * Keeps a guest connected: dials, feeds the session, waits, dials again.
 *
 * The shell around `guest.js`: one link and one session at a time, one timer for both. WebRTC is tried first and a
 * WebSocket second; where WebRTC has failed while the host answered, the WebSocket goes first for a while.
 */

import { GuestSession, Stage } from "./guest.js";
import { Carrier } from "./link.js";
import { Code } from "./wire.js";

export const RETRY_FIRST_MS = 300;
export const RETRY_MOST_MS = 5_000;
const WEBRTC_AGAIN_MS = 10 * 60_000; // after it failed where a WebSocket worked
const STEADY_MS = 10_000; // a link that lasted this long begins the waiting times anew

/** Codes after which dialling again by itself would only be a nuisance. */
const FINAL = new Set([Code.TOO_OLD, Code.ROOM_FULL, Code.FORBIDDEN]);

/** What a connection is doing. */
export const Phase = Object.freeze({
  CONNECTING: "connecting",
  JOINING: "joining",
  LIVE: "live",
  OFFLINE: "offline",
  STOPPED: "stopped",
});

/**
 * How long to wait before dialling again.
 * @param {number} failures in a row, from 1
 * @param {number} chance 0 .. 1
 * @returns {number} ms
 */
export function retryDelay(failures, chance) {
  const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.max(RETRY_FIRST_MS, most * (0.5 + chance / 2));
}

/** One guest's connection to its host, for as long as the page is open. */
export class Connection {
  #dial;
  #makeSession;
  #onOutput;
  #onPhase;
  #clock;
  #carriers;
  #session = null;
  #link = null;
  #timer = null;
  #retryTimer = null;
  #dialling = null;
  #failures = 0;
  #liveSince = null;
  #webRtcFailedAt = -Infinity;
  /** One of `Phase`. */
  phase = Phase.OFFLINE;
  /** Whether the host has been silent for a moment. */
  isSuspect = false;
  /** Why the last link ended. @type {{code: number, text: string}|null} */
  last = null;

  /**
   * @param {object} parts
   * @param {Map<string, (events: object, signal: AbortSignal) => Promise<import("./link.js").Link>>} parts.dial by carrier
   * @param {string|null} parts.carrier the only one to use, or null
   * @param {() => GuestSession} parts.makeSession
   * @param {(output: import("./guest.js").Output, session: GuestSession) => void} parts.onOutput all but `send`
   * @param {() => void} parts.onPhase something about this connection changed
   * @param {() => number} parts.clock ms, rising
   */
  constructor({ dial, carrier, makeSession, onOutput, onPhase, clock }) {
    this.#dial = dial;
    this.#carriers = carrier === null ? [...dial.keys()] : [carrier];
    this.#makeSession = makeSession;
    this.#onOutput = onOutput;
    this.#onPhase = onPhase;
    this.#clock = clock;
  }

  /** How the link is carried, "" without one. */
  get carrier() {
    return this.#link?.carrier ?? "";
  }

  /** The session of the open link. @returns {GuestSession|null} */
  get session() {
    return this.#session;
  }

  /** Dial now, whatever was waited for. Does nothing while a link is open or being opened. */
  start() {
    clearTimeout(this.#retryTimer);
    if (this.#link !== null || this.#dialling !== null) return;
    this.#open();
  }

  /** The network or the page came back: do not sit out a waiting time. */
  nudge() {
    if (this.phase === Phase.STOPPED) return;
    if (this.#session !== null) this.#probe();
    else {
      this.#failures = Math.min(this.#failures, 1);
      this.start();
    }
  }

  /** End the link with a last word, and stay away until `start`. */
  stop() {
    clearTimeout(this.#retryTimer);
    this.#dialling?.abort();
    this.#session?.end(Code.NORMAL, "the page was closed");
    this.pump();
    this.#enter(Phase.OFFLINE);
  }

  /** Hand on what the session has for the network and for the page. Call it after every command to the session. */
  pump() {
    const session = this.#session;
    if (session === null) return;
    for (const output of session.drain()) {
      if (output.type === "send") this.#link?.send(output.channel, output.data);
      else this.#take(output, session);
    }
    this.#arm();
  }

  async #open() {
    this.#enter(Phase.CONNECTING);
    const abort = new AbortController();
    this.#dialling = abort;
    const events = {
      message: (channel, data) => this.#receive(channel, data),
      closed: (reason) => this.#lost(reason),
      unsure: () => this.#probe(),
    };
    let reason = "";
    for (const carrier of this.#order()) {
      try {
        const link = await this.#dial.get(carrier)(events, abort.signal);
        if (abort.signal.aborted) {
          link.close();
          return;
        }
        this.#dialling = null;
        this.#opened(link);
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        reason = error.message;
        if (carrier === Carrier.WEBRTC && !error.isAbsent) this.#webRtcFailedAt = this.#clock();
        if (error.isAbsent) break;
      }
    }
    this.#dialling = null;
    this.last = { code: 0, text: reason };
    this.#wait();
  }

  #order() {
    const recently = this.#clock() - this.#webRtcFailedAt < WEBRTC_AGAIN_MS;
    return recently ? [...this.#carriers].reverse() : this.#carriers;
  }

  #opened(link) {
    this.#link = link;
    this.#session = this.#makeSession();
    this.isSuspect = false;
    this.#session.open(this.#clock());
    this.#enter(Phase.JOINING);
    this.pump();
  }

  #probe() {
    this.#session?.probe(this.#clock());
    this.pump();
  }

  #receive(channel, data) {
    if (this.#session === null) return;
    this.#session.receive(channel, data, this.#clock());
    this.pump();
  }

  #lost(reason) {
    if (this.#session === null) return;
    this.#session.lost(reason);
    this.pump();
  }

  #take(output, session) {
    switch (output.type) {
      case "stage":
        if (output.stage === Stage.LIVE) {
          this.#liveSince = this.#clock();
          this.#enter(Phase.LIVE);
        }
        break;
      case "suspect":
        this.isSuspect = output.suspect;
        this.#onPhase();
        break;
      case "ended":
        this.#ended(output);
        break;
    }
    this.#onOutput(output, session);
  }

  #ended({ code, text, byPeer }) {
    this.last = { code, text };
    this.#link?.close();
    this.#link = null;
    this.#session = null;
    clearTimeout(this.#timer);
    if (this.#liveSince !== null && this.#clock() - this.#liveSince > STEADY_MS) this.#failures = 0;
    this.#liveSince = null;
    if (byPeer && FINAL.has(code)) this.#enter(Phase.STOPPED);
    else if (!(code === Code.NORMAL && !byPeer)) this.#wait();
  }

  #wait() {
    this.#failures += 1;
    this.#enter(Phase.OFFLINE);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.start(), retryDelay(this.#failures, Math.random()));
  }

  #arm() {
    clearTimeout(this.#timer);
    const due = this.#session?.nextTimer() ?? null;
    if (due !== null) this.#timer = setTimeout(() => this.#tick(), Math.max(0, due - this.#clock()));
  }

  #tick() {
    this.#session?.onTimer(this.#clock());
    this.pump();
  }

  #enter(phase) {
    this.phase = phase;
    this.#onPhase();
  }
}
