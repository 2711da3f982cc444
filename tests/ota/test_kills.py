"""Real processes, killed at random moments of an update, as OSTree does it: an update is timed, then struck at any
moment within 1.1 times that. Afterwards the board runs the release before or the new one, and the update can be ended.

What a kill leaves in the system's cache, a power cut would lose: that is in test_power.py, which cuts at every step.
"""

import functools
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from edgeboard.ota import records, slots
from edgeboard.ota.launch.packing import pack
from edgeboard.ota.states import OF_THE_LAUNCHER
from edgeboard.ota.values import Floors, Layout
from tests.ota.releases import starts
from tests.ota.test_updater import Desk

GATE = ("--start-s", "30", "--soak-s", "0.3", "--silence-s", "20", "--watchdog-s", "20")
REQUEST_S = 0.02  # that the server takes for each answer, so that some strikes fall into the transfer
SPAN = 1.1
PATIENCE_S = 60.0
FLOORS = Floors(root=1, timestamp=1, snapshot=1, targets=1)


class Slow(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        time.sleep(REQUEST_S)
        with suppress(ConnectionError):  # whoever asked was killed
            super().do_GET()

    def log_message(self, *_):
        pass


class Machine:
    """A board's folder, and what runs on it: a launcher that keeps the node running, and maybe an update."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url
        self.layout = Layout.under(folder)
        self.node_state = folder / "node"
        self.processes = {}

    def start(self, name, *words):
        said = (self.folder / f"{name}.said").open("wb")
        with said:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.processes[name]

    def power_on(self):
        words = ("run", "--root", self.folder, *GATE, "--node-state", self.node_state, "--", self.node_state)
        before = len(starts(self.node_state))
        self.start("launcher", "-I", self.layout.launcher, *words)
        self.until(lambda: len(starts(self.node_state)) > before, "a node starts")

    def update(self, *more):
        words = ("--root", self.folder, "--state", self.folder / "nobody", "--from", self.url, "--json", *more)
        return self.start("update", "-m", "edgeboard", "ota", "upgrade", *words)

    def strike(self, names):
        """Kill these, with all that they have started."""
        for name in names:
            with suppress(ProcessLookupError):
                os.killpg(self.processes[name].pid, signal.SIGKILL)
        for name in names:
            self.processes.pop(name).wait()

    def power_off(self):
        self.strike(list(self.processes))

    def repair(self):
        words = [sys.executable, "-I", self.layout.launcher, "repair", "--root", self.folder]
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def journal(self):
        return records.read_journal(self.layout)

    def settle(self):
        """Until the launcher has nothing to do any more."""
        self.until(lambda: self.journal.state not in OF_THE_LAUNCHER, "the launcher sees it through")

    def until(self, holds, what):
        give_up = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < give_up, f"it never came to pass that {what}: {self.journal}, {self.said()}"
            time.sleep(0.02)

    def said(self):
        return {path.name: path.read_text()[-600:] for path in self.folder.glob("*.said")}

    def finish(self):
        """An update that nobody disturbs; what it says at last."""
        code = self.update().wait(PATIENCE_S)
        assert code == 0, self.said()
        self.settle()
        return json.loads((self.folder / "update.said").read_text().splitlines()[-1])


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A board that runs its first release and is offered a second: its folder, the names of both slots, where the
    second is, and how long an update takes."""
    folder = tmp_path_factory.mktemp("kills")
    desk = Desk(folder / "desk")
    handler = functools.partial(Slow, directory=str(desk.repository.public))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    board = Machine(folder / "board", url)
    board.layout.prefix.mkdir(parents=True)
    board.layout.root.write_bytes(desk.root)
    board.layout.launcher.write_bytes(pack())
    first = slots.name_of(desk.publish(1))
    try:
        assert board.update("--no-wait").wait(PATIENCE_S) == 0, board.said()
        board.power_on()
        board.settle()
        board.power_off()
        second = slots.name_of(desk.publish(2))
        timed = Machine(copy(board.folder, folder / "timed"), url)
        timed.power_on()
        began = time.monotonic()
        assert timed.finish()["result"] == "committed"
        took = time.monotonic() - began
        timed.power_off()
        yield board.folder, first, second, url, took
    finally:
        board.power_off()
        server.shutdown()
        server.server_close()


def copy(source, target):
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    return target


def strike(image, folder, moment, names, *, is_finished):
    """One update that is struck at this moment, and finished then or not; gives which release ran in between."""
    source, first, second, url, _ = image
    board = Machine(copy(source, folder), url)
    try:
        board.power_on()
        board.update()
        with suppress(subprocess.TimeoutExpired):
            board.processes["update"].wait(moment)
        board.strike(names)
        board.power_off()
        name = board.repair()
        assert name in (first, second), f"struck after {moment:.2f} s, it runs {name}"
        slots.verify(board.layout.slots / name)
        slots.verify(board.layout.slots / first)  # the release that was committed last is never lost
        floors = records.read_floors(board.layout)
        assert (floors.root, floors.timestamp) >= (FLOORS.root, FLOORS.timestamp)
        assert floors.counter in (1, 2)
        if board.journal.last.result == "committed" and board.journal.last.version == "1.2":
            assert name == second
        if not is_finished:
            return name
        board.power_on()
        assert starts(board.node_state)[-1] == ("1.1" if name == first else "1.2")
        board.settle()
        board.finish()
        assert slots.current(board.layout) == second, board.said()
        assert board.journal.last.result == "committed"
        assert records.read_floors(board.layout).counter == 2
        assert not list(board.layout.incoming.glob("*"))
    finally:
        board.power_off()
        shutil.rmtree(folder, ignore_errors=True)
    return name


def strikes(image, folder, count, seed, *, finished_each=1):
    """So many, spread over the time that an update takes; mostly everything at once, else one of both programs."""
    dice = random.Random(seed)
    ran = []
    for number in range(count):
        moment = SPAN * image[-1] * (number + dice.random()) / count
        names = dice.choices((("launcher", "update"), ("update",), ("launcher",)), (85, 8, 7))[0]
        try:
            is_finished = number % finished_each == 0
            ran.append(strike(image, folder / f"struck{number}", moment, names, is_finished=is_finished))
        except AssertionError as error:
            error.add_note(f"strike {number} of seed {seed}: {' and '.join(names)} after {moment:.3f} s")
            raise
    return ran


@pytest.mark.slow
def test_killed_at_random_moments_a_board_runs_one_of_both_releases_and_the_update_ends_well(image, tmp_path):
    ran = strikes(image, tmp_path, 10, seed=8, finished_each=3)
    assert set(ran) == {image[1], image[2]}, "the strikes were not spread over the update"


@pytest.mark.soak
def test_killed_two_hundred_times_a_board_never_runs_anything_else(image, tmp_path):
    seed = random.SystemRandom().randrange(1 << 32)
    ran = strikes(image, tmp_path, 200, seed)
    assert set(ran) == {image[1], image[2]}, f"the strikes of seed {seed} were not spread over the update"
