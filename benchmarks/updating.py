"""An update as a board sees it: a release of all real wheels is installed, switched to and started.

The wheels of requirements/board.lock are fetched once (an index is needed for that), ours is built anew. Installing the
same wheels with pip into a new environment is what it is held against.
"""

import json
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import ROOT, Missing
from edgeboard.ota import manifest as manifests
from edgeboard.ota import slots
from edgeboard.ota.files import RealDisk
from edgeboard.ota.gate import Settings
from edgeboard.ota.launch.launcher import Launcher
from edgeboard.ota.launch.looking import ask
from edgeboard.ota.launch.program import MachineClock
from edgeboard.ota.launch.service import Child
from edgeboard.ota.records import read_journal, write_journal
from edgeboard.ota.states import TRIES, Journal, State
from edgeboard.ota.values import Layout, Manifest

LOCK = ROOT / "requirements" / "board.lock"
WHEELS = ROOT / ".bench" / "wheels"
READY_S = 60.0


def _pip(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *map(str, words)], check=True)


def wheels() -> Path:
    """A folder with every wheel of a board.

    Raises:
        Missing: no index can be reached.
    """
    stamp = WHEELS / f"{sys.implementation.cache_tag}-{platform.machine()}.lock"
    try:
        if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
            shutil.rmtree(WHEELS, ignore_errors=True)
            WHEELS.mkdir(parents=True)
            _pip("download", "--no-deps", "--only-binary=:all:", "-d", WHEELS, "-r", LOCK)
            _pip("wheel", "--no-deps", "-w", WHEELS, ROOT)
            shutil.copy(LOCK, stamp)
    except subprocess.CalledProcessError:
        raise Missing("the wheels of a board: pip could not fetch them, or not build ours; see what it said") from None
    return WHEELS


def release(layout: Layout, counter: int) -> Manifest:
    """A release of these wheels, fetched and verified."""
    layout.blobs.mkdir(parents=True, exist_ok=True)
    layout.slots.mkdir(parents=True, exist_ok=True)
    files, lock = [], []
    for wheel in sorted(wheels().glob("*.whl")):
        file = manifests.describe(wheel.name, [wheel.read_bytes()])
        shutil.copy(wheel, layout.blobs / file.sha256)
        name, version = wheel.name.split("-")[:2]
        lock.append(f"{name}=={version} --hash=sha256:{file.sha256}\n")
        files.append(file)
    text = "".join(lock).encode()
    locked = manifests.describe("requirements.lock", [text])
    (layout.blobs / locked.sha256).write_bytes(text)
    return Manifest("0.1.0", counter, slots.board("stable"), (*files, locked), locked.name)


def pip_install(folder: Path) -> float:
    """Seconds of a new environment with the same wheels, by pip."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    names = sorted(map(str, wheels().glob("*.whl")))
    python = folder / "bin" / "python"
    _pip("--python", python, "install", "--no-index", "--no-deps", "--no-cache-dir", *names)
    return time.perf_counter() - started


def run() -> dict[str, float]:
    """From a verified release to a new node that answers; the same by pip; and how long there was no node."""
    wheels()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        layout, node_state = Layout.under(root), root / "node"
        first, second = release(layout, 1), release(layout, 2)
        slots.build(layout, first)
        slots.activate(layout, slots.name_of(first))
        clock = MachineClock()
        gate = Settings(start_s=READY_S, soak_s=0.0, silence_s=READY_S)
        launcher = Launcher(layout, node_state, RealDisk(), clock, gate=gate, boot_id="one")

        def command() -> list[str]:
            python = slots.python_of(layout.slots / slots.current(layout))
            words = ["run", "--state", str(node_state), "--listen", "127.0.0.1:0", "--no-discovery"]
            return [str(python), "-I", "-B", "-m", "edgeboard", *words]

        def prepare() -> None:
            launcher.repair()

        child = Child(command, prepare, clock.now, READY_S)
        try:
            child.start()
            give_up = clock.now() + READY_S
            while not child.look().is_ready or ask(node_state)[0] is None:
                if clock.now() > give_up or child.look().ended:
                    raise RuntimeError(f"the node is not ready: {child.tail()[-300:]}")
                clock.pause(0.05)
            pip_s = pip_install(root / "pip")
            started = time.perf_counter()
            slot = slots.build(layout, second)
            built = time.perf_counter()
            digest = slots.digest_of(second)
            previous = slots.current(layout)
            write_journal(layout, RealDisk(), Journal(State.ARMED, slot.name, previous, "0.1.0", 2, digest, TRIES))
            outcome = launcher.activate(child)
            ready = time.perf_counter()
        finally:
            child.close()
        if outcome.result != "committed" or read_journal(layout).state is not State.IDLE:
            raise RuntimeError(f"the update was not committed: {outcome.reason}")
        size = sum(path.lstat().st_size for path in slot.rglob("*"))
        return {
            "ready_s": ready - started,
            "build_s": built - started,
            "pip_s": pip_s,
            "down_s": outcome.down_ms / 1000,
            "slot_mib": size / 2**20,
        }


if __name__ == "__main__":
    print(json.dumps(run()))
