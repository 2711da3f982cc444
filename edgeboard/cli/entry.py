"""Where the program begins: the arguments, the verb, and whatever goes wrong as one line.

Rules of this file: importing it is cheap (a verb's module is imported when the verb runs), so that `--help` answers at
once; every error that a user can cause is one line on stderr and an exit code: 1 it could not be done, 2 it was asked
for in the wrong words, 130 interrupted. A traceback is never shown; EDGEBOARD_TRACEBACK=1 asks for it.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Final, NoReturn

from edgeboard import __version__
from edgeboard.cli import arguments as words
from edgeboard.errors import EdgeboardError

FAILED = 1
USAGE = 2
INTERRUPTED = 130  # as a shell counts it: 128 and SIGINT
BROKEN_PIPE = 141  # likewise SIGPIPE

OVERVIEW = """\
One whiteboard across many small displays, peer to peer, with no server and no cloud.

    edgeboard run                                   start a board; open http://THIS-MACHINE:8787/room/lobby
    edgeboard run --peer http://kitchen.local:8787  start one that shares its canvas with another
    edgeboard demo                                  see two boards share a canvas on this machine
    edgeboard export lobby --svg lobby.svg          take a picture of a room
"""


class Overview(argparse.RawDescriptionHelpFormatter):
    """Leaves the longest verb its place: argparse forgets that verbs stand two columns further in than their title."""

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        self._action_max_length = max(self._action_max_length, LONGEST_VERB + 4)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where the help is."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(f"{self.prog}: {message}; see: {self.prog} --help")


def verb(module: str) -> Callable[[argparse.Namespace], int]:
    """The function `main` of a verb's module, imported when it is called."""

    def run(arguments: argparse.Namespace) -> int:
        result: int = import_module(f"edgeboard.cli.{module}").main(arguments)
        return result

    return run


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="edgeboard", description=OVERVIEW, formatter_class=Overview)
    parser.add_argument("--version", action="version", version=f"edgeboard {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=Parser)
    for name, module, summary, lesson, add in words.VERBS:
        sub = verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.\n\n{lesson}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add(sub)
        sub.set_defaults(verb=verb(module), word=name)
    return parser


LONGEST_VERB: Final = max(len(name) for name, *_ in words.VERBS)
MAY_BE_NEGATIVE: Final = ("--at", "--for", "--view")  # options whose value may begin with a minus


def joined(argv: Sequence[str]) -> list[str]:
    """The words with `--at -90min` as one, or the parser would take what begins with a minus for an option."""
    words_left = list(argv)
    for at in range(len(words_left) - 2, -1, -1):
        word, value = words_left[at : at + 2]
        if word in MAY_BE_NEGATIVE and value[:1] == "-" and value[1:2].isdigit():
            words_left[at : at + 2] = [f"{word}={value}"]
    return words_left


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    try:
        arguments = make_parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
        code: int = arguments.verb(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # argparse: help, version, or wrong words
        if isinstance(stop.code, str):
            _say(stop.code)
            return USAGE
        return int(stop.code or 0)
    except BrokenPipeError:
        # Whoever read our output has had enough; the interpreter must not try to flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        _say("edgeboard: interrupted")
        return INTERRUPTED
    except EdgeboardError as error:
        _say(f"edgeboard: {error}")
        return FAILED
    except Exception as error:
        if os.environ.get("EDGEBOARD_TRACEBACK"):
            raise
        _say(
            f"edgeboard: a fault of edgeboard itself: {type(error).__name__}: {error}; "
            "please report it with what EDGEBOARD_TRACEBACK=1 shows"
        )
        return FAILED


def _say(line: str) -> None:
    with suppress(OSError, ValueError):  # nobody listens
        print(" ".join(line.split("\n")), file=sys.stderr, flush=True)
