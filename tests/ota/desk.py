"""A release manager's desk for tests: real keys, a real repository, wheels made for the test, and crooked sources."""

import hashlib
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from edgeboard.ota.publishing import Publisher
from edgeboard.ota.repository import Repository, Settings
from edgeboard.ota.values import Rollout, Target
from edgeboard.ota.wheelhouse import read_wheelhouse

PASSPHRASE = b"correct horse battery"
START = datetime(2026, 12, 1, 12, tzinfo=UTC)
BOARD = Target("aarch64", "cp313", "stable", (2, 41))
MACHINES = ("aarch64-cp313", "x86_64-cp313")


def make_wheel(folder, name, content, extra=()):
    """A small, well-formed wheel; `extra` are (path, bytes) beside its module."""
    project, version = name.split("-")[:2]
    entries = {f"{project}/__init__.py": content, **dict(extra)}
    info = f"{project}-{version}.dist-info"
    entries[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode()
    entries[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(f"{path},,\n" for path in [*entries, f"{info}/RECORD"])
    entries[f"{info}/RECORD"] = record.encode()
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for path, data in entries.items():
            wheel.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), data)
    return folder / name


def noise(seed, length):
    """Bytes that do not compress, the same each time."""
    return b"".join(hashlib.sha256(f"{seed} {at}".encode()).digest() for at in range(length // 32 + 1))[:length]


class House:
    """A release manager's desk: the repository, its keys, and a clock that the test turns."""

    def __init__(self, folder):
        self.folder = folder
        self.now = START
        self.modules = {}  # of edgeboard's own wheel, beside its version
        self.keys = [folder / "keys"]
        self.repository = Repository.create(folder / "repo", Settings(MACHINES))
        self.publisher().begin(PASSPHRASE)
        self.root = (self.repository.metadata / "1.root.json").read_bytes()

    def copy(self, folder):
        """Another desk with the same keys, since making eight of them takes a while."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        twin = object.__new__(House)
        twin.folder, twin.now, twin.modules, twin.root = folder, self.now, dict(self.modules), self.root
        twin.keys, twin.repository = [folder / "keys"], Repository.open(folder / "repo")
        return twin

    def publisher(self, keys=None):
        return Publisher(self.repository, keys or self.keys, lambda path: PASSPHRASE, self.now)

    def wheelhouse(self, version, machine="aarch64", size=600_000):
        """A folder with edgeboard and one native wheel that stays the same from release to release."""
        folder = self.folder / f"wheels-{version}-{machine}"
        folder.mkdir(exist_ok=True)
        make_wheel(
            folder, f"edgeboard-{version}-py3-none-any.whl", f"version = {version!r}\n".encode(), self.modules.items()
        )
        make_wheel(folder, f"native-1.0-cp313-cp313-manylinux_2_28_{machine}.whl", noise(machine, size))
        return folder

    def add(self, version, machines=MACHINES, counter=0, **changes):
        for name in machines:
            machine, python = name.split("-")
            target = Target(machine, python, changes.get("channel", "stable"), (2, 36))
            manifest, sources, made = read_wheelhouse(self.wheelhouse(version, machine), target)
            fields = {key: value for key, value in changes.items() if key != "channel"}
            fields.setdefault("rollout", Rollout(salt=version))
            self.publisher().add(replace(manifest, counter=counter, **fields), sources, made)

    def release(self, version, **changes):
        self.add(version, **changes)
        published = self.publisher().publish()
        assert published.done, published
        return published

    def after(self, **span):
        self.now += timedelta(**span)
        return self

    @property
    def seconds(self):
        return int(self.now.timestamp())


class Crooked:
    """A source that another one stands behind, and that changes what it likes.

    `change` is asked for each name: it returns the bytes to send, or None for those of the real source; it may raise.
    """

    def __init__(self, inner, change=lambda name, data: None, name="crooked", piece=65536):
        self.name = name
        self.is_complete = inner.is_complete
        self.asked = []
        self._inner = inner
        self._change = change
        self._piece = piece

    def read(self, name, offset, limit):
        self.asked.append((name, offset))
        changed = self._change(name, lambda: b"".join(self._inner.read(name, 0, 1 << 30)))
        if changed is None:
            yield from self._inner.read(name, offset, limit)
            return
        for at in range(offset, min(len(changed), offset + limit), self._piece):
            yield changed[at : min(at + self._piece, offset + limit)]


class Hand:
    """A clock that moves when it is told to, or by so much each time that it is read."""

    def __init__(self, step=0.0):
        self.now = 0.0
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now
