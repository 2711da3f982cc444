/** The page comes and goes: what has to be written down before it does, and whom to ask when it is back. */

/**
 * @param {Window} target
 * @param {object} parts
 * @param {import("./desk.js").Desk} parts.desk
 * @param {import("./outbox.js").Outbox} parts.outbox
 * @param {import("./gallery.js").Gallery} parts.images
 * @param {import("./connection.js").Connection} parts.connection
 * @param {import("./company.js").Company} parts.company
 */
export function listenToLeaving(target, { desk, outbox, images, connection, company }) {
  const { document } = target;
  target.addEventListener("online", () => connection.nudge());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      outbox.spill(); // nothing is left to spill, most likely
      connection.nudge();
      company.back();
    } else {
      company.leave();
      desk.flush();
      outbox.spill();
    }
  });
  target.addEventListener("pagehide", () => {
    if (document.visibilityState === "visible") company.leave();
    desk.flush();
    outbox.spill();
    connection.stop();
  });
  target.addEventListener("pageshow", (event) => event.persisted && connection.start());
  target.addEventListener("gesturestart", (event) => event.preventDefault()); // Safari's own pinch
  target.addEventListener("beforeunload", (event) => {
    if ((!outbox.persistent && outbox.unsafe().length > 0) || images.isAtRisk) event.preventDefault();
  });
}
