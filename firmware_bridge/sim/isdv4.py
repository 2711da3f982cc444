"""A Wacom ISDv4 tablet of a tablet PC ("penabled", W8001), as its host sees it.

From the description of the protocol in the Linux Wacom project's headers and in the kernel's W8001 driver: single ASCII
bytes as commands, 11-byte control packets, 9-byte pen packets, and touch packets of 5, 7 or 13 bytes. Its manners:
19200 or 38400 baud and nothing else, no control packet while it is sampling, sensors 0 to 5 only, and bit 7 set in the
first byte of a packet and in no other.
"""

from dataclasses import dataclass
from typing import Final, final

from firmware_bridge.sim.hand import Hand, HandSample
from firmware_bridge.sim.line import LineDevice

RATES: Final = (19_200, 38_400)
ANSWER_S: Final = 0.01  # from a query to its answer
PACKET_BITS: Final = 90  # of nine bytes: the line allows no more packets a second
PALM: Final = (3_000, 3_500)  # where a hand rests, in units of the touch sensor
TOUCH_LENGTHS: Final = {0: 5, 1: 7, 2: 5, 3: 7, 4: 7, 5: 13}  # bytes, by sensor


@dataclass(frozen=True, slots=True)
class Isdv4Model:
    """What a tablet says of itself.

    Attributes:
        touch: sensor 0 .. 5; None: only a pen, and the touch query is met with silence.
        admits_no_touch: only a pen, but the touch query is answered, with a resolution of 0.
    """

    baud: int
    x_max: int  # 1/100 mm
    y_max: int
    pressure_max: int  # .. 1023
    tilt_max: int  # .. 127, the same for both; 0: none
    version: int
    touch: int | None = None
    admits_no_touch: bool = False
    touch_max: tuple[int, int] = (4095, 4095)


MODELS: Final = {
    "WACf004": Isdv4Model(19_200, 21_240, 15_980, 255, 0, 256),  # as reported of a real one
    "WACf008": Isdv4Model(38_400, 26_312, 16_520, 255, 0, 1040, admits_no_touch=True),
    "WACf00c": Isdv4Model(38_400, 26_312, 16_520, 1023, 127, 1040, touch=5),
}


@final
class Isdv4Tablet(LineDevice):
    """The tablet with a hand on it.

    Args:
        model: what it is.
        hand: writes on it while it is sampling; None: nobody does.
        has_palm: the hand rests on the glass while it writes, which a tablet with touch reports.

    Raises:
        ValueError: no such tablet was made.
    """

    def __init__(self, model: Isdv4Model, hand: Hand | None = None, *, has_palm: bool = False) -> None:
        if model.baud not in RATES:
            raise ValueError(f"ISDv4 tablets speak {RATES[0]} or {RATES[1]} baud, not {model.baud}")
        if model.touch is not None and model.touch not in TOUCH_LENGTHS:
            raise ValueError(f"sensors are numbered 0 to 5, not {model.touch}")
        super().__init__(model.baud)
        self.model = model
        self.hand = hand
        self.is_sampling = False
        self._has_palm = has_palm and model.touch is not None
        self._is_on = True
        self._answers: list[tuple[float, bytes]] = []  # when due
        self._free_at = 0.0  # when the line can take the next packet

    def power(self, is_on: bool, now: float) -> None:
        self._is_on = is_on
        self._answers.clear()
        self._sent.clear()
        self._free_at = now
        self._stop()

    def hear(self, data: bytes, now: float) -> None:
        for byte in data if self._is_on else b"":
            match bytes([byte]):
                case b"0":
                    self.counts["stops"] += 1
                    self._stop()
                case b"1":
                    self.counts["starts"] += 1
                    self.is_sampling = True
                    if self.hand is not None:
                        self.hand.begin(now)
                case b"*" | b"%" | b"&" if self.is_sampling:
                    self.counts["queries_refused"] += 1
                case b"*":
                    self._answer(encode_pen_facts(self.model), now)
                case b"%" if self.model.touch is not None or self.model.admits_no_touch:
                    self._answer(encode_touch_facts(self.model), now)
                case b"&" if self.model.touch is not None:
                    self._answer(b"&", now)
                case _:
                    self.counts["ignored"] += 1

    def on_timer(self, now: float) -> None:
        while self._answers and self._answers[0][0] <= now:
            answer = self._answers.pop(0)[1]
            if not self.is_sampling:  # it had begun before the answer was due: no control packet now
                self.say(answer)
        while (due := self._packet_due()) is not None and due <= now and self.hand is not None:
            sample = self.hand.take()
            self._free_at = max(due, self._free_at) + PACKET_BITS / self.baud
            if self._has_palm:  # lifted as the pen leaves
                self.say(encode_touch(self.model, [PALM] if sample.is_near else []))
                self._free_at += TOUCH_LENGTHS[self.model.touch or 0] * 10 / self.baud
            self.counts["packets"] += 1
            self.say(encode_sample(self.model, sample))

    def next_timer(self) -> float | None:
        times = [due for due in (self._packet_due(), *(at for at, _ in self._answers[:1])) if due is not None]
        return min(times, default=None)

    def _packet_due(self) -> float | None:
        due = self.hand.next_time() if self.hand is not None and self.is_sampling else None
        return None if due is None else max(due, self._free_at)

    def _answer(self, packet: bytes, now: float) -> None:
        self.counts["queries"] += 1
        if len(self._answers) < 16:
            self._answers.append((now + ANSWER_S, packet))

    def _stop(self) -> None:
        self.is_sampling = False
        if self.hand is not None:
            self.hand.pause()


def encode_pen_facts(model: Isdv4Model) -> bytes:
    """The 11 bytes that answer a pen query."""
    high_low = _low_bits(model.x_max, model.y_max, model.pressure_max)
    places = [*_high_bits(model.x_max), *_high_bits(model.y_max)]
    tilt = [model.tilt_max, model.tilt_max]
    version = [model.version >> 7 & 0x7F, model.version & 0x7F]
    return bytes([0xC0, *places, model.pressure_max & 0x7F, high_low, *tilt, *version])


def encode_touch_facts(model: Isdv4Model) -> bytes:
    """The 11 bytes that answer a touch query."""
    if model.touch is None:
        return bytes([0xC1, *bytes(10)])
    x_max, y_max = model.touch_max
    data_id = 0x03 if model.touch == 5 else 0x01
    resolution = 12
    low = (x_max & 3) << 5 | (y_max & 3) << 3 | model.touch
    version = [model.version >> 7 & 0x7F, model.version & 0x7F]
    return bytes([0xC0 | data_id, resolution, low, *_high_bits(x_max), *_high_bits(y_max), 0, 0, *version])


def encode_sample(model: Isdv4Model, sample: HandSample) -> bytes:
    """The 9 bytes of a pen packet."""
    pressure = max(1, round(sample.pressure * model.pressure_max)) if sample.is_touching else 0
    first = 0x80 | sample.is_near << 5 | sample.is_eraser << 2 | sample.is_side << 1 | sample.is_touching
    if not sample.is_near:
        first = 0x80
    centre = model.tilt_max / 2
    tilts = [min(max(round(centre + tilt * centre), 0), model.tilt_max) for tilt in (sample.tilt_x, sample.tilt_y)]
    return encode_pen(first, sample.x, sample.y, pressure, tilts[0], tilts[1])


def encode_pen(first: int, x: int, y: int, pressure: int, tilt_x: int = 0, tilt_y: int = 0) -> bytes:
    """The 9 bytes of a pen packet, from its values as they are."""
    places = [*_high_bits(x), *_high_bits(y)]
    return bytes([first, *places, pressure & 0x7F, _low_bits(x, y, pressure), tilt_x, tilt_y])


def encode_touch(model: Isdv4Model, fingers: list[tuple[int, int]]) -> bytes:
    """A touch packet of the sensor's length: the places of up to two fingers, none if all were lifted."""
    length = TOUCH_LENGTHS[model.touch or 0]
    places = [number for x, y in fingers[:2] for number in (x >> 7 & 0x7F, x & 0x7F, y >> 7 & 0x7F, y & 0x7F)]
    down = sum(1 << finger for finger in range(min(len(fingers), 2 if length == 13 else 1)))
    packet = bytearray(length)
    packet[0] = 0x90 | down
    if places:
        packet[1:5] = bytes(places[:4])
    if length == 13 and len(places) > 4:
        packet[7:11] = bytes(places[4:])
    return bytes(packet)


def _high_bits(value: int) -> tuple[int, int]:
    """[15:9] and [8:2]."""
    return value >> 9 & 0x7F, value >> 2 & 0x7F


def _low_bits(x: int, y: int, pressure: int) -> int:
    """What the 7-bit bytes before left over: X[1:0], Y[1:0], pressure[9:7]."""
    return (x & 3) << 5 | (y & 3) << 3 | pressure >> 7 & 7
