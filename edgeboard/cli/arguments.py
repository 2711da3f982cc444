"""The words of the command line: every verb with its arguments and the lesson that its `--help` gives.

Only cheap modules are imported here: the help must answer at once on a small board.
"""

import argparse
from pathlib import Path

from edgeboard.cli.moments import read_moment, read_span
from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values


def read_speed(text: str) -> float:
    return values.read_number(text, 0.0, 1000.0)


def read_width(text: str) -> float:
    return values.read_number(text, 0.125, 256.0)


def read_page(text: str) -> int:
    return values.read_whole(text, 1, 1_000_000)


def read_boards(text: str) -> int:
    return values.read_whole(text, 1, 1_000)


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
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings in YAML; what is said here wins over it")
    parser.add_argument("--name", type=reads(values.read_name), help="what others see (default: the machine's name)")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="default: info")


def _signal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=reads(values.read_listen),
        help="where to serve (default: [::]:8788, which is IPv4 too); port 0 takes any that is free",
    )  # fmt: skip
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="default: info")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", type=reads(values.read_path), help="keep the boards' state in DIR")
    parser.add_argument("--seconds", metavar="N", type=reads(read_seconds), help="end by itself after N seconds")
    parser.add_argument("--no-replay", action="store_true", help="leave both boards empty")
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
    parser.set_defaults(room=None, name=None, log_level=None, no_discovery=False, signal=None)
    add_json(parser)


def _log(parser: argparse.ArgumentParser) -> None:
    add_room(parser)
    add_at(parser)
    add_state(parser, "the node that has the room")
    add_json(parser)


def _mesh(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        add_state(sub, "the node")
        add_json(sub)
        return sub

    init = add("init", "make a mesh with a name, whose key this board holds")
    init.add_argument("name", metavar="NAME", type=reads(values.read_name), help="what people call it")
    init.add_argument("--leave", action="store_true", help="although this board is in a mesh with others")
    invite = add("invite", "make an invitation, as text, QR code or file")
    invite.add_argument("--boards", metavar="N", type=reads(read_boards), default=1, help="for so many (default: 1)")
    invite.add_argument(
        "--role", choices=("draw", "moderate", "admin", "update"), default="draw",
        help="what they may do; an admin may invite and put out (default: draw)",
    )  # fmt: skip
    invite.add_argument(
        "--for", dest="seconds", metavar="TIME", type=reads(read_span), default=86_400.0,
        help="how long it can be used: 30min, 2h, 7d (default: 24h)",
    )  # fmt: skip
    invite.add_argument("--svg", metavar="OUT", type=Path, help="write the QR code there; - is the standard output")
    invite.add_argument("--file", metavar="OUT", type=Path, help="write the file for a boot partition there")
    invite.add_argument("--revoke", metavar="ID", help="take an invitation back instead")
    add("invitations", "list the invitations that this board has given out")
    revoke = add("revoke", "put a board out of the mesh, for ever")
    revoke.add_argument("node", metavar="NODE", nargs="?", help="its id, or the beginning of it")
    revoke.add_argument("--list", action="store_true", help="show who was put out")

    signal = add("signal", "add, remove or list the signaling services of a board that runs, until it ends")
    signal.add_argument("change", choices=("add", "remove", "list"), help="what to do")
    signal.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        type=reads(values.read_signaling),
        help="a service, see: edgeboard signal --help",
    )


def _join(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "invitation", metavar="INVITATION", help="an invitation, a file with one, the six digits of a code, or -"
    )
    parser.add_argument(
        "--peer", metavar="URL", action="append", type=reads(values.read_peer), help="a board of the mesh to ask"
    )
    parser.add_argument("--leave", action="store_true", help="although this board is in a mesh with others")
    add_state(parser, "the node")
    add_json(parser)


def _pair(parser: argparse.ArgumentParser) -> None:
    add_state(parser, "the node")
    add_json(parser)


def _pin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new", action="store_true", help="make another one; who came in by the old one has to say it")
    add_state(parser, "the node")
    add_json(parser)


def _token(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--room", metavar="ROOM", type=reads(values.read_room), help="make a link that leads into it")
    what.add_argument("--revoke", metavar="ID", help="end a link, by the letters that were printed with it")
    parser.add_argument("--role", choices=("draw", "view"), default="draw", help="what it lets do (default: draw)")
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=reads(read_span),
        help="when it ends, such as 30min, 2h or 7d (default: when it is revoked)",
    )  # fmt: skip
    add_state(parser, "the node")
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
        "    edgeboard demo --seconds 20      ends by itself; the exit code says whether the strokes crossed",
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
        "signal", "signaling", "introduce boards that cannot find each other",
        "A tiny service for boards that multicast does not reach: other subnets, a Wi-Fi that keeps its clients\n"
        "apart. It passes on sealed offers and knows no more than that somebody is there; it carries no ink, keeps\n"
        "nothing, and is needed only until boards are linked. Several may run at once. All boards have to reach it;\n"
        "where WebRTC cannot open between two boards, it cannot help.\n\n"
        "    edgeboard signal                             at port 8788\n"
        "    edgeboard run --signal http://10.0.0.9:8788  on each board",
        _signal,
    ),
    Verb(
        "pin", "admit", "show the PIN that lets guests draw, or make another one",
        "A board asks guests for it with `guests: {admit: pin}` in its configuration. Wrong ones are slowed down,\n"
        "and a PIN that was guessed at a thousand times is another one.\n\n"
        "    edgeboard pin\n"
        "    edgeboard pin --new",
        _pin,
    ),
    Verb(
        "token", "admit", "make links that let somebody into one room",
        "The link works at this board whatever it asks of others, also from outside of its network. Its time runs\n"
        "by the board's uptime, never by a clock on a wall.\n\n"
        "    edgeboard token --room lesson --role view --for 2h\n"
        "    edgeboard token                              lists those that hold\n"
        "    edgeboard token --revoke 1f3a9c02",
        _token,
    ),
    Verb(
        "mesh", "mesh", "make a mesh, invite boards into it, put boards out of it",
        "Boards link only within a mesh. A board that is started alone is in one of its own, and can invite.\n\n"
        "    edgeboard mesh invite                          one board, within a day\n"
        "    edgeboard mesh invite --boards 30 --file edgeboard-join.txt    for a batch of cards\n"
        "    edgeboard mesh invitations                     which are open\n"
        "    edgeboard mesh invite --revoke 3f2a            take one back\n"
        "    edgeboard mesh revoke 9c41e07b                 put a board out that was lost or stolen\n"
        "    edgeboard mesh init school --state DIR         a mesh with a name; before the board is started\n\n"
        "Who has the role admin may invite and put out too; what the mesh key has made it alone can undo, so keep\n"
        "a copy of mesh.key in the state directory of the board that made the mesh.",
        _mesh,
    ),
    Verb(
        "join", "join", "become a member of another board's mesh",
        "Whether a board runs here or not; what was drawn here comes along.\n\n"
        "    edgeboard join ebi1-...                        as `edgeboard mesh invite` shows on the other board\n"
        "    edgeboard join edgeboard-join.txt              the same from a file\n"
        "    edgeboard join 123456 --peer kitchen.local     as `edgeboard pair` shows there\n\n"
        "A board without a mesh looks for /boot/firmware/edgeboard-join.txt by itself (see node.join_file).",
        _join,
    ),
    Verb(
        "pair", "pair", "show a code of six digits that lets one board in",
        "For a board that is at hand, where typing an invitation would be too much. It holds for two minutes.\n\n"
        "    edgeboard pair                                 here, on a board of the mesh\n"
        "    edgeboard join 123456 --peer kitchen.local     there, on the new one",
        _pair,
    ),
)  # fmt: skip
