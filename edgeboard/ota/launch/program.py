"""`launcher.pyz`: the words of the launcher, for units, for images, and for people whose board is in trouble.

Exit codes: 0 done; 1 no release can run, or the disk cannot be written; 2 wrong words; 6 it was gone back from what was
armed.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, final

from edgeboard.errors import EdgeboardError
from edgeboard.ota import gate, records, slots
from edgeboard.ota.files import RealDisk
from edgeboard.ota.launch.launcher import ROLLED_BACK, Launcher
from edgeboard.ota.launch.service import WATCHDOG_S, Child, Unit
from edgeboard.ota.launch.supervising import Supervisor
from edgeboard.ota.states import Outcome
from edgeboard.ota.values import Layout

FAILED: Final = 1
GONE_BACK: Final = 6
UNIT: Final = "edgeboard.service"
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
DESCRIPTION: Final = """\
Switches a board to the release that `edgeboard ota` has armed, watches it, and goes back if it is not healthy.

    launcher.pyz repair                make the board fit to start; before every start of the node
    launcher.pyz activate              switch to what is armed, and see it through
    launcher.pyz give-up --reason R    the node ends again and again: go back to the release before
    launcher.pyz collect               remove slots that nobody needs, before another is built
    launcher.pyz run -- run            keep a node running where there is no systemd
    launcher.pyz status                what runs, and how the last update ended
"""


@final
class MachineClock:
    """The clocks of this machine."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> int:
        return max(0, int(time.time()))

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


def make_parser() -> argparse.ArgumentParser:
    shown = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="launcher.pyz", description=DESCRIPTION, formatter_class=shown)
    parser.add_argument("verb", choices=("repair", "activate", "give-up", "collect", "run", "status"))
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("/"), help="the board's root folder (default: /)"
    )
    parser.add_argument("--node-state", metavar="DIR", type=Path, help="of the node (default: var/lib/edgeboard there)")
    parser.add_argument("--unit", metavar="NAME", default=UNIT, help=f"the node's unit (default: {UNIT})")
    parser.add_argument("--reason", metavar="TEXT", default="it ended again and again", help="of `give-up`")
    parser.add_argument("--start-s", metavar="S", type=float, default=gate.START_S, help="for a node to be well")
    parser.add_argument("--soak-s", metavar="S", type=float, default=gate.SOAK_S, help="for which it must stay so")
    parser.add_argument("--silence-s", metavar="S", type=float, default=gate.SILENCE_S, help="without an answer")
    parser.add_argument("--watchdog-s", metavar="S", type=float, default=WATCHDOG_S, help="of `run`: as WatchdogSec=")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    end = given.index("--") if "--" in given else len(given)
    arguments = make_parser().parse_args(given[:end])
    words = given[end + 1 :]  # what the node is told
    layout = Layout.under(arguments.root.absolute())
    node_state = arguments.node_state or arguments.root / "var" / "lib" / "edgeboard"
    settings = gate.Settings(arguments.start_s, arguments.soak_s, arguments.silence_s)
    clock = MachineClock()
    launcher = Launcher(layout, node_state, RealDisk(), clock, gate=settings, boot_id=_boot_id(), say=_say)
    try:
        match arguments.verb:
            case "repair":
                print(launcher.repair())
            case "activate":
                return _ended(launcher.activate(Unit(arguments.unit)))
            case "give-up":
                _ended(launcher.give_up(Unit(arguments.unit), arguments.reason))
            case "collect":
                launcher.collect()
            case "run":
                return _run(arguments, words, layout, launcher, clock)
            case "status":
                journal = records.read_journal(layout)
                body = {"current": slots.current(layout), "state": journal.state.value, "tries": journal.tries}
                print(json.dumps(body | {"last": asdict(journal.last)}, indent=1))
    except (EdgeboardError, OSError) as error:
        _say(str(error))
        return FAILED
    return 0


def _run(
    arguments: argparse.Namespace, words: list[str], layout: Layout, launcher: Launcher, clock: MachineClock
) -> int:
    told: list[int] = []

    def on_signal(number: int, _frame: object) -> None:
        told.append(number)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)

    def command() -> list[str]:
        # By the slot's own name, not by `current`, which may name another while this one still loads modules.
        python = slots.python_of(layout.slots / slots.current(layout))
        return [str(python), "-I", "-B", "-m", "edgeboard", *words]

    child = Child(command, lambda: _prepare(launcher), clock.now, arguments.watchdog_s)
    try:
        return Supervisor(layout, launcher, child, clock, lambda: bool(told), _say).run()
    finally:
        child.close()


def _prepare(launcher: Launcher) -> None:
    launcher.repair()


def _ended(outcome: Outcome) -> int:
    if outcome.result:
        _say(f"{outcome.version}: {outcome.result}{f', {outcome.reason}' if outcome.reason else ''}")
    return GONE_BACK if outcome.result == ROLLED_BACK else 0


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _say(line: str) -> None:
    print(f"launcher: {line}", file=sys.stderr, flush=True)
