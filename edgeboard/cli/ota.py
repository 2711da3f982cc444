"""`edgeboard ota`: look for updates, take them, go back, and see how that stands.

Whatever happens has an exit code of its own (`Code`), so that a script or a unit can tell it without reading.
"""

import argparse
import shlex
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Any

from edgeboard.cli.control import state_of
from edgeboard.cli.update_desk import Desk
from edgeboard.cli.update_sources import default_sources, node_id, outcomes_in_mesh, read_source, updates_of
from edgeboard.errors import EdgeboardError, SourceError, StoreError, UserError, VerificationError
from edgeboard.ota import client, records, slots
from edgeboard.ota.bundle import BundleSource
from edgeboard.ota.fetchers import HttpSource
from edgeboard.ota.states import OF_THE_LAUNCHER, Journal, State
from edgeboard.ota.updater import Answer, BusyError, Updater, is_under_way
from edgeboard.ota.values import Floors, Layout
from edgeboard.ota.verifying import read_root

GOES_ON = {
    State.ARMED: "waits for the launcher",
    State.TRIAL: "runs on trial and is watched for ten minutes; whoever does not wait: edgeboard ota status",
}


class Code(IntEnum):
    """How it ended; documented in docs/updates.md, so append only."""

    DONE = 0
    FAILED = 1
    REFUSED = 3
    UNREACHABLE = 4
    NO_SPACE = 5
    ROLLED_BACK = 6
    BUSY = 7


def main(arguments: argparse.Namespace) -> int:
    act = {
        "check": check,
        "fetch": fetch,
        "upgrade": upgrade,
        "import": upgrade,
        "verify": verify,
        "status": status,
        "rollback": rollback,
    }[arguments.what]
    desk = Desk(as_json=arguments.json)
    layout = None
    try:
        arguments.updates = updates_of(arguments)
        layout = Layout.under(arguments.updates.root.absolute())  # slots name themselves in full
        if arguments.ota_state is not None:
            layout = Layout(layout.prefix, arguments.ota_state)
        code = act(arguments, layout, desk)
    except EdgeboardError as error:
        desk.clear()
        code = code_of(error)
        attack = error.attack if isinstance(error, VerificationError) else ""
        desk.tell(
            {"result": code.name.lower(), "text": str(error), **({"attack": attack} if attack else {})},
            f"edgeboard: {f'refused ({attack}): ' if attack else ''}{error}",
            is_trouble=True,
        )
    except KeyboardInterrupt:
        desk.say(_what_goes_on(layout))
        raise
    return int(code)


def _what_goes_on(layout: Layout | None) -> str:
    """What becomes of an update whose command is broken off."""
    with suppress(EdgeboardError):
        if layout is not None and (journal := records.read_journal(layout)).state in OF_THE_LAUNCHER:
            how = journal.state.told
            return f"{journal.version} is {how}, which goes on without this command; see: edgeboard ota status"
    return "broken off: what has come is kept, and the same command goes on with it"


def code_of(error: EdgeboardError) -> Code:
    """The exit code that says what an error says."""
    match error:
        case VerificationError():
            return Code.REFUSED
        case SourceError():
            return Code.UNREACHABLE
        case StoreError():
            return Code.NO_SPACE
        case BusyError():
            return Code.BUSY
    return Code.FAILED


# ---------------------------------------------------------------------------------------------------- the verbs


def check(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    updater = make_updater(arguments, layout, desk)
    with updater.alone():
        answer = updater.check()
    return tell_answer(answer, layout, desk, arguments.sources or ())


def tell_answer(answer: Answer, layout: Layout, desk: Desk, sources: Sequence[str] = ()) -> Code:
    named = "".join(f" --from {shlex.quote(source)}" for source in sources)
    now = facts(layout, slots.current(layout))
    fields = {
        "result": "held" if answer.held else "newer" if answer.found else "current",
        "current": now,
        "offered": answer.counter,
        "text": answer.held,
        "trouble": dict(answer.trouble),
    }
    if answer.found is None:
        text = f"nothing newer than {now['version'] or 'nothing'} is offered"
        ahead = facts(layout, records.previous(layout))
        if 0 < now["counter"] < ahead["counter"] == answer.counter:
            text = (
                f"{ahead['version']} is offered, and this board went back from it; {now['version']} runs. "
                "To go forward again: edgeboard ota rollback"
            )
    else:
        manifest = answer.found.manifest
        fields |= {"version": manifest.version, "counter": manifest.counter, "bytes": manifest.length}
        text = answer.held or (
            f"{manifest.version} is offered ({manifest.length / 2**20:.1f} MiB); {now['version'] or 'nothing'} runs. "
            f"To take it: edgeboard ota upgrade{named}"
        )
    for name, why in answer.trouble:
        desk.say(f"{name}: {why}")
    desk.tell(fields, text)
    return Code.DONE


def fetch(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    updater = make_updater(arguments, layout, desk)
    with updater.alone():
        answer = updater.check()
        if answer.found is None or answer.held:
            return tell_answer(answer, layout, desk)
        board = Layout.under(arguments.updates.root.absolute())
        beside = [board] if layout.state != board.state else []
        client.fetch(layout, answer.found, updater.sources, desk.fetching, beside=beside)
    manifest = answer.found.manifest
    desk.tell(
        {"result": "fetched", "version": manifest.version, "counter": manifest.counter},
        f"{manifest.version} is here and verified",
    )
    return Code.DONE


def upgrade(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    """Both `upgrade` and `import`."""
    if arguments.what == "import":
        arguments.sources = [str(arguments.file)]
        if arguments.keep:
            return fetch(arguments, layout, desk)
    updater = make_updater(arguments, layout, desk)
    with updater.alone() as journal:
        answer = updater.check(at_once=arguments.at_once or arguments.what == "import")
        if answer.found is None or answer.held:
            return tell_answer(answer, layout, desk)
        manifest = answer.found.manifest
        desk.say(f"taking {manifest.version} from {', '.join(answer.found.sources)}")
        journal = updater.fetch(answer.found, journal)
        journal = updater.build(manifest, journal)
        desk.say(f"{manifest.version} is built and tested in {journal.slot}; switching")
        updater.arm(manifest, journal)
    return see_through(arguments, updater, layout, desk)


def rollback(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    updater = Updater(layout, (), "stable")
    with updater.alone() as journal:
        if journal.state is not State.IDLE:
            journal = Journal(last=journal.last)  # what was staged is not switched to now
        armed = updater.return_to_previous(journal)
        desk.say(f"going back to {armed.version}")
    return see_through(arguments, updater, layout, desk)


def see_through(arguments: argparse.Namespace, updater: Updater, layout: Layout, desk: Desk) -> Code:
    """Wait for the launcher, and tell how it ended."""
    armed = records.read_journal(layout)
    journal = (
        armed
        if arguments.no_wait
        else updater.wait(
            waiting=desk.waiting, told=lambda one: desk.say(f"{one.version} {GOES_ON.get(one.state, one.state.value)}")
        )
    )
    if journal.state is State.ARMED:
        desk.tell(
            {"result": "armed", "version": journal.version, "counter": journal.counter, "slot": journal.slot},
            f"{journal.version} is armed, and is switched to when the launcher runs: systemctl start "
            "edgeboard-activate.service, or restart the board",
        )
        return Code.DONE
    last = journal.last
    text = f"{last.version} is {last.result}"
    if last.down_ms:
        text += f"; the board was away for {last.down_ms / 1000:.1f} s"
    is_back = last.result != "committed"
    desk.tell(
        {**asdict(last), "result": last.result}, f"{text}: {last.reason}" if last.reason else text, is_trouble=is_back
    )
    return Code.ROLLED_BACK if is_back else Code.DONE


def verify(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    source = BundleSource(arguments.file)
    with tempfile.TemporaryDirectory(prefix="edgeboard-verify-") as folder:
        aside = Layout(layout.prefix, Path(folder))
        target = slots.board(arguments.channel or arguments.updates.channel)
        found = client.find(aside, [source], target, Floors(), int(time.time()))
        if isinstance(found, client.UpToDate):
            raise UserError(f"{arguments.file} offers no release")
        # One that leaves out what boards have is verified with what this one has.
        beside = [] if all(source.holds(file.sha256) for file in found.manifest.files) else [layout]
        fetched = client.fetch(aside, found, [source], desk.fetching, beside=beside)
    floors = records.read_floors(layout)
    is_newer = found.manifest.counter > floors.counter
    text = (
        f"{arguments.file} is sound: {found.manifest.version} for {found.manifest.target.name}, {fetched.total} bytes"
    )
    desk.tell(
        {
            "result": "sound",
            "version": found.manifest.version,
            "counter": found.manifest.counter,
            "digest": found.digest,
            "newer": is_newer,
        },
        text if is_newer else f"{text}; not newer than what this board has had",
    )
    return Code.DONE


def status(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Code:
    journal = records.read_journal(layout)
    now = slots.current(layout)
    bad = records.read_bad(layout)
    found = {
        "current": facts(layout, now),
        "previous": facts(layout, records.previous(layout)),
        "slots": [facts(layout, name) for name in slots.all_slots(layout)],
        "state": journal.state.value,
        "update": {
            "version": journal.version,
            "slot": journal.slot,
            "tries": journal.tries,
            "under_way": journal.state in OF_THE_LAUNCHER or is_under_way(layout),
        }
        if journal.version
        else None,
        "last": asdict(journal.last) if journal.last.result else None,
        "bad": [asdict(each) for each in bad.values()],
        "floors": asdict(records.read_floors(layout)),
    }
    desk.tell(found, "\n".join(describe(found)))
    return Code.DONE


def describe(found: dict[str, Any]) -> list[str]:
    """The status as people read it."""
    now, before, update, last = found["current"], found["previous"], found["update"], found["last"]
    lines = [
        f"runs      {now['version']} ({now['slot']})" if now["slot"] else "runs      nothing: no release is installed"
    ]
    lines.append(
        f"before    {before['version']} ({before['slot']})" if before["slot"] else "before    nothing to go back to"
    )
    if update:
        lines.append(f"update    {update['version']} {_how_far(found['state'], update)}")
    if last:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(last["at"]))
        why = f": {last['reason']}" if last["reason"] else ""
        lines.append(f"last      {last['version']} {last['result']} on {when}{why}")
    lines += [f"bad       {each['version']}: {each['reason']}" for each in found["bad"]]
    return lines


def _how_far(state: str, update: dict[str, Any]) -> str:
    told = State(state).told
    if state in (State.ARMED.value, State.TRIAL.value):
        return f"is {told}; tries left: {update['tries']}"
    if update["under_way"]:
        return f"is {told}"
    return f"was broken off ({state}); what has come is kept, and edgeboard ota upgrade goes on with it"


# ---------------------------------------------------------------------------------------------------- what they need


def facts(layout: Layout, name: str) -> dict[str, Any]:
    """What is said of a slot; of none, the same without content."""
    if not name:
        return {"slot": "", "version": "", "counter": 0}
    try:
        release = slots.release_of(layout.slots / name)
    except slots.SlotError as error:
        return {"slot": name, "version": "", "counter": 0, "damage": str(error)}
    return {"slot": name, "version": release.version, "counter": release.counter}


def make_updater(arguments: argparse.Namespace, layout: Layout, desk: Desk) -> Updater:
    state = state_of(arguments.state)
    updates = arguments.updates
    sources = [read_source(text) for text in arguments.sources or ()]
    sources = sources or [*default_sources(state), *map(HttpSource, updates.addresses)]
    channel = arguments.channel or updates.channel
    me = b"" if getattr(arguments, "any_turn", False) else node_id(state)
    read_root(layout)  # before anything is made here: this may be no board
    return Updater(
        layout,
        sources,
        channel,
        me,
        fetching=desk.fetching,
        building=desk.draw,
        outcomes=partial(outcomes_in_mesh, state),
    )
