/**
 * Keeps a guest connected: dials, feeds the session, waits, dials again; when the board dies, at another one.
 *
 * The shell around `guest.js`: one link and one session at a time, one timer for both. WebRTC is tried first and a
 * WebSocket second; where WebRTC has failed while the host answered, the WebSocket goes first for a while. As soon as the
 * host leaves a ping unanswered the other boards are dialled; the link is left only when one of them has opened.
 */

import { GuestSession, Stage } from "./guest.js";
import { Carrier } from "./link.js";
import { race } from "./race.js";
import { Code } from "./wire.js";

export const RETRY_FIRST_MS = 300;
export const RETRY_MOST_MS = 5_000;
const WEBRTC_AGAIN_MS = 10 * 60_000; // after it failed where a WebSocket worked
const STEADY_MS = 10_000; // a link that lasted this long begins the waiting times anew
const MOVE_AGAIN_MS = 1_000; // after no other board could be reached

/** Codes after which dialling again by itself would only be a nuisance. */
const FINAL = new Set([Code.TOO_OLD, Code.ROOM_FULL, Code.FORBIDDEN, Code.PIN]);

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

/** One guest's connection to its host, whichever that is, for as long as the page is open. */
export class Connection {
  #boards;
  #dial;
  #makeSession;
  #onOutput;
  #onPhase;
  #clock;
  #carriers;
  #session = null;
  #link = null;
  #owner = null; // of the events that count
  #timer = null;
  #retryTimer = null;
  #dialling = null;
  #moving = null;
  #moveTimer = null;
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
   * @param {import("./boards.js").Boards} parts.boards
   * @param {Map<string, (at: import("./link.js").Address, events: object, signal: AbortSignal) => Promise<import("./link.js").Link>>} parts.dial by carrier
   * @param {string|null} parts.carrier the only one to use, or null
   * @param {() => GuestSession} parts.makeSession
   * @param {(output: import("./guest.js").Output, session: GuestSession) => void} parts.onOutput all but `send`
   * @param {() => void} parts.onPhase something about this connection changed
   * @param {() => number} parts.clock ms, rising
   */
  constructor({ boards, dial, carrier, makeSession, onOutput, onPhase, clock }) {
    this.#boards = boards;
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
    if (this.#link !== null || this.#dialling !== null || this.#moving !== null) return;
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
    this.#dialling = null;
    this.#stay();
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
    try {
      const { way, result } = await this.#race(this.#boards.all, abort.signal);
      if (abort.signal.aborted) result.link.close();
      else {
        this.#dialling = null;
        this.#opened(way, result);
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#dialling = null;
      this.last = { code: 0, text: error.message };
      this.#wait();
    }
  }

  #race(bases, signal) {
    return race(bases, (base, given) => this.#dialBoard(base, given), ({ link }) => link.close(), signal);
  }

  /** @returns {Promise<{link: import("./link.js").Link, owner: {link: object|null}}>} `owner` tells its events from others' */
  async #dialBoard(base, signal) {
    const owner = {};
    const mine = (act) => (...given) => this.#owner === owner && act(...given);
    const early = []; // a board may speak before its link is ours
    const events = {
      message: (channel, data) => (this.#owner === owner ? this.#receive(channel, data) : early.push([channel, data])),
      closed: (reason) => {
        owner.isClosed = true;
        mine((why) => this.#lost(why))(reason);
      },
      unsure: mine(() => this.#probe()),
    };
    let failure = null;
    for (const carrier of this.#order()) {
      try {
        const link = await this.#dial.get(carrier)(this.#boards.at(base), events, signal);
        return { link, owner, early };
      } catch (error) {
        failure = error;
        if (signal.aborted) break;
        if (carrier === Carrier.WEBRTC && !error.isAbsent) this.#webRtcFailedAt = this.#clock();
        if (error.isAbsent) break;
      }
    }
    throw failure;
  }

  /** The host may be dead: see whether another board is there, and go to it unless the host speaks again before. */
  async #move() {
    const bases = this.#boards.others;
    if (this.#moving !== null || bases.length === 0) return;
    const abort = new AbortController();
    this.#moving = abort;
    try {
      const { way, result } = await this.#race(bases, abort.signal);
      if (abort.signal.aborted) {
        result.link.close();
        return;
      }
      this.#moving = null;
      this.#session?.end(Code.SILENT, "the page has gone to another board");
      this.pump();
      clearTimeout(this.#retryTimer);
      this.#opened(way, result);
    } catch {
      if (abort.signal.aborted) return;
      this.#moving = null;
      if (this.#session === null) this.#wait();
      else this.#moveTimer = setTimeout(() => this.#session?.isDoubted && this.#move(), MOVE_AGAIN_MS);
    }
  }

  /** It is there after all, or nobody is wanted any more. */
  #stay() {
    clearTimeout(this.#moveTimer);
    this.#moving?.abort();
    this.#moving = null;
  }

  #order() {
    const recently = this.#clock() - this.#webRtcFailedAt < WEBRTC_AGAIN_MS;
    return recently ? [...this.#carriers].reverse() : this.#carriers;
  }

  #opened(base, { link, owner, early }) {
    this.#boards.moved(base);
    this.#link = link;
    this.#owner = owner;
    this.#session = this.#makeSession();
    this.isSuspect = false;
    this.#session.open(this.#clock());
    this.#enter(Phase.JOINING);
    this.pump();
    for (const [channel, data] of early) this.#receive(channel, data);
    if (owner.isClosed) this.#lost("the connection was closed");
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
      case "hosts":
        this.#boards.hear(output);
        break;
      case "welcome":
        this.#boards.welcomed(output);
        break;
      case "doubt":
        if (output.doubt) this.#move();
        else this.#stay();
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
    this.#link = this.#owner = null;
    this.#session = null;
    clearTimeout(this.#timer);
    if (this.#liveSince !== null && this.#clock() - this.#liveSince > STEADY_MS) this.#failures = 0;
    this.#liveSince = null;
    if (this.#moving !== null) this.#enter(Phase.CONNECTING); // the search that is on goes on
    else if (byPeer && FINAL.has(code) && (code === Code.PIN || !this.#isElsewhere())) this.#enter(Phase.STOPPED);
    else if (!(code === Code.NORMAL && !byPeer)) this.#wait();
  }

  /** The board refuses this page: is there another one to ask, before a person is? */
  #isElsewhere() {
    if (!this.#boards.isAway) return false;
    this.#boards.avoid(this.#boards.here);
    return this.#boards.others.length > 0;
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
