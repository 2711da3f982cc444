"""The state tables of the microcontroller link, one for each side; see docs/formats/serial.md, Sessions.

A row for every event that means something in a state: an event without one changes nothing and is counted. The
document has the picture of these tables, and a test compares them.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

CALL_EVERY_S: Final = 0.25  # also the least time between two announcements
CALLS: Final = 8  # without an answer, then it is given up
SILENCE_S: Final = 3.5  # nothing heard for so long: the session is over


class State(Enum):
    IDLE = "idle"
    CALLING = "calling"  # host: has said hello, waits for the answer
    LISTENING = "listening"  # device: waits for a call
    ANSWERED = "answered"  # device: has answered, waits for the first packet of the session
    OPEN = "open"
    FAILED = "failed"


class Event(Enum):
    CALL = "told to call"
    LISTEN = "told to listen"
    CALLED = "hello of a host"
    CALLED_AGAIN = "the same hello again"
    ANSWER = "hello that answers ours"
    BOOTED = "hello that answers nobody, or another"
    STRANGE = "hello without a common version"
    SPOKEN_TO = "packet of this session"
    FOREIGN = "packet of another session"
    NO_ANSWER = "no answer in time"
    GIVEN_UP = "no answer to the last call"
    SILENCE = "nothing heard for long"


class Action(Enum):
    NOTHING = "–"
    HELLO = "say hello"
    OPEN = "begin the session, acknowledge"
    CONFIRM = "acknowledge"
    LOSE_HELLO = "end the session, say hello"
    LOSE = "end the session"
    REFUSE = "say which versions there are"
    GIVE_UP = "say that nobody answers"


Table = Mapping[tuple[State, Event], tuple[State, Action]]

HOST: Final[Table] = {
    (State.IDLE, Event.CALL): (State.CALLING, Action.HELLO),
    (State.CALLING, Event.ANSWER): (State.OPEN, Action.OPEN),
    (State.CALLING, Event.BOOTED): (State.CALLING, Action.HELLO),
    (State.CALLING, Event.FOREIGN): (State.CALLING, Action.NOTHING),
    (State.CALLING, Event.NO_ANSWER): (State.CALLING, Action.HELLO),
    (State.CALLING, Event.STRANGE): (State.FAILED, Action.REFUSE),
    (State.CALLING, Event.GIVEN_UP): (State.FAILED, Action.GIVE_UP),
    (State.OPEN, Event.SPOKEN_TO): (State.OPEN, Action.NOTHING),
    (State.OPEN, Event.FOREIGN): (State.OPEN, Action.NOTHING),
    (State.OPEN, Event.ANSWER): (State.OPEN, Action.CONFIRM),
    (State.OPEN, Event.BOOTED): (State.CALLING, Action.LOSE_HELLO),
    (State.OPEN, Event.STRANGE): (State.CALLING, Action.LOSE_HELLO),
    (State.OPEN, Event.SILENCE): (State.CALLING, Action.LOSE_HELLO),
}

DEVICE: Final[Table] = {
    (State.IDLE, Event.LISTEN): (State.LISTENING, Action.HELLO),
    (State.LISTENING, Event.CALLED): (State.ANSWERED, Action.HELLO),
    (State.LISTENING, Event.FOREIGN): (State.LISTENING, Action.HELLO),
    (State.LISTENING, Event.STRANGE): (State.LISTENING, Action.HELLO),
    (State.ANSWERED, Event.CALLED): (State.ANSWERED, Action.HELLO),
    (State.ANSWERED, Event.CALLED_AGAIN): (State.ANSWERED, Action.HELLO),
    (State.ANSWERED, Event.FOREIGN): (State.ANSWERED, Action.HELLO),
    (State.ANSWERED, Event.SPOKEN_TO): (State.OPEN, Action.OPEN),
    (State.ANSWERED, Event.SILENCE): (State.LISTENING, Action.LOSE),
    (State.OPEN, Event.SPOKEN_TO): (State.OPEN, Action.NOTHING),
    (State.OPEN, Event.FOREIGN): (State.OPEN, Action.NOTHING),
    (State.OPEN, Event.CALLED): (State.ANSWERED, Action.LOSE_HELLO),
    (State.OPEN, Event.CALLED_AGAIN): (State.OPEN, Action.HELLO),
    (State.OPEN, Event.SILENCE): (State.LISTENING, Action.LOSE),
}


def picture(table: Table) -> str:
    """A table as the document shows it."""
    rows = ["| state | event | next | action |", "|---|---|---|---|"]
    for (state, event), (target, action) in table.items():
        rows.append(f"| {state.value} | {event.value} | {target.value} | {action.value} |")
    return "\n".join(rows)
