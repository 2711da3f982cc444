"""The engine that asks a device over SMP, one request at a time, and sends it an image piece by piece.

An upload, step by step:

    PARAMETERS   how large are your buffers?        no such command: the smallest in use
    PROBE        an echo as long as a piece          no answer: pieces of two lines, which every server takes
                                                     at once
    PIECES       a piece, the answer, a piece ...    the answer says where to go on, so that an upload that was broken
                                                     off is resumed, and a lost piece or answer costs one more try
    LOOK         is the image there?                 asked when the device, given the last piece, says that it has
                                                     nothing: then the answer to that piece was lost before

The round trip paces it: a server takes lines into two or so buffers and drops what comes faster than it can work, so
nothing is written before the last answer is there. The first piece is answered when the flash memory is erased. A
server that has forgotten the upload (it restarted) answers with offset 0, and is told everything again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, final

from firmware_bridge import smp, smp_lines
from firmware_bridge.engine import Failed, Write
from firmware_bridge.errors import DeviceError
from firmware_bridge.smp_image import Image

SMALL = smp_lines.fits(2)  # bytes of a message that every server takes in one go
TINY = smp_lines.fits(1)  # on a line where even that is damaged
FIRST_LEAST = 32  # bytes of an image that its first piece has at least, so that the device sees its header
ROUND_TRIPS = 6  # that a piece is waited for, within these bounds:
PIECE_LEAST_S, PIECE_MOST_S = 0.4, 2.0
SILENCES_MAX = 2  # that pieces of two lines meet before they become shorter
SILENCE_S = 20.0  # without any answer to a piece, and the upload is given up
WORD = 4  # bytes; flash memories are written in such units
RESTARTS_MAX = 3  # how often a device may forget an upload
STALLS_MAX = 8  # answers in a row that bring it no further
NOBODY = (
    "the device does not answer over SMP; is it the right port and rate, is its firmware built with mcumgr over this "
    "line (or in MCUboot's serial recovery), and does no other program read from it?"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; answered by `Answered`, `Declined` or `Failed`."""

    request: smp.Request


@dataclass(frozen=True, slots=True)
class Upload:
    """Send an image; `Progress` tells how far it is, `Uploaded`, `Declined` or `Failed` how it ended."""

    image: Image
    number: int = 0  # which of the device's programs


Command = Ask | Upload


@dataclass(frozen=True, slots=True)
class Answered:
    fields: Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Declined:
    """The device has understood, and does not do it."""

    refusal: smp.Refusal


@dataclass(frozen=True, slots=True)
class Progress:
    done: int  # bytes that the device has
    whole: int  # bytes of the image


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The device has the whole image."""

    resumed_at: int  # bytes that it had from an earlier time
    checked: bool  # and has found its SHA-256 to be right


Output = Write | Answered | Declined | Progress | Uploaded | Failed


class Step(Enum):
    PARAMETERS = "parameters"
    PROBE = "probe"
    PIECES = "pieces"
    LOOK = "look"


@dataclass(slots=True)
class _Asked:
    """A request that is on its way."""

    request: smp.Request
    numbers: set[int]  # of the messages whose answer is the one that is waited for
    line: bytes
    waits: list[float]  # s, that are left
    due: float  # s
    sent_at: float | None  # s; None once it was repeated, as the answer may be to either


@dataclass(slots=True)
class _Sending:
    """An image that is on its way."""

    command: Upload
    step: Step = Step.PARAMETERS
    piece_max: int = SMALL  # bytes of a message
    offset: int = 0  # bytes that the device has
    sent: int = 0  # bytes up to the end of the furthest piece that was sent
    resumed_at: int | None = None
    restarts: int = 0
    stalls: int = 0
    silences: int = 0  # pieces of two lines that were not answered


@final
class FirmwareEngine:
    """One conversation with one device."""

    def __init__(self) -> None:
        self._reader = smp_lines.LineReader()
        self._out: list[Output] = []
        self._asked: _Asked | None = None
        self._sending: _Sending | None = None
        self._sequence = 0
        self._version = smp.DETAILED
        self._round_trip = 0.0  # s, smoothed; 0: not measured
        self._repeated = self._strange = 0

    # -- the five verbs

    def submit(self, command: Command, now: float) -> None:
        """Begin; one command at a time.

        Raises:
            ValueError: the last one has not ended.
        """
        if self._asked is not None:
            raise ValueError("one command at a time")
        if isinstance(command, Ask):
            self._ask(command.request, now)
        else:
            self._sending = _Sending(command)
            self._ask(smp.read_parameters(), now)

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the line, split anyhow. Never raises: what is no answer is skipped and counted."""
        for message in self._reader.receive(data):
            try:
                answer = smp.decode(message)
            except DeviceError:
                self._strange += 1
                continue
            asked = self._asked
            expected = asked and (asked.request.group, asked.request.command)
            if asked is None or answer.sequence not in asked.numbers or (answer.group, answer.command) != expected:
                self._strange += 1  # a second answer to a request that was repeated
                continue
            if asked.sent_at is not None:
                took = now - asked.sent_at
                self._round_trip = took if not self._round_trip else 0.75 * self._round_trip + 0.25 * took
            self._take(asked.request, answer, now)

    def on_timer(self, now: float) -> None:
        asked = self._asked
        if asked is None or now < asked.due:
            return
        sending = self._sending
        if sending is not None and sending.step is Step.PIECES and self._make_smaller(sending):
            self._repeated += 1
            self._send_piece(sending, now)
            self._asked, smaller = asked, self._asked
            if smaller is not None:  # the answer to either says where to go on
                asked.numbers |= smaller.numbers
                asked.line, asked.due, asked.sent_at = smaller.line, smaller.due, None
        elif asked.waits:
            self._repeated += 1
            asked.due = now + asked.waits.pop(0)
            asked.sent_at = None
            self._out.append(Write(asked.line))  # with the same number: whichever answer comes first will do
        else:
            self._asked = None
            self._give_up(now)

    def next_timer(self) -> float | None:
        return None if self._asked is None else self._asked.due

    def drain(self) -> list[Output]:
        """All output so far, in order."""
        out, self._out = self._out, []
        return out

    def statistics(self) -> dict[str, int]:
        return {
            "messages": self._reader.messages,
            "damaged": self._reader.damaged,
            "strange": self._strange,
            "repeated": self._repeated,
        }

    # -- one request

    def _ask(self, request: smp.Request, now: float) -> None:
        self._sequence = (self._sequence + 1) & 0xFF
        line = smp_lines.frame(smp.encode(request, self._sequence, self._version))
        first, *waits = request.patience
        self._asked = _Asked(request, {self._sequence}, line, waits, now + first, now)
        self._out.append(Write(line))

    def _take(self, request: smp.Request, answer: smp.Answer, now: float) -> None:
        self._asked = None
        refusal = answer.refusal
        if refusal is not None and (refusal.group, refusal.reason) == (None, smp.Reason.TOO_NEW) and self._version:
            self._version = smp.PLAIN
            self._ask(request, now)
        elif self._sending is not None:
            self._advance(self._sending, answer, refusal, now)
        elif refusal is not None:
            self._out.append(Declined(refusal))
        else:
            self._out.append(Answered(answer.fields))

    def _give_up(self, now: float) -> None:
        sending = self._sending
        if sending is None:
            self._out.append(Failed(NOBODY))
        elif sending.step is Step.PROBE:
            sending.piece_max = SMALL
            self._begin_pieces(sending, now)
        elif sending.step is Step.PIECES:
            whole = len(sending.command.image.data)
            self._end(
                Failed(
                    f"the device has stopped to answer at {sending.offset} of {whole} bytes; "
                    "the same upload again goes on there, unless the device has restarted"
                )
            )
        else:
            self._end(Failed(NOBODY))

    def _end(self, output: Output) -> None:
        self._asked = self._sending = None
        self._out.append(output)

    # -- an upload

    def _advance(self, sending: _Sending, answer: smp.Answer, refusal: smp.Refusal | None, now: float) -> None:
        match sending.step:
            case Step.PARAMETERS:
                parameters = smp.Parameters() if refusal else smp.to_parameters(answer.fields)
                sending.piece_max = max(parameters.buffer_size - smp_lines.FRAMING, SMALL)
                if sending.piece_max == SMALL:
                    self._begin_pieces(sending, now)
                else:
                    sending.step = Step.PROBE
                    empty = len(smp.encode(smp.echo("." * 256), 0)) - 256
                    self._ask(smp.echo("." * max(sending.piece_max - empty, 1)), now)
            case Step.PROBE:  # a refusal is an answer too: what was asked has come through
                self._begin_pieces(sending, now)
            case Step.PIECES if refusal is not None:
                self._end(Declined(refusal))
            case Step.PIECES:
                try:
                    self._go_on(sending, smp.to_offset(answer.fields), answer.fields.get("match"), now)
                except DeviceError as error:
                    self._end(Failed(str(error)))
            case Step.LOOK:
                self._look(sending, answer, now)

    def _look(self, sending: _Sending, answer: smp.Answer, now: float) -> None:
        try:
            found = any(slot.hash == sending.command.image.hash for slot in smp.to_slots(answer.fields))
        except DeviceError:  # or a refusal, which lists nothing either
            found = False
        if found:
            self._end(Uploaded(sending.resumed_at or 0, checked=False))
        else:
            sending.offset = sending.sent = 0
            self._begin_pieces(sending, now)

    def _make_smaller(self, sending: _Sending) -> bool:
        """A piece was not answered: perhaps it was too much in one go, or the line damages what is long."""
        if sending.piece_max > SMALL:
            sending.piece_max = SMALL
        elif sending.piece_max > TINY and sending.silences >= SILENCES_MAX:
            sending.piece_max = TINY
        else:
            sending.silences += 1
            return False
        return True

    def _begin_pieces(self, sending: _Sending, now: float) -> None:
        sending.step = Step.PIECES
        self._send_piece(sending, now)

    def _send_piece(self, sending: _Sending, now: float) -> None:
        image, at = sending.command.image, sending.offset
        whole = len(image.data)

        wait = min(max(ROUND_TRIPS * self._round_trip, PIECE_LEAST_S), PIECE_MOST_S)
        patience = (wait,) * int(SILENCE_S / wait)

        def piece(end: int) -> smp.Request:
            number = sending.command.number
            return smp.upload(at, image.data[at:end], whole=whole, sha=image.sha, image=number, patience=patience)

        # As much as fits into a message; a length above 255 takes two bytes more than none.
        room = max(sending.piece_max - len(smp.encode(piece(at), 0)) - 2, FIRST_LEAST)
        end = min(at + room - room % WORD, whole)
        sending.sent = max(sending.sent, end)
        self._ask(piece(end), now)

    def _go_on(self, sending: _Sending, offset: int, match: object, now: float) -> None:
        whole = len(sending.command.image.data)
        if offset > whole:
            raise DeviceError(f"the device says that it has {offset} of {whole} bytes; restart it and try again")
        if sending.resumed_at is None:
            sending.resumed_at = offset if offset > sending.sent else 0
        if offset == 0 and sending.offset > 0:
            sending.restarts += 1
            if sending.restarts > RESTARTS_MAX:
                raise DeviceError("the device forgets the upload again and again; does it restart by itself?")
            if sending.sent == whole:
                sending.step = Step.LOOK
                self._ask(smp.read_state(smp.INSISTING), now)
                return
        sending.stalls = sending.stalls + 1 if offset <= sending.offset else 0
        if sending.stalls > STALLS_MAX:
            raise DeviceError(f"the device stays at {offset} of {whole} bytes")
        sending.offset = offset
        self._out.append(Progress(offset, whole))
        if offset < whole:
            self._send_piece(sending, now)
        elif match is False:
            self._end(Failed("the device has all of the image, and finds that it was damaged on its way; try again"))
        else:
            self._end(Uploaded(sending.resumed_at, match is True))
