from pathlib import Path

import pytest

from firmware_bridge.states import DEVICE, HOST, Event, State, picture

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats" / "serial.md"


@pytest.mark.parametrize("table", [HOST, DEVICE], ids=["host", "device"])
def test_the_document_shows_the_table(table):
    assert picture(table) in DOCUMENT.read_text(encoding="utf-8"), f"put this into {DOCUMENT}:\n\n{picture(table)}"


@pytest.mark.parametrize("table", [HOST, DEVICE], ids=["host", "device"])
def test_every_state_is_reached_and_none_but_failure_is_an_end(table):
    reached = {state for state, _ in table.values()}
    left = {state for state, _ in table}
    assert reached - left <= {State.FAILED}
    assert left - reached == {State.IDLE}


def test_each_event_is_of_one_side_at_least():
    assert {event for table in (HOST, DEVICE) for _, event in table} == set(Event)
