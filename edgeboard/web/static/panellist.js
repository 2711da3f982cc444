/** The panels of this board that this browser may see: with the tickets of the rooms where it has been, if it takes one. */

const TICKET = "edgeboard.ticket."; // as passes.js keeps it

/** @typedef {{name: string, room: string, width?: number, height: number, format: string, driver: string, frames: number, fault: string}} PanelFacts */

/** @param {string} room @returns {string} what lets this browser see a room; empty: nothing */
export function ticketOf(room) {
  return JSON.parse(localStorage.getItem(TICKET + room) ?? "null") ?? "";
}

/** @returns {Promise<{panels: PanelFacts[], refused: string}>} and why none is to be seen */
export async function listed() {
  const answer = await fetch("/api/panels");
  if (answer.ok) return { panels: await answer.json(), refused: "" };
  const refused = (await answer.json()).text;
  /** @type {Map<string, PanelFacts>} */
  const found = new Map();
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(TICKET))) {
    const again = await fetch(`/api/panels?ticket=${encodeURIComponent(ticketOf(key.slice(TICKET.length)))}`);
    if (again.ok) for (const panel of await again.json()) found.set(panel.name, panel);
  }
  return { panels: [...found.values()], refused: found.size === 0 ? refused : "" };
}
