"""A real link in this process, and the verdicts on what was measured."""

import asyncio

import pytest

from edgeboard.cli import trials
from edgeboard.cli.findings import Level
from edgeboard.cli.trials import Speed, check_kernels, check_speed, check_webrtc, measure_speed, pens
from edgeboard.errors import TransportError
from edgeboard.transport.settings import Settings

PC = Speed(33e-6, 105e-6, 90e-9, 90e-9, 40e-6)


@pytest.mark.slow
def test_two_nodes_of_this_process_link_and_talk():
    found, done = check_webrtc(Settings())
    assert found.level is Level.OK, found
    assert 0 < done.round_trip_s < done.open_s
    assert 0 < done.message_s < 0.1
    assert found.values["open_s"] == done.open_s


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (TransportError("did not open"), "did not open"),
        (TimeoutError(), "it hung"),
        (ImportError("no aiortc"), "whole"),
    ],
)
def test_a_link_that_does_not_open_is_a_problem_with_a_remedy(monkeypatch, error, word):
    async def fail(settings, patience_s):
        raise error

    monkeypatch.setattr(trials, "exchange", fail)
    found, done = check_webrtc(Settings())
    assert (found.level, done) == (Level.PROBLEM, None)
    assert word in found.text
    assert "WebSocket" in found.remedy


def test_a_link_that_is_cut_ends_the_trial():
    class Cut:
        def attach(self, on_message, on_close):
            self.on_close = on_close

        def send(self, channel, data):
            self.on_close(12, "the other side is gone")

    async def trip():
        await trials.Echoes(Cut()).round_trip(3)

    with pytest.raises(ConnectionError, match="the other side is gone"):
        asyncio.run(trip())


def test_an_aiortc_that_no_patch_fits_is_a_warning(monkeypatch):
    async def bare(settings, patience_s):
        return trials.Exchange(0.1, 0.001, 1e-4, ("av",))

    monkeypatch.setattr(trials, "exchange", bare)
    assert check_webrtc(Settings())[0].level is Level.WARNING
    assert check_webrtc(Settings(patches="off"))[0].level is Level.OK


@pytest.mark.slow
def test_speed_is_measured_on_real_handwriting(monkeypatch):
    monkeypatch.setattr(trials, "SPEED_S", 0.0)
    speed = measure_speed()
    assert all(0 < value < 1 for value in (speed.sign_s, speed.verify_s, speed.apply_s))
    assert all(0 < value < 1e-2 for value in (speed.encode_s, speed.decode_s))


def test_pens_are_counted_by_the_formula():
    assert pens(PC, 5e-5) == pytest.approx(0.5 / (2 * 145e-6 + 30 * 5 * 5e-5))


@pytest.mark.parametrize(("message_s", "level"), [(5e-5, Level.OK), (1e-3, Level.WARNING), (1e-2, Level.PROBLEM)])
def test_a_slow_machine_is_told_so(message_s, level):
    found = check_speed(PC, message_s)
    assert found.level is level
    assert found.values["pens"] == int(pens(PC, message_s))
    assert bool(found.remedy) == (level is not Level.OK)


def test_without_a_link_the_verdict_says_so():
    assert check_speed(PC, None).text.startswith("without links")


def test_kernels_in_python_are_a_warning_with_the_remedy(monkeypatch):
    monkeypatch.setattr(trials._native, "active", lambda: {"strokes": "Python"})
    monkeypatch.setattr(trials._native, "remedy", lambda: "install a compiler")
    found = check_kernels()
    assert (found.level, found.text, found.remedy) == (Level.WARNING, "strokes in Python", "install a compiler")
    monkeypatch.setattr(trials._native, "remedy", lambda: "")
    assert check_kernels().level is Level.OK
