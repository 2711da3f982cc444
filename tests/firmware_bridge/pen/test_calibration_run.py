"""A run asks, hears, asks again, and gives a calibration that brings the tapped corners to where they were meant."""

import random

import pytest

from firmware_bridge.pen.calibration_run import Again, Ask, Calibrated, CalibrationRun, Question
from firmware_bridge.pen.samples import PenFacts, PenSample, Tool

FACTS = PenFacts(10000, 8000, 1000)
AREA = ((1000, 900), (9200, 1100), (9000, 7200), (1100, 7000))


def tap(x, y, count=12, slip=0, **fields):
    down = [PenSample(n / 100, x + n * slip, y, pressure=300, tip=True, **fields) for n in range(count)]
    return [*down, PenSample(1.0, x, y, **fields)]


def line(pressure, count=60):
    return [*(PenSample(n / 100, 3000 + n, 3000, pressure=pressure, tip=True) for n in range(count)),
            PenSample(1.0, 3000, 3000, near=False)]  # fmt: skip


def questions(outs):
    return [out.question for out in outs if isinstance(out, Ask)]


def answer_corners(run, corners=AREA):
    for x, y in corners:
        run.receive(tap(x, y), 0.0)


def test_a_run_asks_six_questions_and_gives_a_calibration():
    run = CalibrationRun(FACTS)
    answer_corners(run)
    run.receive(line(100), 0.0)
    run.receive(line(800), 0.0)
    outs = run.drain()
    assert questions(outs) == list(Question)
    assert [(ask.number, ask.count) for ask in outs[:2]] == [(1, 6), (2, 6)]
    assert outs[0].target == (0.0, 0.0)
    assert run.is_done
    calibration = outs[-1].calibration
    assert calibration.place(0.92, 0.1375) == pytest.approx((1.0, 0.0))
    assert (calibration.press(0.05), calibration.press(0.8)) == (0, 4095)


def test_a_tablet_without_pressure_is_asked_for_corners_alone():
    run = CalibrationRun(PenFacts(10000, 8000, 0), inset=0.1)
    answer_corners(run)
    outs = run.drain()
    assert len(questions(outs)) == 4
    assert outs[0].target == (0.1, 0.1)
    assert outs[-1].calibration.place(0.1, 0.1125) == pytest.approx((0.1, 0.1))


@pytest.mark.parametrize(("answer", "words"), [
    (tap(1000, 900, count=1), "too short"),
    (tap(1000, 900, slip=100), "moved"),
])  # fmt: skip
def test_a_bad_tap_is_asked_again_with_the_reason(answer, words):
    run = CalibrationRun(FACTS)
    run.drain()
    run.receive(answer, 0.0)
    again, ask = run.drain()
    assert isinstance(again, Again)
    assert words in again.text
    assert ask.question is Question.UPPER_LEFT


def test_the_same_corner_twice_and_crossed_corners_are_refused():
    run = CalibrationRun(FACTS)
    answer_corners(run, AREA[:1] * 2)
    assert "already" in run.drain()[-2].text
    answer_corners(run, (AREA[2], AREA[1], AREA[3]))
    again, ask = run.drain()[-2:]
    assert "crossed" in again.text
    assert ask.question is Question.UPPER_LEFT
    answer_corners(run)
    assert questions(run.drain())[-1] is Question.LIGHT


def test_a_firm_line_that_is_not_firmer_is_asked_again_with_the_light_one():
    run = CalibrationRun(FACTS)
    answer_corners(run)
    run.receive(line(300), 0.0)
    run.receive(line(5, count=3), 0.0)
    run.receive(line(310), 0.0)
    outs = run.drain()
    assert [out.text.split(";")[0] for out in outs if isinstance(out, Again)] == [
        "that was too short", "the firm line was hardly firmer than the light one",
    ]  # fmt: skip
    assert questions(outs)[-1] is Question.LIGHT
    run.receive(line(100) + line(900), 0.0)
    assert isinstance(run.drain()[-1], Calibrated)


def test_fingers_answer_nothing_and_damaged_samples_move_nothing():
    run = CalibrationRun(FACTS)
    run.drain()
    run.receive(tap(5000, 5000, tool=Tool.FINGER), 0.0)
    assert run.drain() == []
    rng = random.Random(1)
    for x, y in AREA:
        samples = tap(x, y, count=30)
        samples[7] = PenSample(0.07, rng.randrange(10000), 0, pressure=300, tip=True)
        run.receive(samples, 0.0)
    run.receive(line(100) + line(900), 0.0)
    outs = run.drain()
    assert not any(isinstance(out, Again) for out in outs)
    assert outs[-1].calibration.place(0.1, 0.1125) == pytest.approx((0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_tablet_gives_a_sound_calibration_whether_the_turn_is_told_or_not(rotation):
    told = CalibrationRun(FACTS, rotation=rotation)
    for run in (told, CalibrationRun(FACTS)):
        turned = AREA[-rotation // 90 :] + AREA[: -rotation // 90] if rotation else AREA
        answer_corners(run, turned)
        run.receive(line(100) + line(900), 0.0)
        calibration = run.drain()[-1].calibration
        x, y = turned[0]
        assert calibration.place(x / 10000, y / 8000) == pytest.approx((0.0, 0.0), abs=1e-6)
