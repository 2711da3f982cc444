"""What travels to a board for a release in which only our own code has changed, of what a whole one weighs.

The wheels of a wheelhouse (`./dev wheelhouse`) are released and signed; a board has the first release and takes the
second, in which each fifth of our modules, the page's largest script, the version and the licences are others: from a
web server, from another board, and from a bundle for boards that have the first. All that comes is counted, metadata
and all.
"""

import gzip
import platform
import re
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import updating
from benchmarks.harness import ROOT, Missing
from edgeboard.errors import MissingError
from edgeboard.ota import bundle, seeding, slots
from edgeboard.ota import manifest as manifests
from edgeboard.ota.client import Found, fetch, find
from edgeboard.ota.fetchers import HttpSource, Source
from edgeboard.ota.floors import after_commit
from edgeboard.ota.publishing import Publisher
from edgeboard.ota.repository import Repository, Settings
from edgeboard.ota.values import Chunk, File, Floors, Layout, Target
from edgeboard.ota.wheelhouse import read_wheelhouse

HOUSES = ROOT / "dist" / "wheelhouse"
PASSPHRASE = b"of a benchmark alone"
EACH = 5  # of our modules one is changed
FIRST, SECOND = "98.0", "99.0"


def house(machine: str, python: str = "cp313") -> tuple[Path, Target]:
    """A folder of all wheels for a machine.

    Raises:
        Missing: it was not made.
    """
    folder = HOUSES / f"{machine}-{python}"
    if folder.is_dir():
        return folder, Target(machine, python, "stable", (2, 99))
    if machine == platform.machine():
        return updating.wheels(), replace(slots.board("stable"), libc=(2, 99))
    raise Missing(f"the wheels for {machine}; make them with: ./dev wheelhouse {machine}")


def copy(old: Path, new: Path, version: str, *, is_changed: bool) -> None:
    """A wheelhouse as a release of this version would have it."""
    new.mkdir()
    for path in old.iterdir():
        if path.suffix == ".whl" and path.name.startswith("edgeboard-"):
            before = path.name.split("-")[1]
            rewrite(path, new / path.name.replace(before, version, 1), before, version, is_changed=is_changed)
        elif path.name == "licences.txt":
            (new / path.name).write_text(re.sub(r"(?m)^edgeboard \S+:", f"edgeboard {version}:", path.read_text()))
        elif path.suffix in (".whl", ".txt", ".json") and path.name != "requirements.txt":
            shutil.copy(path, new)


def rewrite(old: Path, new: Path, before: str, version: str, *, is_changed: bool) -> None:
    """Our wheel under another version; as `./dev wheels` builds it, each member of the same moment."""
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as made:
        names = [info.filename for info in source.infolist() if info.filename.endswith(".py")]
        scripts = [info for info in source.infolist() if info.filename.endswith(".js")]
        largest = max(scripts, key=lambda info: info.file_size).filename
        changed = {*names[::EACH], largest, f"{largest}.gz"} if is_changed else set()
        for info in source.infolist():
            data = source.read(info)
            if info.filename in changed:
                data = changed_source(info.filename, data)
            if f"{before}.dist-info" in info.filename:
                data = data.replace(before.encode(), version.encode())
            entry = zipfile.ZipInfo(info.filename.replace(f"-{before}.", f"-{version}.", 1), (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = info.compress_type, info.external_attr
            made.writestr(entry, data)


def changed_source(name: str, data: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(gzip.decompress(data) + b"\n// changed\n", mtime=0)
    return data + (b"\n// changed\n" if name.endswith(".js") else b"\n# changed\n")


class Ranges(SimpleHTTPRequestHandler):
    """A web server that knows ranges, and keeps its connections."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *words: Any) -> None:  # noqa: ANN401 - as its parent has it
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        asked = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(asked[1]), min(int(asked[2]) + 1, len(data))) if asked else (0, len(data))
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        with suppress(OSError):  # who has enough hangs up
            self.wfile.write(data[start:end])


class Counting(HttpSource):
    """Counts what a board takes."""

    taken = 0

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        for piece in super().read(name, offset, limit):
            self.taken += len(piece)
            yield piece


class Neighbour:
    """A board that gives what it has, as boards do: metadata by name, and chunks by their hashes."""

    is_complete = False

    def __init__(self, layout: Layout) -> None:
        self.name = "the mesh"
        self.taken = 0
        self._layout = layout
        self._files: dict[str, tuple[Chunk, ...]] = {}

    def expect(self, files: Iterable[File], known: Container[str]) -> None:
        self._files = {file.path: file.parts for file in files}

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        seed = seeding.look(self._layout)
        named = {f"metadata/{file.name}": file.content for file in seed.told.files}
        if name in self._files:
            wanted = [
                bytes.fromhex(each.sha256) for each in self._files[name] if offset <= each.offset < offset + limit
            ]
        elif name in named:
            wanted = [named[name]]
        else:
            wanted = [bytes.fromhex(name[8:72])] if name.startswith("targets/") else []
        if not wanted:
            raise MissingError(f"nobody has {name}")
        for content in wanted:
            if content not in seed.places:
                raise MissingError(f"nobody has {content.hex()}")
            data = seed.places[content].read() or b""
            self.taken += len(data)
            yield data


class Board:
    """One that takes releases, and runs the last one that it took."""

    def __init__(self, folder: Path, target: Target, root: Path) -> None:
        self.layout = Layout.under(folder)
        self.layout.prefix.mkdir(parents=True)
        shutil.copy(root, self.layout.root)
        self._target = target
        self._floors = Floors()

    def take(self, source: Source) -> int:
        """The newest release; returns the bytes of all its files."""
        found = find(self.layout, [source], self._target, self._floors, 0)
        if not isinstance(found, Found):
            raise RuntimeError("the board found nothing newer")
        fetch(self.layout, found, [source])
        self._floors = after_commit(found.floors, found.manifest.counter)
        slot = self.layout.slots / f"{found.manifest.counter}"
        slot.mkdir(parents=True)
        (slot / slots.RELEASE).write_bytes(manifests.to_bytes(found.manifest))
        self.layout.current.unlink(missing_ok=True)
        self.layout.current.symlink_to(slot)
        return found.manifest.length


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=folder)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def run(machine: str) -> dict[str, float]:
    """Bytes that a board took for the second release, of all its files: over the web, over the mesh and in a bundle."""
    wheels, target = house(machine)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        repository = Repository.create(root / "releases", Settings((f"{target.machine}-{target.python}",)))
        publisher = Publisher(repository, [root / "keys"], lambda path: PASSPHRASE, datetime.now(UTC))
        publisher.begin(PASSPHRASE)
        first_root = repository.metadata / "1.root.json"
        near, far = Board(root / "near", target, first_root), Board(root / "far", target, first_root)
        with served(repository.public) as url:
            web, mesh = Counting(url), Neighbour(near.layout)
            for version in (FIRST, SECOND):
                copy(wheels, root / version, version, is_changed=version == SECOND)
                publisher.add(*read_wheelhouse(root / version, target))
                publisher.publish()
                web.taken = mesh.taken = 0
                whole = near.take(web)
                far.take(mesh)
        packed = bundle.build(repository, SECOND, [], "stable", root / "new.ebu", FIRST)
        found = {"web": web.taken / whole, "mesh": mesh.taken / whole, "bundle": packed.size / whole}
        print(f"{machine}: whole {whole / 2**20:.1f} MiB, " + told(found), file=sys.stderr)
        return {"share": max(found.values()), **found, "whole_mib": whole / 2**20}


def told(found: Mapping[str, float]) -> str:
    return ", ".join(f"{carrier} {share:.1%}" for carrier, share in found.items())


aarch64: Callable[[], dict[str, float]] = partial(run, "aarch64")
riscv64: Callable[[], dict[str, float]] = partial(run, "riscv64")
x86_64: Callable[[], dict[str, float]] = partial(run, "x86_64")
