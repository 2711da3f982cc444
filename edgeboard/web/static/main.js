/**
 * The page: puts the parts together and lets them hear of each other. What each does is written where it lives.
 *
 * `?carrier=webrtc` or `?carrier=websocket` allows only that way to the host.
 */

import { Board } from "./board.js";
import { Boards, Host } from "./boards.js";
import { isShut, stopped, welcomed } from "./comings.js";
import { Company } from "./company.js";
import { Connection, Phase } from "./connection.js";
import { Cursors } from "./cursors.js";
import { openDatabase } from "./database.js";
import { Desk } from "./desk.js";
import { showPin } from "./door.js";
import { Editing } from "./editing.js";
import { soundDraft } from "./editor.js";
import { Grid } from "./grid.js";
import { Hands } from "./hands.js";
import { GuestSession } from "./guest.js";
import { Following } from "./following.js";
import { randomOrigin } from "./ids.js";
import { listenForImages, makeGallery } from "./imaging.js";
import { Extras } from "./extras.js";
import { expose, mark } from "./inspect.js";
import { becomeKiosk, isKiosk } from "./kiosk.js";
import { listenToLeaving } from "./leaving.js";
import { Carrier, openWebRtc, openWebSocket } from "./link.js";
import { LiveReceiver, LiveSender } from "./live.js";
import { LivePace } from "./pace.js";
import { counted, say } from "./locale.js";
import { freeMargin } from "./margins.js";
import { Paging } from "./paging.js";
import { Outbox, gestures, openStore } from "./outbox.js";
import * as people from "./person.js";
import { Passes, listenForTokens, takeToken } from "./passes.js";
import { Presence } from "./presence.js";
import { Refusals, itemOf, whatOf } from "./refusals.js";
import { Self } from "./self.js";
import { Spill } from "./spill.js";
import { Toasts } from "./toasts.js";
import { Chrome } from "./ui.js";
import { overlap } from "./geometry.js";
import { makeView, visible } from "./view.js";
import { refusal } from "./words.js";

const KEEP_VIEW_MS = 400;
const REVIEW_MS = 400;
const SHOW_EVERY_MS = 50; // the chrome; attributes for tests follow at once
const clock = () => performance.now();

// ---------------------------------------------------------------------------------------------------------- who, where

const roomName = people.roomOf(location.pathname);
const wantedCarrier = new URLSearchParams(location.search).get("carrier");
const storage = people.browserStorage();
const drawer = new people.Drawer(storage);
const self = new Self(drawer, (name, colour) => {
  connection.session?.introduce(name, colour);
  connection.pump();
  refresh();
});

/** Whether this is `/embed/NAME`, in a page of somebody else's: to look at only. */
const isEmbed = document.body.hasAttribute("data-embed");

const boards = new Boards(location.origin, clock);
const host = new Host();
const passes = new Passes(drawer, roomName, takeToken(window));

// ------------------------------------------------------------------------------------------------------------ the parts

const spill = new Spill(storage, self.id, roomName, randomOrigin());
const database = openDatabase();
const outbox = new Outbox(openStore(database, self.id, roomName), () => refresh(), spill);
const refusals = new Refusals(outbox, (entries) => resubmit(entries));
const presence = new Presence(self.id);
const board = new Board({
  person: self.id,
  onMade: (ops) => {
    outbox.put(ops, host.room, connection.phase !== Phase.LIVE);
    const { session } = connection;
    if (session !== null && session.room !== null) {
      session.submit(ops);
      connection.pump();
    }
  },
  onChanged: (ids) => {
    images.changed(ids);
    desk.changed(ids);
    extras.noticed(ids);
    reviewSoon();
  },
  onMeta: () => paging.changed(),
  onArrived: (id) => liveIn.arrived(id) && desk.stale(),
  label: () => (connection.phase === Phase.LIVE ? null : Date.now()),
  defer: (work) => setTimeout(work),
});
board.isReadOnly = isEmbed;
const following = new Following();
const liveOut = new LiveSender(board.origin, following);
const liveIn = new LiveReceiver(board.origin, (id) => board.document.has(id));
const toasts = new Toasts(document.getElementById("toasts"), isEmbed);
const images = makeGallery({
  database,
  person: self.id,
  roomName,
  board,
  toasts,
  tell: (kind, fields) => {
    connection.session?.tell(kind, fields);
    connection.pump();
  },
  onLook: (ids) => desk.changed(ids),
  onChange: () => refresh(),
  clock,
});
const desk = new Desk({
  stage: document.getElementById("stage"),
  sheet: document.getElementById("sheet"),
  overlay: document.getElementById("overlay"),
  board,
  live: liveOut,
  others: {
    previews: () => liveIn.previews.values(),
    figures: () => liveIn.figures.values(),
    trails: liveIn.trails,
    colourOf: (origin) => presence.of(origin)?.colour ?? 1,
    refused: () => itemsOf(outbox.refused()),
  },
  images,
  clock,
  notify: (text) => toasts.say(text),
  drafts: people.draftsOf(drawer, roomName, soundDraft),
});
listenForImages({ board, desk, gallery: images, toasts, open: (file) => extras.transfer((transfer) => transfer.open(file)) });
const grid = new Grid(document.getElementById("grid"));
const cursors = new Cursors(document.getElementById("cursors"));
const chrome = new Chrome(roomName, boards, {
  choose: (choice) => hands.choose(choice),
  restyle: (style) => editing.restyle(style),
  undo: () => hands.repeat("undo"),
  redo: () => hands.repeat("redo"),
  zoomBy: (factor) => desk.zoomBy(factor),
  zoomReset: () => desk.zoomTo(1),
  fit: () => desk.fit(freeMargin),
  fingers: (draws) => {
    desk.letFingersDraw(draws);
    chrome.showFingers(desk.hasPen, draws);
    fingersDraw = draws;
  },
  grid: (kind) => hands.showGrid(kind),
  countClear: () => hands.countClear(),
  clear: () => hands.clear(),
  introduce: (name, colour) => self.become(name, colour),
  connect: () => connection.start(),
  retry: () => {
    refusals.retry();
    desk.stale();
    refresh();
  },
  discard: () => {
    desk.forget(itemsOf(outbox.discard()));
    refresh();
  },
  reveal: (id) => paging.reveal(id),
  follow: (who) => (who === null ? company.stop() : company.follow(who)),
  history: () => extras.openHistory(),
  transfer: (use) => extras.transfer(use),
  share: () => extras.share(),
  marquee: () => extras.openMarquee(),
});
const extras = new Extras({
  board, boards, desk, host, editing: () => editing, gallery: images, toasts, room: roomName, undo: () => hands.repeat("undo"), clock,
  everyone: () => [{ ...self.person, person: self.id }, ...presence.others()],
});
const editing = new Editing({ desk, room: roomName, notify: (text) => toasts.say(text), choose: (choice) => hands.choose(choice) });
const paging = new Paging({ board, desk, editing, drawer, toasts, room: roomName, onTurn: turned });
const company = new Company({
  ...{ board, chrome, desk, paging, following, toasts, drawer, clock, room: roomName, margin: freeMargin },
  onChanged: () => {
    pace.arm();
    refresh();
  },
});
const hands = new Hands({ board, company, desk, chrome, editing, extras, grid, paging, toasts, drawer, room: roomName });
const connection = new Connection({
  boards,
  dial: new Map([
    [Carrier.WEBRTC, openWebRtc],
    [Carrier.WEBSOCKET, openWebSocket],
  ]),
  carrier: Object.values(Carrier).includes(wantedCarrier) ? wantedCarrier : null,
  makeSession: () => {
    const me = { person: self.id, origin: board.origin, name: self.person.name, colour: self.person.colour, capabilities: passes.shown };
    return new GuestSession(me, roomName, () => board.vector);
  },
  onOutput: hear,
  onPhase: () => refresh(),
  clock,
});
let fingersDraw = false;

// --------------------------------------------------------------------------------------------------- what the host says

function hear(output, session) {
  switch (output.type) {
    case "welcome":
      welcomed(toasts, host, output);
      hands.let(host.role);
      showPin(host.admit);
      break;
    case "named":
      outbox.move(host.named(output.room), output.room);
      refusals.relent();
      paging.catchUp(false);
      session.submit(outbox.toSubmit(output.room));
      connection.pump();
      images.opened();
      break;
    case "hosts":
      passes.let(output.ticket);
      break;
    case "blob":
      images.receive(output.message);
      return;
    case "room":
      host.roomState = output.state;
      break;
    case "recent":
      board.foresee(output.ops);
      if (output.ops.length > 0) showSomething();
      return;
    case "batch":
      session.want(board.receive(output.batch));
      return;
    case "caughtUp":
      paging.catchUp(true);
      showSomething();
      company.back();
      hands.recoverNotes();
      break;
    case "receipt":
      outbox.receipt(output.level, output.origin, output.counters);
      break;
    case "refused":
      refuse(output);
      break;
    case "presence":
      presence.replace(output.node, output.people);
      if (!isEmbed) self.meet(presence.others(), clock());
      liveIn.keepOnly((origin) => presence.of(origin) !== null);
      desk.stale();
      drawCursors(false);
      break;
    case "live":
      if (liveIn.receive(output.items, clock())) {
        desk.stale();
        drawCursors(false);
        pace.armExpiry();
      }
      return;
    case "notice":
      toasts.say(say(output.text), { isTrouble: output.level > 0 });
      break;
    case "ended":
      presence.clear();
      images.closed();
      liveIn.keepOnly(() => false);
      drawCursors(false);
      host.roomState = "";
      if (connection.phase === Phase.STOPPED) {
        if (isShut(output.code)) hands.let("view");
        stopped(toasts, passes, output, () => connection.start());
      }
      break;
  }
  refresh();
}

function refuse(output) {
  const entry = refusals.take(output);
  if (entry === null) return;
  desk.stale();
  toasts.say(say("{what} not taken: {why}", { what: whatOf(entry), why: refusal(output) }), {
    isTrouble: true,
    action: say("Details"),
    onAction: () => chrome.openRefused(),
  });
}

/** Hand over ops of the outbox, if there is a link; a new one asks for all of them anyway. */
function resubmit(entries) {
  const { session } = connection;
  if (session === null || session.room === null) return;
  session.submit(entries.filter((entry) => (entry.room ?? session.room) === session.room));
  connection.pump();
}

/** Items that refused ops speak of. @param {{id: string}[]} entries @returns {string[]} */
function itemsOf(entries) {
  return entries.map((entry) => itemOf(board.document, entry)).filter((id) => id !== null);
}

// -------------------------------------------------------------------------------------------------------- showing things

let isRefreshDue = false;
let showTimer = null;
let shownAt = -Infinity;

/** Bring attributes and chrome up to date, soon and not too often. */
function refresh() {
  if (isRefreshDue) return;
  isRefreshDue = true;
  queueMicrotask(() => {
    isRefreshDue = false;
    toasts.review();
    mark(document.body.dataset, { connection, outbox, images });
    showTimer ??= setTimeout(show, Math.max(0, shownAt + SHOW_EVERY_MS - clock()));
  });
}

function show() {
  showTimer = null;
  shownAt = clock();
  const { phase, carrier, isSuspect, last } = connection;
  const [unsent, unsafe, refused] = [outbox.unsent(), outbox.unsafe(), outbox.refused()];
  chrome.showLink({
    ...{ phase, carrier, isSuspect, last, board: boards.isAway ? host.name : "", role: host.role },
    ...{ hostName: host.name, software: host.software, roomState: host.roomState },
    roundTrip: connection.session?.statistics().roundTripMs ?? null,
    waiting: phase === Phase.LIVE && !isSuspect ? 0 : gestures(unsent),
    unsent: unsent.length + images.waiting.unsent,
    unsafe: unsafe.length + images.waiting.unsafe,
    refused: refused.length,
    foreign: host.room === null ? 0 : outbox.foreign(host.room).length,
    isPersistent: outbox.persistent && images.isPersistent,
  });
  company.here(presence.others());
  chrome.showPeople(self.person, presence.others(), { leader: company.leader, followers: following.followers(clock()) });
  chrome.showRefused(refused.map((entry) => ({ ...entry, item: itemOf(board.document, entry), what: whatOf(entry) })));
  chrome.showHistory(board.canUndo, board.canRedo);
}

let reviewTimer = null;

/** What can be undone is asked now and then: the answer looks at the whole canvas. */
function reviewSoon() {
  reviewTimer ??= setTimeout(() => {
    reviewTimer = null;
    board.review();
    paging.show();
    refresh();
  }, REVIEW_MS);
}

function drawCursors(isMoving) {
  const here = [...liveIn.cursors.values()].filter(({ page }) => page === desk.sight.page);
  cursors.draw(here, (origin) => presence.of(origin), desk.view, isMoving);
}

function turned() {
  chrome.showPage(desk.sight.page);
  drawCursors(true);
  company.look(desk.view);
}

/** The first look at a board that is elsewhere: show where the ink is. */
let isFirstLook = isEmbed || people.viewKept(drawer, roomName) === null;

function showSomething() {
  if (!isFirstLook) return;
  isFirstLook = false;
  const box = desk.extent();
  const { width, height } = desk.size;
  if (box !== null && (isEmbed || !overlap(box, visible(desk.view, width, height)))) desk.fit(freeMargin);
}

// ------------------------------------------------------------------------------------------------------------ live, timers

liveIn.onView = (sight) => company.saw(sight);
liveIn.onFollower = (origin, now) => {
  following.asked(origin, now);
  pace.arm();
  refresh();
};
const pace = new LivePace({
  out: liveOut,
  incoming: liveIn,
  clock,
  send: (items) => connection.session?.sendLive(items) && connection.pump(),
  onExpired: () => {
    desk.stale();
    drawCursors(false);
  },
});
let viewTimer = null;

desk.listen({
  cursor: () => pace.arm(),
  gesture: () => {
    chrome.showFingers(desk.hasPen, fingersDraw);
    refresh();
  },
  above: () => editing.show(),
  ownWay: () => company.stop(),
  view: (view) => {
    chrome.showZoom(view.zoom);
    grid.look(view);
    drawCursors(true);
    company.look(view);
    pace.arm();
    clearTimeout(viewTimer);
    if (!isEmbed) viewTimer = setTimeout(() => people.keepView(drawer, roomName, view), KEEP_VIEW_MS);
  },
});

// ------------------------------------------------------------------------------------------------------- coming and going

listenForTokens(window, passes, connection);
listenToLeaving(window, { desk, outbox, images, connection, company });

async function begin() {
  if (isKiosk(location.search)) becomeKiosk(window, () => extras.pair(() => chrome.close()));
  hands.begin(window);
  paging.recall();
  const kept = people.viewKept(drawer, roomName);
  if (kept !== null) desk.show(makeView(kept.x, kept.y, kept.zoom));
  chrome.showZoom(desk.view.zoom);
  refresh();
  connection.start();
  images.load().then(refresh);
  const earlier = await outbox.load();
  board.adopt(earlier);
  resubmit(earlier);
  if (earlier.length > 0 && connection.phase !== Phase.LIVE) {
    toasts.say(
      counted(
        gestures(earlier),
        "{n} stroke from before waited here and will be handed over",
        "{n} strokes from before waited here and will be handed over",
      ),
    );
  }
}

expose(window, { board, boards, connection, desk, host, images, liveIn, outbox, presence, self: () => self.person });
begin();
extras.fetchInTime();
