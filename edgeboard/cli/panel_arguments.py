"""The words of `edgeboard panels`: what shows on this board's panels, seen and changed."""

import argparse

from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values

LAYOUTS = ("board", "both", "marquee")  # as `peripherals.panels` has them


def read_panel(text: str) -> str:
    """The URL of a panel; what reads it later says what is wrong with it."""
    if not text or len(text) > 1024:
        raise ValueError("write the URL of a panel, such as virtual:wall or fb:/dev/fb0")
    return text


def _read_what(text: str) -> str:
    """The only word there is."""
    if text != "set":
        raise ValueError(
            f"{text[:40]!r} is nothing to be done; edgeboard panels lists all, edgeboard panels set NAME changes one"
        )
    return text


def _panels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="set", nargs="?", type=reads(_read_what), help="change what a panel shows")
    parser.add_argument("name", metavar="NAME", nargs="?", help="of the panel to change")
    parser.add_argument(
        "--view", metavar="LEFT,TOP,WIDTH", help="the part of the room that it shows, px of the canvas: 0,0,1280"
    )
    parser.add_argument("--room", metavar="ROOM", type=reads(values.read_room), help="the room that it shows")
    parser.add_argument("--new", action="store_true", help="open that room, if the board does not have it yet")
    parser.add_argument("--layout", choices=LAYOUTS, help="the room alone, with the marquee below it, or that alone")
    add_state(parser, "the node")
    add_json(parser)


PANEL_VERBS: tuple[Verb, ...] = (
    Verb(
        "panels", "panels", "list the panels of a board, what each shows, and how well they are in step",
        "Panels are what is named in edgeboard.yaml under panels:, framebuffers of the machine, and e-ink that\n"
        "edgeboard devices lists. Each can be looked at in a browser: http://HOST:8787/panel/NAME\n\n"
        "    edgeboard panels                                   late and dropped frames are those of the marquee\n"
        "    edgeboard panels set wall --room lesson            shows another room, from the next frame on; edgeboard\n"
        "                                                       rooms lists them, and --new opens one\n"
        "    edgeboard panels set wall --view 0,0,2560          shows twice as much of it\n"
        "    edgeboard panels set wall --layout marquee         shows the marquee alone\n\n"
        "What is set here lasts until the node stops; edgeboard.yaml says what it begins with. To try a panel\n"
        "without hardware: edgeboard run --panel virtual:wall",
        _panels,
    ),
)  # fmt: skip
