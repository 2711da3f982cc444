"""Somebody at a board: a browser profile, its pages, and a hand that draws with a real pen.

Pen and touch go in through the DevTools protocol, below the page, so that what the page gets are true Pointer Events.
The page's content security policy stays in force; so nothing here waits by evaluating strings in the page.
"""

import math

from tests.conftest import eventually

PATIENCE_S = 30.0

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


# What of a canvas (#sheet, #overlay) lies at a place of the window: red, green, blue, alpha of each px, row by row.
PIXELS = """async ([x, y, width, height, id]) => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame); // a canvas is painted in the frame after a change
    const canvas = document.getElementById(id);
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    const from = [(x - box.left) * ratio, (y - box.top) * ratio, width * ratio, height * ratio];
    copy.drawImage(canvas, ...from, 0, 0, width, height);
    const { data } = copy.getImageData(0, 0, width, height);
    return Array.from({ length: width * height }, (_, at) => [...data.subarray(4 * at, 4 * at + 4)]);
}"""


class Person:
    """One browser profile in one room; `page` is the tab that is open."""

    def __init__(self, browser, node, room, name=None, *, carrier=None, before="", prepare=None, query="", **context):
        self.node = node
        self.room = room
        self.faults = []
        self._url = f"{node.url}/room/{room}" + (
            f"?{query}" if query else "" if carrier is None else f"?carrier={carrier}"
        )
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "accept_downloads": True, **context}
        )
        if before:
            self.context.add_init_script(before)
        if prepare is not None:
            prepare(self.context)
        self.open()
        if name is not None:
            self.introduce(name)

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
        return [tuple(each) for each in self.ask(PIXELS, [x, y, width, height, where])]

    def until(self, expression, seconds=PATIENCE_S):
        """Wait until an expression in the page is true."""
        return eventually(lambda: self.ask(expression), seconds)

    def live(self, seconds=PATIENCE_S):
        """Wait until this page is linked, and has the canvas."""
        self.until("globalThis.edgeboard?.state === 'live'", seconds)
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
        """Wait until there are so many items, neither more nor less."""
        eventually(lambda: self.count() == count, PATIENCE_S)
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

    def pen(self, kind, x, y, force=0.0, button="left"):
        what = {"type": kind, "x": x, "y": y, "pointerType": "pen", "force": force, "clickCount": 1}
        down = {"button": button, "buttons": 1} if kind != "mouseReleased" else {"button": button, "buttons": 0}
        self._devtools.send("Input.dispatchMouseEvent", {**what, **down})

    def draw(self, x, y, *, width=240, height=60, points=24, low=0.15, high=0.9):
        """A wave from there to the right, pressed ever harder. Returns the points, with their pressure."""
        made = wave(x, y, width, height, points, low, high)
        self.pen("mousePressed", *made[0])
        for point in made[1:]:
            self.pen("mouseMoved", *point)
        self.pen("mouseReleased", made[-1][0], made[-1][1])
        return made

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
        """The mouse, pressed at the first of these places and let go at the last."""
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        if shift:
            self.page.keyboard.down("Shift")
        for place in places[1:]:
            mouse.move(*place, steps=steps)
        mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def hover(self, x, y):
        self.page.mouse.move(x, y)

    def touch(self, kind, *points):
        """Fingers at these (x, y, force)."""
        places = [{"x": x, "y": y, "force": force, "id": at} for at, (x, y, force) in enumerate(points)]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

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
