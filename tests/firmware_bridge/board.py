"""A device of our own link in Python, for tests: what it shows and what its pen does is said by the test."""

from firmware_bridge import link
from firmware_bridge.engine import Write
from firmware_bridge.link import Link
from firmware_bridge.messages import (
    Begin,
    Description,
    Paint,
    Ping,
    Pong,
    Reason,
    Refresh,
    State,
    Status,
    decode_message,
    encode_description,
    encode_message,
)
from firmware_bridge.panel.frame import Frame
from firmware_bridge.panel.tiles import decode
from firmware_bridge.panel.values import Mode, PanelFacts
from firmware_bridge.pen.samples import PenFacts

PEN = PenFacts(20_000, 15_000, 1023, 100.0, has_tilt=True, rate=200, is_checked=True)
PANEL = PanelFacts(
    64, 48, 2, frozenset({Mode.FULL, Mode.FAST}), durations=((Mode.FULL, 1.5), (Mode.FAST, 0.25)), has_sleep=True
)


class Board:
    def __init__(self, pen=PEN, panel=PANEL, offset=0.0, **options):
        self.description = Description("bench board", 0, pen, panel)
        self.options = options
        self.offset = offset  # s that its clock is ahead of the host's
        self.frame = Frame(panel.width, panel.height, 128) if panel else None
        self.shows = 0
        self.update = None
        self.outputs = []
        self.link = None
        self.messages = []

    def clock(self, now):
        return round((now + self.offset) * 1e6) % 2**32

    def boot(self, now):
        description = Description(self.description.name, self.clock(now), self.description.pen, self.description.panel)
        self.link = Link(encode_description(description), is_device=True, window=12, frame=128, **self.options)
        self.shows, self.update = 0, None
        self.link.listen(now)

    def receive(self, data, now):
        self.link.receive(data, now)
        self.work(now)

    def on_timer(self, now):
        self.link.on_timer(now)
        self.work(now)

    def next_timer(self):
        return self.link.next_timer()

    def drain(self):
        outputs, self.outputs = self.outputs + [o for o in self.link.drain() if isinstance(o, Write)], []
        return outputs

    def send(self, message, now):
        self.link.send(encode_message(message), now)

    def work(self, now):
        description = Description(self.description.name, self.clock(now), self.description.pen, self.description.panel)
        self.link.body = encode_description(description)
        for output in self.link.drain():
            if isinstance(output, link.Delivered):
                self.take(decode_message(output.message), now)
            else:
                self.outputs.append(output)

    def take(self, message, now):
        self.messages.append(message)
        match message:
            case Ping(token):
                self.link.send_loose(encode_message(Pong(token, self.clock(now))), now)
            case Begin(number, base):
                if base not in (0, self.shows):
                    self.send(Status(number, State.REFUSED, Reason.OTHER_BASE), now)
                else:
                    self.update, self.shows = message, 0
            case Paint(number, tile) if self.update and number == self.update.number:
                self.frame.paste(tile.rect, decode(tile, self.description.panel.greys))
            case Refresh(number) if self.update and number == self.update.number:
                self.send(Status(number, State.STARTED, Reason.NONE, 2150), now)
                self.shows = self.update.frame
                self.send(Status(number, State.SHOWN), now)
