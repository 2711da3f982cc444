"""Boards in network namespaces of their own, plugged into one switch, as on a network: needs root.

Everything is removed with the namespaces, whatever becomes of a test; what an interrupted run has left is removed by
the next.
"""

import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from edgeboard.cli.entry import main
from tests.conftest import RunningNode, eventually, find_program

PREFIX = "ebtest"  # of the namespaces; the process and a number follow
NUMBERS = itertools.count(1)
MULTICAST = "224.0.0.0/4"
IPV4, ULA, LINK_LOCAL = "ipv4", "ula", "link-local"
NO_MULTICAST = "discovery: {mdns: false}\n"  # a board's configuration
HONEST = (sys.executable, "-m", "edgeboard.cli", "signal")


def ip(*words, check=True):
    done = subprocess.run(["ip", *map(str, words)], capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"ip {' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def remove_namespaces(prefix=""):
    """Those of one network, and of runs whose process is gone."""
    for line in ip("netns", "list", check=False).splitlines():
        name = line.split()[0]
        if not name.startswith(f"{PREFIX}-"):
            continue
        if (prefix and name.startswith(f"{prefix}-")) or not Path(f"/proc/{name.split('-')[1]}").exists():
            ip("netns", "del", name, check=False)


class Network:
    """A switch, and the machines that are plugged into it."""

    def __init__(self, folder, secret):
        self._folder = folder
        self._secret = secret
        self.prefix = f"{PREFIX}-{os.getpid()}-{next(NUMBERS)}"
        self._switch = f"{self.prefix}-switch"
        self.machines = {}
        ip("netns", "add", self._switch)
        for bridge in ("br0", "br1"):  # of two networks that do not reach each other
            ip("-n", self._switch, "link", "add", bridge, "type", "bridge", "mcast_snooping", "0")
            ip("-n", self._switch, "link", "set", bridge, "up")

    def machine(self, name, *kinds, cable=None, lan=0):
        """A machine with a cable to the switch, and addresses of these kinds.

        Args:
            cable: (share of frames that it loses, delay in s, seed); a good one without.
            lan: 0 or 1, which of the two networks it is in.
        """
        machine = Machine(self, name, len(self.machines) + 1, kinds or (IPV4,), cable, lan)
        self.machines[name] = machine
        return machine

    def board(self, name, *arguments, kinds=(), config="", state=None):
        """A machine with a board on it that has not been started."""
        machine = self.machines.get(name) or self.machine(name, *kinds)
        file = self._folder / f"{name}.yaml"
        file.write_text(config or "{}\n")
        folder = state or self._folder / name
        node = Board(machine, folder, "--config", str(file), *arguments)
        self._secret.admit(folder)
        machine.boards.append(node)
        return node

    def service(self, name, command=HONEST):
        """A machine with a signaling service that runs."""
        machine = self.machine(name)
        machine.services.append(Service(machine, command, self._folder / f"{name}.log"))
        return machine.services[-1]

    def end(self):
        for machine in self.machines.values():
            if machine.cable is not None:
                machine.cable.communicate()
            for service in machine.services:
                service.kill()
            for board in machine.boards:
                if board.process is not None and board.process.poll() is None:
                    board.process.kill()
                    board.process.wait(10)
        remove_namespaces(self.prefix)


class Machine:
    """A namespace with one network interface, eth0, unless it is given another."""

    def __init__(self, network, name, number, kinds, cable, lan):
        self.namespace = f"{network.prefix}-{name}"
        self.number = number
        self.boards = []
        self.services = []
        self._network = network
        self._kinds = kinds
        self._port = f"p{number}"
        self._lan = lan
        self.cable = None
        switch = network._switch
        ip("netns", "add", self.namespace)
        ip("-n", self.namespace, "link", "set", "lo", "up")
        if cable is None:
            peer = ("type", "veth", "peer", "name", "eth0", "netns", self.namespace)
            ip("-n", switch, "link", "add", self._port, *peer)
        else:
            self._lay_cable(*cable)
        ip("-n", switch, "link", "set", self._port, "master", f"br{lan}")
        ip("-n", switch, "link", "set", self._port, "up")
        if LINK_LOCAL not in kinds:  # they come by themselves, and are tentative at first
            self.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0")
            if ULA not in kinds:
                self.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
        self.configure()

    def _lay_cable(self, loss, delay_s, seed):
        switch = self._network._switch
        command = [sys.executable, str(Path(__file__).with_name("cable.py")), self.namespace, switch]
        self.cable = subprocess.Popen(
            [*command, str(loss), str(delay_s), str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        if self.cable.stdout.readline() != b"ready\n":
            self.cable.communicate()
            pytest.skip("this system makes no TAP interfaces for us")
        ip("-n", switch, "link", "set", "wire", "name", self._port)

    @property
    def ipv4(self):
        return f"10.{77 + self._lan}.0.{self.number}"

    def configure(self):
        """Up, with its addresses and a way for multicast."""
        ip("-n", self.namespace, "link", "set", "eth0", "up")
        if IPV4 in self._kinds:
            ip("-n", self.namespace, "addr", "replace", f"{self.ipv4}/24", "dev", "eth0")
            ip("-n", self.namespace, "route", "replace", MULTICAST, "dev", "eth0")
        if ULA in self._kinds:
            ip("-n", self.namespace, "addr", "replace", f"fd77::{self.number}/64", "dev", "eth0")

    def add_interface(self):
        """A second one, eth1, with an address in the other network."""
        switch, port, other = self._network._switch, f"{self._port}b", 1 - self._lan
        ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth1", "netns", self.namespace)
        ip("-n", switch, "link", "set", port, "master", f"br{other}")
        ip("-n", switch, "link", "set", port, "up")
        self.run("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1")
        ip("-n", self.namespace, "link", "set", "eth1", "up")
        ip("-n", self.namespace, "addr", "add", f"10.{77 + other}.0.{self.number}/24", "dev", "eth1")

    def move(self, number):
        """Take another address, as with another lease."""
        ip("-n", self.namespace, "addr", "flush", "dev", "eth0", "scope", "global")
        self.number = number
        self.configure()

    def run(self, *command):
        return ip("netns", "exec", self.namespace, *command)

    def unplug(self):
        ip("-n", self._network._switch, "link", "set", self._port, "down")

    def plug_in(self):
        ip("-n", self._network._switch, "link", "set", self._port, "up")


class Service:
    """A real `edgeboard signal` on a machine, or one that lies."""

    def __init__(self, machine, command, log):
        command = ["ip", "netns", "exec", machine.namespace, *command]
        self.url = f"http://{machine.ipv4}:8788"
        with log.open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        if b"introducing boards" not in self.process.stdout.readline():
            raise AssertionError(f"the service did not start:\n{log.read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()


class Board(RunningNode):
    """A real `edgeboard run` on a machine."""

    def __init__(self, machine, state, *arguments):
        super().__init__(state, *arguments, host="[::]", prefix=("ip", "netns", "exec", machine.namespace))
        self.machine = machine
        self.drawn = 0

    def start(self, *, port=8787):
        return super().start(port=port)

    @property
    def node(self):
        return self.status()["node"]

    def neighbours(self):
        """The nodes that are linked, with how."""
        return {link["node"]: link for link in self.status()["links"] if not link["guest"]}

    def draw(self, strokes=1):
        """Log some strokes."""
        file = self.state.with_suffix(".jsonl")
        self.drawn += 1  # ids follow from the file, so that no two may be alike
        x, y = 1000 * self.machine.number, 1000 * self.drawn
        line = {"x": [x, x + 100, x + 250], "y": [y, y + 40, y + 300], "p": [900, 2000, 800], "t": [0, 10, 20]}
        file.write_text("".join(f"{json.dumps(line)}\n" for _ in range(strokes)))
        self.say("import", "lobby", str(file))

    def say(self, *words):
        """What a command line about this board, which runs, prints; without a process of its own, which would take as
        long as a board takes to start."""
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as errors:
            code = main([*words, "--state", str(self.state)])
        assert code == 0, errors.getvalue()
        return out.getvalue()

    def canvas(self):
        """What distinguishes one log from another."""
        return self.room()["vector"]

    def items(self):
        return self.room()["items"]

    def is_linked_to(self, *others):
        neighbours = self.neighbours()
        return all(other.node in neighbours and not neighbours[other.node]["suspect"] for other in others)


def start_all(boards):
    """Start boards at the same time, as after a power cut."""
    with ThreadPoolExecutor(len(boards)) as pool:
        return list(pool.map(lambda board: board.start(), boards))


def until_linked(one, *others, seconds=20.0):
    """Wait until one board is linked to others."""
    try:
        eventually(lambda: one.is_linked_to(*others), seconds)
    except AssertionError as error:
        logs = "\n".join(f"--- {board.state.name}:\n{board.tail()}" for board in (one, *others))
        raise AssertionError(f"{error}\n{logs}") from None


@pytest.fixture(name="until_linked")
def until_linked_fixture():
    return until_linked


@contextmanager
def networks(folder, secret):
    remove_namespaces()
    try:
        network = Network(folder, secret)
    except AssertionError as error:
        remove_namespaces(f"{PREFIX}-{os.getpid()}")
        pytest.skip(f"this system makes no network namespaces for us: {error}")
    try:
        yield network
    finally:
        network.end()


def one_network(folder, secret):
    if os.geteuid() != 0:
        pytest.skip("network namespaces take root; run the tests as root to have this one too")
    find_program("ip", ("ip",), "iproute2")
    return networks(folder, secret)


@pytest.fixture
def network(tmp_path, mesh_secret):
    """A switch without machines."""
    with one_network(tmp_path, mesh_secret) as made:
        yield made


@pytest.fixture(scope="module")
def a_network(tmp_path_factory, mesh_secret):
    """A switch for several tests."""
    with one_network(tmp_path_factory.mktemp("network"), mesh_secret) as made:
        yield made
