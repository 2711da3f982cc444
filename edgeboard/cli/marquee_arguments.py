"""The words of `edgeboard marquee`: its items, set and seen."""

import argparse

from edgeboard.cli.moments import read_span
from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values

LEVELS = ("info", "healthy", "warning", "critical")  # as `marquee.items.Level` has them


def read_rank(text: str) -> int:
    """A whole number, either side of 0."""
    try:
        return values.read_whole(text.removeprefix("-"), 0, 1_000) * (-1 if text.startswith("-") else 1)
    except ValueError:
        raise ValueError("write a whole number from -1000 to 1000") from None


def read_interval(text: str) -> float:
    """Seconds of a turn, such as 8s or 2min."""
    return values.read_number(str(read_span(text)), 1.0, 3_600.0)


def read_lasting(text: str) -> float:
    """How long an item is to last; 0 is without an end."""
    return 0.0 if text in ("0", "ever") else read_span(text)


def _marquee(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        sub.add_argument(
            "--room", metavar="ROOM", type=reads(values.read_room),
            help="whose marquee (default: the one that the board's panels show)",
        )  # fmt: skip
        add_state(sub, "the node")
        add_json(sub)
        return sub

    one = add("set", "set an item; what is not said stays as it is")
    one.add_argument("id", metavar="ID", help="its name, such as door: setting it again changes it")
    one.add_argument("text", metavar="TEXT", nargs="?", help="what it says, in one line; needed for a new one")
    one.add_argument(
        "--level", choices=LEVELS, help="how bad it is; critical items interrupt all others (default: info)"
    )
    one.add_argument("--priority", metavar="N", type=reads(read_rank), help="the highest come first (default: 0)")
    one.add_argument("--order", metavar="N", type=reads(read_rank), help="within a priority, the lowest come first")
    one.add_argument(
        "--interval", metavar="TIME", type=reads(read_interval),
        help="how long it has its turn: 1s to 60min (default: as its first text needs)",
    )  # fmt: skip
    one.add_argument(
        "--for", dest="seconds", metavar="TIME", type=reads(read_lasting),
        help="how long it is valid from now: 30s, 10min, 2h; 0 without an end, which is the default",
    )  # fmt: skip
    one.add_argument(
        "--icon", metavar="NAME", help="bell, bolt, clock, drop, flame, heart, star, up, down, steady, door, cup, ..."
    )
    gone = add("remove", "remove items, all at one moment")
    gone.add_argument("ids", metavar="ID", nargs="+", help="their names")
    add("list", "list the items, and what shows now")
    watch = add("watch", "follow what shows, until Ctrl-C")
    watch.add_argument("--turns", metavar="N", type=reads(lambda text: values.read_whole(text, 1)), help="then end")


MARQUEE_VERBS: tuple[Verb, ...] = (
    Verb(
        "marquee", "marquee", "set and see what runs along the panels",
        "The marquee runs along the lower edge of all panels that show a room, in step. Its items lie in the room, so\n"
        "they outlive restarts and reach every board; a change takes effect everywhere at one moment.\n\n"
        "    edgeboard marquee set door \"The door is open\" --level warning --for 10min\n"
        "    edgeboard marquee set door --level critical      the same text, and everything else steps aside\n"
        "    edgeboard marquee set lunch \"Soup at noon\" --icon cup --priority -1\n"
        "    edgeboard marquee remove door lunch\n"
        "    edgeboard marquee list --json | jq '.items[] | select(.valid) | .text'\n"
        "    edgeboard marquee watch                          what shows, as it changes\n\n"
        "By HTTP, from the board's network (with ?pin=PIN or ?token=TOKEN where guests are asked for one):\n\n"
        "    curl -X PUT http://BOARD:8787/api/marquee -d '{\"id\": \"door\", \"text\": \"The door is open\"}'\n"
        "    curl -X DELETE 'http://BOARD:8787/api/marquee?id=door'\n\n"
        "What boards read by themselves, at web addresses and in files, stands in the configuration: marquee: sources.",
        _marquee,
    ),
)  # fmt: skip
