"""The table of an update's states, and the journal that carries them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgeboard.errors import DecodeError, StateError
from edgeboard.ota.states import (
    OF_THE_LAUNCHER,
    TABLE,
    TRIES,
    Action,
    Event,
    Journal,
    Outcome,
    State,
    decode,
    diagram,
    step,
)

FULL = Journal(
    state=State.TRIAL,
    slot="7-0011aabb",
    previous="6-ccddeeff",
    version="1.2.3",
    counter=7,
    digest="ab" * 32,
    tries=TRIES,
    keeps_state=True,
    peers=2,
    devices=("pen",),
    last=Outcome("rolled back", "1.2.2", 5, "cd" * 32, "it does not answer", 1_700_000_000),
)


@pytest.mark.parametrize(("row", "after"), TABLE.items())
def test_a_row_of_the_table_is_taken(row, after):
    assert step(*row) == after


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_the_table_does_not_know_is_refused(state, event):
    if (state, event) not in TABLE:
        with pytest.raises(StateError, match=state.value):
            step(state, event)


@pytest.mark.parametrize("state", State)
def test_power_may_come_back_in_every_state_and_a_second_time(state):
    after, actions = step(state, Event.RESUME)
    again, twice = step(after, Event.RESUME)
    assert again is after
    assert after is State.IDLE or actions == twice


def test_every_way_leads_back_to_idle():
    reached, before = {State.IDLE}, set()
    while reached != before:
        before = set(reached)
        reached |= {state for (state, _), (after, _) in TABLE.items() if after in reached}
    assert reached == set(State)


def test_only_a_healthy_trial_is_committed_and_only_that_raises_the_floor():
    assert [row for row, (after, _) in TABLE.items() if after is State.COMMITTED and row[0] is not after] == [
        (State.TRIAL, Event.HEALTHY)
    ]
    assert {after for after, actions in TABLE.values() if Action.RAISE in actions} == {State.COMMITTED}


def test_what_fails_after_the_switch_is_switched_back_and_barred():
    for state in (State.ARMED, State.TRIAL):
        after, actions = step(state, Event.FAILED)
        assert after is State.ROLLED_BACK
        assert {Action.SWITCH_BACK, Action.BAR} <= set(actions)


def test_updater_and_launcher_write_in_turns():
    handed_over = {
        (row, after) for row, (after, _) in TABLE.items() if (row[0] in OF_THE_LAUNCHER) != (after in OF_THE_LAUNCHER)
    }
    assert {row[1] for row, _ in handed_over} == {Event.ARM, Event.RETURN, Event.SETTLED, Event.FAILED}


def test_the_diagram_shows_every_row():
    assert diagram().count("→") == len(TABLE) + 1


def test_the_documents_show_the_table_as_it_is():
    page = (Path(__file__).parents[2] / "docs" / "updates.md").read_text()
    assert diagram() in page, "docs/updates.md shows other states: paste what ota.states.diagram() prints"


def test_a_journal_is_read_as_it_was_written():
    assert decode(FULL.encode()) == FULL
    assert decode(Journal().encode()) == Journal()


def test_every_damaged_byte_of_a_journal_is_noticed():
    data = FULL.encode()
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 0x08]) + data[at + 1 :]
        try:
            found = decode(damaged)
        except DecodeError:
            continue
        assert found == FULL, f"byte {at}"  # white space


@pytest.mark.parametrize("length", [0, 1, 40, 400])
def test_a_journal_cut_short_is_refused(length):
    with pytest.raises(DecodeError, match="damaged"):
        decode(FULL.encode()[:length])


@pytest.mark.parametrize("text", [b"[]", b"null", b"{}", b'"sum"', b"\xff", b'{"sum": 1}', b"[" * 60_000])
def test_what_is_no_journal_is_refused(text):
    with pytest.raises(DecodeError):
        decode(text)


def test_a_field_of_a_later_release_is_skipped(monkeypatch):
    body = json.loads(FULL.encode())
    del body["sum"]
    body["later"] = {"more": 1}
    from edgeboard.ota import states

    body["sum"] = states._checksum(body)
    assert decode(json.dumps(body).encode()) == FULL


def test_another_format_is_refused_by_name(monkeypatch):
    from edgeboard.ota import states

    monkeypatch.setattr(states, "FORMAT", 2)
    data = replace(FULL, reason="later").encode()
    monkeypatch.undo()
    with pytest.raises(DecodeError, match="format 2"):
        decode(data)


@pytest.mark.parametrize("name", ["../../etc", "7-0011aabb/../../etc", "x", "7-0011aabb\n"])
@pytest.mark.parametrize("field", ["slot", "previous"])
def test_a_journal_that_names_anything_but_slots_is_refused(field, name):
    """Root does what it says, and another user writes it."""
    with pytest.raises(DecodeError, match="which is no slot"):
        decode(replace(Journal(State.COMMITTED), **{field: name}).encode())
