"""Bytes that a page of handwriting takes on its way to e-ink panels, written at the pen's own speed.

Policy, engines and link are the real ones; the line (8N1) and the panel at its end are on a virtual clock. Strokes of a
page follow each other after 0.3 s, which the recording does not say.
"""

import json
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from benchmarks.data import data_file
from firmware_bridge.engine import DeviceEngine, Refused, Rest, Show, Shown, Start, Started, Write
from firmware_bridge.link import Delivered, Link
from firmware_bridge.mcu_device import McuDevice
from firmware_bridge.messages import Begin, Description, Paint, Refresh, State, Status, decode_message
from firmware_bridge.messages import encode_description as describe
from firmware_bridge.messages import encode_message as encode
from firmware_bridge.panel.events import Damage, Done, Failed, PenState, Reconnected, Settings
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.policy import RefreshPolicy
from firmware_bridge.panel.tiles import decode
from firmware_bridge.panel.values import Mode, PanelFacts, Rect, Update
from firmware_bridge.panel.waveshare_uart import FACTS as WAVESHARE
from firmware_bridge.panel.waveshare_uart import WaveshareUart
from firmware_bridge.sim.catalogue import make

BAUD = 115_200
PAGE = "4) Hello World 1 (3.1 delta).uim"  # the longest of the recording: 623 strokes
PAUSE_S = 0.3
PEN = 2  # px of a nib
FACTS = PanelFacts(
    800,
    480,
    modes=frozenset({Mode.FULL, Mode.GREY, Mode.FAST}),
    align_x=8,
    durations=((Mode.FULL, 1.2), (Mode.GREY, 0.45), (Mode.FAST, 0.3)),
)

Segment = tuple[float, Rect, bool]  # s, what the pen has blackened, whether it is down after it


def page(width: int, height: int) -> list[Segment]:
    """The page as rectangles of a nib, in time."""
    lines = data_file("handwriting.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["f"] == PAGE]
    left, top = min(min(row["x"]) for row in rows), min(min(row["y"]) for row in rows)
    right, below = max(max(row["x"]) for row in rows), max(max(row["y"]) for row in rows)
    scale = min((width - PEN - 1) / (right - left), (height - PEN - 1) / (below - top))
    segments: list[Segment] = []
    start = 1.0
    for row in rows:
        at: tuple[int, int] | None = None
        for x, y, t in zip(row["x"], row["y"], row["t"], strict=True):
            to = int((x - left) * scale), int((y - top) * scale)
            for px, py in _line(at or to, to):
                segments.append((start + t / 1000, Rect(px, py, PEN, PEN), True))
            at = to
        start += row["t"][-1] / 1000 + PAUSE_S
        segments.append((start - PAUSE_S, Rect(0, 0, 0, 0), False))
    return segments


def _line(begin: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    steps = max(abs(end[0] - begin[0]), abs(end[1] - begin[1]), 1)
    for step in range(1, steps + 1):
        yield (begin[0] + (end[0] - begin[0]) * step // steps, begin[1] + (end[1] - begin[1]) * step // steps)


class Device(Protocol):
    """What stands at the other end of the line."""

    def receive(self, data: bytes, now: float) -> None: ...

    def on_timer(self, now: float) -> None: ...

    def next_timer(self) -> float | None: ...

    def drain(self) -> list[bytes]: ...


class Microcontroller:
    """The device's side of the link, with a panel that takes its time."""

    def __init__(self) -> None:
        self.link = Link(describe(Description("bench", 0, panel=FACTS)), is_device=True)
        self.link.listen(0.0)
        self.picture = Frame(FACTS.width, FACTS.height)
        self._shown_at: float | None = None
        self._number = 0

    def receive(self, data: bytes, now: float) -> None:
        self.link.receive(data, now)

    def on_timer(self, now: float) -> None:
        if (due := self.link.next_timer()) is not None and due <= now:
            self.link.on_timer(now)
        if self._shown_at is not None and self._shown_at <= now:
            self._shown_at = None
            self.link.send(encode(Status(self._number, State.SHOWN)), now)

    def next_timer(self) -> float | None:
        return _first(self.link.next_timer(), self._shown_at)

    def drain(self) -> list[bytes]:
        written = []
        while outputs := self.link.drain():
            for output in outputs:
                if isinstance(output, Write):
                    written.append(output.data)
                elif isinstance(output, Delivered):
                    self._take(output.message, output.at)
        return written

    def _take(self, data: bytes, now: float) -> None:
        match decode_message(data):
            case Begin(number):
                self._number = number
            case Paint(_, tile):
                self.picture.paste(tile.rect, decode(tile, FACTS.greys))
            case Refresh(number, mode):
                self.link.send(encode(Status(number, State.STARTED)), now)
                self._shown_at = now + dict(FACTS.durations)[mode]


class Writer:
    """A page on its way: policy, engine, line, device; everything on one clock."""

    def __init__(self, engine: DeviceEngine, device: Device, facts: PanelFacts) -> None:
        self.engine, self.device, self.facts = engine, device, facts
        self.policy = RefreshPolicy(facts, Settings())
        self.wanted = Frame(facts.width, facts.height)
        self.now = 0.0
        self.bytes_down = self.commands = self.updates = 0
        self.longest_draw = 0.0  # s, from the first command of an update to its refresh
        self.sizes: list[int] = []  # bytes of each update, acknowledgements included
        self._sent_at, self._sent_bytes = 0.0, 0
        self._wires: tuple[deque[tuple[float, bytes]], ...] = (deque(), deque())  # down, up: when it has arrived
        self._free = [0.0, 0.0]

    def write(self, segments: list[Segment]) -> None:
        self.engine.submit(Start(), self.now)
        self.run_until(0.9)
        self.policy.submit(Damage(self.wanted.rect, bytes(self.wanted.pixels), False), self.now)
        self.run_until(segments[0][0] + 9.0)  # the first, whole frame is not counted
        self.sizes.clear()
        self.bytes_down = self.commands = self.updates = 0
        self.longest_draw = 0.0
        is_down = False
        for at, rect, pen in segments:
            self.run_until(at + 9.0)
            if pen != is_down:
                is_down = pen
                self.policy.submit(PenState(pen), self.now)
            if rect.area:
                self.wanted.paste(rect, bytes(rect.area))
                self.policy.submit(Damage(rect, bytes(rect.area), True), self.now)
            self._pump()
        self.run_until(self.now + 30.0)

    def run_until(self, end: float) -> None:
        while True:
            self._pump()
            wires = [queue[0][0] for queue in self._wires if queue]
            due = _first(self.engine.next_timer(), self.device.next_timer(), self.policy.next_timer(), *wires)
            if due is None or due > end:
                self.now = max(self.now, end)
                return
            self.now = max(self.now, due)
            for queue, take in zip(self._wires, (self.device.receive, self.engine.receive), strict=True):
                while queue and queue[0][0] <= self.now:
                    take(queue.popleft()[1], self.now)
            for party in (self.engine, self.device, self.policy):
                if (timer := party.next_timer()) is not None and timer <= self.now:
                    party.on_timer(self.now)

    def _pump(self) -> None:
        moved = True
        while moved:
            moved = False
            for output in self.engine.drain():
                moved = True
                match output:
                    case Write(data):
                        self._carry(0, data)
                        self.bytes_down += len(data)
                        self.commands += 1
                    case Shown(number):
                        self.updates += 1
                        self.sizes.append(self.bytes_down - self._sent_bytes)
                        self.policy.submit(Done(number), self.now)
                    case Refused(number, _, needs_all):
                        self.policy.submit(Failed(number, needs_all), self.now)
                    case Started():
                        self.longest_draw = max(self.longest_draw, self.now - self._sent_at)
            for data in self.device.drain():
                moved = True
                self._carry(1, data)
            for wish in self.policy.drain():
                moved = True
                if isinstance(wish, Update):
                    self._sent_at, self._sent_bytes = self.now, self.bytes_down
                    self.engine.submit(Show(wish), self.now)
                elif isinstance(wish, Rest):
                    self.engine.submit(wish, self.now)

    def _carry(self, way: int, data: bytes) -> None:
        self._free[way] = max(self._free[way], self.now) + len(data) * 10 / BAUD
        self._wires[way].append((self._free[way], data))


def _first(*times: float | None) -> float | None:
    return min((at for at in times if at is not None), default=None)


def microcontroller() -> dict[str, float]:
    """800x480 in black and white over our own link at 115200 baud; everything the host sends is counted."""
    device = Microcontroller()
    writer = Writer(McuDevice(), device, FACTS)
    writer.write(page(FACTS.width, FACTS.height))
    assert device.picture.pixels == writer.wanted.pixels, "the panel shows another page"
    full = FACTS.width * FACTS.height / 8
    return {
        "times_less": full * writer.updates / writer.bytes_down,
        "bytes_an_update": writer.bytes_down / writer.updates,
        "largest_update": max(writer.sizes),
        "updates": writer.updates,
        "page_bytes": writer.bytes_down,
    }


def waveshare() -> dict[str, float]:
    """The 800x600 module that draws rectangles: written on, and then drawn anew as a whole."""
    device = make("waveshare43", {"boot": "0"})
    writer = Writer(WaveshareUart(), device, WAVESHARE)
    segments = page(WAVESHARE.width, WAVESHARE.height)
    writer.write(segments)
    numbers = {
        "longest_draw_s": writer.longest_draw,
        "commands_an_update": writer.commands / writer.updates,
        "commands_a_page": writer.commands,
        "strokes": sum(not pen for _, _, pen in segments),
        "updates": writer.updates,
    }
    writer.commands, writer.longest_draw = 0, 0.0
    writer.policy.submit(Reconnected(), writer.now)
    writer.run_until(writer.now + 60.0)
    assert device.glass.target == writer.wanted.pixels, "the panel shows another page"
    return {**numbers, "commands_anew": writer.commands, "draw_anew_s": writer.longest_draw}
