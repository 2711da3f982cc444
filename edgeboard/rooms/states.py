"""The states of a room, as the table of docs/architecture.md, which is printed from here.

Local ink is accepted in every state but IDLE and LEAVING: a CRDT needs no permission to draw.
"""

from enum import Enum

from edgeboard.errors import StateError


class RoomState(Enum):
    IDLE = "idle"
    JOINING = "joining"
    ACTIVE = "active"
    CONVERGING = "converging"
    LEAVING = "leaving"
    FAULTED = "faulted"


class RoomEvent(Enum):
    OPEN = "open"
    CAUGHT_UP = "caught up, or alone for 2 s"
    DIVERGED = "view diverged or fell behind"
    AGREED = "digests equal"
    LEAVE = "leave"
    FLUSHED = "flushed"
    STORE_FAILED = "store failed"
    REOPEN = "reopen"


S, E = RoomState, RoomEvent
TABLE: dict[tuple[RoomState, RoomEvent], RoomState] = {
    (S.IDLE, E.OPEN): S.JOINING,
    (S.JOINING, E.CAUGHT_UP): S.ACTIVE,
    (S.JOINING, E.LEAVE): S.LEAVING,
    (S.JOINING, E.STORE_FAILED): S.FAULTED,
    (S.ACTIVE, E.DIVERGED): S.CONVERGING,
    (S.ACTIVE, E.LEAVE): S.LEAVING,
    (S.ACTIVE, E.STORE_FAILED): S.FAULTED,
    (S.CONVERGING, E.AGREED): S.ACTIVE,
    (S.CONVERGING, E.LEAVE): S.LEAVING,
    (S.CONVERGING, E.STORE_FAILED): S.FAULTED,
    (S.LEAVING, E.FLUSHED): S.IDLE,
    (S.LEAVING, E.STORE_FAILED): S.FAULTED,
    (S.FAULTED, E.REOPEN): S.JOINING,
    (S.FAULTED, E.LEAVE): S.LEAVING,
}

DRAWABLE = frozenset({S.JOINING, S.ACTIVE, S.CONVERGING, S.FAULTED})


def step(state: RoomState, event: RoomEvent) -> RoomState:
    """The state behind `event`.

    Raises:
        StateError: the table has no row for it.
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise StateError(f"a room that is {state.value} cannot take: {event.value}") from None


def has_row(state: RoomState, event: RoomEvent) -> bool:
    return (state, event) in TABLE


def diagram() -> str:
    """The table as Markdown, one row per state, for docs/architecture.md."""
    lines = ["| state | event → state |", "|---|---|"]
    for state in RoomState:
        moves = [f"{event.value} → {after.name}" for (before, event), after in TABLE.items() if before is state]
        lines.append(f"| {state.name} | {' · '.join(moves)} |")
    return "\n".join(lines)
