"""The verbs about the mesh, about who may come in, and about what a large one stands."""

import argparse
from functools import partial
from pathlib import Path

from edgeboard.cli.moments import read_span
from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values


def read_boards(text: str) -> int:
    return values.read_whole(text, 1, 1_000)


def read_change(text: str) -> str:
    """What to do about signaling services."""
    if text not in ("add", "remove", "list"):
        raise ValueError(f"{text!r} is not a change; say add, remove or list, as in: edgeboard mesh signal add URL")
    return text


def read_share(text: str, most: float = 0.9) -> float:
    """A share such as 5% or 0.05, at most `most`."""
    digits, percent, rest = text.partition("%")
    try:
        share = values.read_number(digits, 0.0, 100 * most if percent else most)
    except ValueError:
        share = -1.0
    if rest or share < 0:
        raise ValueError(f"{text!r} is not a share; write 5% or 0.05, at most {most:.0%}")
    return share / 100 if percent else share


def read_rate(text: str) -> float:
    """Events a minute, such as 10/min, 2/h or 1/s."""
    digits, slash, unit = text.partition("/")
    per_minute = {"s": 60.0, "min": 1.0, "h": 1 / 60}
    if slash and unit not in per_minute:
        raise ValueError(f"{text!r} is not a rate; write 10/min, 2/h or 1/s")
    return values.read_number(digits, 0.0, 1e6) * per_minute.get(unit, 1.0)


def _signal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--listen", metavar="HOST:PORT", type=reads(values.read_listen),
        help="where to serve (default: [::]:8788, which is IPv4 too); port 0 takes any that is free",
    )  # fmt: skip
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="default: info")


def _mesh(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        add_state(sub, "the node")
        add_json(sub)
        return sub

    init = add("init", "make a mesh with a name, whose key this board holds")
    init.add_argument("name", metavar="NAME", type=reads(values.read_name), help="what people call it")
    init.add_argument("--leave", action="store_true", help="although this board is in a mesh already")
    invite = add("invite", "make an invitation, as text, QR code or file; it is taken while this board is on")
    invite.add_argument("--boards", metavar="N", type=reads(read_boards), default=1, help="for so many (default: 1)")
    invite.add_argument(
        "--role", choices=("view", "draw", "moderate", "admin", "update"), default="draw",
        help="what they may do: only look (view), draw, or invite and put out too (admin) (default: draw)",
    )  # fmt: skip
    invite.add_argument(
        "--for", dest="seconds", metavar="TIME", type=reads(read_span), default=86_400.0,
        help="how long it can be used: 30min, 2h, 7d (default: 24h)",
    )  # fmt: skip
    invite.add_argument("--svg", metavar="OUT", type=Path, help="write the QR code there; - is the standard output")
    invite.add_argument("--file", metavar="OUT", type=Path, help="write the file for a boot partition there")
    invite.add_argument("--revoke", metavar="ID", help="take an invitation back instead")
    add("invitations", "list the invitations that this board has given out")
    add("status", "show how many boards and links there are, and what is the matter with any")
    add("peers", "list the other boards: how they are linked, how soon they answer, what runs there")
    graph = add("graph", "list who links to whom")
    graph.add_argument("--svg", metavar="OUT", type=Path, help="draw it instead; - is the standard output")
    revoke = add("revoke", "put a board out of the mesh, for ever")
    revoke.add_argument("node", metavar="NODE", nargs="?", help="its name, its id, or the beginning of that")
    revoke.add_argument("--list", action="store_true", help="show who was put out")
    signal = add("signal", "add, remove or list the signaling services of a board that runs, until it ends")
    signal.add_argument("change", metavar="CHANGE", type=reads(read_change), help="add, remove or list")
    signal.add_argument(
        "url", metavar="URL", nargs="?", type=reads(values.read_signaling),
        help="a service, see: edgeboard signal --help",
    )  # fmt: skip


def _join(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "invitation", metavar="INVITATION", help="an invitation, a file with one, the six digits of a code, or -"
    )
    parser.add_argument(
        "--peer", metavar="URL", action="append", type=reads(values.read_peer), help="a board of the mesh to ask"
    )
    parser.add_argument(
        "--leave", action="store_true",
        help="although this board is in a mesh already, or was put out of it; then it comes back as a new board",
    )  # fmt: skip
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
    parser.add_argument("--role", choices=("draw", "view"), help="what it lets do (default: draw)")
    parser.add_argument(
        "--for", dest="seconds", metavar="TIME", type=reads(read_span),
        help="when it ends, such as 30min, 2h or 7d (default: when it is revoked)",
    )  # fmt: skip
    add_state(parser, "the node")
    add_json(parser)


def _sim(parser: argparse.ArgumentParser) -> None:
    def number(name: str, default: float, what: str, least: float, most: float) -> None:
        reader = reads(partial(values.read_number, least=least, most=most))
        parser.add_argument(name, metavar="N", type=reader, default=default, help=f"{what} (default: {default:g})")

    def count(name: str, default: int, what: str, most: int) -> None:
        reader = reads(partial(values.read_whole, least=1, most=most))
        parser.add_argument(name, metavar="N", type=reader, default=default, help=f"{what} (default: {default})")

    def span(name: str, default: float, what: str) -> None:
        parser.add_argument(name, metavar="TIME", type=reads(read_span), default=default, help=what)

    count("--nodes", 30, "boards", 500)
    count("--rooms", 1, "rooms that all of them have", 64)
    number("--hours", 0.05, "how long, on the boards' clock", 0.001, 10_000.0)
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of all chance (default: 1)")
    parser.add_argument(
        "--loss", metavar="P%", type=reads(read_share), default=0.0, help="datagrams that are lost (default: 0%%)"
    )
    parser.add_argument(
        "--loss-back",
        metavar="P%",
        type=reads(read_share),
        help="the same in one direction of links (default: --loss)",
    )
    boards = reads(partial(read_share, most=1.0))
    for name, what in (
        ("--slow", "with a slow processor and card"),
        ("--wrong-clocks", "that think it is 1970, or 2036"),
    ):
        parser.add_argument(name, metavar="P%", type=boards, default=0.0, help=f"boards {what} (default: 0%%)")
    span("--partition", 0.0, "length of partitions, such as 30s (default: none)")
    span("--partition-every", 300.0, "from one to the next (default: 5min)")
    parser.add_argument(
        "--churn", metavar="N/min", type=reads(read_rate), default=0.0, help="power cuts of boards (default: 0/min)"
    )
    number("--stroke-every", 10.0, "seconds between the strokes of a board, on average", 0.01, 1e6)
    parser.add_argument("--no-multicast", action="store_true", help="boards do not find each other by discovery")
    parser.add_argument("--verify", action="store_true", help="with real signatures, which takes longer")
    add_json(parser)


MESH_VERBS: tuple[Verb, ...] = (
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
        "mesh", "mesh", "make a mesh, invite boards into it, put boards out of it",
        "Boards link only within a mesh. A board that is started alone is in one of its own, and can invite.\n\n"
        "    edgeboard mesh invite                          one board, within a day\n"
        "    edgeboard mesh invite --boards 30 --file edgeboard-join.txt    for a batch of cards\n"
        "    edgeboard mesh invite --role view              a board that shows what others draw, and takes no ink\n"
        "    edgeboard mesh invitations                     which are open\n"
        "    edgeboard mesh invite --revoke 3f2a            take one back\n"
        "    edgeboard mesh status                          what is the matter with it; also peers and graph\n"
        "    edgeboard mesh graph --svg mesh.svg            who links to whom; live at http://BOARD:8787/mesh\n"
        "    edgeboard mesh revoke Kitchen                  put a board out that was lost or stolen; or by its id\n"
        "    edgeboard mesh init school --state DIR         a mesh with a name; before the board is started\n\n"
        "Invitations are taken by the board that made them, so it has to be on then.\n"
        "Who has the role admin may invite and put out too; what the mesh key has made it alone can undo, so keep\n"
        "a copy of mesh.key in the state directory of the board that made the mesh.",
        _mesh,
    ),
    Verb(
        "join", "join", "become a member of another board's mesh",
        "Whether a board runs here or not; what was drawn here comes along.\n\n"
        "    edgeboard join ebi1-...                        as `edgeboard mesh invite` shows on the other board\n"
        "    edgeboard join edgeboard-join.txt              the same from a file\n"
        "    edgeboard join 123456                          as `edgeboard pair` shows there\n"
        "    edgeboard join 123456 --peer kitchen.local     where the board is not found by itself\n"
        "    edgeboard join --leave ebi1-...                into another mesh, or back after this board was put out\n\n"
        "The board that made the invitation or shows the code has to be on.\n"
        "A board without a mesh looks for /boot/firmware/edgeboard-join.txt by itself (see node.join_file).",
        _join,
    ),
    Verb(
        "pair", "pair", "show a code of six digits that lets one board in",
        "For a board that is at hand, where typing an invitation would be too much. It holds for two minutes,\n"
        "and shows on the board's own panel too (?kiosk, opened as http://localhost).\n\n"
        "    edgeboard pair                                 here, on a board of the mesh\n"
        "    edgeboard join 123456                          there, on the new one",
        _pair,
    ),
    Verb(
        "pin", "admit", "show the PIN that lets guests draw, or make another one",
        "A board asks guests for it with `guests: {admit: pin}` in its configuration, but for those who sit at the\n"
        "board itself (http://localhost). Wrong ones are slowed down, and a PIN that was guessed at a thousand times\n"
        "is another one.\n\n"
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
        "sim", "sim", "try a site of many boards, with faults, in one process",
        "The boards are those that run on real machines, without sockets and disks, on a clock of their own. Whatever\n"
        "happens to them, all that was called safe must be there at the end, once, and on all boards alike; the exit\n"
        "code is 1 if it is not. A run repeats exactly from its arguments.\n\n"
        "    edgeboard sim --nodes 100 --rooms 4 --loss 5% --partition 30s --churn 10/min --hours 2 --seed 7\n"
        "    edgeboard sim --nodes 30 --json",
        _sim,
    ),
)  # fmt: skip
