"""What time it is in the mesh: probes on the live channel of every link, and the clock that panels are in step by.

A question is answered in the turn in which it comes, past the gathering of live items. A link that has just opened is
asked in a burst, then twice a second if its time is followed, and else every 2 s; once its clock is known, once a
second or seldom. Who does not answer, as boards of earlier versions, is asked once a minute.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, final

from edgeboard.ids import NodeId
from edgeboard.mesh.values import Send
from edgeboard.node.values import KeepTime
from edgeboard.timers import soonest
from edgeboard.timesync.estimator import Estimator
from edgeboard.timesync.reference import ENOUGH, Neighbour, Reference
from edgeboard.timesync.slewing import SlewedTime
from edgeboard.timesync.values import PLAUSIBLE_S, TimeQuality, begin_at
from edgeboard.wire.live import Live
from edgeboard.wire.messages import Channel
from edgeboard.wire.probes import Answer, Ask, encode_probe, is_probe, read_probe

if TYPE_CHECKING:
    from edgeboard.node.core import Core

NEIGHBOURS_MAX: Final = 8  # that are asked; all of a small mesh, and more than the overlay gives a board
BURST: Final = 10  # questions to a new link
BURST_S: Final = 0.1  # between them
SOON_S: Final = 0.5  # between questions while the clock that is followed is being learnt
SOME_S: Final = 2.0  # and while another is
LEARNT: Final = 64  # samples
FOLLOWED_S: Final = 1.0  # afterwards, to the board whose time is followed
SELDOM_S: Final = 8.0  # and to the others, who are there to contradict it, and to take its place
SILENT_S: Final = 60.0  # to whom does not answer at all
PATIENCE: Final = 3  # questions may be unanswered at once; after each further one the next comes twice as late
ROUND_TRIPS: Final = 4  # that pass between two questions at least: a board that is slow has other work to do
TOGETHER_S: Final = 0.25  # questions due so soon leave at once: fewer wake-ups
ANSWERS_PER_S: Final = 40.0  # a link gets; questions beyond are dropped
PENDING_MAX: Final = 16  # questions of a link that may still be answered
SETTLED_S: Final = 0.005  # what is shown may be off by so much and count as in step
KEEP_FIRST_S: Final = 60.0  # after the start, mesh time is written down
KEEP_S: Final = 3_600.0  # and so often: a card wears out by writing


@dataclass(slots=True)
class Asked:
    """One link, and the questions on it."""

    neighbour: Neighbour
    due: float
    sequence: int = 0
    unanswered: int = 0
    round_trip_s: float = 0.0  # of the newest answer, whatever it was good for
    pending: dict[int, float] = field(default_factory=dict)  # when they left, by the crystal
    answers: float = ANSWERS_PER_S  # that it may still get, refilled by the second
    answers_at: float = 0.0


@final
class Timekeeping:
    """Mesh time of this node; a `MeshTime`."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._asked: dict[int, Asked] = {}
        self._reference: Reference | None = None
        self._time: SlewedTime | None = None
        self._keep_due = 0.0
        self._jump_listeners: list[Callable[[], None]] = []
        self.answered = 0  # questions of others
        self.probes = 0  # answers that came back in time

    # -- what time it is

    def at(self, now: float) -> float:
        """Mesh seconds, for who shows it or acts on it; never less than what was said of an earlier moment."""
        return self._begun(now)[1].show(self._steady(now))

    def reverse(self, mesh_s: float) -> float:
        """When it will be `mesh_s`, on the clock of `now`. To be asked after `at`."""
        assert self._time is not None
        return self._time.reverse(mesh_s) - self._core.identity.steady_ahead()

    def quality(self) -> TimeQuality:
        """How well it is known here."""
        reference, time = self._reference, self._time
        if reference is None or time is None:
            return TimeQuality()
        parent = reference.parent
        is_followed = not reference.leads
        enough = parent is not None and len(parent.clock) >= 2 * ENOUGH
        return TimeQuality(
            offset_s=time.offset_s,
            jitter_s=0.0 if parent is None else parent.clock.jitter(),
            drift_ppm=reference.drift * 1e6,
            error_s=reference.error_s,
            reference=None if reference.is_lone and reference.leads else reference.reference,
            hops=reference.hops,
            settled=not is_followed or (enough and abs(time.offset_s) <= SETTLED_S),
            jumps=time.jumps,
        )

    def on_jump(self, listener: Callable[[], None]) -> None:
        """Tell somebody whenever it was set."""
        self._jump_listeners.append(listener)

    def describe(self) -> dict[str, Any]:
        """How well it is known here, as JSON values."""
        quality = self.quality()
        return {
            "reference": None if quality.reference is None else quality.reference.hex(),
            "hops": quality.hops,
            "settled": quality.settled,
            "offset_ms": round(quality.offset_s * 1e3, 3),
            "jitter_ms": round(quality.jitter_s * 1e3, 3),
            "error_ms": round(quality.error_s * 1e3, 3),
            "drift_ppm": round(quality.drift_ppm, 2),
            "jumps": quality.jumps,
            "answers": self.probes,
            "shunned": 0 if self._reference is None else self._reference.shunned,
        }

    def reached(self, mesh_s: float, now: float) -> None:
        """A ticker item takes effect then: a board that is alone and has no clock does not begin before it."""
        self._begun(now)[0].set_forward(self._steady(now), mesh_s)
        self._steer(now)

    def target_at(self, now: float) -> float:
        """What mesh time should be, whatever is shown; for tests and figures."""
        return self._begun(now)[0].mesh_at(self._steady(now))

    def peek(self, now: float) -> float:
        """As `at`, without anybody looking."""
        return self._begun(now)[1].at(self._steady(now))

    def _steady(self, now: float) -> float:
        """The same moment by the crystal, which no NTP client slews: clocks are compared and steered by that alone."""
        return now + self._core.identity.steady_ahead()

    def _begun(self, now: float) -> tuple[Reference, SlewedTime]:
        """Time begins when somebody asks first."""
        if self._reference is None or self._time is None:
            identity = self._core.identity
            wall_s = identity.wall_ms() / 1_000
            mesh_s = begin_at(wall_s, identity.time_floor_s)
            boot = int.from_bytes(identity.boot[:4], "big")
            steady = self._steady(now)
            self._reference = Reference(identity.node, boot, steady, mesh_s, is_dated=wall_s >= PLAUSIBLE_S)
            self._time = SlewedTime(steady, mesh_s)
            self._keep_due = now + KEEP_FIRST_S
        return self._reference, self._time

    # -- links

    def link_up(self, link: int, node: NodeId, now: float) -> None:
        self._begun(now)
        self._asked[link] = Asked(Neighbour(node, Estimator()), now, answers_at=now)

    def link_down(self, link: int, now: float) -> None:
        if self._asked.pop(link, None) is not None:
            self._steer(now)

    def receive(self, link: int, frame: Live, now: float) -> bool:
        """Take a frame that is a probe; False for others.

        Raises:
            DecodeError: it is one, and breaks its format.
        """
        if not is_probe(frame):
            return False
        asked = self._asked.get(link)
        probe = read_probe(frame.items[0])
        if asked is None or probe is None:
            return True
        if isinstance(probe, Ask):
            self._answer(link, asked, probe, now)
        else:
            self._learn(asked, probe, now)
        return True

    def _answer(self, link: int, asked: Asked, ask: Ask, now: float) -> None:
        asked.answers = min(ANSWERS_PER_S, asked.answers + (now - asked.answers_at) * ANSWERS_PER_S)
        asked.answers_at = now
        if asked.answers < 1.0:
            return
        asked.answers -= 1.0
        self.answered += 1
        reference, steady = self._begun(now)[0], self._steady(now)
        self._send(link, Answer(self._core.identity.origin, ask.sequence, steady, steady, reference.advert(steady)))

    def _learn(self, asked: Asked, answer: Answer, now: float) -> None:
        left, came = asked.pending.pop(answer.sequence, None), self._steady(now)
        if left is None:
            return
        asked.unanswered, asked.round_trip_s = 0, came - left
        neighbour = asked.neighbour
        if answer.back_s < neighbour.said_at and neighbour.advert is not None:
            return  # overtaken by a later one
        if not neighbour.clock.add(left, answer.there_s, answer.back_s, came):
            return
        self.probes += 1
        neighbour.advert, neighbour.said_at, neighbour.heard_at = answer.advert, answer.back_s, came
        self._steer(now)

    def _steer(self, now: float) -> None:
        reference, time = self._begun(now)
        steady = self._steady(now)
        reference.choose([each.neighbour for each in self._asked.values()], steady)
        jumps = time.jumps
        time.steer(steady, reference.mesh_at(steady), reference.drift)
        if time.jumps != jumps:
            for listener in self._jump_listeners:
                listener()

    # -- time

    def next_timer(self) -> float | None:
        if self._time is None:
            return None
        return soonest(self._keep_due, *(asked.due for _, asked in self._by_link()))

    def on_timer(self, now: float) -> None:
        if self._time is None:
            return
        if any(asked.due <= now for _, asked in self._by_link()):
            for link, asked in self._by_link():
                if asked.due <= now + min(TOGETHER_S, self._pause(asked) / 4):
                    self._ask(link, asked, now)
            self._steer(now)
        if now >= self._keep_due:
            self._keep_due = now + KEEP_S
            self._core.out.append(KeepTime(self.peek(now)))

    def _by_link(self) -> list[tuple[int, Asked]]:
        """The links that are asked: those to the lowest ids, of which one is the reference if any link leads there."""
        if len(self._asked) <= NEIGHBOURS_MAX:
            return list(self._asked.items())
        return sorted(self._asked.items(), key=lambda entry: entry[1].neighbour.node)[:NEIGHBOURS_MAX]

    def _ask(self, link: int, asked: Asked, now: float) -> None:
        asked.sequence += 1
        asked.unanswered += 1
        asked.pending[asked.sequence] = self._steady(now)
        if len(asked.pending) > PENDING_MAX:
            del asked.pending[next(iter(asked.pending))]
        asked.due = now + self._pause(asked) * (0.9 + 0.2 * self._core.identity.random())
        self._send(link, Ask(self._core.identity.origin, asked.sequence))

    def _pause(self, asked: Asked) -> float:
        """Until the next question to a link."""
        late = asked.unanswered - PATIENCE
        if late > 0:
            return min(SILENT_S, SOON_S * (1 << min(late, 16)))
        is_followed = self._reference is not None and asked.neighbour is self._reference.parent
        if asked.sequence <= BURST:
            plain = BURST_S
        elif len(asked.neighbour.clock) < LEARNT:
            plain = SOON_S if is_followed else SOME_S
        elif not is_followed:
            plain = SELDOM_S
        else:
            plain = FOLLOWED_S
        return max(plain, ROUND_TRIPS * asked.round_trip_s)

    def _send(self, link: int, probe: Ask | Answer) -> None:
        self._core.out.append(Send(link, Channel.LIVE, encode_probe(probe)))
