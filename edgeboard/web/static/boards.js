/**
 * The boards that this page can be at: the one it came from, the one it is at, and those that its host has told of.
 *
 * A page stays where it is until that board dies, and shows its ticket at any board but its own
 * (docs/formats/wire.md, "Other boards"). No network in here.
 */

const AVOID_MS = 30_000; // a board that has refused this page

/** @typedef {{node: string, name: string, urls: string[]}} Host */

/** The boards. */
export class Boards {
  #home;
  #here;
  #clock;
  #hosts = [];
  #ticket = "";
  #names = new Map(); // base address -> name
  #avoided = new Map(); // base address -> until when
  #isGuarded = false; // whether the board asks for more than to be on its network

  /**
   * @param {string} home origin of this page: the board that it came from
   * @param {() => number} clock ms, rising
   */
  constructor(home, clock) {
    this.#home = this.#here = home;
    this.#clock = clock;
  }

  /** Where the page came from. */
  get home() {
    return this.#home;
  }

  /** Where it is. */
  get here() {
    return this.#here;
  }

  /** Whether it is at another board than the one it came from. */
  get isAway() {
    return this.#here !== this.#home;
  }

  /** Whether there are boards that a page from a secure address may not open. */
  get isShutIn() {
    return this.#home.startsWith("https:") && this.#hosts.some(({ urls }) => urls.every((url) => !url.startsWith("https:")));
  }

  /** What the host says. @param {{hosts: Host[], ticket: string}} told */
  hear({ hosts, ticket }) {
    this.#hosts = hosts;
    this.#ticket = ticket;
    for (const { name, urls } of hosts) for (const url of urls) this.#names.set(baseOf(url), name);
  }

  /** The board at which a link is open has let the page in. @param {{name: string, limits: Map<string, unknown>}} told */
  welcomed({ name, limits }) {
    this.#names.set(this.#here, name);
    this.#isGuarded = ["pin", "token"].includes(limits.get("admit"));
  }

  /** The name of a board; its address if it has not said one. @param {string} base @returns {string} */
  nameOf(base) {
    return this.#names.get(base) ?? new URL(base).host;
  }

  /** A link has opened. @param {string} base */
  moved(base) {
    this.#here = base;
  }

  /** A board does not want this page, for now. @param {string} base */
  avoid(base) {
    this.#avoided.set(base, this.#clock() + AVOID_MS);
  }

  /** Where to look for a host, in this order: where the page is, other boards, where it came from. @returns {string[]} */
  get all() {
    const bases = [this.#here, ...this.#told(), this.#home].filter((base, at, all) => all.indexOf(base) === at);
    const open = bases.filter((base) => !((this.#avoided.get(base) ?? -Infinity) > this.#clock()));
    return open.length > 0 ? open : bases;
  }

  /** The same, but for where the page is. @returns {string[]} */
  get others() {
    return this.all.filter((base) => base !== this.#here);
  }

  /**
   * Addresses below a board, as `link.js` wants them.
   * @param {string} [base] the one the page is at, if none is given
   * @returns {import("./link.js").Address}
   */
  at(base = this.#here) {
    if ((base === this.#home && !this.#isGuarded) || this.#ticket === "") return (path) => base + path;
    return (path) => `${base}${path}${path.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(this.#ticket)}`;
  }

  /** The first address of each board, then the second of each, as far as this page may open them. */
  #told() {
    const bases = [];
    for (let at = 0; this.#hosts.some(({ urls }) => urls.length > at); at++) {
      for (const { urls } of this.#hosts) if (at < urls.length && this.#mayOpen(urls[at])) bases.push(baseOf(urls[at]));
    }
    return bases;
  }

  #mayOpen(url) {
    const base = baseOf(url);
    if (base === null) return false;
    if (this.#home.startsWith("https:") && !base.startsWith("https:")) return false;
    return isLocal(new URL(this.#home).hostname) || !isLocal(new URL(base).hostname);
  }
}

/** What the board that the page is at has said of itself and the room. */
export class Host {
  node = "";
  name = "";
  software = "";
  roomState = "";
  /** "draw" or "view": what the page may do there. */
  role = "draw";
  /** The board's rule for guests: "draw", "view", "pin" or "token". */
  admit = "draw";
  /** The room's id, once it is known. @type {string|null} */
  room = null;
  /** The name of the board before this one. */
  before = "";
  #namedBy = ""; // the board that has named the room

  /**
   * A board has let the page in.
   * @param {{node: string, name: string, software: string, limits: Map<string, unknown>}} told
   * @returns {"moved"|"renewed"|""} what is new: another board, or another software at the same one
   */
  welcome({ node, name, software, limits }) {
    const isMoved = this.node !== "" && this.node !== node;
    const isRenewed = !isMoved && this.software !== "" && this.software !== software;
    if (isMoved) this.before = this.name;
    Object.assign(this, { node, name, software });
    this.role = limits.get("role") === "view" ? "view" : "draw";
    this.admit = limits.get("admit") ?? "draw";
    return isMoved ? "moved" : isRenewed ? "renewed" : "";
  }

  /**
   * The board has named the room.
   * @param {string} room its id
   * @returns {string|null} the id by which the same board called it before, if that was another: it has joined a mesh
   */
  named(room) {
    const before = this.#namedBy === this.node ? this.room : null;
    this.#namedBy = this.node;
    this.room = room;
    return before === room ? null : before;
  }
}

/** Whether a name means the machine itself. @param {string} hostname @returns {boolean} */
export function isLocal(hostname) {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The origin of an address, null if it is none that a board can have. @param {string} url @returns {string|null} */
function baseOf(url) {
  try {
    const { origin, protocol } = new URL(url);
    return protocol === "http:" || protocol === "https:" ? origin : null;
  } catch {
    return null;
  }
}
