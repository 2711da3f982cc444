"""The table of a room's states."""

import pytest

from edgeboard.errors import StateError
from edgeboard.rooms.states import DRAWABLE, TABLE, RoomEvent, RoomState, diagram, has_row, step


@pytest.mark.parametrize(("row", "after"), TABLE.items())
def test_a_row_of_the_table_is_taken(row: tuple[RoomState, RoomEvent], after: RoomState) -> None:
    assert step(*row) is after


@pytest.mark.parametrize("state", RoomState)
@pytest.mark.parametrize("event", RoomEvent)
def test_what_the_table_does_not_know_is_refused(state: RoomState, event: RoomEvent) -> None:
    if not has_row(state, event):
        with pytest.raises(StateError, match=state.value):
            step(state, event)


def test_ink_is_taken_wherever_the_room_is_not_gone() -> None:
    assert {RoomState.JOINING, RoomState.ACTIVE, RoomState.CONVERGING, RoomState.FAULTED} == DRAWABLE


def test_every_state_has_a_way_out_and_a_way_in() -> None:
    assert {before for before, _ in TABLE} == set(RoomState)
    assert set(TABLE.values()) == set(RoomState)


def test_the_diagram_shows_every_row() -> None:
    assert diagram().count("→") == len(TABLE) + 1
