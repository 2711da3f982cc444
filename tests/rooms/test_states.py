"""The table of a room's states."""

from pathlib import Path

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


def test_the_documents_show_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
    assert diagram() in page, "docs/architecture.md shows other states: paste what rooms.states.diagram() prints"
