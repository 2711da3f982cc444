"""Releases that a board under emulation takes: the wheels of its image with another version, sound or broken."""

import base64
import hashlib
import shutil
import subprocess
import zipfile

from shipping import trial

BROKEN = """

def main(arguments: argparse.Namespace) -> int:
    raise SystemExit("this release was made to fail")
"""


class Manager:
    """Who makes releases for one kind of board."""

    def __init__(self, folder, board, wheels):
        self.folder = folder
        self._board = board
        self._wheels = wheels

    @property
    def public(self):
        return self.folder / "releases" / "public"

    def publish(self, version, counter, where, *, is_broken=False):
        """Sign a release; a broken one passes its self-test, and its node ends as soon as it is started."""
        where.mkdir()
        for path in self._wheels.iterdir():
            if path.name.startswith("edgeboard-"):
                reissue(path, where, version, {"edgeboard/cli/run.py": BROKEN} if is_broken else {})
            elif path.suffix == ".whl" or path.name == "distribution.txt":
                shutil.copyfile(path, where / path.name)
        self._say("add", where, "--machine", self._board.house, "--counter", str(counter))
        self._say("publish")

    def _say(self, verb, *words):
        done = subprocess.run(trial.release(self.folder, verb, *words), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def reissue(wheel, folder, version, appended):
    """A copy of a wheel of edgeboard that calls itself another version, with text appended to some of its files."""
    name, old, tags = wheel.name.split("-", 2)
    files = {}
    with zipfile.ZipFile(wheel) as archive:
        for each in archive.namelist():
            data = archive.read(each)
            if each == "edgeboard/__init__.py":
                data = data.replace(f'"{old}"'.encode(), f'"{version}"'.encode())
            if each.endswith(".dist-info/METADATA"):
                data = data.replace(f"\nVersion: {old}\n".encode(), f"\nVersion: {version}\n".encode())
            files[each.replace(f"{name}-{old}.", f"{name}-{version}.")] = data + appended.get(each, "").encode()
    record = f"{name}-{version}.dist-info/RECORD"
    del files[record]
    lines = [f"{each},{digest(data)},{len(data)}" for each, data in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    with zipfile.ZipFile(folder / f"{name}-{version}-{tags}", "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(zipfile.ZipInfo(each, (2026, 1, 1, 0, 0, 0)), data)


def digest(data):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
