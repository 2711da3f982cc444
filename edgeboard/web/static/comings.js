/** What the page says when a board lets it in, or does not. */

import { askPin, ownPin } from "./door.js";
import { say } from "./locale.js";
import { Code } from "./wire.js";
import { ending } from "./words.js";

/**
 * A board has let the page in.
 * @param {import("./toasts.js").Toasts} toasts
 * @param {import("./boards.js").Host} host
 * @param {{node: string, name: string, software: string}} told
 */
export function welcomed(toasts, host, told) {
  const news = host.welcome(told);
  if (news === "renewed") toasts.say(say("The board has been renewed."), { action: say("Reload the page"), onAction: () => location.reload() });
  if (news === "moved") toasts.say(say("{old} does not answer. You are at {board} now.", { old: host.before, board: host.name }));
}

/** Whether a board ended a link because it does not let this person in. @param {number} code */
export function isShut(code) {
  return code === Code.PIN || code === Code.FORBIDDEN;
}

/**
 * The host does not want us back, or not as we are: a person has to decide.
 * @param {import("./toasts.js").Toasts} toasts
 * @param {import("./passes.js").Passes} passes
 * @param {{code: number, text: string}} last
 * @param {() => void} again
 */
export async function stopped(toasts, passes, last, again) {
  if (isShut(last.code)) passes.refused();
  if (last.code === Code.PIN) {
    const come = (pin) => {
      passes.say(pin);
      again();
    };
    const own = await ownPin();
    if (own !== "") come(own);
    else askPin(last.text, come);
    return;
  }
  const isOld = last.code === Code.TOO_OLD;
  toasts.say(ending(last), {
    isTrouble: true,
    action: isOld ? say("Reload") : say("Try again"),
    onAction: () => (isOld ? location.reload() : again()),
  });
}
