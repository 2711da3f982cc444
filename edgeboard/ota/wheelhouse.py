"""Reads a wheelhouse, a folder with all wheels of one machine, as the release that it makes.

*.whl                  each installed; checked by `wheels`
requirements.txt       the lock: name==version --hash=sha256:…; made from the wheels if there is none
distribution.txt       packages that the system brings, one a line: python3-cryptography>=43
*.json *.toml *.md     documents, such as the SBOM; carried along
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from edgeboard.errors import DecodeError, UserError
from edgeboard.ota.cutting import cut_text, cut_wheel
from edgeboard.ota.manifest import DOCUMENTS, check, check_lock, describe
from edgeboard.ota.values import CHUNK_BYTES, NAME, File, Manifest, Target
from edgeboard.ota.wheels import check_wheel, least_libc, read_name

LOCK: Final = "requirements.txt"
DISTRIBUTION: Final = "distribution.txt"
AUDIT: Final = "vulnerabilities.json"
APPLICATION: Final = "edgeboard"  # the wheel that a release is about


def read_wheelhouse(
    folder: Path, target: Target, version: str = ""
) -> tuple[Manifest, dict[str, Path], dict[str, bytes]]:
    """The release that a folder makes, its files by name, and those that were made for it. Its version is that of
    the wheel of edgeboard, which has to be `version` if that is given; the counter is 0 and to be chosen.

    Raises:
        UserError: the folder lacks something, or holds what no release may. VerificationError: a wheel does.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder of wheels; make one with: ./dev wheelhouse")
    sources = {path.name: path for path in sorted(folder.iterdir()) if path.name != DISTRIBUTION}
    for name, path in sources.items():
        if not path.is_file() or path.is_symlink() or not NAME.match(name) or not name.endswith((".whl", *DOCUMENTS)):
            if path.is_dir():
                raise UserError(
                    f"{folder} holds the folder {name}: name the one in which the wheels lie, such as {path}"
                )
            raise UserError(
                f"{path} has no place in a release: only wheels and {' '.join(DOCUMENTS)} have; take it out"
            )
    for name in sources:
        if name.endswith(".whl"):
            check_wheel(sources[name], name, target)
    ours = [name for name in sources if name.partition("-")[0] == APPLICATION and name.endswith(".whl")]
    files = {
        name: describe(name, read_pieces(path), () if name.endswith(".whl") else cut_text(path))
        for name, path in sources.items()
        if name not in ours
    }
    files |= {name: describe(name, read_pieces(sources[name]), cut_wheel(sources[name])) for name in ours}
    own = [read_name(name).version for name in ours]
    if len(own) != 1:
        raise UserError(f"{folder} holds {len(own)} wheels of {APPLICATION} instead of one")
    if version not in ("", own[0]):
        raise UserError(
            f"{folder} holds {ours[0]}, and not version {version}: boards ask a release what it is, and go back from "
            "one that says otherwise. Count the version up in the project, and make its wheels anew"
        )
    made: dict[str, bytes] = {}
    if LOCK not in files:
        made[LOCK] = make_lock(files.values())
        files[LOCK] = describe(LOCK, [made[LOCK]])
    manifest = Manifest(
        version=own[0],
        counter=0,
        target=target,
        files=tuple(files.values()),
        lock=LOCK,
        distribution=tuple(_read_distribution(folder / DISTRIBUTION)),
    )
    try:
        check(replace(manifest, counter=1))
        check_lock(made.get(LOCK) or sources[LOCK].read_bytes(), manifest)
    except DecodeError as error:
        raise UserError(f"{folder}: {error}") from None
    return manifest, sources, made


def find_libc(folder: Path, machine: str) -> tuple[int, int]:
    """The least glibc that the wheels of a folder ask for.

    Raises:
        UserError: one does not say.
    """
    libc = least_libc((path.name for path in folder.glob("*.whl")), machine)
    if libc is None:
        raise UserError(f"a wheel in {folder} does not say which glibc it needs for {machine}: say it with --libc 2.36")
    return libc


def read_audit(folder: Path) -> str:
    """What the audit of a folder says about known vulnerabilities, and of which day what it asked was."""
    try:
        told = json.loads((folder / AUDIT).read_bytes())
        return str(told["summary"])[:300]
    except (OSError, ValueError, KeyError, TypeError):
        return f"NOT looked for: {folder} has no {AUDIT} that says more; make one with ./dev advisories"


def make_lock(files: Iterable[File]) -> bytes:
    """The lock of these wheels."""
    lines = [
        f"{read_name(file.name).requirement} --hash=sha256:{file.sha256}\n"
        for file in sorted(files, key=lambda file: file.name.lower())
        if file.is_wheel
    ]
    return "".join(lines).encode()


def read_pieces(path: Path) -> Iterator[bytes]:
    """A file, chunk by chunk.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK_BYTES):
                yield piece
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None


def _read_distribution(path: Path) -> Iterator[str]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if name := line.partition("#")[0].strip():
                yield name
