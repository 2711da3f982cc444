"""The verbs of who makes releases: keys and signatures, and bundles."""

import argparse
from pathlib import Path

from edgeboard.cli.moments import read_moment
from edgeboard.cli.verbs import Verb, add_json, reads
from edgeboard.config import values
from edgeboard.ota.values import CHANNELS, COUNTER_MAX

RELEASES = Path("releases")
ROLES = ("root", "targets", "snapshot", "timestamp")


def read_percent(text: str) -> int:
    return values.read_whole(text.removesuffix("%"), 0, 100)


def read_counter(text: str) -> int:
    return values.read_whole(text, 0, COUNTER_MAX)


def read_forms(text: str) -> tuple[int, ...]:
    """Forms of a node's state, such as 1,2."""
    return tuple(values.read_whole(form, 1, COUNTER_MAX) for form in text.split(","))


def read_libc(text: str) -> tuple[int, int]:
    """A version of glibc, such as 2.36."""
    major, _, minor = text.partition(".")
    if not (major.isdecimal() and minor.isdecimal() and len(major) < 3 and len(minor) < 4):
        raise ValueError(f"{text!r} is no version of glibc; write it like 2.36")
    return int(major), int(minor)


def read_role_number(text: str) -> tuple[str, int]:
    """A number for a role, such as targets=1."""
    role, _, number = text.partition("=")
    if role not in ROLES:
        raise ValueError(f"{text!r}: say a role and a number, such as targets=1; roles are {', '.join(ROLES)}")
    return role, values.read_whole(number, 1, 3650)


def _add_releases(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--releases", metavar="DIR", type=Path, default=RELEASES, help=f"the folder of releases (default: ./{RELEASES})"
    )
    add_json(parser)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keys", metavar="DIR", type=Path, action="append",
        help="where keys lie, such as a stick; may be given several times (default: keys/ in the folder of releases)",
    )  # fmt: skip
    parser.add_argument(
        "--passphrase-file", metavar="FILE", type=Path,
        help="its first line opens the keys; without it each key's is asked for",
    )  # fmt: skip


def _release(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        sub = what.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
        _add_releases(sub)
        return sub

    init = add("init", "begin: make all keys, and sign a repository without releases")
    init.add_argument(
        "--machine", metavar="MACHINE", action="append", required=True,
        help="what every release must be for, such as aarch64-cp313; may be given several times",
    )  # fmt: skip
    init.add_argument(
        "--number", metavar="ROLE=N", action="append", type=reads(read_role_number), default=[],
        help="how many keys a role has (default: root=3 targets=3 snapshot=1 timestamp=1)",
    )  # fmt: skip
    init.add_argument(
        "--threshold", metavar="ROLE=N", action="append", type=reads(read_role_number), default=[],
        help="how many of them must sign (default: root=2 targets=2)",
    )  # fmt: skip
    init.add_argument(
        "--days", metavar="ROLE=N", action="append", type=reads(read_role_number), default=[],
        help="how long signatures hold (default: root=365 targets=180 snapshot=30 timestamp=30)",
    )  # fmt: skip
    _add_keys(init)
    _add_keys(add("keys", "list keys, who has to sign what, until when it holds, and what has been published"))
    adding = add("add", "stage a wheelhouse as the release for one machine")
    adding.add_argument("wheelhouse", metavar="WHEELHOUSE", nargs="?", type=Path, help="a folder of wheels")
    adding.add_argument("--machine", metavar="MACHINE", help="whom it is for, such as aarch64-cp313")
    adding.add_argument(
        "--version", dest="release", metavar="VERSION", help="(default: that of the wheel of edgeboard)"
    )
    adding.add_argument("--channel", choices=CHANNELS, default="stable", help="(default: stable)")
    adding.add_argument(
        "--libc", metavar="X.Y", type=reads(read_libc), help="the least glibc (default: what the wheels' names say)"
    )
    adding.add_argument(
        "--counter", metavar="N", type=reads(read_counter), default=0, help="(default: one more than the last)"
    )
    adding.add_argument(
        "--from-counter", metavar="N", type=reads(read_counter), default=0,
        help="boards below it take a release between first (default: 0)",
    )  # fmt: skip
    adding.add_argument(
        "--security-floor", metavar="N", type=reads(read_counter), default=0,
        help="nobody goes back below this counter (default: 0)",
    )  # fmt: skip
    adding.add_argument(
        "--state-reads", metavar="N,N", type=reads(read_forms), default=(1,),
        help="forms of a node's state that it reads (default: 1)",
    )  # fmt: skip
    adding.add_argument(
        "--state-writes", metavar="N", type=reads(read_counter), default=1, help="the form that it writes (default: 1)"
    )
    _add_rollout(adding, 100)
    adding.add_argument("--drop", action="store_true", help="forget what is staged instead")
    publish = add("publish", "sign what is staged, renew what ages, and let boards see it")
    publish.add_argument("--channel", choices=CHANNELS, default="stable", help="of --percent (default: stable)")
    _add_rollout(publish, None)
    _add_keys(publish)
    rotate = add("rotate", "put a new key in the place of one, or renew the root")
    rotate.add_argument("role", metavar="ROLE", nargs="?", choices=ROLES, help=f"one of {', '.join(ROLES)}")
    rotate.add_argument("--retire", metavar="KEYID", default="", help="the key that goes; its first digits are enough")
    rotate.add_argument("--renew", action="store_true", help="keep all keys, and let the root hold for longer")
    _add_keys(rotate)


def _add_rollout(parser: argparse.ArgumentParser, percent: int | None) -> None:
    parser.add_argument(
        "--percent", metavar="N", type=reads(read_percent), default=percent,
        help="let this share of all boards have it; more later with: publish --percent",
    )  # fmt: skip
    parser.add_argument(
        "--not-before", metavar="TIME", type=reads(read_moment), default=None, help="such as 2026-12-24T02:00"
    )


def _bundle(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="what", metavar="WHAT", required=True, dest="what", parser_class=type(parser))
    build = what.add_parser("build", help="pack a published release", allow_abbrev=False)
    _add_releases(build)
    build.add_argument("--out", metavar="FILE", type=Path, help="(default: edgeboard-VERSION.ebu)")
    build.add_argument("--version", dest="release", metavar="VERSION", default="", help="(default: the newest)")
    build.add_argument("--channel", choices=CHANNELS, default="stable", help="(default: stable)")
    build.add_argument(
        "--machine", metavar="MACHINE", action="append", default=[], help="only for it; may be given several times"
    )
    build.add_argument(
        "--since", metavar="VERSION", default="", help="for boards that have this earlier release: only what is new"
    )
    inspect = what.add_parser("inspect", help="show what a bundle holds, and whether it is right", allow_abbrev=False)
    inspect.add_argument("file", metavar="FILE", type=Path)
    inspect.add_argument(
        "--root", metavar="FILE", type=Path,
        help="the root that boards were installed with; without it only the frame and the hashes are looked at",
    )  # fmt: skip
    add_json(inspect)


RELEASE_VERBS: tuple[Verb, ...] = (
    Verb(
        "release", "release", "sign releases, and publish them for boards",
        "For who makes releases; boards need none of this. The whole way is in docs/howto/ship-an-update.md.\n\n"
        "    edgeboard release init --machine aarch64-cp313 --machine riscv64-cp313\n"
        "    edgeboard release add wheelhouse/aarch64-cp313 --machine aarch64-cp313\n"
        "    edgeboard release publish --keys /media/anna --keys /media/ben --keys releases/keys\n"
        "    edgeboard release publish --percent 50        let half of all boards have the newest\n"
        "    edgeboard release rotate targets --retire 3f9a\n\n"
        "What boards read is in releases/public: serve that folder with any web server.\n\n"
        "Exit codes: 0 done; 1 it could not be done, or others must sign before boards see it; 2 wrong words.",
        _release,
    ),
    Verb(
        "bundle", "bundle", "pack a release into one file, for a stick or for seeding",
        "    edgeboard bundle build --out edgeboard.ebu\n"
        "    edgeboard bundle build --since 0.3.0          a small one, for boards that have 0.3.0\n"
        "    edgeboard bundle inspect edgeboard.ebu --root releases/public/metadata/1.root.json\n\n"
        "A board takes it with: edgeboard ota import edgeboard.ebu",
        _bundle,
    ),
)  # fmt: skip
