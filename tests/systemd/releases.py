"""Releases of the real edgeboard for a machine that boots: the wheels of a wheelhouse with another version and, where
a test wants a release to be bad, another way to run.

Everything is signed, published and served as by a release manager, with `edgeboard release`.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

MACHINE = "x86_64-cp313"
PASSPHRASE = "of a test"

# What `edgeboard run` does in a release that is bad; its self-test passes, as that of a release that was let out by
# mistake does.
BAD = {
    "crashes": 'sys.exit("no ink can be read: the index is of another form")',
    "hangs": "import threading; threading.Event().wait()",
    "does not say that it is ready": 'import os; os.environ["NOTIFY_SOCKET"] = "/run/nobody"',
}
PREFIX = "import sys\n\nif sys.argv[1:2] == ['run']:\n    {}\n\n"
MAIN = "edgeboard/__main__.py"
INIT = "edgeboard/__init__.py"


class Releases:
    """A repository of updates, as its manager has it.

    Args:
        folder: empty, for all that is made.
        wheels: a wheelhouse of this machine.
    """

    def __init__(self, folder, wheels):
        self.folder = folder
        self.wheels = wheels
        self.root = folder / "releases" / "public" / "metadata" / "1.root.json"
        self.public = folder / "releases" / "public"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "passphrase").write_text(PASSPHRASE)
        (folder / "passphrase").chmod(0o600)
        few = [word for role in ("root", "targets") for word in ("--number", f"{role}=1", "--threshold", f"{role}=1")]
        self._do("init", "--machine", MACHINE, *few)

    def _do(self, *words):
        secret = [] if words[0] == "add" else ["--passphrase-file", self.folder / "passphrase"]
        done = subprocess.run(
            [sys.executable, "-m", "edgeboard", "release", words[0], "--releases", self.folder / "releases",
             *secret, *words[1:]],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

    def publish(self, counter, bad=""):
        """Let out release 0.`counter`; returns its version."""
        version = f"0.{counter}.0"
        house = self.folder / f"wheels-{counter}"
        house.mkdir()
        for wheel in self.wheels.glob("*.whl"):
            if wheel.name.startswith("edgeboard-"):
                rewrite(wheel, house, version, BAD.get(bad, ""))
            else:
                try:
                    os.link(wheel, house / wheel.name)
                except OSError:  # on another file system
                    shutil.copyfile(wheel, house / wheel.name)
        self._do("add", house, "--machine", MACHINE, "--counter", str(counter))
        self._do("publish")
        return version


def rewrite(wheel, folder, version, how_to_run):
    """The same wheel as another version, which runs in its own way."""
    name, before, *rest = wheel.name.split("-")
    info, new_info = f"{name}-{before}.dist-info/", f"{name}-{version}.dist-info/"
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            files[entry.filename.replace(info, new_info)] = archive.read(entry)
    metadata = new_info + "METADATA"
    files[metadata] = files[metadata].replace(f"\nVersion: {before}\n".encode(), f"\nVersion: {version}\n".encode())
    files[INIT] = files[INIT].replace(f'"{before}"'.encode(), f'"{version}"'.encode())
    assert all(version.encode() in files[name] for name in (metadata, INIT)), "the version is said there"
    if how_to_run:
        files[MAIN] = PREFIX.format(how_to_run).encode() + files[MAIN]
    record = new_info + "RECORD"
    files.pop(record)
    lines = [f"{path},sha256={_hash(content)},{len(content)}\n" for path, content in files.items()]
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    path = Path(folder) / "-".join([name, version, *rest])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for filename, content in files.items():
            archive.writestr(zipfile.ZipInfo(filename, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path


def _hash(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
