"""`./dev advisories`: known vulnerabilities of the wheels that are given away, asked of a database that lies here.

Nothing is sent anywhere. The database is the one that OSV publishes for PyPI, a ZIP with one JSON document each, or a
checkout of PyPI's own, https://github.com/pypa/advisory-database, with one in YAML each. It has to be fetched by
whoever makes a release; without it nothing is known, and that is what the release says then. The format:
https://ossf.github.io/osv-schema/
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import yaml
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from shipping.steps import ROOT, Trouble

SOURCE = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
HELP = f"audit against a database fetched before: OSV's for PyPI ({SOURCE}), or a folder or file of such advisories"
REPORT = "vulnerabilities.json"
TRACKER = "Debian mends its own packages: apt upgrade, and https://security-tracker.debian.org"


class Told(NamedTuple):
    """What came of an audit.

    Attributes:
        line: for people.
        found: identifiers, by package.
    """

    line: str
    found: Mapping[str, list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev advisories", description=__doc__)
    parser.add_argument("database", metavar="DATABASE", type=Path, help="OSV's ZIP, a folder of advisories, or one")
    kept = ROOT / "dist" / "wheelhouse"
    parser.add_argument("folders", metavar="WHEELHOUSE", type=Path, nargs="*", help="folders of wheels (default: all)")
    arguments = parser.parse_args()
    try:
        folders = arguments.folders or sorted(path for path in kept.glob("*") if path.is_dir())
        if not folders:
            raise Trouble("there are no wheelhouses in dist/wheelhouse; make them with: ./dev wheelhouse")
        told = {folder: audit(folder, arguments.database) for folder in folders}
    except Trouble as trouble:
        sys.exit(f"dev: {trouble}")
    for folder, each in told.items():
        print(f"{folder.name}: {each.line}")
    return 1 if any(each.found for each in told.values()) else 0


def audit(folder: Path, database: Path | None) -> Told:
    """Look for advisories about the wheels of a folder, and write there what came of it.

    Raises:
        Trouble: the database cannot be read, or the folder holds no wheels.
    """
    parsed = [parse_wheel_filename(wheel.name) for wheel in sorted(folder.glob("*.whl"))]
    versions: dict[str, Version] = {str(name): version for name, version, _, _ in parsed}
    if not versions:
        raise Trouble(f"{folder} holds no wheels; make a wheelhouse with: ./dev wheelhouse")
    about: dict[str, Any] = {"packages": {name: str(version) for name, version in sorted(versions.items())}}
    if (folder / "distribution.txt").exists():
        lines = (folder / "distribution.txt").read_text().splitlines()
        about["not_asked_about"] = {line: TRACKER for line in lines if line and not line.startswith("#")}
    found: dict[str, list[str]] = {}
    if database is None:
        line = "known vulnerabilities were NOT looked for: there was no database; see ./dev advisories --help"
        told: dict[str, Any] = {"audited": False}
    else:
        newest, count = "", 0
        for advisory in read(database):
            count += 1
            newest = max(newest, str(advisory.get("modified", ""))[:10])
            for name in affected(advisory, versions):
                found.setdefault(name, []).append(str(advisory.get("id")))
        if not count:
            raise Trouble(f"{database} holds no advisories; fetch it anew: {SOURCE}")
        asked = f"of {len(versions)} packages, by {count} advisories, the newest of {newest}"
        line = f"no known vulnerabilities {asked}"
        if found:
            each = "; ".join(f"{name} {versions[name]}: {', '.join(ids)}" for name, ids in sorted(found.items()))
            line = f"KNOWN VULNERABILITIES {asked}: {each}"
        told = {"audited": True, "advisories": count, "newest": newest, "found": found}
    (folder / REPORT).write_text(json.dumps({"summary": line, **told, **about}, indent=1) + "\n")
    return Told(line, found)


def read(database: Path) -> Iterator[dict[str, Any]]:
    """Each advisory of a database that was not withdrawn.

    Raises:
        Trouble: it cannot be read.
    """
    try:
        for document in _documents(database):
            if isinstance(document, dict) and "affected" in document and not document.get("withdrawn"):
                yield document
    except (OSError, BadZipFile, ValueError, yaml.YAMLError) as error:
        raise Trouble(f"{database} cannot be read: {error!s:.100}; fetch it anew: {SOURCE}") from None


def _documents(database: Path) -> Iterator[Any]:
    if database.is_dir() or database.suffix in (".json", ".yaml"):
        paths: Iterable[Path] = sorted(database.rglob("*")) if database.is_dir() else [database]
        for path in paths:
            if path.suffix == ".json":
                yield json.loads(path.read_bytes())
            elif path.suffix == ".yaml":
                yield yaml.load(path.read_bytes(), yaml.BaseLoader)  # all words: 1.10 is a version, not a number
        return
    with ZipFile(database) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield json.loads(archive.read(name))


def affected(advisory: Mapping[str, Any], versions: Mapping[str, Version]) -> Iterator[str]:
    """Which of these packages an advisory is about, in the versions they have; each once."""
    told = set()
    for entry in advisory.get("affected") or ():
        package = entry.get("package", {})
        name = str(canonicalize_name(str(package.get("name", ""))))
        if package.get("ecosystem") != "PyPI" or name not in versions or name in told:
            continue
        version = versions[name]
        ranges = [each for each in entry.get("ranges") or () if each.get("type") == "ECOSYSTEM"]
        if _is_named(version, entry.get("versions") or ()) or any(_within(version, each) for each in ranges):
            told.add(name)
            yield name


def _is_named(version: Version, named: Iterable[str]) -> bool:
    return any(parsed == version for parsed in map(_parse, named))


def _within(version: Version, limits: Mapping[str, Any]) -> bool:
    """Whether a version lies between where a flaw came in and where it was mended; the events come in any order."""
    events = [(_parse(at), kind) for event in limits.get("events") or () for kind, at in event.items()]
    inside = False
    for at, kind in sorted((at, kind) for at, kind in events if at is not None):
        if kind == "introduced":
            inside = inside or version >= at
        elif kind == "fixed":
            inside = inside and version < at
        elif kind == "last_affected":
            inside = inside and version <= at
    return inside


def _parse(text: str) -> Version | None:
    """None for a version from before PEP 440; what a package has today is newer."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


if __name__ == "__main__":
    sys.exit(main())
