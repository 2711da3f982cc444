"""What travels to a board for a release in which only our own code has changed, of what a whole one weighs.

All real wheels of a board are released, signed and served over HTTP; a board has the first release and takes the
second, in which each fifth of our modules, the page's largest script and the version are others. All that the board
takes is counted, metadata and all.
"""

import re
import shutil
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.updating import wheels
from edgeboard.ota import manifest as manifests
from edgeboard.ota import slots
from edgeboard.ota.client import Found, fetch, find
from edgeboard.ota.fetchers import HttpSource
from edgeboard.ota.floors import after_commit
from edgeboard.ota.publishing import Publisher
from edgeboard.ota.repository import Repository, Settings
from edgeboard.ota.values import Floors, Layout, Target
from edgeboard.ota.wheelhouse import read_wheelhouse

PASSPHRASE = b"of a benchmark alone"
EACH = 5  # of our modules one is changed


def change(old: Path, new: Path, version: str) -> Path:
    """Our wheel as a later release would have it."""
    before = old.name.split("-")[1]
    path = new / old.name.replace(before, version, 1)
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        names = [info.filename for info in source.infolist() if info.filename.endswith(".py")]
        scripts = [info for info in source.infolist() if info.filename.endswith(".js")]
        largest = max(scripts, key=lambda info: info.file_size).filename
        changed = {*names[::EACH], largest}
        for info in source.infolist():
            data = source.read(info)
            if info.filename in changed:
                data += b"\n// changed\n" if info.filename == largest else b"\n# changed\n"
            if f"{before}.dist-info" in info.filename:
                data = data.replace(before.encode(), version.encode())
            entry = zipfile.ZipInfo(info.filename.replace(f"-{before}.", f"-{version}.", 1), (2026, 11, 22, 0, 0, 0))
            entry.compress_type, entry.external_attr = info.compress_type, info.external_attr
            made.writestr(entry, data)
    return path


class Ranges(SimpleHTTPRequestHandler):
    """A web server that knows ranges."""

    def log_message(self, format: str, *words: Any) -> None:  # noqa: ANN401 - as its parent has it
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        with suppress(OSError):  # who has enough hangs up
            self.wfile.write(data[start:])


class Counting(HttpSource):
    """Counts what a board takes."""

    taken = 0

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        for piece in super().read(name, offset, limit):
            self.taken += len(piece)
            yield piece


def run() -> dict[str, float]:
    """Bytes that the board took for the second release, and of all its files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        board = replace(slots.board("stable"), libc=(2, 99))
        repository = Repository.create(root / "releases", Settings((f"{board.machine}-{board.python}",)))
        publisher = Publisher(repository, [root / "keys"], lambda path: PASSPHRASE, datetime.now(UTC))
        publisher.begin(PASSPHRASE)
        layout = Layout.under(root)
        layout.prefix.mkdir(parents=True)
        shutil.copy(repository.metadata / "1.root.json", layout.root)
        target = Target(board.machine, board.python, "stable", board.libc)
        first = shutil.copytree(
            wheels(), root / "first", ignore=lambda _, names: [n for n in names if n[-4:] != ".whl"]
        )
        second = shutil.copytree(first, root / "second")
        (own,) = second.glob("edgeboard-*.whl")
        change(own, second, "99.0")
        own.unlink()
        floors, taken = Floors(), 0
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=repository.public)) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                source = Counting(f"http://127.0.0.1:{server.server_port}/")
                for counter, house in enumerate((first, second), 1):
                    publisher.add(*read_wheelhouse(house, target))
                    publisher.publish()
                    source.taken = 0
                    found = find(layout, [source], board, floors, 0)
                    if not isinstance(found, Found):
                        raise RuntimeError("the board found nothing newer")
                    fetch(layout, found, [source])
                    floors, taken, whole = after_commit(found.floors, counter), source.taken, found.manifest.length
                    slot = layout.slots / f"{counter}"
                    slot.mkdir(parents=True)
                    (slot / slots.RELEASE).write_bytes(manifests.to_bytes(found.manifest))
                    if counter == 1:
                        layout.current.symlink_to(slot)
            finally:
                server.shutdown()
                thread.join()
        return {"share": taken / whole, "taken_mib": taken / 2**20, "whole_mib": whole / 2**20}
