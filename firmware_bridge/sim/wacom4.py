"""A Wacom tablet of the nineties on a serial line, protocol IV, as its host sees it: ArtZ II, Graphire, ArtPad, Cintiq.

From the description in the kernel's serial Wacom driver and the Linux Wacom project's tools: ASCII commands, most of
them ended by CR, answers that begin with `~` and end with CR, packets of 7 bytes of which only the first has bit 7 set.
`CR #` and `CR $` need no CR after them, and neither does `~#`. A CR alone does nothing.

What the description leaves open: which commands an ASCII-mode tablet still hears (here `CR #` alone), and that the
tablet is silent after power and reset until `ST`; `is_chatty` makes it send at once.
"""

from dataclasses import dataclass
from typing import Final, final

from firmware_bridge.sim.hand import Hand, HandSample
from firmware_bridge.sim.line import LineDevice

RATES: Final = (9_600, 19_200, 38_400)
ANSWER_S: Final = 0.02  # from a query to its answer
PACKET_BITS: Final = 70  # of seven bytes: the line allows no more packets a second
COMMAND_MAX: Final = 32  # characters; no command is as long
_SETUP: Final = frozenset({"MU1", "~M0", "~M1", "IT0", "IN0", "SR", "ZF1", "PH1", "OC1", "OC0", "FM0"})


@dataclass(frozen=True, slots=True)
class Wacom4Model:
    """What a tablet says of itself.

    Attributes:
        name: as it answers to `~#`, without the tilde.
        extra_z_bits: 0 .. 2 bits of pressure beyond seven.
        lines_per_inch: of both axes.
        eraser: which button bit the eraser end is.
        ends_lines: answers end with CR; those of a PenPartner do not.
        says_size: answers `~R` and `~C`; a Graphire does not, and its drivers know its size.
        has_origin_above: from power on; its drivers send a PenPartner no `OC1`, and the X driver a Graphire none.
    """

    name: str
    x_max: int
    y_max: int
    extra_z_bits: int = 1
    lines_per_inch: int = 2_540
    eraser: int = 4
    ends_lines: bool = True
    says_size: bool = True
    has_origin_above: bool = False


MODELS: Final = {
    "artz": Wacom4Model("UD-0608-R00 V1.4-2", 20_320, 15_240),
    "artz-old": Wacom4Model("UD-0608-R00 V1.1-0", 20_320, 15_240, extra_z_bits=0),
    "graphire": Wacom4Model(
        "ET-0405-R00 V1.3-6", 5_103, 3_711, 2, lines_per_inch=1_016, eraser=8, says_size=False, has_origin_above=True
    ),
    "penpartner": Wacom4Model(
        "CT-0045-R00 V1.3-5", 5_040, 3_780, lines_per_inch=1_000, ends_lines=False, has_origin_above=True
    ),
}


@final
class Wacom4Tablet(LineDevice):
    """The tablet with a hand on it.

    Args:
        model: what it is.
        hand: writes on it while it is sending; None: nobody does.
        baud: one of `RATES`.
        is_chatty: it sends from power on, and from each reset, until it is told to stop.

    Raises:
        ValueError: no such tablet was made.
    """

    def __init__(
        self, model: Wacom4Model, hand: Hand | None = None, *, baud: int = 9_600, is_chatty: bool = False
    ) -> None:
        if baud not in RATES:
            raise ValueError(f"protocol IV tablets speak 9600, 19200 or 38400 baud, not {baud}")
        if model.extra_z_bits not in (0, 1, 2):
            raise ValueError(f"protocol IV has 0 to 2 extra bits of pressure, not {model.extra_z_bits}")
        super().__init__(baud)
        self.model = model
        self.hand = hand
        self._is_chatty = is_chatty
        self._is_on = True
        self._answers: list[tuple[float, bytes]] = []  # when due
        self._free_at = 0.0  # when the line can take the next packet
        self.is_sending = False
        self._forget()

    def power(self, is_on: bool, now: float) -> None:
        self._is_on = is_on
        self._answers.clear()
        self._sent.clear()
        self._free_at = now
        self._stop()
        self._forget()
        if is_on and self._is_chatty:
            self._start(now)

    def hear(self, data: bytes, now: float) -> None:
        for byte in data if self._is_on else b"":
            self._hear_character(chr(byte), now)

    def on_timer(self, now: float) -> None:
        while self._answers and self._answers[0][0] <= now:
            self.say(self._answers.pop(0)[1])
        while (due := self._packet_due()) is not None and due <= now and self.hand is not None:
            sample = self.hand.take()
            self._free_at = max(due, self._free_at) + PACKET_BITS / self.baud
            self.counts["packets"] += 1
            self.say(encode_sample(self.model, sample, is_upside_down=self._is_upside_down))

    def next_timer(self) -> float | None:
        times = [due for due in (self._packet_due(), *(at for at, _ in self._answers[:1])) if due is not None]
        return min(times, default=None)

    def _forget(self) -> None:
        self._command = ""
        self._was_cr = False
        self._is_ascii = False
        self._is_upside_down = not self.model.has_origin_above  # until OC1
        self.settings: set[str] = set()

    def _hear_character(self, character: str, now: float) -> None:
        was_cr, self._was_cr = self._was_cr, character == "\r"
        if was_cr and character == "#":
            self.counts["resets"] += 1
            self._stop()
            self._forget()
            if self._is_chatty:
                self._start(now)
        elif was_cr and character == "$":
            self.counts["ascii_modes"] += 1
            self._stop()
            self._is_ascii = True
        elif character == "\r":
            command, self._command = self._command, ""
            if command:
                self._obey(command, now)
        elif self._command == "~" and character == "#":
            self._command = ""
            self._answer(f"~#{self.model.name}", now)
        elif len(self._command) < COMMAND_MAX:
            self._command += character
        else:
            self._command = ""
            self.counts["ignored"] += 1

    def _obey(self, command: str, now: float) -> None:
        if self._is_ascii:
            self.counts["ignored"] += 1
            return
        model = self.model
        match command:
            case "ST":
                self._start(now)
            case "SP":
                self._stop()
            case "~R" | "~C" if not model.says_size:
                self.counts["ignored"] += 1
            case "~R":
                self._answer(f"~R01,000,02,{model.lines_per_inch},{model.lines_per_inch}", now)
            case "~C":
                self._answer(f"~C{model.x_max},{model.y_max}", now)
            case _ if command in _SETUP:
                self.settings.add(command)
                if command in ("OC0", "OC1"):
                    self._is_upside_down = command == "OC0"
            case _:
                self.counts["ignored"] += 1

    def _answer(self, text: str, now: float) -> None:
        if self._is_ascii:
            self.counts["ignored"] += 1
            return
        self.counts["queries"] += 1
        if len(self._answers) < 16:
            self._answers.append((now + ANSWER_S, text.encode() + (b"\r" if self.model.ends_lines else b"")))

    def _start(self, now: float) -> None:
        self.is_sending = True
        if self.hand is not None:
            self.hand.begin(now)

    def _stop(self) -> None:
        self.is_sending = False
        if self.hand is not None:
            self.hand.pause()

    def _packet_due(self) -> float | None:
        due = self.hand.next_time() if self.hand is not None and self.is_sending else None
        return None if due is None else max(due, self._free_at)


def encode_sample(model: Wacom4Model, sample: HandSample, *, is_upside_down: bool = False) -> bytes:
    """The 7 bytes of a packet of the stylus."""
    buttons = sample.is_touching | sample.is_side << 1
    if sample.is_eraser:
        buttons |= model.eraser
    most = (0x80 << model.extra_z_bits) - 1
    pressure = max(1, round(sample.pressure * most)) if sample.is_touching else 0
    y = model.y_max - sample.y if is_upside_down else sample.y
    if not sample.is_near:
        return encode_packet(sample.x, y, 0, 0, model.extra_z_bits, is_near=False)
    return encode_packet(sample.x, y, pressure, buttons, model.extra_z_bits)


def encode_packet(x: int, y: int, pressure: int, buttons: int, extra_z_bits: int, *, is_near: bool = True) -> bytes:
    """The 7 bytes of a packet of the stylus, from its values as they are.

    Args:
        x: 16 bits.
        y: 16 bits.
        pressure: 7 bits and the extra ones; it travels with its highest bit turned, signed about the middle.
        buttons: 4 bits: 1 tip, 2 side, 4 second side.
        extra_z_bits: 0 .. 2.
        is_near: in proximity.
    """
    signed = pressure ^ 0x40 << extra_z_bits
    low = signed & 1 if extra_z_bits == 2 else 0  # P0
    next_low = signed >> (extra_z_bits - 1) & 1 if extra_z_bits else 0  # P1
    return bytes(
        [
            0x80 | is_near << 6 | 0x20 | bool(buttons) << 3 | low << 2 | x >> 14 & 3,
            x >> 7 & 0x7F,
            x & 0x7F,
            (buttons & 0xF) << 3 | next_low << 2 | y >> 14 & 3,
            y >> 7 & 0x7F,
            y & 0x7F,
            signed >> extra_z_bits & 0x7F,
        ]
    )
