"""`edgeboard bundle`: a release in one file."""

import argparse
import json
import time

from edgeboard.cli.reports import print_table, show_size
from edgeboard.errors import UserError


def main(arguments: argparse.Namespace) -> int:
    try:
        import tuf  # noqa: F401 - is it there?
    except ImportError:
        raise UserError("python-tuf is missing: install edgeboard[ota]") from None
    return {"build": build, "inspect": inspect}[arguments.what](arguments)


def build(arguments: argparse.Namespace) -> int:
    from edgeboard.ota import bundle
    from edgeboard.ota.repository import Repository

    repository = Repository.open(arguments.releases)
    built = bundle.build(
        repository, arguments.release, arguments.machine, arguments.channel, arguments.out, arguments.since
    )
    if arguments.json:
        told = {"file": str(built.path), "version": built.version, "counter": built.counter}
        print(json.dumps({**told, "machines": list(built.machines), "bytes": built.size, "files": built.files}))
        return 0
    print(f"{built.path}: {built.version} (counter {built.counter}), {show_size(built.size)} in {built.files} files")
    print(f"for {', '.join(built.machines)}{f', for boards that have {arguments.since}' if arguments.since else ''}")
    print(f"\nOn a board: edgeboard ota import {built.path.name}")
    return 0


def inspect(arguments: argparse.Namespace) -> int:
    """Exit code 1 if a file is missing or wrong; a signature that does not hold is an error."""
    from edgeboard.ota.bundle import BundleSource
    from edgeboard.ota.inspection import inspect as look

    source = BundleSource(arguments.file)
    try:
        root = None if arguments.root is None else arguments.root.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {arguments.root}: {error.strerror or error}") from None
    found = list(look(source, root, int(time.time())))
    wrong = [f"{release.target.name}: {name}" for release in found for name in release.wrong]
    if arguments.json:
        releases = [
            {
                "version": release.version,
                "counter": release.counter,
                "channel": release.target.channel,
                "machine": f"{release.target.machine}-{release.target.python}",
                "libc": ".".join(map(str, release.target.libc)),
                "files": release.files,
                "bytes": release.length,
                "rest": release.is_rest,
                "wrong": list(release.wrong),
            }
            for release in found
        ]
        print(json.dumps({"verified": root is not None, "releases": releases}))
        return 1 if wrong else 0
    print_table(
        ("version", "counter", "channel", "machine", "glibc", "files", "size", ""),
        [
            (
                release.version,
                release.counter,
                release.target.channel,
                f"{release.target.machine}-{release.target.python}",
                ".".join(map(str, release.target.libc)),
                release.files,
                show_size(release.length),
                f"{len(release.wrong)} wrong" if release.wrong else "what is new" if release.is_rest else "whole",
            )
            for release in found
        ],
    )
    for name in wrong:
        print(f"  missing, or not what was signed: {name}")
    if root is None:
        print("\nHashes alone were looked at. With --root FILE signatures are verified, too, as a board does.")
    else:
        print("\nsigned by those who may")
    return 1 if wrong else 0
