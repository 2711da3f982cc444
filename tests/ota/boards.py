"""A board for tests: a folder in the place of its root, a launcher, and nodes that are real processes."""

import time

from edgeboard.ota import records, slots
from edgeboard.ota.files import RealDisk
from edgeboard.ota.gate import Settings
from edgeboard.ota.launch.launcher import Launcher
from edgeboard.ota.launch.service import Child
from edgeboard.ota.states import TRIES, Journal, State
from tests.ota.releases import Release, layout_in, starts

# As patient as a busy machine needs: only the soak is ever waited for to its end, unless a release is to be found slow.
GATE = Settings(start_s=30.0, soak_s=0.7, silence_s=20.0, memory_max=150_000_000)
WATCHDOG_S = 20.0


class Clock:
    """The machine's; how long a test waits is bounded by the gate."""

    now = staticmethod(time.monotonic)
    pause = staticmethod(time.sleep)

    def wall(self):
        return 1_800_000_000


class Board:
    def __init__(self, folder, disk=None, gate=GATE, watchdog_s=WATCHDOG_S, boot_id=""):
        self.folder = folder
        self.layout = layout_in(folder)
        self.node_state = folder / "node"
        self.disk = disk or RealDisk()
        self.said = []
        self.gate = gate
        self.watchdog_s = watchdog_s
        self.child = None
        self.boot(boot_id)

    def boot(self, boot_id=""):
        """A launcher without memory."""
        self.stop()
        self.launcher = Launcher(
            self.layout, self.node_state, self.disk, Clock(), gate=self.gate, boot_id=boot_id, say=self.said.append
        )
        self.child = Child(self._command, self._prepare, time.monotonic, self.watchdog_s)

    def _prepare(self):
        self.launcher.repair()

    def _command(self):
        slot = self.layout.slots / slots.current(self.layout)
        return [str(slot / "bin" / "python"), "-I", "-B", "-m", "edgeboard", str(self.node_state)]

    def release(self, counter, behaviour="works", **words):
        return Release(self.folder / "released", counter, behaviour, **words).fetch(self.layout)

    def install(self, release):
        """The first release, as an image has it."""
        slots.build(self.layout, release.manifest)
        slots.activate(self.layout, release.slot)
        return release

    def build(self, release):
        slots.build(self.layout, release.manifest, self.disk)
        return release

    def arm(self, release, **words):
        """As the updater does it."""
        previous = slots.current(self.layout)
        now = slots.release_of(self.layout.slots / previous)
        journal = Journal(
            State.ARMED,
            release.slot,
            previous,
            release.version,
            release.manifest.counter,
            release.digest,
            TRIES,
            keeps_state=release.manifest.state_schema.writes != now.state_schema.writes,
            last=self.journal.last,
            **words,
        )
        records.write_journal(self.layout, self.disk, journal)

    @property
    def journal(self):
        return records.read_journal(self.layout)

    @property
    def current(self):
        return slots.current(self.layout)

    @property
    def starts(self):
        return starts(self.node_state)

    def start(self):
        self.child.start()
        self.wait_until_ready()

    def wait_until_ready(self):
        give_up = time.monotonic() + 10.0
        while not (seen := self.child.look()).is_ready:
            assert not seen.ended, seen.ended
            assert time.monotonic() < give_up, "the node is not ready"
            time.sleep(0.01)

    def stop(self):
        if self.child is not None:
            self.child.close()
            self.child = None

    def check(self):
        """The invariants, which hold at every moment (I1 to I4)."""
        name = slots.current(self.layout)
        assert name, f"`current` names no complete slot: {sorted(self.layout.slots.iterdir())}"
        slots.verify(self.layout.slots / name)
