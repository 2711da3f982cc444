import asyncio

import pytest

from firmware_bridge.engine import Failed, Ready, Rest, SetBaud, Start, Told, Write
from firmware_bridge.errors import PortBusyError, PortMissingError
from firmware_bridge.session import Session, Standing


class Echo:
    """An engine that asks `?`, is ready on `!`, fails on `x`, and times out when told to."""

    def __init__(self, patience=None):
        self._out = []
        self._patience = patience
        self._due = None

    def receive(self, data, now):
        for byte in data.decode():
            match byte:
                case "!":
                    self._due = None
                    self._out.append(Ready("an echo"))
                case "x":
                    self._out.append(Failed("it said x"))
                case other:
                    self._out.append(Told(other))

    def submit(self, command, now):
        match command:
            case Start():
                self._out += [SetBaud(38400), Write(b"?")]
                self._due = None if self._patience is None else now + self._patience
            case Rest():
                self._out.append(Write(b"z"))

    def on_timer(self, now):
        if self._due is not None and self._due <= now:
            self._due = None
            self._out.append(Failed("no answer"))

    def next_timer(self):
        return self._due

    def drain(self):
        out, self._out = self._out, []
        return out

    def statistics(self):
        return {"packets": 3}


class Line:
    """A port that remembers."""

    name = "line"

    def __init__(self, on_data, on_lost):
        self.on_data, self.on_lost = on_data, on_lost
        self.done = []
        self.is_closed = False

    def write(self, data):
        self.done.append(data)

    def set_rate(self, rate):
        self.done.append(rate)

    def close(self):
        self.is_closed = True


class Bench:
    """A session whose lines are opened by hand."""

    def __init__(self, make_engine=Echo, refusals=()):
        self.lines, self.outputs, self.changes = [], [], []
        self._refusals = list(refusals)
        self._news = asyncio.Event()
        self.session = Session(self._open, make_engine, self._note(self.outputs), self._note(self.changes))
        self.task = None

    def _note(self, into):
        def note(value):
            into.append(value)
            self._news.set()

        return note

    async def _open(self, on_data, on_lost):
        self._news.set()
        if self._refusals:
            raise self._refusals.pop(0)
        self.lines.append(Line(on_data, on_lost))
        return self.lines[-1]

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self.session.run())
        return self

    async def __aexit__(self, *why):
        self.task.cancel()
        await asyncio.wait({self.task})

    async def until(self, holds):
        async with asyncio.timeout(10):
            while not holds():
                self._news.clear()
                await self._news.wait()

    @property
    def standing(self):
        return self.session.change.standing


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("firmware_bridge.session.PAUSE_FIRST_S", 0.001)
    monkeypatch.setattr("firmware_bridge.session.PAUSE_LAST_S", 0.002)


async def test_a_device_that_answers_is_ready_and_takes_commands():
    async with Bench() as bench:
        await bench.until(lambda: bench.standing is Standing.ASKING)
        assert not bench.session.submit(Rest())
        line = bench.lines[0]
        assert line.done == [38400, b"?"]
        line.on_data(b"!")
        assert bench.standing is Standing.READY
        assert bench.session.change.text == "an echo"
        assert bench.session.submit(Rest())
        assert line.done[-1] == b"z"
        assert bench.session.statistics() == {"packets": 3}
        line.on_data(b"ab")
        assert bench.outputs[1:] == [Told("a"), Told("b")]
    assert line.is_closed
    assert bench.standing is Standing.ENDED


async def test_whoever_hears_that_a_device_is_ready_may_command_it_at_once():
    bench = Bench()
    bench.session._on_output = lambda output: isinstance(output, Ready) and bench.session.submit(Rest())
    async with bench:
        await bench.until(lambda: bench.lines)
        bench.lines[0].on_data(b"!")
        assert bench.lines[0].done[-1] == b"z"


async def test_a_line_that_is_lost_is_opened_again_with_a_fresh_engine():
    async with Bench() as bench:
        await bench.until(lambda: bench.lines)
        bench.lines[0].on_data(b"!")
        bench.lines[0].on_lost(PortMissingError("line was unplugged"))
        await bench.until(lambda: len(bench.lines) == 2)
        assert bench.lines[0].is_closed
        bench.lines[1].on_data(b"!")
        assert bench.session.connections == 2
        assert [change.standing for change in bench.changes] == [
            Standing.ASKING, Standing.READY, Standing.WAITING, Standing.ASKING, Standing.READY,
        ]  # fmt: skip
        assert "unplugged" in bench.changes[2].text


async def test_a_line_that_cannot_be_opened_is_told_once_and_tried_again():
    busy = [PortBusyError("line: held", "end it") for _ in range(5)]
    async with Bench(refusals=busy) as bench:
        await bench.until(lambda: bench.lines)
        assert [str(change.text) for change in bench.changes if change.standing is Standing.WAITING] == [
            "line: held; end it"
        ]


async def test_a_device_that_does_not_answer_in_time_is_let_go_of():
    async with Bench(lambda: Echo(patience=0.001)) as bench:
        await bench.until(lambda: len(bench.lines) >= 2)
        assert bench.lines[0].is_closed
        assert any(change.text == "no answer" for change in bench.changes)


async def test_what_fails_later_begins_anew():
    async with Bench() as bench:
        await bench.until(lambda: bench.lines)
        bench.lines[0].on_data(b"!x")
        await bench.until(lambda: len(bench.lines) == 2)
        assert bench.lines[0].is_closed
        assert any(change.text == "it said x" for change in bench.changes)


async def test_asking_lets_go_of_the_line_again():
    bench = Bench()
    asked = asyncio.ensure_future(bench.session.ask())
    await bench.until(lambda: bench.lines)
    await bench.until(lambda: bench.changes or bench.lines[0].done)
    bench.lines[0].on_data(b"!")
    change = await asked
    assert (change.standing, change.text) == (Standing.READY, "an echo")
    assert bench.lines[0].is_closed


async def test_asking_a_line_that_is_not_there_says_why():
    bench = Bench(refusals=[PortMissingError("gone")])
    change = await bench.session.ask()
    assert (change.standing, change.text) == (Standing.ENDED, "gone")


async def test_whoever_hears_that_a_device_is_ready_may_have_a_command_for_it_at_once():
    taken = []
    async with Bench() as bench:
        await bench.until(lambda: bench.lines)
        bench.session._on_output = lambda output: taken.append(bench.session.submit(Rest()))
        bench.lines[0].on_data(b"!")
        await bench.until(lambda: bench.changes[-1].standing is Standing.READY)
    assert taken == [True]
    assert bench.lines[0].done[-1] == b"z"
