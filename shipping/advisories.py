"""Known vulnerabilities of the wheels that are given away, asked of a database in a file: nothing is sent anywhere.

The database is the one that OSV publishes for PyPI, a ZIP with one JSON document each. It has to be fetched by whoever
makes a release; without it nothing is known, and that is what is said then. The format:
https://ossf.github.io/osv-schema/
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from shipping.steps import Trouble

SOURCE = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
HELP = f"audit against OSV's database for PyPI, a file fetched before: {SOURCE}"


class Told(NamedTuple):
    """What came of an audit.

    Attributes:
        line: for people.
        text: the whole of it, as JSON.
        found: identifiers, by package.
    """

    line: str
    text: str
    found: Mapping[str, Sequence[str]]


def audit(wheels: Sequence[Path], database: Path | None) -> Told:
    """Look for advisories about these wheels.

    Raises:
        Trouble: the database cannot be read.
    """
    parsed = [parse_wheel_filename(wheel.name) for wheel in wheels]
    versions: dict[str, Version] = {str(name): version for name, version, _, _ in parsed}
    asked = {name: str(version) for name, version in sorted(versions.items())}
    if database is None:
        line = "known vulnerabilities were NOT looked for: give --advisories"
        return Told(line, _json({"audited": False, "reason": f"no database; fetch {SOURCE}", "packages": asked}), {})
    found: dict[str, list[str]] = {}
    newest = ""
    count = 0
    for advisory in read(database):
        count += 1
        newest = max(newest, str(advisory.get("modified", "")))
        for name in affected(advisory, versions):
            found.setdefault(name, []).append(str(advisory.get("id")))
    if not count:
        raise Trouble(f"{database} holds no advisories; fetch it anew: {SOURCE}")
    told = {"audited": True, "advisories": count, "newest": newest, "packages": asked, "found": found}
    line = f"no known vulnerabilities (of {count} advisories, the newest of {newest[:10]})"
    if found:
        line = "KNOWN VULNERABILITIES: " + "; ".join(f"{name}: {', '.join(ids)}" for name, ids in found.items())
    return Told(line, _json(told), found)


def read(database: Path) -> Iterator[dict[str, Any]]:
    """Each advisory of a database.

    Raises:
        Trouble: it cannot be read.
    """
    try:
        with ZipFile(database) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    advisory = json.loads(archive.read(name))
                    if isinstance(advisory, dict) and "withdrawn" not in advisory:
                        yield advisory
    except (OSError, BadZipFile, ValueError) as error:
        raise Trouble(f"{database} cannot be read: {error!s:.100}; fetch it anew: {SOURCE}") from None


def affected(advisory: Mapping[str, Any], versions: Mapping[str, Version]) -> Iterator[str]:
    """Which of these packages an advisory is about, in the versions they have."""
    for entry in advisory.get("affected", ()):
        package = entry.get("package", {})
        name = str(canonicalize_name(str(package.get("name", ""))))
        if package.get("ecosystem") != "PyPI" or name not in versions:
            continue
        version = versions[name]
        ranges = [each for each in entry.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
        if str(version) in entry.get("versions", ()) or any(_within(version, each) for each in ranges):
            yield name


def _within(version: Version, limits: Mapping[str, Any]) -> bool:
    """Whether a version lies between where a flaw came in and where it was mended."""
    inside = False
    for event in limits.get("events", ()):
        try:
            if "introduced" in event:
                inside = inside or version >= Version(event["introduced"])
            elif "fixed" in event:
                inside = inside and version < Version(event["fixed"])
            elif "last_affected" in event:
                inside = inside and version <= Version(event["last_affected"])
        except InvalidVersion:  # of a package before PEP 440; what it has today is newer
            continue
    return inside


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=1) + "\n"
