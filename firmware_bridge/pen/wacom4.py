"""Wacom protocol IV on a serial line: Digitizer II and ArtZ II, Graphire, PenPartner, PL and DT (serial Cintiqs).

8N1, 9600 unless somebody has negotiated 19200 or 38400. The tablet is reset (which at some models sets 9600), stopped,
and asked for model, resolution and maxima in ASCII, each twice, because nothing has a checksum; a PenPartner ends its
answers with nothing, so an answer also ends when a second has passed. Then it is set up as its family wants it. Models
beyond these speak other protocols and are refused by name.

Sources: Linux' drivers/input/tablet/wacom_serial4.c; linuxwacom/xf86-input-wacom, src/wcmSerial.c (tilt); real bytes in
linuxwacom/input-wacom#219 and real names in linuxwacom/xf86-input-wacom#40.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never, final

from firmware_bridge.engine import Command, Failed, Moved, Output, Ready, Rest, SetBaud, Show, Start, Write
from firmware_bridge.pen.proximity import BITS_PER_BYTE, Proximity, limit
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool
from firmware_bridge.pen.splitter import FIRST, Splitter

LINE_RATES = (9600, 19200, 38400)

RESETS = ((b"\r$", 0.25), (b"\r#", 0.25), (b"SP\r", 0.1))  # to the usual rate, to protocol IV, stop; s to wait after
ASK_MODEL, ASK_RESOLUTION, ASK_MAXIMA = b"~#", b"~R\r", b"~C\r"
ANSWER_S = 1.0
ASK_MAX = 6  # times that a question is asked until two answers are alike
ASK_SILENT_MAX = {ASK_MODEL: 1, ASK_RESOLUTION: 2, ASK_MAXIMA: 3}  # likewise, if nothing comes at all
TEXT_MAX = 96  # bytes of an answer; real ones have about 20

NEAR, STYLUS = 0x40, 0x20  # bits of the first byte
TIP, SIDE, SIDE2 = 1, 2, 4  # of the buttons
LENGTH, LENGTH_TILTED = 7, 9
LINES_PER_MM = 25.4

SETUP = b"MU1\rOC1\r~M0\r~M1\rIT0\rIN0\rSR\rZF1\rST\r"
SETUP_DISPLAY = b"OC1\rIT0\rSR\rST\r"
SETUP_PENPARTNER = b"PH1\rST\r"
TILT = b"FM1\r"


class Step(Enum):
    IDLE = "idle"
    RESETTING = "resetting"
    ASKING = "asking"
    SAMPLING = "sampling"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Model:
    """What a family is like."""

    name: str
    setup: bytes = SETUP
    extra_bits: int = 1  # of pressure, beyond 7
    eraser: int = 4  # of the buttons; 4 is also the second side switch
    resolution: int = 0  # lines an inch, 0: ask
    x_max: int = 0  # 0: ask
    y_max: int = 0


FAMILIES = {
    "UD": Model("Digitizer II"),
    "ET": Model("Graphire", extra_bits=2, eraser=8, resolution=1016, x_max=5103, y_max=3711),
    "CT": Model("PenPartner", SETUP_PENPARTNER, resolution=1000),
    "PL": Model("PL", SETUP_DISPLAY, resolution=508),
    "DT": Model("DT", SETUP_DISPLAY, resolution=508),
}
FINE_DISPLAYS = {"PL-550": 508, "PL-710": 2540, "PL-800": 508}  # with two more bits of pressure, and their resolutions

MODEL = re.compile(rb"([A-Z]{2})-?([0-9A-Z][0-9A-Z-]*)(?: +V(\d{1,3})\.(\d{1,3})\S*)?")
RESOLUTION = re.compile(rb"[0-9A-Fa-f]+,\d+,\d+,(\d{2,5}),(\d{2,5})")
MAXIMA = re.compile(rb"(\d{2,5}),(\d{2,5})")


def read_model(text: bytes) -> Model | None:
    """What the text after `~#` means: None if we do not speak with such a tablet."""
    found = MODEL.fullmatch(text)
    if found is None:
        return None
    family, number = found[1].decode(), found[2].decode()
    model = FAMILIES.get(family)
    if model is None:
        return None
    version = (int(found[3]), int(found[4])) if found[3] else None
    if family == "UD" and version is not None and version[0] == 1 and version[1] <= 2:
        return replace(model, extra_bits=0)
    if resolution := FINE_DISPLAYS.get(f"{family}-{number[:3]}"):
        return replace(model, extra_bits=2, resolution=resolution)
    return model


@final
class Wacom4Pen:
    """A `DeviceEngine` for one such tablet."""

    def __init__(self, rate: int | None = None, *, tilt: bool = False) -> None:
        """
        Args:
            rate: baud to try before the usual ones.
            tilt: ask for tilt, which tablets with a ROM of 1.4 and later have.
        """
        # the usual rate once more at the end: a tablet that was found at none may have been reset to it on the way
        self._rates = (*dict.fromkeys((rate, *LINE_RATES) if rate else LINE_RATES), LINE_RATES[0])
        self._attempt = 0
        self._length = LENGTH_TILTED if tilt else LENGTH
        self._step = Step.IDLE
        self._reset = 0  # which of RESETS was sent last
        self._deadline: float | None = None
        self._question = ASK_MODEL
        self._asked = 0
        self._heard = b""  # the last answer to the question
        self._was_damaged = False  # something came that was none
        self._text = bytearray()
        self._model: Model | None = None
        self._model_name = ""
        self._setup = b""
        self._splitter = Splitter(lambda _: self._length)
        self._is_stylus = True  # or a mouse; what is near
        self._kind_said = 0  # packets that have to contradict that until it is not believed any more
        self._proximity = Proximity(self._rates[0])
        self._out: list[Output] = []
        self._counts = dict.fromkeys(("packets", "damaged", "out_of_range", "silences"), 0)

    # -- what goes in

    def submit(self, command: Command, now: float) -> None:
        match command:
            case Start():
                self._attempt = 0
                self._try_rate(now)
            case Show() | Rest():
                pass  # a pen shows nothing, and may rest as it is
            case _:
                assert_never(command)

    def receive(self, data: bytes, now: float) -> None:
        if self._step is Step.SAMPLING:
            for packet, bytes_after in self._splitter.split(data):
                self._take(packet, self._proximity.stamp(now, bytes_after))
            self._hand_over()
        elif self._step is Step.ASKING:
            self._text += data
            while (end := self._text.find(b"\r")) >= 0:
                line = bytes(self._text[:end])
                del self._text[: end + 1]
                self._hear(line, now)
            del self._text[:-TEXT_MAX]

    def on_timer(self, now: float) -> None:
        if self._proximity.on_timer(now):
            self._counts["silences"] += 1
            self._hand_over()
        if self._proximity.is_nudge_due(now):
            self._out.append(Write(self._setup))
        if self._deadline is None or now < self._deadline:
            return
        if self._step is Step.RESETTING:
            self._go_on_resetting(now)
        elif self._step is Step.ASKING:
            line = bytes(self._text)
            self._text.clear()
            if not self._hear(line, now):  # a PenPartner's answer ends with nothing
                self._miss(now)

    def next_timer(self) -> float | None:
        return self._proximity.next_timer() if self._deadline is None else self._deadline

    # -- what comes out

    def drain(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        """Counters: `packets`, `damaged` and `out_of_range` ones, `cut` ones, `noise` bytes outside packets, `silences`
        of a tool that was near."""
        return {**self._counts, "noise": self._splitter.noise, "cut": self._splitter.cut}

    # -- the handshake

    def _try_rate(self, now: float) -> None:
        rate = self._rates[self._attempt]
        self._proximity = Proximity(rate)
        self._model = None
        self._splitter.clear()
        self._text.clear()
        self._step = Step.RESETTING
        self._reset = -1
        self._out.append(SetBaud(rate))
        self._go_on_resetting(now)

    def _go_on_resetting(self, now: float) -> None:
        self._reset += 1
        if self._reset < len(RESETS):
            data, pause = RESETS[self._reset]
            self._deadline = now + pause
            self._out.append(Write(data))
        else:
            self._step = Step.ASKING
            self._ask(ASK_MODEL, now)

    def _ask(self, question: bytes, now: float) -> None:
        if question != self._question or question == ASK_MODEL:
            self._heard, self._asked, self._was_damaged = b"", 0, False
        self._question = question
        self._repeat(now)

    def _repeat(self, now: float) -> None:
        self._asked += 1
        self._deadline = now + ANSWER_S
        self._out.append(Write(self._question))

    def _hear(self, line: bytes, now: float) -> bool:
        """An answer, perhaps, behind what was left of packets; False if it is none."""
        if self._step is not Step.ASKING:
            return False  # it came with the last that was needed
        _, is_there, text = line.rpartition(self._question[:2])
        text = text.strip()
        pattern = {ASK_MODEL: MODEL, ASK_RESOLUTION: RESOLUTION, ASK_MAXIMA: MAXIMA}[self._question]
        if not is_there or not text.isascii() or not pattern.fullmatch(text):
            if is_there:
                self._was_damaged = True
                self._counts["damaged"] += 1
            return False
        if text == self._heard:
            self._believe(text, now)
        elif self._asked < ASK_MAX:
            self._heard = text
            self._repeat(now)
        else:
            self._heard = b""
            self._miss(now)
        return True

    def _miss(self, now: float) -> None:
        """No answer, or no two alike."""
        is_there = self._heard or self._was_damaged
        if self._asked < (ASK_MAX if is_there else ASK_SILENT_MAX[self._question]):
            self._repeat(now)
        elif self._heard and not self._was_damaged:
            self._believe(self._heard, now)  # said once, and nothing else
        elif self._question == ASK_MODEL:
            self._try_next_rate(now)
        elif self._question == ASK_RESOLUTION:
            self._ask_for_maxima(now)
        else:
            self._fail(f"the Wacom {self._model_name} does not say how large it is; switch it off and on again")

    def _believe(self, text: bytes, now: float) -> None:
        if self._question == ASK_MODEL:
            self._model_name = text.decode()
            self._model = read_model(text)
            if self._model is None:
                known = ", ".join(f"{key} ({model.name})" for key, model in FAMILIES.items())
                return self._fail(
                    f"the tablet says that it is a {self._model_name}, which speaks a protocol that is not supported; "
                    f"of Wacom's serial tablets these are: {known}"
                )
            if not self._model.resolution:
                return self._ask(ASK_RESOLUTION, now)
            return self._ask_for_maxima(now)
        model = self._model
        assert model is not None, "the model is asked for first"
        if self._question == ASK_RESOLUTION:
            found = RESOLUTION.fullmatch(text)
            assert found is not None, "only answers that match are heard"
            self._model = replace(model, resolution=int(found[1]))
            return self._ask_for_maxima(now)
        found = MAXIMA.fullmatch(text)
        assert found is not None, "only answers that match are heard"
        self._model = replace(model, x_max=int(found[1]), y_max=int(found[2]))
        return self._begin(now)

    def _ask_for_maxima(self, now: float) -> None:
        if self._model is not None and self._model.x_max:
            self._begin(now)
        else:
            self._ask(ASK_MAXIMA, now)

    def _begin(self, now: float) -> None:
        model = self._model
        assert model is not None, "nobody begins before the model is known"
        self._step = Step.SAMPLING
        self._deadline = None
        self._proximity.begin(now)
        has_tilt = self._length == LENGTH_TILTED
        facts = PenFacts(
            x_max=model.x_max,
            y_max=model.y_max,
            pressure_max=(1 << 7 + model.extra_bits) - 1,
            points_per_mm=model.resolution / LINES_PER_MM,
            has_tilt=has_tilt,
            rate=self._rates[self._attempt] // (BITS_PER_BYTE * self._length),
        )
        self._setup = (TILT if has_tilt else b"") + model.setup
        name = f"Wacom {model.name}, {self._model_name}"
        self._out += [Ready(name, pen=facts), Write(self._setup)]

    def _try_next_rate(self, now: float) -> None:
        self._attempt += 1
        if self._attempt < len(self._rates):
            return self._try_rate(now)
        tried = ", ".join(str(rate) for rate in dict.fromkeys(self._rates))
        return self._fail(
            f"no Wacom protocol IV tablet answered at {tried} baud; see that it has power (many take it from a second "
            "plug) and that nobody else uses the port, or name another device in its URL"
        )

    def _fail(self, text: str) -> None:
        self._step = Step.FAILED
        self._deadline = None
        self._out.append(Failed(text))

    # -- packets

    def _take(self, packet: bytes, t: float) -> None:
        model = self._model
        assert model is not None, "nobody samples before the model is known"
        first, x_high, x_low, middle, y_high, y_low, last = packet[:LENGTH]
        buttons = middle >> 3 & 15
        is_stylus = bool(first & STYLUS)
        if not first & NEAR:
            if is_stylus and buttons & TIP:
                self._counts["damaged"] += 1  # nothing touches that is not near
                return
            self._counts["packets"] += 1
            self._proximity.leave(t)
            return
        if not self._is_kind_sure(is_stylus):
            self._counts["damaged"] += 1
            return
        self._counts["packets"] += 1
        x = limit((first & 3) << 14 | x_high << 7 | x_low, model.x_max)
        y = limit((middle & 3) << 14 | y_high << 7 | y_low, model.y_max)
        if x is None or y is None:
            self._counts["out_of_range"] += 1
            return
        tip, side = bool(buttons & TIP), bool(buttons & SIDE)
        if not is_stylus:
            sample = PenSample(t, x, y, 0, Tool.CURSOR, True, tip, side, bool(buttons & SIDE2))
            self._proximity.report(sample)
            return
        pressure = last & 0x7F
        if model.extra_bits >= 1:
            pressure = pressure << 1 | middle >> 2 & 1
        if model.extra_bits == 2:
            pressure = pressure << 1 | first >> 2 & 1
        pressure ^= 0x40 << model.extra_bits
        tool, side2 = self._proximity.read_shared_bit(bool(buttons & model.eraser))
        if model.eraser != SIDE2:
            side2 = bool(buttons & SIDE2)
        tilt_x, tilt_y = (read_tilt(packet[7]), read_tilt(packet[8])) if len(packet) > LENGTH else (None, None)
        self._proximity.report(PenSample(t, x, y, pressure, tool, True, tip, side, side2, tilt_x, tilt_y))

    def _is_kind_sure(self, is_stylus: bool) -> bool:
        """A stylus does not turn into a mouse in flight: one packet that says so is damaged, a second is believed."""
        if self._proximity.tool is None or self._is_stylus is is_stylus:
            self._kind_said = 2 if self._proximity.tool else 1
            self._is_stylus = is_stylus
            return True
        self._kind_said -= 1
        if self._kind_said:
            return False
        self._is_stylus = is_stylus
        self._kind_said = 1
        return True

    def _hand_over(self) -> None:
        if samples := self._proximity.take():
            self._out.append(Moved(samples))


def read_tilt(raw: int) -> float:
    """Degrees; seven bits, signed."""
    return float(raw - FIRST if raw & 0x40 else raw)
