"""Switching, watching and going back: what the table says, done to a real board.

The rules of this file:

1. The journal first, then the deed; every deed can be done twice (`states`).
2. `repair` runs before each start of a node, and by itself makes every board fit to start after a power cut. It is the
   one place that counts tries and moves `current`, and it trusts nothing but complete slots.
3. A slot is hashed before it is switched to, and the one that runs once after each boot.
4. Nothing here waits for the network, and a node that cannot be watched is not committed.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, final

from edgeboard.errors import EdgeboardError
from edgeboard.ota import collecting, floors, records, slots
from edgeboard.ota.files import Disk, locked, read_bounded
from edgeboard.ota.gate import REASON_MAX, Expected, Gate, Look, Standing, Verdict
from edgeboard.ota.gate import Settings as GateSettings
from edgeboard.ota.launch import keeping, looking, owning
from edgeboard.ota.launch.service import Service
from edgeboard.ota.states import OF_THE_LAUNCHER, Action, Event, Journal, Outcome, State, step
from edgeboard.ota.values import Layout

LOOK_S: Final = 0.1  # between two looks at a node that starts
SOAK_LOOK_S: Final = 2.0  # and at one that seems well
COMMITTED: Final = "committed"
ROLLED_BACK: Final = "rolled back"
MENDED: Final = "mended"
PROOF_BYTES: Final = 16  # that a node is asked to save; no two times the same
LOCK: Final = "launcher.lock"
HASHED, HASHED_MAX = "hashed", 256  # which slot was hashed in which boot; bytes


class Clock(Protocol):
    def now(self) -> float:
        """Monotonic, seconds."""

    def wall(self) -> int:
        """Seconds since 1970, for labels."""

    def pause(self, seconds: float) -> None:
        """Wait."""


class NoSlotError(EdgeboardError):
    """No release on this board can run; the text says what to do."""


@final
class Launcher:
    """One board."""

    def __init__(
        self,
        layout: Layout,
        node_state: Path,
        disk: Disk,
        clock: Clock,
        *,
        gate: GateSettings | None = None,
        boot_id: str = "",
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Args:
        layout, node_state: where updates live; the node's state directory.
        disk: does what is done to the disk.
        clock: tells the time, and waits.
        gate: how long the gate takes.
        boot_id: of this boot of the machine; empty: unknown, so a slot is hashed before every start.
        say: one line for people.
        """
        self._layout = layout
        self._node_state = node_state
        self._disk = disk
        self._clock = clock
        self._gate = gate or GateSettings()
        self._boot_id = boot_id
        self._say = say
        self._lock = layout.state / LOCK  # one launcher at a time: the one that watches, and `repair` before a start

    # -------------------------------------------------------------------------------------- before each start

    def repair(self) -> str:
        """Make the board fit to start: count a try, finish what power has interrupted, mend what is damaged; returns
        the name of the slot that is to run. A disk that takes nothing keeps no board from starting.

        Raises:
            NoSlotError: no release can run. OSError: what runs is damaged, and the disk cannot be written.
        """
        with locked(self._lock):
            try:
                if (journal := records.read_journal(self._layout)).state in (State.ARMED, State.TRIAL):
                    journal = self._count(journal)
                self._finish(journal)
            except OSError as error:
                self._say(f"the disk cannot be written ({error}); what was switched to last is started")
            return self._mend()

    def _finish(self, journal: Journal) -> None:
        """Do what the two ends of an update ask for, maybe once more."""
        if journal.state is State.COMMITTED:
            self._settle_commit(journal)
        elif journal.state is State.ROLLED_BACK:
            self._settle_return(journal)

    def _count(self, journal: Journal) -> Journal:
        """One more start of what is on trial, or the end of it."""
        if not journal.tries:
            return self._fail(journal, journal.reason or "it ended, or power failed, in each of its tries")
        slot = self._layout.slots / journal.slot
        try:
            owning.take(self._layout.slots, journal.slot)
        except slots.SlotError as error:
            return self._fail(journal, str(error))
        if not slots.is_complete(slot) or not slots.runs_here(slot):
            return self._fail(journal, f"{journal.slot} is damaged")
        if journal.state is State.ARMED and journal.keeps_state:
            keeping.keep_state(self._layout, self._disk, self._node_state, journal.slot)
        state, _ = step(journal.state, Event.START)
        journal = self._write(replace(journal, state=state, tries=journal.tries - 1))
        slots.activate(self._layout, journal.slot, self._disk)
        return journal

    def _mend(self) -> str:
        """The slot that `current` names if that can run, else the best that can, once more whole."""
        name = slots.current(self._layout)
        fault = self._fault_of(name)
        if not fault:
            return name
        self._say(f"{fault}; looking for a release that can run")
        journal = records.read_journal(self._layout)
        on_trial = journal.slot if journal.state in (State.ARMED, State.TRIAL) else ""
        wanted = name or self._named()
        # The one that ran, built anew from its wheels, before any other: nobody has asked for an older release.
        for candidate in [wanted, *(each for each in self._known() if each not in (wanted, on_trial))]:
            if not candidate or (self._fault_of(candidate) and not self._rebuild(candidate)):
                continue
            slots.activate(self._layout, candidate, self._disk)
            self._remember_hashed(candidate)
            release = slots.release_of(self._layout.slots / candidate)
            digest, now = slots.digest_of(release), self._clock.wall()
            outcome = Outcome(MENDED, release.version, release.counter, digest, fault[:REASON_MAX], now)
            self._write(replace(records.read_journal(self._layout), last=outcome))
            self._say(f"{candidate} runs now")
            return candidate
        raise NoSlotError(
            f"no release on this board can run: {fault}; take a bundle and run: edgeboard.pyz ota import FILE.ebu"
        )

    def _named(self) -> str:
        """What `current` names, whole or not."""
        with suppress(OSError):
            return Path(os.readlink(self._layout.current)).name  # noqa: PTH115 - a link to nowhere has a target too
        return ""

    def _known(self) -> list[str]:
        """Names of slots that were built once: those that were committed first, of these whole ones, of these the
        highest counter. What never ran here is better than nothing, and no more."""
        names, committed = slots.all_slots(self._layout), records.read_floors(self._layout).counter
        with suppress(OSError):
            others = {each.name for each in self._layout.slots.iterdir() if (each / slots.RELEASE).exists()}
            names += sorted(others - set(names), key=slots.counter_of, reverse=True)
        return sorted(names, key=lambda name: slots.counter_of(name) > committed)

    def _fault_of(self, name: str) -> str:
        """Why a slot cannot run; empty if it can."""
        if not name:
            return "`current` names no complete release"
        slot = self._layout.slots / name
        if not slots.is_complete(slot):
            return f"{name} is not complete"
        if not slots.runs_here(slot):
            return f"the Python that {name} was built for is gone"
        if not self._is_hashed(name):
            try:
                slots.verify(slot)
            except slots.SlotError as error:
                return str(error)
            self._remember_hashed(name)
        return ""

    def _rebuild(self, name: str) -> bool:
        """Build a slot anew from the wheels that are kept, for the Python that is here now."""
        try:
            release = slots.release_of(self._layout.slots / name)
            self._disk.remove(self._layout.slots / name / slots.COMPLETE)
            built = slots.build(self._layout, release, self._disk)
        except (EdgeboardError, OSError) as error:
            self._say(f"{name} cannot be built anew: {error}")
            return False
        self._say(f"{built.name} was built anew")
        return True

    def _is_hashed(self, name: str) -> bool:
        with suppress(OSError, EdgeboardError):
            said = read_bounded(self._layout.state / HASHED, HASHED_MAX)
            return bool(self._boot_id) and said == f"{self._boot_id} {name}\n".encode()
        return False

    def _remember_hashed(self, name: str) -> None:
        with suppress(OSError):  # it is hashed once more, then
            self._disk.write(self._layout.state / HASHED, f"{self._boot_id} {name}\n".encode())

    # -------------------------------------------------------------------------------------- the switch

    def activate(self, service: Service) -> Outcome:
        """Switch to what is armed, or go on with what is on trial, and see it through; returns how it ended, and an
        outcome without a result if there was nothing to do.

        Raises:
            NoSlotError: no release can run. OSError: the disk cannot be written.
        """
        journal = records.read_journal(self._layout)
        if journal.state is State.TRIAL:
            return self.watch(service)
        if journal.state is not State.ARMED:
            return Outcome()
        try:
            owning.take(self._layout.slots, journal.slot)
            slots.verify(self._layout.slots / journal.slot)
        except slots.SlotError as error:
            with locked(self._lock):
                self._finish(self._fail(journal, str(error)))
            return records.read_journal(self._layout).last
        self._remember_hashed(journal.slot)
        status, _ = looking.ask(self._node_state)
        seen = looking.report_of(status or {})
        # Written in any case: a disk that takes nothing is found out before the node is stopped.
        self._write(replace(journal, peers=seen.peers, devices=seen.devices))
        stopped = self._clock.now()
        service.stop()
        service.start()
        return self.watch(service, stopped)

    def watch(self, service: Service, stopped: float | None = None) -> Outcome:
        """Watch what is on trial until it is committed or gone back from. `stopped`: when the node before it was."""
        waited = 0.0
        while (journal := records.read_journal(self._layout)).state in (State.ARMED, State.TRIAL):
            if journal.state is State.ARMED:  # the unit has not come to its `repair` yet
                if waited > self._gate.start_s:
                    raise OSError(errno.EIO, f"{journal.slot} was not switched to: see what the disk says")
                waited += LOOK_S
                self._clock.pause(LOOK_S)
                continue
            verdict, down_ms = self._watch_one(service, journal, stopped)
            if records.read_journal(self._layout).slot != journal.slot:
                continue  # `repair` has counted its last try, and the one before runs
            if verdict.standing is Standing.HEALTHY:
                with locked(self._lock):
                    self._commit(journal, down_ms)
                continue
            keeping.keep_log(self._layout, self._disk, journal.slot, service.tail())
            try:
                if verdict.standing is Standing.FAILED:
                    service.stop()
                    with locked(self._lock):
                        self._finish(self._fail(journal, verdict.text))
                else:
                    self._say(f"{journal.slot}: {verdict.text}")
                    with locked(self._lock):  # the unit may have counted its next start already
                        if (now := records.read_journal(self._layout)).state is State.TRIAL:
                            self._write(replace(now, reason=verdict.text[:REASON_MAX]))
            finally:
                service.start()  # whatever the disk takes: a board runs
        return journal.last

    def _watch_one(self, service: Service, journal: Journal, stopped: float | None) -> tuple[Verdict, int]:
        """One start of it, and for how many ms there was no node; 0: unknown."""
        down_ms, said, is_to_prove = 0, "", False
        slot = os.path.realpath(self._layout.slots / journal.slot)
        gate = Gate(Expected(slot, journal.version, journal.peers, journal.devices), self._gate, self._clock.now())
        while True:
            verdict = self._look(service, gate, journal, is_to_prove=is_to_prove)
            is_to_prove = verdict.standing is Standing.PROVING
            if records.read_journal(self._layout).slot != journal.slot:
                return verdict, down_ms
            if verdict.standing in (Standing.SOAKING, Standing.HEALTHY) and stopped is not None:
                down_ms, stopped = max(1, round((self._clock.now() - stopped) * 1000)), None
                self._say(f"{journal.slot} is ready, {down_ms / 1000:.1f} s after the stop of the one before")
            match verdict.standing:
                case Standing.STARTING:
                    if verdict.text != said:
                        said = verdict.text
                        self._say(f"{journal.slot}: {said}")
                    self._clock.pause(LOOK_S)
                case Standing.PROVING:
                    pass  # at once
                case Standing.SOAKING:
                    self._clock.pause(min(SOAK_LOOK_S, max(LOOK_S, self._gate.soak_s / 10)))
                case _:
                    return verdict, down_ms

    def _look(self, service: Service, gate: Gate, journal: Journal, *, is_to_prove: bool) -> Verdict:
        process = service.look()
        status, silence = (None, "") if process.ended else looking.ask(self._node_state)
        report = None if status is None else looking.report_of(status)
        plugged = journal.devices if status is None else looking.plugged(status)
        unsaved = looking.prove(self._node_state, os.urandom(PROOF_BYTES)) if is_to_prove and report else None
        look = Look(process, report, silence, looking.has_network(), plugged, unsaved)
        return gate.receive(look, self._clock.now())

    def collect(self) -> None:
        """Remove slots that nobody needs, before another is built: those that ran once are root's. Raises OSError."""
        with locked(self._lock):
            if records.read_journal(self._layout).state not in OF_THE_LAUNCHER and (now := slots.current(self._layout)):
                before = records.previous(self._layout)
                collecting.collect_slots(self._layout, {now, before}, self._disk)

    # -------------------------------------------------------------------------------------- the two ends

    def give_up(self, service: Service, reason: str) -> Outcome:
        """What runs ends again and again: go back to the release before, if there is one that was sound.

        Raises:
            NoSlotError: no release can run. OSError: the disk cannot be written.
        """
        with locked(self._lock):
            journal = records.read_journal(self._layout)
            if journal.state not in OF_THE_LAUNCHER:  # an update that is being fetched or built helps nobody now
                journal = self._loop(journal.last)
            if not journal.previous or journal.state not in (State.IDLE, State.TRIAL):
                self._say(f"{reason}; there is no release to go back to")
                return journal.last
        keeping.keep_log(self._layout, self._disk, journal.slot, service.tail())
        service.stop()
        try:
            with locked(self._lock):
                self._finish(self._fail(journal, journal.reason or reason))
        finally:
            service.start()
        return records.read_journal(self._layout).last

    def _loop(self, last: Outcome) -> Journal:
        """A journal that goes back from the committed release that runs to the newest other that was committed, is not
        known as bad and not below the security floor; without `previous` if there is none."""
        now = slots.current(self._layout)
        if not now:
            return Journal(last=last)
        release = slots.release_of(self._layout.slots / now)
        digest = slots.digest_of(release)
        journal = Journal(slot=now, version=release.version, counter=release.counter, digest=digest, last=last)
        return replace(journal, previous=records.previous(self._layout))

    def _commit(self, journal: Journal, down_ms: int) -> None:
        state, _ = step(journal.state, Event.HEALTHY)
        outcome = self._outcome(journal, COMMITTED, "", down_ms)
        self._finish(self._write(replace(journal, state=state, last=outcome, reason="")))
        self._say(f"{journal.slot} is committed")

    def _settle_commit(self, journal: Journal) -> None:
        for action in step(journal.state, Event.RESUME)[1]:
            match action:
                case Action.RAISE:
                    found = records.read_floors(self._layout)
                    records.write_floors(self._layout, self._disk, floors.after_commit(found, journal.counter))
                case Action.COLLECT:
                    collecting.collect(self._layout, {journal.slot, journal.previous}, self._disk)
                    keeping.forget_state(self._layout, self._disk, journal.slot)
        self._write(Journal(last=journal.last))

    def _fail(self, journal: Journal, reason: str) -> Journal:
        """Into ROLLED_BACK; `_finish` does the rest."""
        state, _ = step(journal.state, Event.FAILED)
        reason = reason[:REASON_MAX]
        self._say(f"{journal.slot} is gone back from: {reason}")
        outcome = self._outcome(journal, ROLLED_BACK, reason, 0)
        return self._write(replace(journal, state=state, reason=reason, last=outcome))

    def _settle_return(self, journal: Journal) -> None:
        for action in step(journal.state, Event.RESUME)[1]:
            match action:
                case Action.SWITCH_BACK if slots.is_complete(self._layout.slots / journal.previous):
                    slots.activate(self._layout, journal.previous, self._disk)
                case Action.SWITCH_BACK if slots.current(self._layout) == journal.slot:
                    self._disk.remove(self._layout.current)  # `_mend` finds the best that is left
                case Action.RESTORE if journal.keeps_state:
                    aside = keeping.restore_state(self._layout, self._disk, self._node_state, journal.slot)
                    self._say(f"the node has its state of before; what came since lies in {aside}")
                case Action.BAR:
                    self._bar(journal.slot, journal.reason)
        self._write(Journal(last=journal.last))

    def _bar(self, name: str, reason: str) -> None:
        with suppress(slots.SlotError):  # nobody can take up again what cannot be read
            release = slots.release_of(self._layout.slots / name)
            digest, now = slots.digest_of(release), self._clock.wall()
            records.bar(self._layout, self._disk, records.Bad(digest, release.version, release.counter, reason, now))

    def _outcome(self, journal: Journal, result: str, reason: str, down_ms: int) -> Outcome:
        return Outcome(result, journal.version, journal.counter, journal.digest, reason, self._clock.wall(), down_ms)

    def _write(self, journal: Journal) -> Journal:
        records.write_journal(self._layout, self._disk, journal)
        return journal
