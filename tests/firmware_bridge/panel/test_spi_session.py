import asyncio
import threading

import pytest

from firmware_bridge.address import parse_address
from firmware_bridge.engine import Ready, Refused, Rest, Show, Shown, Start, Started
from firmware_bridge.errors import AddressError, DeviceError
from firmware_bridge.panel import spi_session
from firmware_bridge.panel.spi_session import SpiSession, panel_at
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.session import Standing

FACTS = PanelFacts(8, 2)
WHOLE = Rect(0, 0, 8, 2)


class Panel:
    """A driver that does what it is told, or fails as it is told."""

    def __init__(self, failing=()):
        self.failing, self.done, self.threads = set(failing), [], set()
        self.hold = threading.Event()
        self.hold.set()
        self.closed = threading.Event()

    def start(self):
        self.note("start")
        return FACTS

    def show(self, update, started):
        self.note("show")
        started()
        self.hold.wait(10)

    def rest(self):
        self.note("rest")

    def close(self):
        self.done.append("close")
        self.closed.set()

    def note(self, what):
        self.done.append(what)
        self.threads.add(threading.current_thread())
        if what in self.failing:
            self.failing.discard(what)
            raise DeviceError(f"it cannot {what}")


class Watch:
    """What a session says, and waiting for it."""

    def __init__(self, panels):
        self.outputs, self.changes = [], []
        self.news = asyncio.Event()
        self.panels = iter(panels)
        self.session = SpiSession("panel", self.make, self.hear, self.see)
        self.task = asyncio.ensure_future(self.session.run())

    def make(self):
        panel = next(self.panels)
        if isinstance(panel, Exception):
            raise panel
        return panel

    def hear(self, output):
        self.outputs.append(output)
        self.news.set()

    def see(self, change):
        self.changes.append(change)
        self.news.set()

    async def until(self, is_so):
        async with asyncio.timeout(10):
            while not is_so():
                self.news.clear()
                await self.news.wait()

    async def end(self):
        self.task.cancel()
        await asyncio.wait({self.task})


def show(number=1):
    return Show(Update(number, WHOLE, bytes(16), Mode.FULL, 0, 1))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(spi_session, "PAUSE_FIRST_S", 0.0)


async def test_updates_are_shown_in_a_thread_and_told_of_on_the_loop():
    panel = Panel()
    watch = Watch([panel])
    await watch.until(lambda: watch.outputs)
    assert watch.outputs == [Ready("panel, 8x2 px, 2 greys", panel=FACTS)]
    assert watch.changes[-1].standing is Standing.READY
    for command in (Start(), show(7), Rest()):
        assert watch.session.submit(command)
    await watch.until(lambda: Shown(7) in watch.outputs)
    assert watch.outputs[1:] == [Started(7), Shown(7)]
    await watch.end()
    assert panel.closed.wait(10)
    assert threading.main_thread() not in panel.threads
    assert watch.changes[-1].standing is Standing.ENDED
    assert not watch.session.submit(show())


async def test_an_update_that_fails_is_refused_and_the_panel_begun_anew():
    first, second = Panel(["show"]), Panel()
    watch = Watch([first, second])
    await watch.until(lambda: watch.outputs)
    watch.session.submit(show(3))
    await watch.until(lambda: sum(isinstance(output, Ready) for output in watch.outputs) == 2)
    assert Refused(3, "it cannot show", needs_all=True) in watch.outputs
    assert first.closed.wait(10)
    assert [change.text for change in watch.changes if change.standing is Standing.WAITING] == ["it cannot show"]
    assert watch.session.statistics() == {"connections": 2, "shown": 0, "refused": 1}
    await watch.end()


async def test_pins_that_cannot_be_had_are_tried_again():
    watch = Watch([DeviceError("no such pin"), Panel(["start"]), Panel()])
    await watch.until(lambda: watch.outputs)
    texts = [change.text for change in watch.changes]
    assert texts == ["no such pin", "it cannot start", "panel, 8x2 px, 2 greys"]
    await watch.end()


async def test_ending_in_the_middle_of_a_refresh_waits_for_nothing_and_still_lets_go_of_the_pins():
    panel = Panel()
    panel.hold.clear()
    watch = Watch([panel])
    await watch.until(lambda: watch.outputs)
    watch.session.submit(show())
    await watch.until(lambda: Started(1) in watch.outputs)
    await watch.end()
    assert not panel.closed.is_set()
    panel.hold.set()
    assert panel.closed.wait(10)
    assert panel.done == ["start", "show", "rest", "close"]


async def test_commands_that_wait_are_bounded():
    panel = Panel()
    panel.hold.clear()
    watch = Watch([panel])
    await watch.until(lambda: watch.outputs)
    taken = [watch.session.submit(show(number)) for number in range(20)]
    assert taken == [True] * spi_session.WAITING_MAX + [False] * (20 - spi_session.WAITING_MAX)
    panel.hold.set()
    await watch.end()


async def test_asking_says_who_is_there_and_lets_go_again():
    for panel, standing in ((Panel(), Standing.READY), (Panel(["start"]), Standing.ENDED)):
        change = await SpiSession("panel", lambda panel=panel: panel, print, print).ask()
        assert change.standing is standing
        assert panel.closed.wait(10)


@pytest.mark.slow
async def test_a_simulated_panel_is_driven_by_the_same_code_and_leaves_a_picture(tmp_path):
    picture = tmp_path / "glass.png"
    name, make = panel_at(parse_address(f"sim:ssd1680?picture={picture}"))
    panel = make()
    facts = panel.start()
    rect = Rect(0, 0, facts.width, facts.height)
    panel.show(Update(1, rect, b"\xff" * rect.area, Mode.FULL, 0, 1), lambda: None)
    panel.close()
    assert name == "ssd1680"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("spi:/dev/spidev0.0", "driver=it8951|uc8179|ssd1680"),
        ("spi:/dev/spidev0.0?driver=st7789", "driver=it8951"),
        ("spi:/dev/spidev0.0?driver=it8951&dc=25", "no option dc"),
        ("spi:/dev/spidev0.0?driver=uc8179&busy=left", "busy=left is no number"),
        ("spi:/dev/spidev0.0?driver=ssd1680&width=0", "0x296"),
        ("sim:it8951?model=99inch", "99inch"),
    ],
)
def test_an_address_that_no_panel_can_be_at_says_what_to_write(url, text):
    with pytest.raises(AddressError) as caught:
        panel_at(parse_address(url))
    assert text in str(caught.value)


def test_a_panel_on_pins_is_opened_only_when_it_is_made(monkeypatch):
    opened = []
    monkeypatch.setattr(spi_session, "SpiWires", lambda *arguments: opened.append(arguments))
    name, make = panel_at(parse_address("spi:/dev/spidev0.0?driver=it8951&vcom=1530&busy=5"))
    assert (name, opened) == ("it8951", [])
    make()
    ((device, pins, hertz),) = opened
    assert (device, pins.busy, pins.reset, pins.data, pins.select, hertz) == (
        "/dev/spidev0.0",
        5,
        17,
        None,
        8,
        12_000_000,
    )
