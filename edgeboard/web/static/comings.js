/** What the page says in passing when a board lets it in, or does not. */

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

/**
 * The host does not want us back, or not as we are: a person has to decide.
 * @param {import("./toasts.js").Toasts} toasts
 * @param {{code: number, text: string}} last
 * @param {() => void} again
 */
export function stopped(toasts, last, again) {
  const isOld = last.code === Code.TOO_OLD;
  toasts.say(ending(last), {
    isTrouble: true,
    action: isOld ? say("Reload") : say("Try again"),
    onAction: () => (isOld ? location.reload() : again()),
  });
}
