"""`edgeboard selftest`: does this installation work on this machine, before anything depends on it.

An update asks it of what it has just built, and the builder of wheels asks it under each machine's own Python. Unlike
`edgeboard doctor` it looks at nothing that belongs to this board: no state, no network but 127.0.0.1, no devices; all
that it writes is in a temporary folder. Its known answers are the same on every machine, since boards only agree if
they count alike.
"""

import argparse
import hashlib
import json
import os
import pkgutil
import re
import struct
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module, metadata, resources
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edgeboard import _native
from edgeboard.cli.findings import Finding, Level, lines, ok, problem, summary, warning
from edgeboard.errors import EdgeboardError

DATA: Final = Path(__file__).parent / "data" / "handwriting.jsonl"
# What only some boards install (pyproject.toml, optional dependencies).
OPTIONAL: Final = ("PIL", "evdev", "periphery", "tuf", "securesystemslib")
PACKAGES: Final = ("edgeboard", "firmware_bridge")
PROGRAMS: Final = ("__main__", "weigh")  # what runs when it is imported
CANVAS: Final = "21f0f5daca2b97a973c47d572cb2ccbb"  # Document.digest
PICTURE: Final = "2dcb82116564454f95d1bcb6901e71db"  # SHA-256, shortened
LINK_S: Final = 90.0  # for a link, on a slow board that is busy with an update
AGAIN: Final = "install edgeboard once more"
REPORT: Final = "do not use this installation; report it with the kind of machine it is"
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*([^;]*)(?:;(.*))?")


def main(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 if something does not work; warnings alone do no harm."""
    findings = []
    began = time.monotonic()
    for found in examine(without_links=arguments.without_links):
        findings.append(found)
        if not arguments.json:
            print("\n".join(lines(found)), flush=True)
    took = time.monotonic() - began
    problems = sum(1 for found in findings if found.level is Level.PROBLEM)
    if arguments.json:
        fields = [found.as_fields() for found in findings]
        print(json.dumps({"problems": problems, "seconds": round(took, 2), "findings": fields}))
    else:
        print(f"\n{summary(findings)} (after {took:.1f} s)")
    return 1 if problems else 0


def examine(*, without_links: bool) -> Iterator[Finding]:
    """Every check; one that fails does not hide what the others find."""
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("needs", check_needs),
        ("modules", check_modules),
        ("page", check_page),
        ("kernels", check_kernels),
        ("keys", check_keys),
        ("store", check_store),
        ("canvas", check_canvas),
        ("picture", check_picture),
        ("tablets", check_tablets),
    ]
    if not without_links:
        checks.append(("webrtc", check_webrtc))
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:
            if os.environ.get("EDGEBOARD_TRACEBACK"):
                raise
            yield problem(name, f"{type(error).__name__}: {error!s:.200}", REPORT)


def check_needs() -> Iterator[Finding]:
    """Whether every package that edgeboard needs is there, and new enough; with extras, those that are installed."""
    try:
        wanted = metadata.requires("edgeboard") or []
    except metadata.PackageNotFoundError:
        yield warning("needs", "this edgeboard was not installed, so it does not know what it needs", AGAIN)
        return
    count = 0
    for text in wanted:
        found = _REQUIREMENT.match(text)
        if found is None or "extra" in (found[3] or ""):
            continue
        count += 1
        name, limits = found[1], found[2]
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name.lower() == "google-crc32c":  # Debian's aiortc takes another
                continue
            yield problem("needs", f"{name} is missing", f"install {name} {limits}")
            continue
        if not fits(version, limits):
            yield problem("needs", f"{name} is {version}, and it must be {limits}", f"install {name} {limits}")
    yield ok("needs", f"of {count} packages", count=count)


def fits(version: str, limits: str) -> bool:
    """Whether a version of numbers and dots is within limits such as ">=1.11,<1.17"."""
    have = _numbers(version)
    for limit in filter(None, map(str.strip, limits.strip("() ").split(","))):
        if limit.startswith(">=") and have < _numbers(limit[2:]):
            return False
        if limit.startswith("<") and not limit.startswith("<=") and have >= _numbers(limit[1:]):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"\d+", re.split(r"[a-z+]", version.partition("!")[2] or version)[0])]
    while parts and parts[-1] == 0:  # 1.0 is 1
        parts.pop()
    return tuple(parts)


def check_modules() -> Iterator[Finding]:
    """Load everything there is, as a node would in the course of years."""
    from edgeboard.transport import media

    media.leave_out()  # as in a node, which therefore needs neither FFmpeg nor libsrtp
    loaded, left_out, broken = 0, set(), []
    for name in module_names():
        try:
            import_module(name)
            loaded += 1
        except ImportError as error:
            package = (error.name or "").partition(".")[0]
            if package in OPTIONAL:
                left_out.add(package)
            else:
                broken.append(f"{name}: {error!s:.100}")
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        yield problem("modules", f"{broken[0]}{more}", AGAIN)
        return
    without = f"; without {', '.join(sorted(left_out))}, which only some boards have" if left_out else ""
    yield ok("modules", f"all {loaded} load{without}", count=loaded)


def module_names() -> Iterator[str]:
    """Of our packages: what an installation has, without what tests are made with."""
    for package in PACKAGES:
        found = import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            path = module.name.split(".")
            if path[-1] not in PROGRAMS and path[1] != "testing" and "launch" not in path:
                yield module.name


def check_page() -> Iterator[Finding]:
    """Whether the page was installed with the node."""
    static = resources.files("edgeboard.web").joinpath("static")
    missing = [name for name in ("index.html", "main.js", "style.css") if not static.joinpath(name).is_file()]
    if missing:
        yield problem("page", f"{', '.join(missing)} of the page missing", AGAIN)
    else:
        yield ok("page", "it is there")


def check_kernels() -> Iterator[Finding]:
    """Which twins run; each kernel in C has given its known answers when it was loaded."""
    twins = _native.active()
    remedy = _native.remedy()
    if not remedy:
        yield ok("kernels", f"{len(twins)} in C")
    elif "self-check" in remedy or "cannot be loaded" in remedy:
        yield problem("kernels", ", ".join(f"{name} in {twin}" for name, twin in twins.items()), remedy)
    else:
        yield warning("kernels", "in Python, which is slower", remedy)


def check_keys() -> Iterator[Finding]:
    """The first test vector of RFC 8032, section 7.1."""
    from edgeboard.identity.keys import NodeKey, verify

    key = NodeKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    signature = key.sign(b"")
    known = signature.hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")
    if not known or not verify(key.public_key, signature, b"") or verify(key.public_key, signature, b"x"):
        yield problem("keys", "Ed25519 does not give its known answers", REPORT)
    else:
        yield ok("keys", "Ed25519 signs and verifies")


def check_store() -> Iterator[Finding]:
    """A store in a temporary folder: what was written is there after it was closed and opened again."""
    from edgeboard.ids import AuthorTag, MeshId, RoomId
    from edgeboard.ports import StoredBatch, StoredRoom
    from edgeboard.storage.sqlite import SqliteStore
    from edgeboard.storage.statedir import DATABASE, StateDirectory

    hall = StoredRoom(RoomId(bytes(16)), MeshId(bytes(16)), "selftest")
    batch = StoredBatch(hall.room, AuthorTag(bytes(8)), 0, 1, b"ink")
    try:
        with tempfile.TemporaryDirectory(prefix="edgeboard-selftest-") as folder:
            state = Path(folder) / "state"
            with StateDirectory.open(state):
                for write in (True, False):
                    store = SqliteStore(state / DATABASE)
                    try:
                        if write:
                            store.add_room(hall)
                            store.write([batch])
                        kept = list(store.load(hall.room))
                    finally:
                        store.close()
    except (EdgeboardError, OSError) as error:
        yield problem("store", f"cannot write in {tempfile.gettempdir()}: {error!s:.200}", "set TMPDIR to a folder")
        return
    if kept == [batch]:
        yield ok("store", "it opens, writes, and gives back what was written")
    else:
        yield problem("store", "what was written does not come back", REPORT)


def check_canvas() -> Iterator[Finding]:
    """Recorded handwriting, thinned, logged, signed and applied, makes the canvas that it makes on every board."""
    found = canvas_digest()
    if found == CANVAS:
        yield ok("canvas", "handwriting makes the canvas that it makes everywhere")
    else:
        yield problem("canvas", f"handwriting makes the canvas {found}, and elsewhere {CANVAS}", REPORT)


def canvas_digest() -> str:
    from edgeboard.canvas.bodies import Add, ItemType
    from edgeboard.canvas.document import Document
    from edgeboard.canvas.ops import Maker
    from edgeboard.canvas.refine import refine
    from edgeboard.cli.drawing import read_recording
    from edgeboard.identity.keys import NodeKey, verify
    from edgeboard.ids import MeshId, Origin, PersonId, author_id, room_id
    from edgeboard.oplog.author import LocalAuthor
    from edgeboard.oplog.codec import encode_stroke
    from edgeboard.oplog.log import Log

    key, mesh = NodeKey(bytes(32)), MeshId(bytes(16))
    room = room_id(mesh, "selftest")
    author = LocalAuthor(mesh, room, author_id(key.node_id, 1, 1), key.public_key, key.sign)
    maker, person = Maker(Origin(1)), PersonId(bytes(16))
    log, document = Log(mesh, room, verify), Document()
    for at, drawn in enumerate(read_recording(DATA)):
        payload = encode_stroke(0, 0, 24, refine(drawn.stroke, 3.0))
        batch = author.batch([(maker.make(Add(0, 0, ItemType.STROKE, payload), at), person)], 0)
        for accepted in log.offer(batch).accepted:
            accepted.apply_to(document)
    return document.digest().hex()


def check_picture() -> Iterator[Finding]:
    """What a panel would show of it, to the last px."""
    found = picture_digest()
    if found == PICTURE:
        yield ok("picture", "it is drawn as everywhere, to the last px")
    else:
        yield problem("picture", f"handwriting is drawn as {found}, and elsewhere as {PICTURE}", REPORT)


def picture_digest() -> str:
    from array import array

    from edgeboard.cli.drawing import read_recording
    from edgeboard.render.dither import dither
    from edgeboard.render.surface import Surface
    from edgeboard.render.values import PixelFormat

    surface = Surface(480, 200)
    for drawn in read_recording(DATA):
        x, y = drawn.stroke.x, drawn.stroke.y  # in 1/20 px; all of it is 840 px wide
        pressures = drawn.stroke.pressure or [2048] * len(x)
        discs = array(
            "d", [n for at in zip(x, y, pressures, strict=True) for n in (at[0] / 36, at[1] / 36, at[2] / 1365)]
        )
        surface.ink([discs], 0x204060, surface.area, opacity=0.8)
    shown = dither(surface, surface.area, PixelFormat.GREY4, is_still=True)
    return hashlib.sha256(bytes(surface.pixels) + shown).hexdigest()[:32]


def check_tablets() -> Iterator[Finding]:
    """The package evdev, where it is: it knows the codes of Linux, and reads events from a line that is no tablet."""
    if find_spec("evdev") is None:
        yield ok("tablets", "those on serial lines; for others the package evdev is not installed")
        return
    from evdev import ecodes
    from evdev.eventio import EventIO

    events = [(1, 500_000, 3, 0, 1000), (1, 500_001, 0, 0, -1)]  # s, us, type, code, value; linux/input.h

    class Line(EventIO):  # type: ignore[misc, unused-ignore]
        def fileno(self) -> int:
            return int(self.fd)

    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(struct.pack("@llHHi", *event) for event in events))
        line = Line()
        line.fd = reading
        read = [(event.sec, event.usec, event.type, event.code, event.value) for event in line.read()]
    finally:
        os.close(reading)
        os.close(writing)
    if read == events and (ecodes.EV_ABS, ecodes.BTN_TOOL_PEN) == (3, 0x140):
        yield ok("tablets", "what the kernel says of tablets is read")
    else:
        yield problem("tablets", f"the package evdev reads {read}, and it was told {events}", REPORT)


def check_webrtc() -> Iterator[Finding]:
    """Two nodes of this process link over WebRTC on 127.0.0.1 and talk over a data channel."""
    from edgeboard.cli import trials
    from edgeboard.transport.settings import Settings

    yield trials.check_webrtc(Settings(), LINK_S)[0]
