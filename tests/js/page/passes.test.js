import assert from "node:assert/strict";
import { test } from "node:test";

import { Passes, listenForTokens, takeToken } from "../../../edgeboard/web/static/passes.js";
import { Drawer } from "../../../edgeboard/web/static/person.js";

const shown = (passes) => Object.fromEntries(passes.shown);

test("a token is shown until a board has given its ticket, which is kept for the room", () => {
  const drawer = new Drawer(null);
  const passes = new Passes(drawer, "lobby", "token");
  assert.deepEqual(shown(passes), { token: "token" });
  passes.let("ticket");
  assert.deepEqual(shown(passes), { ticket: "ticket" });
  assert.deepEqual(shown(new Passes(drawer, "lobby", null)), { ticket: "ticket" }); // after a reload
  assert.deepEqual(shown(new Passes(drawer, "other", null)), {});
});

test("a PIN is shown as it was meant, and forgotten when it was taken or refused", () => {
  const passes = new Passes(new Drawer(null), "lobby", null);
  passes.say(" 123 456 ");
  assert.deepEqual(shown(passes), { pin: "123456" });
  passes.refused();
  assert.deepEqual(shown(passes), {});
  passes.say("654321");
  passes.let("ticket");
  assert.deepEqual(shown(passes), { ticket: "ticket" });
  passes.let(""); // a board that gives none takes none away
  passes.refused();
  assert.deepEqual(shown(passes), {});
});

test("the token of a link is taken out of the address", () => {
  const target = (hash) => ({
    location: { hash, pathname: "/room/lobby", search: "?lang=zh" },
    history: { state: null, replaceState: (...given) => (target.said = given) },
  });
  assert.equal(takeToken(target("#token=a.b-c_d")), "a.b-c_d");
  assert.deepEqual(target.said, [null, "", "/room/lobby?lang=zh"]);
  target.said = null;
  for (const hash of ["", "#", "#other=1", "#token="]) assert.equal(takeToken(target(hash)), null);
});

test("a link that is opened in the page brings its token to the board", () => {
  const target = Object.assign(new EventTarget(), {
    location: { hash: "#token=t", pathname: "/", search: "" },
    history: { state: null, replaceState: () => {} },
  });
  const did = [];
  const passes = new Passes(new Drawer(null), "lobby", null);
  listenForTokens(target, passes, { stop: () => did.push("stop"), start: () => did.push("start") });
  target.dispatchEvent(new Event("hashchange"));
  assert.deepEqual([did, shown(passes)], [["stop", "start"], { token: "t" }]);
  target.location.hash = "#elsewhere";
  target.dispatchEvent(new Event("hashchange"));
  assert.equal(did.length, 2);
});
