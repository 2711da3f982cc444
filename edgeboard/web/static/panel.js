/** The page that shows what a panel shows, live. It follows every frame; where one is missing, it asks for a whole picture. */

import { find, make, setText } from "./elements.js";
import { language, say } from "./locale.js";
import { Picture } from "./panelframes.js";
import { listed, ticketOf } from "./panellist.js";

const AGAIN_MS = 1_000;

const name = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const canvas = /** @type {HTMLCanvasElement} */ (find("panel-picture"));
const look = /** @type {HTMLInputElement} */ (find("panel-eink"));
const state = document.body.dataset;

/** @type {Picture|null} */
let picture = null;
let image = null;
let work = Promise.resolve(); // packets, one after the other
let faults = 0;

/** What lets this browser see what the panel shows: a ticket for its room, if this browser has been there. */
async function ticket() {
  try {
    const room = (await listed()).panels.find((panel) => panel.name === name)?.room;
    return room === undefined ? "" : ticketOf(room);
  } catch {
    return "";
  }
}

/** @param {{name: string, room: string, width: number, height: number, channels: number, format: string, refresh: string}} about */
function begin(about) {
  picture = new Picture(about.width, about.height, about.channels);
  canvas.width = about.width;
  canvas.height = about.height;
  canvas.style.setProperty("--wide", String(about.width));
  canvas.style.setProperty("--high", String(about.height));
  image = new ImageData(picture.rgba, about.width, about.height);
  const what = [about.name, about.room, `${about.width} × ${about.height}`, about.format];
  setText("panel-about", what.join(" · "));
  canvas.hidden = false;
  document.title = `${about.name} · edgeboard`;
  fit();
  find("panel-look").hidden = about.refresh !== "eink";
  wear();
}

/** Pixels stand as they are where each is as many of the screen's as the next; by any other factor they are smoothed. */
function fit() {
  if (picture === null) return;
  const factor = (canvas.getBoundingClientRect().width * devicePixelRatio) / picture.width;
  canvas.classList.toggle("sharp", factor > 0.5 && Math.abs(factor - Math.round(factor)) * picture.width < 1);
}

/** Where to go in place of a panel that is not there. */
async function offer() {
  const { panels } = await listed();
  for (const panel of panels) {
    const link = make("a", "", panel.name);
    if (link instanceof HTMLAnchorElement) link.href = `/panel/${encodeURIComponent(panel.name)}`;
    find("panel-others").append(link);
  }
}

function wear() {
  document.body.classList.toggle("eink", look.checked && !find("panel-look").hidden);
}

/** @param {WebSocket} socket @param {ArrayBuffer} packet */
async function take(socket, packet) {
  if (picture === null) return;
  try {
    const context = canvas.getContext("2d");
    for (const { x, y, width, height } of await picture.take(packet)) context.putImageData(image, 0, 0, x, y, width, height);
    state.sequence = String(picture.sequence);
    state.state = "live";
    setText("panel-trouble", "");
    find("panel-others").replaceChildren();
  } catch (fault) {
    state.faults = String(++faults);
    console.warn(fault);
    if (socket.readyState === WebSocket.OPEN) socket.send("whole");
  }
}

async function follow() {
  const pass = await ticket();
  const query = pass === "" ? "" : `?ticket=${encodeURIComponent(pass)}`;
  const path = `/api/panel/${encodeURIComponent(name)}/frames`;
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}${query}`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") work = work.then(() => begin(JSON.parse(data)));
    else work = work.then(() => take(socket, data));
  };
  socket.onclose = async () => {
    if (state.state === "live") await work;
    state.state = "offline";
    setText("panel-trouble", await why(`${path}${query}`));
    setTimeout(follow, AGAIN_MS);
  };
}

/** @param {string} path @returns {Promise<string>} why nothing is to be seen */
async function why(path) {
  try {
    const answer = await fetch(path);
    const { text } = await answer.json();
    find("panel-others").replaceChildren();
    if (answer.status === 404) await offer();
    return answer.status === 404 || answer.status === 403 || answer.status === 503 ? text : say("The board cannot be reached.");
  } catch {
    return say("The board cannot be reached.");
  }
}

document.documentElement.lang = language;
setText("panel-look-words", say("Look like e-ink"));
look.checked = new URLSearchParams(location.search).get("look") === "eink";
look.onchange = wear;
addEventListener("resize", fit);
state.faults = "0";
follow();
