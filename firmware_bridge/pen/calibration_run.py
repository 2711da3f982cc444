"""Asks for a calibration: four corners are tapped, then a line is written lightly and one firmly.

Rules: each question is asked once and again, with the reason, until its answer makes sense; a tap is the middle of
where the pen was, so that one damaged sample moves nothing; fingers answer nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import final

from firmware_bridge.errors import DeviceError
from firmware_bridge.pen.calibration import UNIT_CORNERS, Calibration, Point, PressureCurve, Projection
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool

TAP_SAMPLES_MIN = 2
LINE_SAMPLES_MIN = 20  # 0.1 s at 200 a second
SAMPLES_MAX = 20_000  # of one answer; more are not kept
STILL = 0.03  # of the tablet: how far a tap may slip
APART = 0.1  # of the tablet, at least, between two corners
FIRMER = 0.1  # of full pressure, at least, between a light and a firm line
LIGHT_PART = 0.5  # ink begins at this part of a light line's pressure, so that it is still seen


class Question(Enum):
    UPPER_LEFT = "upper left"
    UPPER_RIGHT = "upper right"
    LOWER_RIGHT = "lower right"
    LOWER_LEFT = "lower left"
    LIGHT = "light"
    FIRM = "firm"


CORNERS = (Question.UPPER_LEFT, Question.UPPER_RIGHT, Question.LOWER_RIGHT, Question.LOWER_LEFT)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be done next."""

    question: Question
    text: str  # for a person
    number: int  # 1 .. count
    count: int
    target: Point | None = None  # of a corner: where on the active area, 0 .. 1


@dataclass(frozen=True, slots=True)
class Again:
    """The answer made no sense; the question that follows is the same, or the first."""

    text: str  # why, for a person


@dataclass(frozen=True, slots=True)
class Calibrated:
    """All is answered."""

    calibration: Calibration


RunOutput = Ask | Again | Calibrated


@final
class CalibrationRun:
    """One calibration of one tablet. The first `drain` asks the first question."""

    def __init__(
        self,
        facts: PenFacts,
        *,
        rotation: int = 0,
        left_handed: bool = False,
        projection: Projection = Projection.HOMOGRAPHY,
        inset: float = 0.0,
    ) -> None:
        """
        Args:
            facts: of the tablet, whose samples come.
            rotation: degrees that it is known to be turned by; the corners say it too.
            left_handed: a further half turn.
            inset: how far within the active area the corners are that a person taps, 0 .. 0.4 of it; 0 for a tablet
                that shows nothing, where the corners of what shall be written on are tapped.
        """
        self._facts = facts
        self._rotation = rotation
        self._left_handed = left_handed
        self._projection = projection
        near, far = inset, 1.0 - inset
        self._targets = [(near if u == 0 else far, near if v == 0 else far) for u, v in UNIT_CORNERS]
        self._questions = CORNERS + ((Question.LIGHT, Question.FIRM) if facts.pressure_max else ())
        self._number = 0
        self._corners: list[Point] = []
        self._light = 0.0
        self._samples: list[PenSample] = []
        self._out: list[RunOutput] = []
        self._ask()

    @property
    def is_done(self) -> bool:
        return self._number == len(self._questions)

    def receive(self, samples: Iterable[PenSample], now: float) -> None:
        """What the pen did. A pen that goes up, or away, ends an answer."""
        for sample in samples:
            if self.is_done or sample.tool in (Tool.FINGER, Tool.CURSOR):
                continue
            if sample.near and sample.tip:
                if len(self._samples) < SAMPLES_MAX:
                    self._samples.append(sample)
            elif self._samples:
                answer, self._samples = self._samples, []
                self._hear(answer)

    def drain(self) -> list[RunOutput]:
        """What to tell, in order."""
        out, self._out = self._out, []
        return out

    def _ask(self) -> None:
        question = self._questions[self._number]
        target = self._targets[self._number] if question in CORNERS else None
        match question:
            case Question.LIGHT:
                text = "write a line as lightly as you ever do"
            case Question.FIRM:
                text = "write a line as firmly as you ever do"
            case _:
                text = f"tap the {question.value} corner"
        self._out.append(Ask(question, text, self._number + 1, len(self._questions), target))

    def _refuse(self, text: str) -> None:
        self._out.append(Again(text))
        self._ask()

    def _hear(self, samples: Sequence[PenSample]) -> None:
        match self._questions[self._number]:
            case Question.LIGHT:
                self._hear_light(samples)
            case Question.FIRM:
                self._hear_firm(samples)
            case _:
                self._hear_corner(samples)

    def _hear_corner(self, samples: Sequence[PenSample]) -> None:
        x, slip_x = middle([sample.x / self._facts.x_max for sample in samples])
        y, slip_y = middle([sample.y / self._facts.y_max for sample in samples])
        if len(samples) < TAP_SAMPLES_MIN:
            return self._refuse("that was too short to be sure; tap a little longer")
        if max(slip_x, slip_y) > STILL:
            return self._refuse("the pen moved while it touched; tap without moving it")
        if any(max(abs(x - u), abs(y - v)) < APART for u, v in self._corners):
            return self._refuse("that is where a corner was tapped already")
        self._corners.append((x, y))
        if len(self._corners) == len(CORNERS):
            try:
                self._fit(None)
            except DeviceError as error:
                self._corners.clear()
                self._number = 0
                return self._refuse(str(error))
        return self._go_on()

    def _hear_light(self, samples: Sequence[PenSample]) -> None:
        if len(samples) < LINE_SAMPLES_MIN:
            return self._refuse("that was too short; write a line as long as a finger")
        self._light = middle([sample.pressure / self._facts.pressure_max for sample in samples])[0]
        return self._go_on()

    def _hear_firm(self, samples: Sequence[PenSample]) -> None:
        if len(samples) < LINE_SAMPLES_MIN:
            return self._refuse("that was too short; write a line as long as a finger")
        firm = middle([sample.pressure / self._facts.pressure_max for sample in samples])[0]
        if firm < self._light + FIRMER:
            self._number -= 1
            return self._refuse("the firm line was hardly firmer than the light one; write both again")
        return self._go_on(PressureCurve(low=round(self._light * LIGHT_PART, 4), high=round(min(firm, 1.0), 4)))

    def _go_on(self, pressure: PressureCurve | None = None) -> None:
        self._number += 1
        if self.is_done:
            self._out.append(Calibrated(self._fit(pressure)))
        else:
            self._ask()

    def _fit(self, pressure: PressureCurve | None) -> Calibration:
        return Calibration.fit(
            self._corners,
            self._targets,
            projection=self._projection,
            rotation=self._rotation,
            left_handed=self._left_handed,
            pressure=pressure,
        )


def middle(values: Sequence[float]) -> tuple[float, float]:
    """The median, and how far the middle four fifths lie apart."""
    ordered = sorted(values)
    edge = len(ordered) // 10
    inner = ordered[edge : len(ordered) - edge]
    return ordered[len(ordered) // 2], inner[-1] - inner[0]
