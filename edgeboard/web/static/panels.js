/** The panels of this board, each with a link to the page that shows what it shows. */

import { find, make, setText } from "./elements.js";
import { counted, language, say } from "./locale.js";
import { listed } from "./panellist.js";

const EVERY_MS = 2_000;

/** @param {import("./panellist.js").PanelFacts} panel */
function row({ name, room, width, height, format, driver, frames, fault }) {
  const element = make("li");
  const link = make("a", "name", name);
  if (link instanceof HTMLAnchorElement) link.href = `/panel/${encodeURIComponent(name)}`;
  const shows = width === undefined ? [] : [`${width} × ${height}`, format, counted(frames, "{n} frame", "{n} frames")];
  const what = [room, driver, ...shows, ...(fault ? [say("It shows nothing; `edgeboard panels` says why.")] : [])];
  element.append(link, make("p", "more soft", what.join(" · ")));
  return element;
}

async function look() {
  try {
    const { panels, refused } = await listed();
    const none = refused || say("This board has no panels.");
    setText("panels-summary", panels.length === 0 ? none : counted(panels.length, "{n} panel", "{n} panels"));
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
