/** The panels of this board, each with a link to the page that shows what it shows. */

import { find, make, setText } from "./elements.js";
import { counted, language, say } from "./locale.js";

const EVERY_MS = 2_000;

/** @typedef {{name: string, room: string, width: number, height: number, format: string, driver: string, frames: number}} PanelFacts */

/** @param {PanelFacts} panel */
function row({ name, room, width, height, format, driver, frames }) {
  const element = make("li");
  const link = make("a", "name", name);
  if (link instanceof HTMLAnchorElement) link.href = `/panel/${encodeURIComponent(name)}`;
  const what = [room, `${width} × ${height}`, format, driver, counted(frames, "{n} frame", "{n} frames")];
  element.append(link, make("p", "more soft", what.join(" · ")));
  return element;
}

async function look() {
  try {
    const answer = await fetch("/api/panels");
    if (!answer.ok) throw new Error(`the board answered ${answer.status}`);
    const panels = await answer.json();
    setText("panels-summary", panels.length === 0 ? say("This board has no panels.") : counted(panels.length, "{n} panel", "{n} panels"));
    find("panels-list").replaceChildren(...panels.map(row));
    document.body.dataset.state = "live";
  } catch {
    document.body.dataset.state = "offline";
    setText("panels-summary", say("The board cannot be reached."));
  }
  setTimeout(look, EVERY_MS);
}

document.documentElement.lang = language;
document.title = `${say("Panels")} · edgeboard`;
setText("panels-title", say("Panels"));
look();
