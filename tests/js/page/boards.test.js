import assert from "node:assert/strict";
import { test } from "node:test";

import { Boards, Host } from "../../../edgeboard/web/static/boards.js";

const HOME = "http://10.0.0.1:8787";
const host = (number, ...urls) => ({ node: `${number}`.repeat(32), name: `board ${number}`, urls });

function boards(home, ...hosts) {
  const world = { now: 0 };
  world.boards = new Boards(home, () => world.now);
  world.boards.hear({ hosts, ticket: "a+b" });
  return world;
}

test("where the page is comes first, then each board's best address, and at last where it came from", () => {
  const { boards: known } = boards(HOME, host(2, "http://10.0.0.2:1", "https://two.local"), host(3, "http://10.0.0.3"));
  assert.deepEqual(known.all, [HOME, "http://10.0.0.2:1", "http://10.0.0.3", "https://two.local"]);
  known.moved("http://10.0.0.3");
  assert.deepEqual(known.all, ["http://10.0.0.3", "http://10.0.0.2:1", "https://two.local", HOME]);
  assert.deepEqual(known.others.at(-1), HOME);
  assert.equal(known.isAway, true);
});

test("the ticket is shown at any board but the page's own", () => {
  const { boards: known } = boards(HOME, host(2, "http://10.0.0.2:1"));
  assert.equal(known.at()("/guest"), `${HOME}/guest`);
  assert.equal(known.at("http://10.0.0.2:1")("/guest"), "http://10.0.0.2:1/guest?ticket=a%2Bb");
  known.moved("http://10.0.0.2:1");
  assert.equal(known.at()("/api/x?page=1"), "http://10.0.0.2:1/api/x?page=1&ticket=a%2Bb");
});

test("a secure page opens no plain address, and says why", () => {
  const { boards: known } = boards("https://board.local", host(2, "http://10.0.0.2:1"), host(3, "https://three.local"));
  assert.deepEqual(known.others, ["https://three.local"]);
  assert.equal(known.isShutIn, true);
  assert.equal(boards(HOME, host(2, "http://10.0.0.2:1")).boards.isShutIn, false);
});

test("a board's own name for itself means another machine elsewhere", () => {
  const hosts = [host(2, "http://localhost:8788"), host(3, "http://127.0.0.1:5")];
  assert.deepEqual(boards(HOME, ...hosts).boards.others, []);
  assert.deepEqual(boards("http://localhost:8787", ...hosts).boards.others, ["http://localhost:8788", "http://127.0.0.1:5"]);
});

test("a board that refused the page is passed by for a while, unless there is no other", () => {
  const world = boards(HOME, host(2, "http://10.0.0.2"), host(3, "http://10.0.0.3"));
  world.boards.avoid("http://10.0.0.2");
  assert.deepEqual(world.boards.all, [HOME, "http://10.0.0.3"]);
  world.now = 60_000;
  assert.deepEqual(world.boards.all, [HOME, "http://10.0.0.2", "http://10.0.0.3"]);
  for (const base of world.boards.all) world.boards.avoid(base);
  assert.equal(world.boards.all.length, 3);
});

test("what is no address of a board is left out", () => {
  assert.deepEqual(boards(HOME, host(2, "javascript:alert(1)", "ftp://a", "x", "")).boards.all, [HOME]);
});

test("boards go by the names they have said, else by their addresses", () => {
  const { boards: known } = boards(HOME, host(2, "http://10.0.0.2:1"));
  assert.equal(known.nameOf(HOME), "10.0.0.1:8787");
  known.welcomed({ name: "Kitchen", limits: new Map() });
  assert.equal(known.nameOf(HOME), "Kitchen");
  assert.equal(known.nameOf("http://10.0.0.2:1"), "board 2");
});

test("a host tells apart another board and the same one with other software", () => {
  const limits = new Map([["role", "view"], ["admit", "token"]]);
  const kitchen = { node: "k", name: "Kitchen", software: "1", limits: new Map() };
  const host = new Host();
  assert.equal(host.welcome(kitchen), "");
  assert.equal(host.welcome(kitchen), "");
  assert.equal(host.welcome({ ...kitchen, software: "2" }), "renewed");
  assert.equal(host.welcome({ node: "h", name: "Hall", software: "1", limits }), "moved");
  assert.deepEqual([host.role, host.admit], ["view", "token"]);
  assert.deepEqual([host.before, host.name], ["Kitchen", "Hall"]);
});

test("a room that the same board calls otherwise is the same room; another board's is not", () => {
  const host = new Host();
  const limits = new Map();
  host.welcome({ node: "k", name: "Kitchen", software: "1", limits });
  assert.equal(host.named("r1"), null);
  assert.equal(host.named("r1"), null);
  assert.equal(host.named("r2"), "r1");
  host.welcome({ node: "h", name: "Hall", software: "1", limits });
  assert.equal(host.named("r3"), null);
  assert.equal(host.room, "r3");
});

test("a board that asks for a PIN or a token is shown the ticket at home too", () => {
  const { boards: known } = boards(HOME);
  for (const [admit, path] of [["draw", "/x"], ["pin", "/x?ticket=a%2Bb"], ["token", "/x?ticket=a%2Bb"], ["view", "/x"]]) {
    known.welcomed({ name: "", limits: new Map([["admit", admit]]) });
    assert.equal(known.at()("/x"), HOME + path, admit);
  }
});
