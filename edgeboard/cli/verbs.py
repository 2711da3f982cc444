"""What verbs of the command line are made of: what each says of itself, and the arguments that many have.

Only cheap modules are imported here: the help must answer at once on a small board.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from edgeboard.config import values

T = TypeVar("T")


class Verb(NamedTuple):
    name: str
    module: str  # below edgeboard.cli, with a function main(arguments) -> exit code
    summary: str
    lesson: str
    add: Callable[[argparse.ArgumentParser], None]


def reads(reader: Callable[[str], T]) -> Callable[[str], T]:
    """A reader of config values as argparse wants it: its message is kept."""

    def read(text: str) -> T:
        try:
            return reader(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def add_state(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--state",
        metavar="DIR",
        type=reads(values.read_path),
        help=f"state directory of {what} (default: {_short(values.default_state())})",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for scripts")


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
