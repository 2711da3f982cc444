"""What every test may lean on: hypothesis profiles, and the system's browser and Node.js.

A test that needs a part this machine lacks is skipped with a reason that says what to install; where CI=true nothing
may be missing, so there the same test fails instead.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, settings

# `ci` is also what a developer gets: the same examples every time, so a red test is red for everybody.
# How long the making of an example takes is the machine's business: these are shared, and stand still now and then.
settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)

# `fuzz` looks for what `ci` never tries; ./dev fuzz gives it a fresh seed and prints it.
settings.register_profile(
    "fuzz",
    derandomize=False,
    deadline=None,
    print_blob=True,
    max_examples=int(os.environ.get("EDGEBOARD_FUZZ_EXAMPLES", "2000")),
    suppress_health_check=[HealthCheck.too_slow],  # long examples are the point
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The names that the system's programs go by; `dev` installs them and looks for the same names.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
NODE_NAMES = ("node", "nodejs")
ARM_COMPILER_NAMES = ("arm-none-eabi-gcc",)
ESBUILD_NAMES = ("esbuild",)


def find_program(what, names, package):
    """The path of the first of these programs; without one the test is skipped, or failed where CI=true."""
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"{what} is not on PATH (looked for {', '.join(names)}); install it: apt-get install -y {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; where CI=true this is a failure, not a skip", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path():
    """The system's Chromium, for playwright's executable_path."""
    return find_program("Chromium", CHROMIUM_NAMES, "chromium")


@pytest.fixture(scope="session")
def node_path():
    """The system's Node.js, which runs the browser's modules without a browser."""
    return find_program("Node.js", NODE_NAMES, "nodejs")


@pytest.fixture(scope="session")
def esbuild_path():
    """The system's esbuild, which bundles the page of an installation."""
    return find_program("esbuild", ESBUILD_NAMES, "esbuild")


LOOPBACK = "transport:\n  include_loopback: true\n  addresses: [127.0.0.1]\n"


class RunningNode:
    """A real `edgeboard run` process with a state directory of its own."""

    def __init__(self, state, *arguments, host="127.0.0.1", environment=None, prefix=()):
        self.state = state
        self.host = host
        self.arguments = arguments
        self.environment = environment or {}
        self.prefix = prefix  # what runs the command, somewhere else
        self.process = None
        self.port = None
        self.log = state.with_suffix(".log")

    def start(self, *, port=0):
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.prefix, sys.executable, "-m", "edgeboard.cli", "run", "--state", str(self.state),
                    "--listen", f"{self.host}:{self.port or port}", *self.arguments,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment},
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the node ended with {self.process.returncode}:\n{self.tail()}")
            try:
                self.port = self.status()["port"]
                return self
            except OSError:
                time.sleep(0.02)  # the only way to see a process come up is to knock again
        raise AssertionError(f"the node does not answer after 30 s:\n{self.tail()}")

    def tail(self):
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def ask(self, method, path, body=None, timeout=20):
        """One request over the control socket; returns (status, body)."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(timeout)
        try:
            connection.sock.connect(str(self.state / "control.sock"))
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def status(self):
        return json.loads(self.ask("GET", "/control/status")[1])

    def room(self, name="lobby"):
        return next(room for room in self.status()["rooms"] if room["name"] == name)

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def kill(self):
        """As a power cut would: SIGKILL."""
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        """As Ctrl-C would; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


def eventually(check, seconds=20.0):
    """Ask again until `check` gives something true, and return that; for what happens in another process.

    The longer it takes, the seldomer: to ask costs whom it waits for some of a small machine.
    """
    began = time.monotonic()
    while True:
        result = check()
        if result:
            return result
        waited = time.monotonic() - began
        if waited > seconds:
            raise AssertionError(f"not within {seconds:g} s; at last it was {result!r}")
        time.sleep(min(max(waited / 5, 0.01), 0.1))


@pytest.fixture(name="eventually")
def eventually_fixture():
    return eventually


@contextmanager
def nodes_in(folder):
    """A function that makes real nodes with their state in `folder`; those that still run at the end are killed."""
    nodes = []

    def make(name, *arguments, secret=None, config_text=LOOPBACK, **how):
        config = folder / f"{name}.yaml"
        config.write_text(config_text)
        node = RunningNode(folder / name, "--config", str(config), *arguments, **how)
        if secret is not None:
            secret.admit(node.state)
        nodes.append(node)
        return node

    try:
        yield make
    finally:
        for node in nodes:
            if node.process is not None and node.process.poll() is None:
                node.process.kill()
                node.process.wait(10)


@pytest.fixture
def make_node(tmp_path):
    """Makes real nodes; those that still run at the end of the test are killed."""
    with nodes_in(tmp_path) as make:
        yield make


SMALL_DISK = "24m"  # large enough for the reserve of a state directory


@contextmanager
def mounted(folder, limits):
    """A folder that is a file system of its own, in memory."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root; run the tests as root to have this one too")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", limits, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this system mounts no tmpfs for us: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path):
    """A disk that is soon full."""
    with mounted(tmp_path / "disk", f"size={SMALL_DISK}") as folder:
        yield folder


@pytest.fixture(scope="session")
def mesh_secret():
    """The mesh that the nodes of a test share."""
    from edgeboard.testing.members import TestMesh  # here, so that kernels are tested where only they are installed

    return TestMesh("mesh of the test")


def pytest_collection_modifyitems(items):
    """Browser tests come last: Playwright keeps an event loop in this thread, beside which no other one runs."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
