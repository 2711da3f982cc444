"""The words of the command line: every verb with its arguments and the lesson that its `--help` gives.

Only cheap modules are imported here: the help must answer at once on a small board.
"""

import argparse
from pathlib import Path

from edgeboard.cli.device_arguments import DEVICE_VERBS, read_url
from edgeboard.cli.install_arguments import INSTALL_VERBS
from edgeboard.cli.marquee_arguments import MARQUEE_VERBS
from edgeboard.cli.mesh_arguments import MESH_VERBS
from edgeboard.cli.moments import read_moment
from edgeboard.cli.ota_arguments import OTA_VERBS
from edgeboard.cli.panel_arguments import PANEL_VERBS, read_panel
from edgeboard.cli.release_arguments import RELEASE_VERBS
from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values


def read_speed(text: str) -> float:
    return values.read_number(text, 0.0, 1000.0)


def read_width(text: str) -> float:
    return values.read_number(text, 0.125, 256.0)


def read_page(text: str) -> int:
    return values.read_whole(text, 1, 1_000_000)


def read_seconds(text: str) -> float:
    return values.read_number(text, 0.0, 1e7)


def read_colour(text: str) -> int:
    """A colour of the palette by number, or any as #rrggbb; the number that the canvas uses."""
    if text.startswith("#") and len(text) == 7:
        try:
            return 16 + int(text[1:], 16)
        except ValueError:
            pass
    try:
        return values.read_whole(text, 0, 15)
    except ValueError:
        raise ValueError(f"{text!r} is not a colour; write 0 to 15 for one of the palette, or #rrggbb") from None


def add_at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at", metavar="TIME", type=reads(read_moment),
        help="as it was then: 2026-07-01T14:30, 14:30 (the last one: if that is still to come, yesterday's), or -90min",
    )  # fmt: skip


def add_room(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", metavar="ROOM", type=reads(values.read_room), help="name of the room, such as lobby")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--room", metavar="ROOM", action="append", type=reads(values.read_room),
        help="a room that is open from the start; may be given several times (default: lobby)",
    )  # fmt: skip
    add_state(parser, "this node")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=reads(values.read_listen),
        help="where to serve the board (default: [::]:8787, which is IPv4 too); port 0 takes any that is free",
    )  # fmt: skip
    parser.add_argument(
        "--peer", metavar="URL", action="append", type=reads(values.read_peer),
        help="another board to link to; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--signal", metavar="URL", action="append", type=reads(values.read_signaling),
        help="a signaling service that introduces boards to each other; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--no-discovery", action="store_true", help="announce this board to nobody, and look for no others"
    )
    parser.add_argument(
        "--device", metavar="URL", action="append", type=reads(read_url),
        help="a pen or a panel, instead of all that is plugged in; may be given several times, none for none: "
        "sim:isdv4, sim:waveshare43?picture=panel.png, /dev/ttyUSB0",
    )  # fmt: skip
    parser.add_argument(
        "--panel", metavar="URL", action="append", type=reads(read_panel),
        help="a panel, instead of all that are found; may be given several times, none for none: fb:/dev/fb0, "
        "virtual:wall?width=800&height=480&format=grey1, png:wall.png",
    )  # fmt: skip
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="settings in YAML, such as /etc/edgeboard/edgeboard.yaml; read only if named; words here win over it",
    )
    parser.add_argument("--name", type=reads(values.read_name), help="what others see (default: the machine's name)")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="default: info")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", type=reads(values.read_path), help="keep the boards' state in DIR")
    parser.add_argument("--seconds", metavar="N", type=reads(read_seconds), help="end by itself after N seconds")
    parser.add_argument("--no-replay", action="store_true", help="leave both boards empty")
    parser.add_argument(
        "--serial",
        action="store_true",
        help="let a simulated pen tablet write on the first board, and show the second on a simulated e-ink panel",
    )
    parser.add_argument(
        "--picture", metavar="FILE", type=Path, help="where --serial keeps the panel's picture (default: ./panel.png)"
    )
    add_json(parser)


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="JSON lines, CSV or InkML; - reads the standard input")
    parser.add_argument("--room", metavar="ROOM", required=True, type=reads(values.read_room), help="where to draw it")
    parser.add_argument(
        "--speed", metavar="X", type=reads(read_speed), default=1.0,
        help="1 as it was written, 2 twice as fast, 0 as fast as the board can save it (default: 1)",
    )  # fmt: skip
    parser.add_argument("--loop", action="store_true", help="write it again and again, row below row, until Ctrl-C")
    parser.add_argument("--colour", metavar="C", type=reads(read_colour), help="0 to 15, or #rrggbb")
    parser.add_argument(
        "--width", metavar="PX", type=reads(read_width), help="of the pen (default: as recorded, else 3)"
    )
    parser.add_argument(
        "--exact", action="store_true", help="log every point as it was recorded; else they are thinned"
    )
    parser.add_argument("--name", type=reads(values.read_name), default="replay", help="name of the pen's owner")
    add_state(parser, "the node that is its host")
    add_json(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    add_room(parser)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--svg", metavar="OUT", help="write a picture; - is the standard output")
    form.add_argument("--png", metavar="OUT", help="write a picture in px; needs rsvg-convert (librsvg2-bin)")
    form.add_argument("--json", metavar="OUT", help="write everything, to import it again")
    form.add_argument("--excalidraw", metavar="OUT", help="write a drawing for Excalidraw")
    parser.add_argument("--page", metavar="N", type=reads(read_page), default=1, help="of the picture (default: 1)")
    parser.add_argument("--scale", metavar="N", type=int, choices=range(1, 5), default=1, help="of a PNG, 1 to 4")
    parser.add_argument("--transparent", action="store_true", help="a PNG without the white page")
    add_at(parser)
    add_state(parser, "the node that has the room")


def _import(parser: argparse.ArgumentParser) -> None:
    add_room(parser)
    parser.add_argument(
        "file", metavar="FILE",
        help="what `edgeboard export --json` wrote, an .excalidraw drawing, or a recording; - reads the standard input",
    )  # fmt: skip
    add_state(parser, "the node that is to have the room")
    add_json(parser)


def _rooms(parser: argparse.ArgumentParser) -> None:
    add_state(parser, "the node")
    add_json(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    add_state(parser, "the node")
    parser.add_argument(
        "--imports", action="store_true", help="list what the node has loaded, by package, with time and memory"
    )
    add_json(parser)


def _doctor(parser: argparse.ArgumentParser) -> None:
    add_state(parser, "the node")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=reads(values.read_listen),
        help="where the board is to be served (default: [::]:8787, which is IPv4 too)",
    )  # fmt: skip
    parser.add_argument(
        "--peer", metavar="URL", action="append", type=reads(values.read_peer), help="a board that it is to link to"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the settings that the node is run with")
    parser.set_defaults(device=None, panel=None, room=None, name=None, log_level=None, no_discovery=False, signal=None)
    add_json(parser)


def _log(parser: argparse.ArgumentParser) -> None:
    add_room(parser)
    add_at(parser)
    add_state(parser, "the node that has the room")
    add_json(parser)


def _selftest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--without-links", action="store_true", help="leave WebRTC out")
    add_json(parser)


VERBS: tuple[Verb, ...] = (
    Verb(
        "run", "run", "start a board",
        "Needs no configuration: it keeps its ink in the state directory and serves its page on port 8787.\n\n"
        "    edgeboard run                                      a board with the room lobby\n"
        "    edgeboard run --room lesson --room notes           with two rooms of other names\n"
        "    edgeboard run --peer http://kitchen.local:8787     linked to another board; one direction is enough\n"
        "    edgeboard run --config board.yaml --log-level debug\n\n"
        "Boards link only within a mesh; how to let others in says: edgeboard mesh --help\n"
        "Ctrl-C stops it with everything saved; a second Ctrl-C stops it at once.",
        _run,
    ),
    Verb(
        "demo", "demo", "see two boards share a canvas on this machine",
        "Starts two linked boards, shows their addresses with QR codes, and lets a recorded pen write on the first;\n"
        "what it writes appears on the second. Open both addresses and draw along.\n\n"
        "    edgeboard demo                   until Ctrl-C, with a state that is thrown away\n"
        "    edgeboard demo --state ~/boards  with a state that is kept\n"
        "    edgeboard demo --seconds 20      ends by itself; the exit code says whether the strokes crossed\n"
        "    edgeboard demo --serial          a tablet on a serial line writes, an e-ink panel on another shows it:\n"
        "                                     simulated devices; panel.png is what a person would see",
        _demo,
    ),
    Verb(
        "replay", "replay", "let a recorded pen write in a room",
        "The pen is a guest of a running board: people see it move, and every stroke is logged like anybody's.\n\n"
        "    edgeboard replay lesson.jsonl --room lobby\n"
        "    edgeboard replay tablet.csv --room lobby --speed 4 --colour 9\n"
        "    edgeboard replay big.jsonl --room test --speed 0      as fast as the board can save it\n\n"
        "JSON lines: {\"x\": [..], \"y\": [..], \"p\": [0..4095, ..], \"t\": [ms, ..]}, x and y in 1/20 px.\n"
        "InkML: as tablets and phones export it, with its colours and widths.\n"
        "CSV: x,y,pressure,t in px, 0 to 1 or 0 to 4095, and ms; an empty line or pressure 0 ends a stroke.\n"
        "With semicolons or tabs between the values, decimal commas are read too.\n"
        "Ends when all of it is safe, or says what is not; a board that stops meanwhile is given 10 s to come back.",
        _replay,
    ),
    Verb(
        "export", "transfer", "write a room to a file",
        "Works with a running node and without one.\n\n"
        "    edgeboard export lobby --svg lobby.svg          a picture of its first page\n"
        "    edgeboard export lobby --svg - --page 2 | less  of its second\n"
        "    edgeboard export lobby --png big.png --scale 4  in px, four for each of the canvas\n"
        "    edgeboard export lobby --svg old.svg --at -90min        as it was, with what was erased since\n"
        "    edgeboard export lobby --excalidraw lobby.excalidraw    for Excalidraw\n"
        "    edgeboard export lobby --json lobby.json        complete and loss-free, for edgeboard import",
        _export,
    ),
    Verb(
        "import", "transfer", "take a room from a file",
        "What is there already stays as it is, and importing twice changes nothing.\n\n"
        "    edgeboard import lobby lobby.json\n"
        "    edgeboard import lobby plan.excalidraw a drawing of Excalidraw; what cannot be carried is named\n"
        "    edgeboard import lobby notes.inkml     a pen recording: InkML, JSON lines or CSV\n"
        "    ssh kitchen edgeboard export lobby --json - | edgeboard import kitchen-lobby -",
        _import,
    ),
    Verb(
        "rooms", "reports", "list the rooms of a node",
        "Works with a running node and without one.\n\n"
        "    edgeboard rooms\n"
        "    edgeboard rooms --json | jq -r '.[].name'",
        _rooms,
    ),
    Verb(
        "log", "reports", "show who did what in a room, and how large it is",
        "Times are labels from the clocks of whoever drew; boards may have started in 1970.\n\n"
        "    edgeboard log lobby\n"
        "    edgeboard log lobby --at 14:30    what had been done by then, with what was erased since\n"
        "    edgeboard log lobby --json",
        _log,
    ),
    Verb(
        "status", "reports", "show how a running node is doing",
        "Links, rooms, people, what has been refused and why, and which kernels run in C.\n\n"
        "    edgeboard status\n"
        "    edgeboard status --state /var/lib/edgeboard --json\n"
        "    edgeboard status --imports        what it has loaded, and what that costs",
        _status,
    ),
    Verb(
        "doctor", "doctor", "check whether this machine is fit to be a board",
        "Looks at the disk, the keys, the database, the clock, the ports and the network, opens a WebRTC link on this\n"
        "machine, and measures how many pens it can take. Each finding says what to do. Works with a running node and\n"
        "without one, and disturbs neither. The exit code is 1 if there is a problem; warnings do no harm.\n\n"
        "    edgeboard doctor\n"
        "    edgeboard doctor --config board.yaml       with the settings that the node is run with\n"
        "    edgeboard doctor --json | jq '.findings[] | select(.level != \"ok\")'",
        _doctor,
    ),
    Verb(
        "selftest", "selftest", "does this installation work on this machine",
        "Loads every module, asks the C kernels, the store, the keys and the canvas for known answers, and links two\n"
        "nodes over WebRTC on 127.0.0.1. It touches neither the state of a board nor its network; an update asks it\n"
        "of what it has built, before anything is switched. The exit code is 1 if something does not work.\n\n"
        "    edgeboard selftest\n"
        "    edgeboard selftest --without-links    in a sandbox that has no network at all",
        _selftest,
    ),
    *MESH_VERBS,
    *MARQUEE_VERBS,
    *PANEL_VERBS,
    *DEVICE_VERBS,
    *RELEASE_VERBS,
    *INSTALL_VERBS,
    *OTA_VERBS,
)  # fmt: skip
