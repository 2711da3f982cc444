"""Somebody at a board: a browser profile, its pages, and a hand that draws with a real pen.

Pen, mouse and touch go in through the DevTools protocol, below the page, so that what the page gets are true Pointer
Events. The events of one movement are sent together: a hand is as quick where the machine is slow, so that a stroke is
one op there too, and not one for every 2 s that the page takes to draw it. The page's content security policy stays in
force; so nothing here waits by evaluating strings in the page.
"""

import asyncio
import base64
import itertools
import json
import math
import time
import uuid

from tests.conftest import eventually

PATIENCE_S = 60.0
SAMPLE_S = 0.004  # between the points of a hand
SHIFT = 8  # as DevTools says that the key is held

# What Chromium says when the node is away, of the icon that a picture has not, and of a header that only matters where
# the origin is secure: no fault of the page.
EXPECTED = (
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_EMPTY_RESPONSE",
    "net::ERR_SOCKET_NOT_CONNECTED",
    "/favicon.ico",
    "Cross-Origin-Opener-Policy header has been ignored",
)

READ_STROKES = """async () => {
    const { decodeStroke, decodeColumns } = await import("/static/codec.js");
    const { ItemType } = await import("/static/kinds.js");
    const read = (piece, at) => at === 0 ? decodeStroke(piece.payload) : { columns: decodeColumns(piece.payload) };
    return window.edgeboard.document.items()
        .filter((item) => item.type === ItemType.STROKE)
        .map((item) => ({ id: item.id, pieces: item.pieces.map(read) }));
}"""


# A name that this browser knows its person by, until they give themselves another.
KNOWN = """
    if (origin !== "null" && localStorage.getItem("edgeboard.person") === null) {
        localStorage.setItem("edgeboard.person", JSON.stringify(%s));
    }
"""

# What of a canvas (#sheet, #overlay) lies at a place of the window: red, green, blue, alpha of each px, row by row, in
# base64: lists of numbers take a hundred times as long on their way through DevTools.
PIXELS = """async ([x, y, width, height, id]) => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame); // a canvas is painted in the frame after a change
    const canvas = document.getElementById(id);
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    const from = [(x - box.left) * ratio, (y - box.top) * ratio, width * ratio, height * ratio];
    copy.drawImage(canvas, ...from, 0, 0, width, height);
    const { data } = copy.getImageData(0, 0, width, height);
    let bytes = "";
    for (let at = 0; at < data.length; at += 8192) bytes += String.fromCharCode(...data.subarray(at, at + 8192));
    return btoa(bytes);
}"""


class Person:
    """One browser profile in one room; `page` is the tab that is open."""

    def __init__(self, browser, node, room, name=None, *, carrier=None, before="", prepare=None, query="", **context):
        self.node = node
        self.room = room
        self.faults = []
        self._moved_at = 0.0  # the last time of an event that this hand made
        self._url = f"{node.url}/room/{room}" + (
            f"?{query}" if query else "" if carrier is None else f"?carrier={carrier}"
        )
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "accept_downloads": True, **context}
        )
        if name is not None:
            self.context.add_init_script(KNOWN % json.dumps({"id": uuid.uuid4().hex, "name": name}))
        if before:
            self.context.add_init_script(before)
        if prepare is not None:
            prepare(self.context)
        self.open()

    # -- pages

    def open(self, url=None):
        """A new tab."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", self._on_console)
        self._devtools = self.context.new_cdp_session(self.page)
        self.page.goto(url or self._url)

    def _on_console(self, message):
        text = f"console: {message.text} ({message.location.get('url')})"
        if message.type in ("error", "warning") and not any(expected in text for expected in EXPECTED):
            self.faults.append(text)

    def close_tab(self):
        self.page.close()

    def leave(self):
        """Close the browser, as people do: its pages say good-bye."""
        for page in self.context.pages:
            page.goto("about:blank")
        self.context.close()

    def ask(self, expression, argument=None):
        return self.page.evaluate(expression, argument)

    def pixels(self, x, y, width=1, height=1, where="sheet"):
        """What a part of the window shows two frames from now: (red, green, blue, alpha) of each px."""
        data = base64.b64decode(self.ask(PIXELS, [x, y, width, height, where]))
        return list(zip(*(data[part::4] for part in range(4)), strict=True))

    def until(self, expression, seconds=PATIENCE_S):
        """Wait until an expression in the page is true."""
        return eventually(lambda: self.ask(expression), seconds)

    def live(self, seconds=PATIENCE_S):
        """Wait until this page is linked, and has the canvas."""
        try:
            self.until("globalThis.edgeboard?.state === 'live'", seconds)
        except AssertionError as why:
            told = self.ask("[globalThis.edgeboard?.state, document.readyState, document.body.innerText.slice(0, 300)]")
            raise AssertionError(f"{self._url} is not live: {why}; {told}; {self.faults}") from None
        return self

    def introduce(self, name):
        """Say a name, as people do."""
        self.page.click("#people")
        self.page.click("#edit-name")
        self.page.fill("#name", name)
        self.page.click("#dialog-name button[type=submit]")

    def limit_storage(self, size):
        """The browser keeps at most so many bytes for this board from now on, as on a device that is full."""
        self._devtools.send("Storage.overrideQuotaForOrigin", {"origin": self.node.url, "quotaSize": size})

    # -- what is to be seen

    @property
    def state(self):
        return self.ask("document.body.dataset.state")

    @property
    def carrier(self):
        shown, told = self.ask("[document.body.dataset.carrier, edgeboard.carrier]")
        assert shown == told
        return shown

    @property
    def digest(self):
        return self.ask("edgeboard.digest()")

    def strokes(self):
        """The strokes on the canvas in paint order, with all their columns."""
        return self.ask(READ_STROKES)

    def pieces(self):
        """How many ops the strokes on the canvas are: one each, and another for every 2 s that a slow hand takes."""
        return self.ask("edgeboard.document.items().reduce((sum, { pieces }) => sum + pieces.length, 0)")

    def count(self):
        return self.ask("edgeboard.items().length")

    def sees(self, count):
        """Wait until there are so many items, neither more nor less; of the last, there may be more to come."""
        eventually(lambda: self.count() == count, PATIENCE_S)
        return self

    def agrees(self, *others):
        """Wait until what these people see is the same, to the last piece and cut."""
        eventually(lambda: {person.digest for person in others} == {self.digest}, PATIENCE_S)
        return self

    def safe(self):
        """Wait until all that this person drew is safe."""
        self.until("edgeboard.unsafe() === 0")
        return self

    def toast(self, text):
        """Wait for words in passing."""
        self.page.locator("#toasts .toast", has_text=text).first.wait_for(timeout=PATIENCE_S * 1000)

    # -- what they do

    def press(self, keys):
        self.page.keyboard.press(keys)

    def undo(self):
        self.press("Control+z")

    def redo(self):
        self.press("Control+Shift+z")

    def pen_down(self, *points):
        """A pen that is set down on the first of these (x, y, pressure), and moved along the others."""
        self._hand("pen", ("mousePressed", *points[0]), *(("mouseMoved", *point) for point in points[1:]))

    def pen_along(self, *points):
        """The pen that is down, moved along these (x, y, pressure)."""
        self._hand("pen", *(("mouseMoved", *point) for point in points))

    def pen_up(self, x, y):
        self._hand("pen", ("mouseReleased", x, y, 0.0))

    def stroke(self, *points):
        """A pen from the first of these (x, y, pressure) to the last."""
        moves = (("mouseMoved", *point) for point in points[1:])
        self._hand("pen", ("mousePressed", *points[0]), *moves, ("mouseReleased", *points[-1][:2], 0.0))

    def draw(self, x, y, *, width=240, height=60, points=24, low=0.15, high=0.9):
        """A wave from there to the right, pressed ever harder. Returns the points, with their pressure."""
        made = wave(x, y, width, height, points, low, high)
        self.stroke(*made)
        return made

    def _hand(self, device, *events, modifiers=0):
        """Events (kind, x, y, pressure) of a pen or a mouse whose button is down until it is released."""
        common = {"pointerType": device, "button": "left", "clickCount": 1, "modifiers": modifiers}
        held = {"mouseReleased": 0}
        self._at_once(
            "Input.dispatchMouseEvent",
            [
                {**common, "type": kind, "x": x, "y": y, "force": force, "buttons": held.get(kind, 1)}
                for kind, x, y, force in events
            ],
        )

    def _at_once(self, method, events):
        """Events one after the other, as if made just before, without awaiting what the page makes of each."""
        now = time.time()
        step = min(SAMPLE_S, (now - self._moved_at) / len(events))  # none is older than one before
        stamped = [{**event, "timestamp": now - step * (len(events) - 1 - at)} for at, event in enumerate(events)]
        self._moved_at = now

        async def tell():
            # what the driver offers to all awaits the answer to each, which comes with a frame of the page
            await asyncio.gather(*(self._devtools._impl_obj.send(method, event, None) for event in stamped))

        self._devtools._sync(tell())

    def swipe(self, places, *, turned=False):
        """A pen along these places, from within the page: at once, or with its other end, for which DevTools has no
        button."""
        self.ask(
            """([places, button, buttons]) => {
                const stage = document.getElementById("stage");
                const tell = (type, [clientX, clientY], isDown) => stage.dispatchEvent(new PointerEvent(type, {
                    clientX, clientY, button: type === "pointermove" ? -1 : button, buttons: isDown ? buttons : 0,
                    pressure: isDown ? 0.3 : 0, pointerType: "pen", pointerId: 77, bubbles: true, cancelable: true,
                }));
                tell("pointerdown", places[0], true);
                for (const place of places.slice(1)) tell("pointermove", place, true);
                tell("pointerup", places.at(-1), false);
            }""",
            [places, *((5, 32) if turned else (0, 1))],
        )

    def drag(self, *places, shift=False, steps=6):
        """The mouse, pressed at the first of these places and let go at the last; `steps` from one to the next."""
        self.page.mouse.move(*places[0])
        track = [
            tuple(start + (end - start) * at / steps for start, end in zip(before, place, strict=True))
            for before, place in itertools.pairwise(places)
            for at in range(1, steps + 1)
        ]
        events = [
            ("mousePressed", *places[0]),
            *(("mouseMoved", *place) for place in track),
            ("mouseReleased", *places[-1]),
        ]
        self._hand("mouse", *((*event, 0.0) for event in events), modifiers=SHIFT if shift else 0)

    def hover(self, x, y):
        self.page.mouse.move(x, y)

    def touch(self, kind, *points):
        """Fingers at these (x, y, force)."""
        self.touches((kind, *points))

    def touches(self, *events):
        """A movement of fingers, at once: kinds, each with the (x, y, force) of the fingers there."""
        self._at_once(
            "Input.dispatchTouchEvent",
            [
                {
                    "type": kind,
                    "touchPoints": [
                        {"x": x, "y": y, "force": force, "id": at} for at, (x, y, force) in enumerate(points)
                    ],
                }
                for kind, *points in events
            ],
        )

    def download(self, selector):
        """Press a link of the menu; returns what it saves, and under which name."""
        self.page.click("#menu")
        with self.page.expect_download() as download:
            self.page.click(selector)
        path = download.value.path()
        return path.read_bytes(), download.value.suggested_filename


def wave(x, y, width, height, points, low, high):
    """(x, y, pressure) of a wave."""
    last = points - 1
    return [
        (x + width * at / last, y + height / 2 * math.sin(at / last * 3 * math.pi), low + (high - low) * at / last)
        for at in range(points)
    ]


def columns(stroke):
    """The columns of a stroke of one piece."""
    (piece,) = stroke["pieces"]
    return piece["columns"]
