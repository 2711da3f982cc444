"""The states of an update, as a table, and the journal that carries them through a power cut.

The rules of this file:

1. The journal is written and synced first, and then what the row says is done. Whatever is done can be done again.
2. After a power cut RESUME is taken, which names what is to be done once more (or put away) in each state.
3. From IDLE to STAGED the updater writes the journal; from ARMED on the launcher does, until it is IDLE again. So
   neither waits for the other's lock, and a launcher that is years old understands a newer updater.
4. Success is COMMITTED and nothing before it; every way out of TRIAL that is not HEALTHY ends in ROLLED_BACK.
5. Standard library only: the launcher carries a copy of this file.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any

from edgeboard.errors import DecodeError, StateError

FORMAT = 1
TRIES = 3  # starts of a release on trial; a power cut or an end of the process takes one
JOURNAL_MAX = 64 * 1024  # bytes
SLOT = re.compile(r"[0-9]{1,16}-[0-9a-f]{8}")  # as `slots.name_of` makes them; root follows no other
TEXT_MAX = 2_000  # characters of a reason


class State(Enum):
    IDLE = "idle"
    FETCHING = "fetching"
    VERIFIED = "verified"
    BUILDING = "building"
    STAGED = "staged"
    ARMED = "armed"
    TRIAL = "trial"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"

    @property
    def told(self) -> str:
        """After "the release is"."""
        return "on trial" if self is State.TRIAL else self.value


class Event(Enum):
    FOUND = "a release is wanted"
    FETCHED = "all its files are here and verified"
    BUILD = "there is room for it"
    BUILT = "its slot is whole and passes the self-test"
    ARM = "it may be switched to"
    RETURN = "the operator wants the one before"
    START = "the node is to start, and a try is left"
    HEALTHY = "the gate has passed it"
    FAILED = "it fails"
    SETTLED = "all is done"
    RESUME = "power is back"


class Action(Enum):
    """What is to be done once the state is in the journal; each may be done twice."""

    FETCH = "fetch what is missing"
    CLEAR = "remove the half-made slot"
    BUILD = "build the slot"
    SWITCH = "let `current` name the slot"
    SWITCH_BACK = "let `current` name the slot before"
    RESTORE = "give the node the state it had before, if the release has changed its form"
    RAISE = "raise the floor of the counter"
    BAR = "remember it as bad"
    COLLECT = "remove slots and files that nobody needs"


S, E, A = State, Event, Action
TABLE: dict[tuple[State, Event], tuple[State, tuple[Action, ...]]] = {
    (S.IDLE, E.FOUND): (S.FETCHING, (A.FETCH,)),
    (S.IDLE, E.RETURN): (S.ARMED, ()),
    (S.IDLE, E.FAILED): (S.ROLLED_BACK, (A.SWITCH_BACK, A.BAR)),  # it loops, though it was committed
    (S.IDLE, E.RESUME): (S.IDLE, ()),
    (S.FETCHING, E.FOUND): (S.FETCHING, (A.FETCH,)),
    (S.FETCHING, E.FETCHED): (S.VERIFIED, ()),
    (S.FETCHING, E.FAILED): (S.IDLE, ()),
    (S.FETCHING, E.RESUME): (S.IDLE, ()),
    (S.VERIFIED, E.FOUND): (S.FETCHING, (A.FETCH,)),
    (S.VERIFIED, E.BUILD): (S.BUILDING, (A.CLEAR, A.BUILD)),
    (S.VERIFIED, E.FAILED): (S.IDLE, ()),
    (S.VERIFIED, E.RESUME): (S.IDLE, ()),
    (S.BUILDING, E.FOUND): (S.FETCHING, (A.CLEAR, A.FETCH)),
    (S.BUILDING, E.BUILT): (S.STAGED, ()),
    (S.BUILDING, E.FAILED): (S.IDLE, (A.CLEAR,)),
    (S.BUILDING, E.RESUME): (S.IDLE, (A.CLEAR,)),
    (S.STAGED, E.FOUND): (S.FETCHING, (A.FETCH,)),
    (S.STAGED, E.ARM): (S.ARMED, ()),
    (S.STAGED, E.FAILED): (S.IDLE, ()),
    (S.STAGED, E.RESUME): (S.STAGED, ()),
    (S.ARMED, E.START): (S.TRIAL, (A.SWITCH,)),
    (S.ARMED, E.FAILED): (S.ROLLED_BACK, (A.SWITCH_BACK, A.BAR)),
    (S.ARMED, E.RESUME): (S.ARMED, ()),
    (S.TRIAL, E.START): (S.TRIAL, (A.SWITCH,)),
    (S.TRIAL, E.HEALTHY): (S.COMMITTED, (A.RAISE, A.COLLECT)),
    (S.TRIAL, E.FAILED): (S.ROLLED_BACK, (A.SWITCH_BACK, A.RESTORE, A.BAR)),
    (S.TRIAL, E.RESUME): (S.TRIAL, (A.SWITCH,)),
    (S.COMMITTED, E.SETTLED): (S.IDLE, ()),
    (S.COMMITTED, E.RESUME): (S.COMMITTED, (A.RAISE, A.COLLECT)),
    (S.ROLLED_BACK, E.SETTLED): (S.IDLE, ()),
    (S.ROLLED_BACK, E.RESUME): (S.ROLLED_BACK, (A.SWITCH_BACK, A.RESTORE, A.BAR)),
}

OF_THE_LAUNCHER = frozenset({S.ARMED, S.TRIAL, S.COMMITTED, S.ROLLED_BACK})  # who else writes the journal then, waits


def step(state: State, event: Event) -> tuple[State, tuple[Action, ...]]:
    """The state behind `event`, and what is to be done in it.

    Raises:
        StateError: the table has no row for it.
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise StateError(f"an update that is {state.value} cannot take: {event.value}") from None


def diagram() -> str:
    """The table as Markdown, one row per state, for docs/updates.md."""
    lines = ["| state | event → state (and what is done in it) |", "|---|---|"]
    for state in State:
        moves = []
        for (before, event), (after, actions) in TABLE.items():
            if before is state:
                done = f" ({', '.join(action.value for action in actions)})" if actions else ""
                moves.append(f"{event.value} → {after.name}{done}")
        lines.append(f"| {state.name} | {' · '.join(moves)} |")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last update ended, for people and for the mesh.

    Attributes:
        result: "committed", "rolled back", "failed" (it never ran) or "mended" (a damaged slot); empty: none yet.
        version: what it was about.
        counter: likewise.
        digest: SHA-256 of its manifest, hex.
        reason: why, as a person reads it; empty where it was committed.
        at: wall clock, seconds since 1970; a label only.
        down_ms: from the stop of the old process until the new one was ready; 0: unknown.
    """

    result: str = ""
    version: str = ""
    counter: int = 0
    digest: str = ""
    reason: str = ""
    at: int = 0
    down_ms: int = 0


@dataclass(frozen=True, slots=True)
class Journal:
    """`state.json`: where an update stands.

    Attributes:
        state: see TABLE.
        slot: name of the slot that it is about; empty in IDLE.
        previous: name of the slot that is gone back to; empty if there was none.
        version: of the release.
        counter: of the release.
        digest: SHA-256 of its manifest, hex.
        tries: starts that are left to it.
        is_return: the operator has asked for the slot before; floors stay above it.
        keeps_state: the node's state has been put aside, because this release writes it in another form.
        peers: links to other boards before the switch.
        devices: what was connected before the switch.
        reason: why it is going back, in ROLLED_BACK.
        last: how the update before this one ended.
    """

    state: State = State.IDLE
    slot: str = ""
    previous: str = ""
    version: str = ""
    counter: int = 0
    digest: str = ""
    tries: int = 0
    is_return: bool = False
    keeps_state: bool = False
    peers: int = 0
    devices: tuple[str, ...] = ()
    reason: str = ""
    last: Outcome = Outcome()

    def encode(self) -> bytes:
        """As JSON with a checksum over itself."""
        body = asdict(self) | {"format": FORMAT, "state": self.state.value}
        return json.dumps(body | {"sum": _checksum(body)}, indent=1, sort_keys=True).encode() + b"\n"


def decode(data: bytes) -> Journal:
    """Read a journal; fields that are not known are skipped.

    Raises:
        DecodeError: it is damaged, or of a format that this program does not know.
    """
    try:
        body = json.loads(data[:JOURNAL_MAX])
        found = body.pop("sum")
        if _checksum(body) != found:
            raise DecodeError("the journal of the update is damaged: its checksum does not hold")
        if body["format"] != FORMAT:
            raise DecodeError(
                f"the journal of the update has format {body['format']!r}, and this program knows {FORMAT}"
            )
        body["state"] = State(body["state"])
        body["devices"] = tuple(body["devices"])
        body["last"] = Outcome(**_known(Outcome, body["last"]))
        for name in (body["slot"], body["previous"]):
            if name and not SLOT.fullmatch(name):
                raise DecodeError(f"the journal of the update names {name[:40]!r}, which is no slot")
        return Journal(**_known(Journal, body))
    except DecodeError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DecodeError(f"the journal of the update is damaged: {type(error).__name__}") from None


def _known(kind: type[Journal] | type[Outcome], body: dict[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in body.items() if name in names}


def _checksum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
