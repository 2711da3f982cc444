/**
 * Ways to reach the host: WebRTC with three negotiated channels, or a WebSocket that carries the same messages
 * (docs/formats/signaling.md, docs/formats/wire.md). Both look alike from here on.
 *
 * A link is born open, tells of messages and of its end, and never throws at its user: what goes wrong ends it.
 */

import { Channel } from "./wire.js";

export const OPEN_WITHIN_MS = 5_000;
export const GATHER_WITHIN_MS = 1_000; // candidates of the own interfaces are there much sooner
const SDP_MAX = 16 * 1024; // characters
const LIVE_BUFFERED_MAX = 16 * 1024; // bytes; live traffic that would wait longer is not worth sending
const CHANNELS = [
  { label: "ctl", id: Channel.CTL },
  { label: "log", id: Channel.LOG },
  { label: "live", id: Channel.LIVE, ordered: false, maxRetransmits: 0 },
];

/** The carriers by name. */
export const Carrier = Object.freeze({ WEBRTC: "webrtc", WEBSOCKET: "websocket" });

/** The host cannot be reached this way. `isAbsent`: nobody answered at all, so no other way will do either. */
export class LinkError extends Error {
  constructor(message, isAbsent = false) {
    super(message);
    this.name = "LinkError";
    this.isAbsent = isAbsent;
  }
}

/**
 * @typedef {object} LinkEvents
 * @property {(channel: number, data: Uint8Array) => void} message
 * @property {(reason: string) => void} closed once, unless `close` was called
 * @property {() => void} unsure there is reason to ask whether the other side is still there
 */

/**
 * @typedef {object} Link
 * @property {string} carrier
 * @property {(channel: number, data: Uint8Array) => void} send
 * @property {() => void} close what was sent before still goes out
 */

/**
 * The whole address of a path at the board that is meant, with the ticket if that is another board than the page's.
 * @typedef {(path: string) => string} Address
 */

/** What both carriers share: events go out once, and not after the end. */
class Ending {
  #events;
  #isOver = false;

  constructor(events) {
    this.#events = events;
  }

  get isOver() {
    return this.#isOver;
  }

  message(channel, data) {
    if (!this.#isOver && data instanceof ArrayBuffer) this.#events.message(channel, new Uint8Array(data));
  }

  closed(reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.closed(reason);
  }

  silence() {
    this.#isOver = true;
  }
}

/**
 * Open a WebRTC link.
 * @param {Address} at
 * @param {LinkEvents} events
 * @param {AbortSignal} signal
 * @returns {Promise<Link>}
 * @throws {LinkError}
 */
export async function openWebRtc(at, events, signal) {
  if (typeof RTCPeerConnection !== "function") throw new LinkError("this browser has no WebRTC");
  const ending = new Ending(events);
  const connection = new RTCPeerConnection({ iceServers: [] });
  const channels = CHANNELS.map(({ label, ...options }) => {
    const channel = connection.createDataChannel(label, { negotiated: true, ...options });
    channel.binaryType = "arraybuffer";
    channel.onmessage = (event) => ending.message(options.id, event.data);
    return channel;
  });
  const shut = () => {
    for (const channel of channels) channel.onmessage = channel.onclose = channel.onopen = null;
    connection.onconnectionstatechange = null;
    connection.close();
  };
  try {
    await within(OPEN_WITHIN_MS, signal, negotiate(at, connection, channels, signal));
  } catch (error) {
    shut();
    throw error instanceof LinkError ? error : new LinkError(`WebRTC: ${error?.message ?? error}`);
  }
  const lost = (reason) => {
    if (ending.isOver) return;
    ending.closed(reason);
    shut();
  };
  for (const channel of channels) channel.onclose = () => lost("the connection was closed");
  connection.onconnectionstatechange = () => {
    const state = connection.connectionState;
    if (state === "failed" || state === "closed") lost("the connection broke");
    else if (state === "disconnected" && !ending.isOver) events.unsure();
  };
  return {
    carrier: Carrier.WEBRTC,
    send(channel, data) {
      const to = channels[channel];
      if (to.readyState !== "open" || (channel === Channel.LIVE && to.bufferedAmount > LIVE_BUFFERED_MAX)) return;
      try {
        to.send(data);
      } catch (error) {
        lost(`sending failed: ${error?.message ?? error}`);
      }
    },
    close() {
      ending.silence();
      setTimeout(shut, 200); // so that the last message still goes out
    },
  };
}

async function negotiate(at, connection, channels, signal) {
  const opened = Promise.all(channels.map((channel) => new Promise((resolve) => {
    channel.onopen = resolve;
    if (channel.readyState === "open") resolve();
  })));
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  const answer = await exchange(at, connection.localDescription.sdp, signal);
  await connection.setRemoteDescription({ type: "answer", sdp: answer });
  await opened;
}

function gathered(connection) {
  return new Promise((resolve) => {
    const done = () => connection.iceGatheringState === "complete" && resolve();
    connection.onicegatheringstatechange = done;
    setTimeout(resolve, GATHER_WITHIN_MS);
    done();
  });
}

async function exchange(at, sdp, signal) {
  let response;
  try {
    response = await fetch(at("/signal/guest"), {
      method: "POST",
      headers: { "Content-Type": "text/plain" }, // so that another board needs no preflight, which would let in anybody's
      body: JSON.stringify({ sdp }),
      signal,
    });
  } catch (error) {
    throw new LinkError(`nobody answers: ${error?.message ?? error}`, !signal.aborted);
  }
  if (!response.ok) throw new LinkError(`the board answered ${response.status}`);
  const text = await response.text();
  if (text.length > 2 * SDP_MAX) throw new LinkError("the board's answer is too long");
  let answer;
  try {
    answer = JSON.parse(text)?.sdp;
  } catch {
    throw new LinkError("the board's answer is not JSON");
  }
  if (typeof answer !== "string" || answer.length > SDP_MAX) throw new LinkError("the board's answer has no sdp");
  return answer;
}

/**
 * Open a WebSocket link.
 * @param {Address} at
 * @param {LinkEvents} events
 * @param {AbortSignal} signal
 * @returns {Promise<Link>}
 * @throws {LinkError}
 */
export async function openWebSocket(at, events, signal) {
  const ending = new Ending(events);
  const socket = new WebSocket(at("/guest").replace(/^http/, "ws"));
  socket.binaryType = "arraybuffer";
  const opened = new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onclose = () => reject(new LinkError("nobody answers", true));
  });
  // from here on a message is for the link, even if it comes together with the opening
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer && data.byteLength > 1) ending.message(new Uint8Array(data, 0, 1)[0], data.slice(1));
  };
  try {
    await within(OPEN_WITHIN_MS, signal, opened);
  } catch (error) {
    ending.silence();
    socket.onclose = null;
    socket.close();
    throw error instanceof LinkError ? error : new LinkError(`WebSocket: ${error?.message ?? error}`);
  }
  socket.onclose = () => ending.closed("the connection was closed");
  return {
    carrier: Carrier.WEBSOCKET,
    send(channel, data) {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (channel === Channel.LIVE && socket.bufferedAmount > LIVE_BUFFERED_MAX) return;
      const frame = new Uint8Array(data.length + 1);
      frame[0] = channel;
      frame.set(data, 1);
      socket.send(frame);
    },
    close() {
      ending.silence();
      socket.close();
    },
  };
}

function within(ms, signal, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LinkError(`not open within ${ms / 1000} s`)), ms);
    const abort = () => reject(new LinkError("given up"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    });
  });
}
