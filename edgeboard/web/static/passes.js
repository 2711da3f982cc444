/**
 * What a page shows at the door of a board: the ticket of an earlier visit, the token of a link, a PIN (docs/formats/wire.md).
 *
 * A token and a PIN are shown until a board has given its ticket for them; the ticket is kept in this browser, so that a
 * reload asks for nothing again.
 */

const TICKET = "edgeboard.ticket."; // and the room's name

/** The passes of one person for one room. */
export class Passes {
  #drawer;
  #key;
  #token;
  #pin = null;

  /** @param {import("./person.js").Drawer} drawer @param {string} room @param {string|null} token that the link had */
  constructor(drawer, room, token) {
    this.#drawer = drawer;
    this.#key = TICKET + room;
    this.#token = token;
  }

  /** What to show, as capabilities of GUEST. @returns {Map<string, string>} */
  get shown() {
    const ticket = this.#drawer.get(this.#key);
    const passes = { ticket: typeof ticket === "string" ? ticket : null, token: this.#token, pin: this.#pin };
    return new Map(Object.entries(passes).filter(([, pass]) => pass !== null && pass !== ""));
  }

  /** A PIN that somebody has typed. @param {string} text */
  say(text) {
    this.#pin = text.replace(/\s/g, "");
  }

  /** A link with a token was opened in this page. @param {string} token */
  bring(token) {
    this.#token = token;
  }

  /** A board has let the page in. @param {string} ticket to be shown from now on */
  let(ticket) {
    if (ticket === "") return;
    this.#drawer.set(this.#key, ticket);
    this.#token = this.#pin = null;
  }

  /** A board has not let the page in, so what was shown does not hold. */
  refused() {
    this.#drawer.set(this.#key, null);
    this.#token = this.#pin = null;
  }
}

/**
 * A link that was made for this person may also be opened where the page is open already.
 * @param {Window} target
 * @param {Passes} passes
 * @param {import("./connection.js").Connection} connection
 */
export function listenForTokens(target, passes, connection) {
  target.addEventListener("hashchange", () => {
    const token = takeToken(target);
    if (token === null) return;
    passes.bring(token);
    connection.stop();
    connection.start();
  });
}

/**
 * The token in the fragment of an address; it is taken out of the address, which people copy and which the history keeps.
 * @param {Window} target
 * @returns {string|null}
 */
export function takeToken({ location, history }) {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return token || null;
}
