"""The words of `edgeboard ota`: a board that renews itself."""

import argparse
from pathlib import Path

from edgeboard.cli.verbs import Verb, add_json, add_state, reads
from edgeboard.config import values

CHANNELS = ("stable", "beta")


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", metavar="DIR", type=Path, help="the board's root folder (default: as the configuration says, or /)"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=reads(values.read_path),
        help="the node's configuration, for its `updates` (default: /etc/edgeboard/edgeboard.yaml, if it is there)",
    )
    parser.add_argument(
        "--ota-state", metavar="DIR", type=reads(values.read_path),
        help="where updates are kept (default: var/lib/edgeboard-ota below the root)",
    )  # fmt: skip
    add_json(parser)


def _add_sources(parser: argparse.ArgumentParser, *, is_named: bool = False) -> None:
    if not is_named:
        _add_from(parser)
    parser.add_argument("--channel", choices=CHANNELS, help="default: as the configuration says, or stable")
    add_state(parser, "the node, whose mesh is asked")


def _add_from(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="sources", metavar="WHERE", action="append",
        help="a web address, a folder, or a bundle (.ebu); may be given several times (default: the boards of the "
        "mesh, then the addresses of the configuration)",
    )  # fmt: skip


def _ota(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        _add_place(sub)
        return sub

    _add_sources(add("check", "ask whether there is something newer; changes nothing"))
    fetch = add("fetch", "fetch and verify what is newer; installs nothing")
    upgrade = add("upgrade", "fetch, verify, build, switch, and watch the new release until it is found healthy")
    bundle = add("import", "upgrade from a bundle, such as one on a USB stick")
    bundle.add_argument("file", metavar="FILE", type=reads(values.read_path), help="the bundle (.ebu)")
    bundle.add_argument(
        "--keep", action="store_true", help="only fetch it, for this board to hand on and to build from"
    )
    for sub in (fetch, upgrade, bundle):
        _add_sources(sub, is_named=sub is bundle)
    for sub in (upgrade, bundle):
        sub.add_argument(
            "--at-once",
            action="store_true",
            help="even if it is not this board's turn yet, or it went back from it before",
        )
        sub.add_argument(
            "--any-turn", action="store_true", help="whose turn it is has been asked before, by who has fetched it"
        )
        sub.add_argument("--no-wait", action="store_true", help="end when it is armed; the launcher does the rest")
    verify = add("verify", "verify a bundle, to the last byte; changes nothing")
    verify.add_argument("file", metavar="FILE", type=reads(values.read_path), help="the bundle (.ebu)")
    verify.add_argument("--channel", choices=CHANNELS, help="default: as the configuration says, or stable")
    add("status", "show what runs, what could be gone back to, and how the last update ended")
    back = add("rollback", "go back to the release before; what runs now is not taken again by itself")
    back.add_argument("--no-wait", action="store_true", help="end when it is armed; the launcher does the rest")


OTA_VERBS: tuple[Verb, ...] = (
    Verb(
        "ota", "ota", "renew this board, or see how that stands",
        "A release is verified, built beside the one that runs, switched to in a moment, and watched from outside; a\n"
        "board that is not healthy then goes back by itself and says why. Power may fail at any time.\n\n"
        "    edgeboard ota check                          is there something newer?\n"
        "    edgeboard ota upgrade                        take it, from the mesh or from the configured address\n"
        "    edgeboard ota upgrade --from https://updates.example\n"
        "    edgeboard ota import /media/usb/edgeboard-1.2.ebu\n"
        "    edgeboard ota verify edgeboard-1.2.ebu\n"
        "    edgeboard ota status\n"
        "    edgeboard ota rollback\n\n"
        "Exit codes: 0 done, or nothing newer; 1 it could not be done; 2 wrong words; 3 refused: what is offered\n"
        "is not what its signers signed, or not for this board (the attack that it would be is named);\n"
        "4 no source answers; 5 the disk is full or cannot be written; 6 it was gone back from, and\n"
        "why; 7 another update is under way.",
        _ota,
    ),
)  # fmt: skip
