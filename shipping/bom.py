"""What a wheelhouse holds, told to machines (CycloneDX 1.5 as JSON) and to people (all licences in one text)."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shipping.houses import LOCKS
from shipping.steps import ROOT, Trouble

KEPT = LOCKS / "licences"  # texts that are missing in wheels
DEBIAN_TEXT = "/usr/share/doc/{}/copyright"
LICENCE_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "COPYRIGHT", "AUTHORS", "OFL")


def write(name: str, version: str, wheels: Sequence[Path], distribution: Sequence[str], made: int) -> str:
    """The bill of materials of one wheelhouse; of the same wheels always the same bytes.

    Args:
        name: of the wheelhouse: "aarch64-cp313".
        version: of edgeboard.
        wheels: all of them, ours among them.
        distribution: packages of Debian: "python3-cryptography>=43.0.0".
        made: seconds since 1970.
    """
    about = {wheel: _metadata(wheel) for wheel in wheels}
    refs = {_normal(str(fields["Name"])): _purl(fields) for fields in about.values()}
    components = [_component(wheel, fields) for wheel, fields in about.items()]
    components += [_debian(line) for line in distribution]
    dependencies = [
        {"ref": _purl(fields), "dependsOn": sorted({refs[need] for need in _needs(fields) if need in refs})}
        for fields in about.values()
    ]
    top = {"type": "application", "bom-ref": f"edgeboard-{name}", "name": f"edgeboard for {name}", "version": version}
    dependencies.append({"ref": f"edgeboard-{name}", "dependsOn": sorted(each["bom-ref"] for each in components)})
    content = json.dumps(components, sort_keys=True)
    told = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name + content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(made, UTC).isoformat().replace("+00:00", "Z"),
            "component": top,
        },
        "components": components,
        "dependencies": dependencies,
    }
    return json.dumps(told, indent=1) + "\n"


def licences(wheels: Iterable[Path], distribution: Iterable[str] = ()) -> str:
    """Every licence text inside the wheels, or kept here for a wheel that holds none. Of a package of Debian, where
    its text lies on the board: which version that is, and so which text, is decided there.

    Raises:
        Trouble: of a wheel there is no text.
    """
    parts = []
    for wheel in wheels:
        fields = _metadata(wheel)
        parts.append(f"{'=' * 78}\n{fields['Name']} {fields['Version']}: {licence_of(fields)}\n{'=' * 78}\n")
        texts = list(_licence_texts(wheel)) or _kept(_normal(str(fields["Name"])))
        parts += [f"--- {name}\n{text.strip()}\n" for name, text in texts]
    for line in distribution:
        name = line.partition(">=")[0]
        parts.append(
            f"{'=' * 78}\n{line}: of Debian; the text lies on the board: {DEBIAN_TEXT.format(name)}\n{'=' * 78}\n"
        )
    return "\n".join(parts)


def _kept(name: str) -> list[tuple[str, str]]:
    path = KEPT / f"{name}.txt"
    if not path.exists():
        raise Trouble(f"the wheel of {name} holds no text of its licence; put it into {path.relative_to(ROOT)}")
    return [(path.name, path.read_text(encoding="utf-8"))]


def _licence_texts(wheel: Path) -> Iterator[tuple[str, str]]:
    with ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if name.rpartition("/")[2].upper().startswith(LICENCE_NAMES) and not name.endswith((".py", ".pyc")):
                yield name, archive.read(name).decode(errors="replace")


def licence_of(fields: Message) -> str:
    """As the metadata of a package name its licence: an SPDX expression, else its classifiers, else its own words."""
    if expression := fields["License-Expression"]:
        return str(expression)
    classes = [str(line) for line in fields.get_all("Classifier") or () if str(line).startswith("License ::")]
    if classes:
        return " and ".join(line.rpartition(" :: ")[2] for line in classes)
    return (str(fields["License"] or "").strip().splitlines() or ["unknown"])[0]


def _component(wheel: Path, fields: Message) -> dict[str, Any]:
    expression = fields["License-Expression"]
    choice: dict[str, Any] = {"license": {"name": licence_of(fields)}}
    if expression:
        choice = {"expression": str(expression)}
    return {
        "type": "library",
        "bom-ref": _purl(fields),
        "name": str(fields["Name"]),
        "version": str(fields["Version"]),
        "purl": _purl(fields),
        "licenses": [choice],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
        "properties": [{"name": "edgeboard:file", "value": wheel.name}],
    }


def _debian(line: str) -> dict[str, Any]:
    name, _, version = line.partition(">=")
    purl = f"pkg:deb/debian/{name}"
    told: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "purl": purl}
    if version:  # at least this one; which it is, the board's own package database says
        told["properties"] = [{"name": "edgeboard:at-least", "value": version}]
    return told


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode(), headersonly=True)


def _needs(fields: Message) -> Iterator[str]:
    for need in map(Requirement, fields.get_all("Requires-Dist") or ()):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield _normal(need.name)


def _purl(fields: Message) -> str:
    return f"pkg:pypi/{_normal(str(fields['Name']))}@{fields['Version']}"


def _normal(name: str) -> str:
    return str(canonicalize_name(name))
