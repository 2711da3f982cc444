"""Renews a board up to the switch: looks, fetches, builds, and arms what the launcher then switches to.

The rules of this file: one updater at a time (a lock that goes with the process); the journal goes along the table of
`states`, written before each deed; what fails leaves the board as it was, with a reason; floors are kept before
anything else is done with what was found. Nothing here touches what runs.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, final

from edgeboard.errors import EdgeboardError, StoreError, UserError
from edgeboard.ota import client, records, rollout, slots
from edgeboard.ota.collecting import collect
from edgeboard.ota.fetchers import Source
from edgeboard.ota.fetching import Progress
from edgeboard.ota.files import Disk, RealDisk, explain
from edgeboard.ota.proving import SelfTestError
from edgeboard.ota.states import OF_THE_LAUNCHER, TRIES, Action, Event, Journal, Outcome, State, step
from edgeboard.ota.values import Layout, Manifest

LOCK: Final = "updater.lock"
FAILED: Final = "failed"
TAKEN_UP_S: Final = 20.0  # for a launcher to begin with what is armed
LOOK_S: Final = 0.2  # between two looks at the journal
REASON_MAX: Final = 600  # characters


class BusyError(EdgeboardError):
    """Another update is under way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look for updates has found.

    Attributes:
        found: a newer release; None if there is none.
        held: why it is not taken now though it is there; empty if it is.
        counter: of the newest release that is offered.
        trouble: sources that were of no use, and why.
    """

    found: client.Found | None
    held: str
    counter: int
    trouble: tuple[tuple[str, str], ...]


def is_under_way(layout: Layout) -> bool:
    """Whether an updater works here now; one that was killed does not."""
    try:
        descriptor = os.open(layout.state / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@final
class Updater:
    """One board."""

    def __init__(
        self,
        layout: Layout,
        sources: Sequence[Source],
        channel: str,
        node_id: bytes = b"",
        *,
        disk: Disk | None = None,
        wall: Callable[[], float] = time.time,
        fetching: Callable[[Progress], None] = lambda progress: None,
        building: slots.Progress = slots.silent,
        outcomes: Callable[[], Mapping[int, tuple[int, int]]] = dict,
    ) -> None:
        """Args:
        layout: where updates live.
        sources: whom to ask, in order of preference.
        channel: "stable" or "beta".
        node_id: of this board, by which its turn comes in a phased rollout; empty: it is always its turn.
        disk: does what is done to the disk.
        wall: seconds since 1970, which may be wrong.
        fetching: is told how far the files are.
        building: is told how far the slot is.
        outcomes: by counter, how many boards of the mesh have kept a release and how many have gone back.
        """
        self._layout = layout
        self.sources = sources
        self._channel = channel
        self._node_id = node_id
        self._disk = disk or RealDisk()
        self._wall = wall
        self._fetching = fetching
        self._building = building
        self._outcomes = outcomes

    @contextmanager
    def alone(self) -> Iterator[Journal]:
        """Nobody else updates this board meanwhile; gives the journal, as it stands after what power has interrupted.

        Raises:
            BusyError: somebody does. StoreError: the disk cannot be written.
        """
        try:
            self._disk.make_folder(self._layout.state)
            descriptor = os.open(self._layout.state / LOCK, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise explain(error, f"cannot use {self._layout.state}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield self._resume()
        except BlockingIOError:
            raise BusyError("another update is under way here; see: edgeboard ota status") from None
        finally:
            os.close(descriptor)

    def _resume(self) -> Journal:
        journal = records.read_journal(self._layout)
        if journal.state in OF_THE_LAUNCHER:
            raise BusyError(
                f"{journal.version} is {journal.state.told}: wait until it is committed or gone back from, which "
                "`edgeboard ota status` shows"
            )
        state, actions = step(journal.state, Event.RESUME)
        if state is journal.state:
            return journal
        if Action.CLEAR in actions:
            self._clear(journal)
        return self._write(Journal(last=journal.last))

    # -------------------------------------------------------------------------------------- looking

    def check(self, *, at_once: bool = False) -> Answer:
        """Ask all sources whether there is something newer; floors are kept.

        Args:
            at_once: whether it is this board's turn, and whether it was gone back from before, counts for nothing.

        Raises:
            VerificationError, SourceError, StoreError, UserError: as `client.find`.
        """
        floors = records.read_floors(self._layout)
        now = int(self._wall())
        target = slots.board(self._channel)
        answer = client.find(self._layout, self.sources, target, floors, now, disk=self._disk)
        try:
            if answer.floors != floors:
                records.write_floors(self._layout, self._disk, answer.floors)
        except OSError as error:
            raise explain(error, f"cannot keep {self._layout.floors}") from error
        if isinstance(answer, client.UpToDate):
            return Answer(None, "", answer.counter, answer.trouble)
        known = max(now, answer.floors.latest_known_time)
        held = "" if at_once else self._hold(answer, known)
        return Answer(answer, held, answer.manifest.counter, answer.trouble)

    def _hold(self, found: client.Found, now: int) -> str:
        """Why a release is not taken now; empty if it is."""
        version = found.manifest.version
        bad = records.read_bad(self._layout).get(found.digest)
        if bad is not None:
            return f"{version} was gone back from here: {bad.reason}; to try it again: edgeboard ota upgrade --at-once"
        if self._node_id and not rollout.is_due(found.manifest.rollout, self._node_id, now):
            percent = found.manifest.rollout.percent
            return (
                f"{version} is let out to {percent} % of the boards so far, and it is not this one's turn yet; to take "
                "it all the same: edgeboard ota upgrade --at-once"
            )
        kept, left = self._outcomes().get(found.manifest.counter, (0, 0))
        if rollout.is_held([True] * kept + [False] * left):
            return (
                f"{version} is held: of {kept + left} boards of the mesh that tried it, {left} have gone back; to take "
                "it all the same: edgeboard ota upgrade --at-once"
            )
        return ""

    # -------------------------------------------------------------------------------------- fetching, building, arming

    def fetch(self, found: client.Found, journal: Journal) -> Journal:
        """Get all files of a release; what is here already is not fetched again.

        Raises:
            VerificationError, SourceError, StoreError: as `client.fetch`; the board is as it was.
        """
        manifest = found.manifest
        journal = self._move(journal, Event.FOUND)
        journal = self._write(
            replace(
                journal,
                slot=slots.name_of(manifest),
                version=manifest.version,
                counter=manifest.counter,
                digest=found.digest,
            )
        )
        with self._failing(journal):
            self._collect(manifest)
            slots.check_space(self._layout, manifest)
            client.fetch(self._layout, found, self.sources, self._fetching)
        return self._move(journal, Event.FETCHED)

    def _collect(self, wanted: Manifest) -> None:
        """Make room: of slots stay the one that runs and the one before, and of files theirs and those of `wanted`."""
        now = slots.current(self._layout)
        before = records.previous(self._layout)
        try:
            collect(self._layout, {now, before}, self._disk, (wanted,))
        except OSError as error:
            raise explain(error, "cannot make room") from None

    def build(self, manifest: Manifest, journal: Journal) -> Journal:
        """Build the slot beside what runs. A release that fails its self-test is barred.

        Raises:
            VerificationError, SlotError: as `slots.build`; the board is as it was.
        """
        with self._failing(journal):
            self._check_state(manifest)
        journal = self._move(journal, Event.BUILD)
        with self._failing(journal):
            try:
                slots.build(self._layout, manifest, self._disk, self._building)
            except SelfTestError as error:
                now = int(self._wall())
                bad = records.Bad(journal.digest, journal.version, journal.counter, str(error), now)
                records.bar(self._layout, self._disk, bad)
                raise
        return self._move(journal, Event.BUILT)

    def arm(self, manifest: Manifest, journal: Journal) -> Journal:
        """Hand it to the launcher."""
        now = slots.current(self._layout)
        written = manifest.state_schema.writes
        if now:
            written = slots.release_of(self._layout.slots / now).state_schema.writes
        records.forgive(self._layout, self._disk, journal.digest)  # whoever came so far wants it tried
        return self._write(
            replace(
                journal,
                state=step(journal.state, Event.RETURN if journal.is_return else Event.ARM)[0],
                previous=now,
                tries=TRIES,
                keeps_state=written != manifest.state_schema.writes,
            )
        )

    def return_to_previous(self, journal: Journal) -> Journal:
        """Arm the release before the one that runs, for an operator.

        Raises:
            UserError: there is none, or it cannot read what the one that runs has written.
        """
        name = records.previous(self._layout)
        if not name:
            raise UserError(
                "there is no earlier release on this board that is sound and above the security floor; `edgeboard ota "
                "status` shows what there is"
            )
        manifest = slots.release_of(self._layout.slots / name)
        self._check_state(manifest)
        return self.arm(
            manifest,
            replace(
                journal,
                slot=name,
                version=manifest.version,
                counter=manifest.counter,
                digest=slots.digest_of(manifest),
                is_return=True,
            ),
        )

    def _check_state(self, manifest: Manifest) -> None:
        now = slots.current(self._layout)
        if not now:
            return
        running = slots.release_of(self._layout.slots / now)
        if running.state_schema.writes not in manifest.state_schema.reads:
            raise UserError(
                f"{manifest.version} cannot read what {running.version} writes (form {running.state_schema.writes}): "
                "take a release that can"
            )

    def wait(
        self,
        pause: Callable[[float], None] = time.sleep,
        told: Callable[[Journal], None] = lambda _: None,
        waiting: Callable[[float], None] = lambda _: None,
    ) -> Journal:
        """Until the launcher has seen through what is armed, or nobody has taken it up for `TAKEN_UP_S`; returns the
        journal as it stands then: ARMED in the second case."""
        waited = armed = 0.0
        state = None
        while (journal := records.read_journal(self._layout)).state in OF_THE_LAUNCHER:
            if journal.state is State.ARMED and armed >= TAKEN_UP_S:
                return journal
            if journal.state is not state:
                state = journal.state
                told(journal)
            pause(LOOK_S)
            waited += LOOK_S
            armed += LOOK_S if journal.state is State.ARMED else 0.0
            waiting(waited)
        return journal

    # -------------------------------------------------------------------------------------- the journal

    def _move(self, journal: Journal, event: Event) -> Journal:
        state, actions = step(journal.state, event)
        if Action.CLEAR in actions and event is Event.FOUND:
            self._clear(journal)
        return self._write(replace(journal, state=state))

    @contextmanager
    def _failing(self, journal: Journal) -> Iterator[None]:
        """Whatever fails ends this update, with its reason in the journal."""
        try:
            yield
        except EdgeboardError as error:
            outcome = Outcome(
                FAILED, journal.version, journal.counter, journal.digest, str(error)[:REASON_MAX], int(self._wall())
            )
            _, actions = step(journal.state, Event.FAILED)
            try:
                if Action.CLEAR in actions:
                    self._clear(journal)
                self._write(Journal(last=outcome))
            except (OSError, StoreError):
                pass  # a full disk takes no reason; the one that is told to the user is the first
            raise

    def _clear(self, journal: Journal) -> None:
        """Remove a half-made slot; a whole one may run."""
        slot = self._layout.slots / journal.slot
        if journal.slot and not slots.is_complete(slot):
            try:
                self._disk.remove_tree(slot)
            except OSError as error:
                raise explain(error, f"cannot remove {slot.name}") from None

    def _write(self, journal: Journal) -> Journal:
        try:
            records.write_journal(self._layout, self._disk, journal)
        except OSError as error:
            raise explain(error, f"cannot keep {self._layout.journal}") from error
        return journal
