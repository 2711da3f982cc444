/**
 * The board's own panel (`?kiosk`, opened on the board itself): the code that lets another board in, for as long as it does,
 * and, where the owner allows it (`node: pair_at_panel`), a row of the menu that asks for one. The board tells nobody else.
 */

import { find, icon, make } from "./elements.js";
import { say } from "./locale.js";

const LOOK_MS = 3_000;
const SAID_MS = 10_000; // how it ended

/** The code on the panel. */
export class Pairing {
  #place = make("aside", "panel-code");
  #row = make("button", "row");
  #code = ""; // that is shown
  #goes = null;

  /** @param {import("./toasts.js").Toasts} toasts @param {() => void} closeMenu */
  constructor(toasts, closeMenu) {
    this.#place.id = "panel-code";
    this.#place.setAttribute("role", "status");
    this.#row.id = "menu-pair";
    this.#row.type = "button";
    this.#row.append(icon("plus"), say("Let another board in"));
    this.#row.addEventListener("click", async () => {
      closeMenu();
      const told = await ask("POST");
      if (told?.text) toasts.say(told.text, { isTrouble: true });
      else this.#show(told);
    });
    this.#place.hidden = this.#row.hidden = true;
    find("menu-share").after(this.#row);
    document.body.append(this.#place);
  }

  /** Look at the board's code for as long as the page is open. */
  async watch() {
    for (;;) {
      const told = document.hidden ? null : await ask("GET");
      if (told?.text) return; // this is not the board's own panel
      this.#show(told);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** @param {{code: string, used: boolean, may_start: boolean}|null} told null: nobody answers */
  #show(told) {
    this.#row.hidden = !told?.may_start;
    const code = told?.code ?? "";
    if (code === this.#code) return;
    this.#code = code;
    clearTimeout(this.#goes);
    this.#place.hidden = told === null;
    if (code !== "") {
      const how = say("On the new board: {words}", { words: `edgeboard join ${code}` });
      this.#place.replaceChildren(make("span", "", say("Code for a new board")), make("b", "", halves(code)), make("span", "soft", how));
    } else {
      this.#place.replaceChildren(make("span", "", told?.used ? say("A board has joined.") : say("No board has joined; the code has ended.")));
      this.#goes = setTimeout(() => (this.#place.hidden = true), SAID_MS);
    }
  }
}

/** @returns {Promise<object|null>} what the board says; null if it does not answer */
async function ask(method) {
  try {
    return await (await fetch("/api/pair", { method })).json();
  } catch {
    return null;
  }
}

/** As people read it. */
function halves(code) {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}
