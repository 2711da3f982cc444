/** The page of the mesh: who links to whom, how soon they answer, who lags, and what runs where; asked anew every two seconds. */

import { find, make, setText } from "./elements.js";
import { counted, language, say } from "./locale.js";

const EVERY_MS = 2_000;
const PATIENCE_MS = 5_000;

/** @typedef {{node: string, name: string, software: string, urls: string[], self: boolean, alive: boolean, behind: boolean, linked: boolean, suspect: boolean, round_trip_ms: number|null, neighbours: object[]}} MeshBoard as `edgeboard/node/survey.py` makes it */

/** What is the matter with a board, in one word for styles. @param {MeshBoard} board @returns {"gone"|"silent"|"behind"|"well"} */
export function stateOf({ alive, suspect, behind }) {
  if (!alive) return "gone";
  if (suspect) return "silent";
  return behind ? "behind" : "well";
}

/** The same for people. @param {MeshBoard} board @returns {string} */
export function stateWords(board) {
  switch (stateOf(board)) {
    case "gone":
      return say("not seen any more");
    case "silent":
      return say("does not answer");
    case "behind":
      return say("catching up");
    default:
      return board.self ? say("this board") : say("up to date");
  }
}

/** @param {MeshBoard} board @returns {string} */
export function details({ self, alive, linked, round_trip_ms: ms, neighbours, software }) {
  const parts = [software];
  if (alive) parts.push(counted(neighbours.length, "{n} link", "{n} links"));
  if (linked && ms !== null) parts.push(say("answers within {ms} ms", { ms: Math.max(1, Math.round(ms)) }));
  else if (alive && !self && !linked) parts.push(say("reached through others"));
  return parts.filter((part) => part !== "").join(" · ");
}

/** An address that a link may name. @param {string[]} urls @returns {string|null} */
export function addressOf(urls) {
  return urls.find((url) => ["http://", "https://"].some((scheme) => url.startsWith(scheme))) ?? null;
}

function row(board) {
  const element = make("li");
  element.dataset.state = stateOf(board);
  const what = make("p", "what");
  const address = addressOf(board.urls);
  const name = make(address === null || board.self ? "span" : "a", "name", board.name);
  if (name instanceof HTMLAnchorElement) name.href = `${address}/mesh`;
  what.append(make("i", "dot"), name, make("span", "state soft", stateWords(board)));
  element.append(what, make("p", "more soft", details(board)));
  return element;
}

/** @param {{boards: MeshBoard[], links: object[]}} survey @param {string} picture SVG */
function show({ boards, links }, picture) {
  const alive = boards.filter((board) => board.alive).length;
  const summary = [counted(alive, "{n} board", "{n} boards"), counted(links.length, "{n} link", "{n} links")];
  if (alive < boards.length) summary.push(say("{n} not seen any more", { n: boards.length - alive }));
  setText("mesh-summary", summary.join(" · "));
  const svg = new DOMParser().parseFromString(picture, "image/svg+xml").documentElement;
  svg.setAttribute("aria-label", say("Which boards are linked"));
  find("mesh-picture").replaceChildren(document.importNode(svg, true));
  find("mesh-boards").replaceChildren(...boards.map(row));
  document.body.dataset.boards = String(alive);
}

let shown = "";

async function look() {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const [survey, picture] = await Promise.all(["/api/mesh", "/api/mesh.svg"].map((path) => fetch(path, { signal })));
    if (!survey.ok || !picture.ok) throw new Error(`the board answered ${survey.status}`);
    const [found, drawn] = [await survey.json(), await picture.text()];
    const now = JSON.stringify(found) + drawn;
    if (now !== shown) show(found, drawn); // a list that stands still can be read and pressed
    shown = now;
    document.body.dataset.state = "live";
  } catch {
    shown = "";
    document.body.dataset.state = "offline";
    setText("mesh-summary", say("The board cannot be reached."));
  }
  setTimeout(look, EVERY_MS);
}

/** Begin, where this is the page. */
if (globalThis.document?.body?.classList.contains("mesh")) {
  document.documentElement.lang = language;
  document.title = `${say("The mesh")} · edgeboard`;
  setText("mesh-title", say("The mesh"));
  look();
}
