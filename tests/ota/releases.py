"""Releases for tests: a small wheel whose node does what the test says, and the board that runs it.

Only what is released is made up; all that installs, switches and watches it is the real thing. The made-up node has a
control socket, says READY=1 and feeds its watchdog like the real one, and each way in which a release can be bad is a
word in its `behaviour.txt`.
"""

import base64
import hashlib
import sys
import zipfile

from edgeboard.ota import manifest as manifests
from edgeboard.ota.slots import board
from edgeboard.ota.values import Layout, Manifest, Schema

NODE = """
import json, os, re, socket, sys, threading, time
from pathlib import Path

HERE = Path(__file__).parent
behaviour = (HERE / "behaviour.txt").read_text()
version = (HERE / "version.txt").read_text()

def notify(text):
    if os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(text, os.environ["NOTIFY_SOCKET"])

if sys.argv[1:2] == ["selftest"]:
    if behaviour == "fails its self-test":
        print("canvas: handwriting makes another canvas")
    sys.exit(behaviour == "fails its self-test")
state = Path(sys.argv[1])
state.mkdir(parents=True, exist_ok=True)
if behaviour == "lacks a module":
    import a_module_that_nobody_has
if behaviour == "exits 0":
    sys.exit(0)
if behaviour == "exits at once":
    sys.exit("the configuration makes no sense")
if behaviour == "migrates and fails":
    (state / "ink").write_text("written in another form")
    sys.exit("out of memory while migrating")
if behaviour == "hangs":
    threading.Event().wait()

class Server:
    def __init__(self, path):
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(8)

    def serve(self):
        while True:
            one, _ = self.socket.accept()
            with one:
                head, _, token = one.recv(4096).partition(b"\\r\\n\\r\\n")
                length = int((re.findall(rb"(?i)content-length: ([0-9]+)", head) or [b"0"])[0])
                while len(token) < length:
                    token += one.recv(length - len(token))
                if head.startswith(b"POST"):
                    self.save(one, token)
                    continue
                if behaviour == "deadlocks" and time.monotonic() - began > 0.3:
                    threading.Event().wait()
                links = [{"guest": False}] if behaviour != "finds nobody" else []
                said = {"software": version if behaviour != "lies" else "9.9", "prefix": os.path.realpath(sys.prefix),
                        "store_failed": "the disk is full" if behaviour == "cannot save" else "", "links": links,
                           "devices": [{"device": "pen", "url": "pen:sim", "found": True,
                                     "standing": "waiting" if behaviour == "loses its pen" else "ready"}]}
                self.answer(one, said)

    def answer(self, one, said, status=b"200 OK"):
        body = json.dumps(said).encode()
        one.sendall(b"HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n\\r\\n" % (status, len(body)) + body)

    def save(self, one, token):
        self.saves = getattr(self, "saves", 0) + 1
        if behaviour == "is refused by its disk" or (behaviour == "wears its disk out" and self.saves > 1):
            self.answer(one, {"text": "board.db: the disk refuses"}, b"507 Insufficient Storage")
        elif behaviour == "forgets what it saves":
            self.answer(one, {"saved": "00"})
        else:
            (state / "proof").write_bytes(token)
            self.answer(one, {"saved": (state / "proof").read_bytes().hex()})

began = time.monotonic()
server = Server(state / "control.sock")
(state / "starts").open("a").write(version + "\\n")
if behaviour != "is never ready":
    notify(b"READY=1\\nWATCHDOG=1")

def feed():
    while behaviour != "starves its watchdog":
        time.sleep(0.05)
        notify(b"WATCHDOG=1")

def leak():
    held = []
    while len(held) < 12:
        time.sleep(0.01)
        held.append(b"i" * 20_000_000)
    threading.Event().wait()

threading.Thread(target=feed, daemon=True).start()
if behaviour == "leaks":
    threading.Thread(target=leak, daemon=True).start()
if behaviour == "crashes later":
    threading.Thread(target=server.serve, daemon=True).start()
    time.sleep(0.4)
    os._exit(3)
server.serve()
"""


def make_wheel(folder, name, version, files):
    """A wheel with a sound RECORD; returns its path."""
    stem = f"{name}-{version}"
    files = {
        **files,
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},{digest(text.encode())},{len(text.encode())}" for path, text in files.items()]
    record.append(f"{stem}.dist-info/RECORD,,")
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in [*files.items(), (f"{stem}.dist-info/RECORD", "\n".join(record) + "\n")]:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return path


def digest(content):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


class Release:
    """One release: its manifest, and its files in a folder."""

    def __init__(self, folder, counter, behaviour="works", writes=1, security_floor=0, files=None):
        folder.mkdir(parents=True, exist_ok=True)
        self.version = f"1.{counter}"
        files = files or {
            "edgeboard/__init__.py": f'"""A release for tests."""\n\n__version__ = "{self.version}"\n',
            "edgeboard/__main__.py": NODE,
            "edgeboard/behaviour.txt": behaviour,
            "edgeboard/version.txt": self.version,
        }
        wheel = make_wheel(folder, "edgeboard", self.version, files)
        found = manifests.describe(wheel.name, [wheel.read_bytes()])
        self.contents = {found.sha256: wheel.read_bytes()}
        lock = f"edgeboard=={self.version} --hash=sha256:{found.sha256}\n".encode()
        locked = manifests.describe("requirements.lock", [lock])
        self.contents[locked.sha256] = lock
        self.wheel = found
        self.manifest = Manifest(
            self.version,
            counter,
            board("stable"),
            (found, locked),
            "requirements.lock",
            security_floor=security_floor,
            state_schema=Schema((1, 2), writes),
        )
        manifests.check(self.manifest)
        text = manifests.to_bytes(self.manifest)
        self.digest = hashlib.sha256(text).hexdigest()
        self.contents[self.digest] = text
        self.slot = f"{counter}-{self.digest[:8]}"

    def fetch(self, layout):
        """As if it had been fetched and verified."""
        layout.blobs.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            (layout.blobs / name).write_bytes(content)
        return self


def layout_in(folder):
    layout = Layout.under(folder)
    for each in (layout.slots, layout.state, layout.blobs):
        each.mkdir(parents=True, exist_ok=True)
    return layout


def starts(state):
    """The versions that a made-up node has started in, in order."""
    try:
        return (state / "starts").read_text().split()
    except FileNotFoundError:
        return []


def site_of(slot):
    return slot / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
