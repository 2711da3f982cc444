"""The health gate, on a clock of the test's own."""

from dataclasses import replace

import pytest

from edgeboard.ota.gate import Expected, Gate, Look, Process, Report, Settings, Standing

SETTINGS = Settings(start_s=120.0, soak_s=600.0, silence_s=20.0)
EXPECTED = Expected("/opt/edgeboard/slots/2-b", "2.0", peers=2, devices=("pen",))
PROCESS = Process(41, is_ready=True)
REPORT = Report("/opt/edgeboard/slots/2-b", "2.0", peers=1, devices=("pen",))
WELL = Look(PROCESS, REPORT, plugged=("pen",), unsaved="")


def gate():
    return Gate(EXPECTED, SETTINGS, now=0.0)


def test_a_node_that_is_well_is_healthy_after_the_soak_and_not_before():
    one = gate()
    assert one.receive(Look(Process(41), silence="nobody listens"), 0.5).standing is Standing.STARTING
    assert one.receive(WELL, 1.0).standing is Standing.SOAKING
    assert one.receive(WELL, 600.9).standing is Standing.SOAKING
    assert one.receive(WELL, 601.0).standing is Standing.HEALTHY


FAULTS = {
    "not ready": (
        replace(WELL, process=Process(41), report=None, silence="nobody listens"),
        "not ready (nobody listens)",
    ),
    "ready and mute": (replace(WELL, report=None, silence="timed out"), "ready and does not answer"),
    "answers, unready": (replace(WELL, process=Process(41)), "READY=1"),
    "old code": (
        replace(WELL, report=replace(REPORT, slot="/opt/edgeboard/slots/1-a")),
        "runs from /opt/edgeboard/slots/1-a",
    ),
    "other version": (replace(WELL, report=replace(REPORT, version="1.9")), "version 1.9 and not 2.0"),
    "full disk": (
        replace(WELL, report=replace(REPORT, store_failed="the disk is full")),
        "cannot save: the disk is full",
    ),
    "device lost": (replace(WELL, report=replace(REPORT, devices=())), "pen was connected before"),
    "unsaved": (replace(WELL, unsaved="the disk is dead"), "cannot save: the disk is dead"),
    "alone": (replace(WELL, report=replace(REPORT, peers=0)), "links to 2 boards before"),
    "no process": (Look(Process(0)), "no process"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_missing_is_waited_for_and_then_named(fault):
    look, words = FAULTS[fault]
    one = gate()
    waiting = one.receive(look, 119.0)
    assert waiting.standing is Standing.STARTING
    assert words in waiting.text
    failed = one.receive(look, 120.0)
    assert failed.standing is Standing.FAILED
    assert words in failed.text
    assert "120 s after it was started" in failed.text


SURROUNDINGS = {
    "a cable is pulled": replace(WELL, report=replace(REPORT, peers=0), has_network=False),
    "a pen is unplugged": replace(WELL, report=replace(REPORT, devices=()), plugged=()),
}


@pytest.mark.parametrize("fault", SURROUNDINGS)
def test_a_fault_of_the_surroundings_fails_nobody(fault):
    one = gate()
    assert one.receive(SURROUNDINGS[fault], 1.0).standing is Standing.SOAKING
    assert one.receive(SURROUNDINGS[fault], 601.0).standing is Standing.HEALTHY


def test_peers_and_devices_that_go_in_the_soak_fail_nobody():
    one = gate()
    one.receive(WELL, 1.0)
    bare = replace(WELL, report=replace(REPORT, peers=0, devices=()))
    assert one.receive(bare, 300.0).standing is Standing.SOAKING
    assert one.receive(bare, 601.0).standing is Standing.HEALTHY


def test_a_node_that_falls_silent_in_the_soak_fails():
    one = gate()
    one.receive(WELL, 1.0)
    mute = replace(WELL, report=None, silence="timed out")
    assert one.receive(mute, 20.0).standing is Standing.SOAKING
    failed = one.receive(mute, 21.0)
    assert failed.standing is Standing.FAILED
    assert "fell silent" in failed.text


def test_one_answer_that_comes_late_fails_nobody():
    one = gate()
    one.receive(WELL, 1.0)
    one.receive(replace(WELL, report=None), 20.0)
    one.receive(WELL, 20.5)
    assert one.receive(replace(WELL, report=None), 40.0).standing is Standing.SOAKING


def test_silence_at_the_end_of_the_soak_is_not_taken_for_health():
    one = gate()
    one.receive(WELL, 1.0)
    one.receive(WELL, 600.0)
    assert one.receive(replace(WELL, report=None), 601.0).standing is Standing.SOAKING


@pytest.mark.parametrize("at", [5.0, 300.0])
def test_a_watchdog_that_is_not_fed_fails(at):
    one = gate()
    one.receive(WELL, 1.0)
    failed = one.receive(replace(WELL, process=replace(PROCESS, is_fed=False)), at)
    assert failed.standing is Standing.FAILED
    assert "watchdog" in failed.text


def test_a_disk_that_fills_up_in_the_soak_fails():
    one = gate()
    one.receive(WELL, 1.0)
    failed = one.receive(replace(WELL, report=replace(REPORT, store_failed="full")), 9.0)
    assert failed.standing is Standing.FAILED


def test_a_node_is_asked_to_save_before_the_soak_and_once_more_at_its_end():
    one, unasked = gate(), replace(WELL, unsaved=None)
    assert one.receive(unasked, 1.0).standing is Standing.PROVING
    assert one.receive(WELL, 1.1).standing is Standing.SOAKING
    assert one.receive(unasked, 300.0).standing is Standing.SOAKING
    assert one.receive(unasked, 601.1).standing is Standing.PROVING
    assert one.receive(WELL, 601.2).standing is Standing.HEALTHY


def test_a_node_that_cannot_save_any_more_at_the_end_fails():
    one = gate()
    one.receive(WELL, 1.0)
    failed = one.receive(replace(WELL, unsaved="the disk is dead"), 601.0)
    assert failed.standing is Standing.FAILED
    assert failed.text == "the node cannot save any more: the disk is dead, 600.0 s after all was well"


def test_a_node_that_saves_at_last_is_waited_for():
    one = gate()
    assert one.receive(replace(WELL, unsaved="busy"), 1.0).standing is Standing.STARTING
    assert one.receive(WELL, 2.0).standing is Standing.SOAKING


@pytest.mark.parametrize("at", [0.5, 300.0])
def test_a_node_that_takes_more_memory_than_a_board_has_fails(at):
    one = gate()
    one.receive(replace(WELL, process=replace(PROCESS, memory=256 << 20)), 0.4)
    failed = one.receive(replace(WELL, process=replace(PROCESS, memory=300 << 20)), at)
    assert failed.standing is Standing.FAILED
    assert "the node takes 300 MiB of memory, and a board has 256 MiB for it" in failed.text


def test_a_process_that_ends_is_said_to_have_ended_with_its_last_words():
    one = gate()
    ended = one.receive(Look(Process(0, ended="ended with exit code 1 (ModuleNotFoundError: no msgpack)")), 0.4)
    assert ended.standing is Standing.ENDED
    assert ended.text == "the node ended with exit code 1 (ModuleNotFoundError: no msgpack), 0.4 s after it was started"


def test_a_process_that_somebody_started_anew_has_ended_too():
    one = gate()
    one.receive(WELL, 1.0)
    ended = one.receive(replace(WELL, process=replace(PROCESS, pid=42)), 31.0)
    assert ended.standing is Standing.ENDED
    assert ended.text == "the node was started anew by the service manager, 30.0 s after all was well"
