"""The words of `edgeboard install` and `edgeboard uninstall`."""

import argparse
from pathlib import Path

from edgeboard.cli.verbs import Verb, add_json, reads
from edgeboard.config import values


def _counter(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) < 2**53:
        raise ValueError(f"{text!r} is no release counter; counters are whole numbers from 1 on")
    return int(text)


def _add_both(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("/"), help="root folder of another machine, such as an image"
    )
    parser.add_argument("--dry-run", action="store_true", help="say every file and command, and do nothing")
    add_json(parser)


def _install(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wheelhouse", metavar="DIR", type=reads(values.read_path),
        help="a folder with edgeboard and all that it needs as wheels, to make the first release of",
    )  # fmt: skip
    parser.add_argument("--counter", metavar="N", type=reads(_counter), default=1, help="of that release (default: 1)")
    parser.add_argument(
        "--trust", metavar="FILE", type=reads(values.read_path),
        help="the first root of the repository whose updates this board takes (1.root.json)",
    )  # fmt: skip
    parser.add_argument("--no-start", action="store_true", help="start nothing now; it starts with the machine")
    _add_both(parser)


def _uninstall(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--purge",
        action="store_true",
        help="remove the ink, the keys, the settings and the users of this board as well",
    )
    _add_both(parser)


INSTALL_VERBS: tuple[Verb, ...] = (
    Verb(
        "install", "install", "run the board as a service that starts with the machine",
        "Writes the units, users, folders and device rules of a board, its launcher and a command, and starts it.\n"
        "Saying it again changes only what differs. Needs root: sudo.\n\n"
        "    edgeboard install --wheelhouse wheels          with the release that a folder of wheels makes\n"
        "    edgeboard install --trust 1.root.json          and take updates that these keys have signed\n"
        "    edgeboard install --dry-run                    say every file and command\n"
        "    edgeboard install --root image/ --no-start     into the file tree of another machine",
        _install,
    ),
    Verb(
        "uninstall", "install", "take the service away again",
        "Ink, keys and settings stay where they are, unless --purge is said. Needs root: sudo.\n\n"
        "    edgeboard uninstall\n"
        "    edgeboard uninstall --purge --dry-run     say everything that would be gone",
        _uninstall,
    ),
)  # fmt: skip
