"""Networks of this machine's own for boards that are measured: namespaces on one switch, whose cables can be pulled.

A cable that loses frames is the one that the tests use (`tests/netns/cable.py`). Everything goes with the namespaces,
also what an interrupted run has left. It takes root.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from benchmarks.data import ROOT
from benchmarks.harness import Missing

PREFIX = "ebbench"  # of the namespaces; the process follows
NETWORK = "10.78.0"  # and the number of the place


@final
class Place:
    """A namespace with one interface, eth0, on the switch."""

    def __init__(self, switch: str, number: int) -> None:
        self._switch = switch
        self._port = f"p{number}"
        self.namespace = f"{switch}-{number}"
        self.address = f"{NETWORK}.{number}"
        self.cable: subprocess.Popen[bytes] | None = None

    @property
    def prefix(self) -> tuple[str, ...]:
        """What stands before a command that runs here."""
        return ("ip", "netns", "exec", self.namespace)

    def lay(self, loss: float, delay_s: float, seed: int) -> None:
        _ip("netns", "add", self.namespace)
        _ip("-n", self.namespace, "link", "set", "lo", "up")
        if loss or delay_s:
            command = [sys.executable, str(ROOT / "tests" / "netns" / "cable.py"), self.namespace, self._switch]
            self.cable = subprocess.Popen(
                [*command, str(loss), str(delay_s), str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            if self.cable.stdout is None or self.cable.stdout.readline() != b"ready\n":
                raise Missing("this system makes no TAP interfaces for us")
            _ip("-n", self._switch, "link", "set", "wire", "name", self._port)
        else:
            peer = ("type", "veth", "peer", "name", "eth0", "netns", self.namespace)
            _ip("-n", self._switch, "link", "add", self._port, *peer)
        _ip("-n", self._switch, "link", "set", self._port, "master", "br0")
        self.plug_in()
        _ip("-n", self.namespace, "link", "set", "eth0", "up")
        _ip("-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")

    def change(self, loss: float, delay_s: float) -> None:
        """Make its cable, which was laid as a bad one, so bad from now on."""
        assert self.cable is not None
        assert self.cable.stdin is not None
        self.cable.stdin.write(f"{loss} {delay_s}\n".encode())
        self.cable.stdin.flush()

    def unplug(self) -> None:
        _ip("-n", self._switch, "link", "set", self._port, "down")

    def plug_in(self) -> None:
        _ip("-n", self._switch, "link", "set", self._port, "up")

    def carried(self) -> int:
        """Bytes that have passed through its port of the switch so far, both ways, headers of frames included."""
        found = 0
        for way in ("rx", "tx"):
            file = f"/sys/class/net/{self._port}/statistics/{way}_bytes"
            found += int(_ip("netns", "exec", self._switch, "cat", file))
        return found


@contextmanager
def places(count: int, *, loss: float = 0.0, delay_s: float = 0.0) -> Iterator[list[Place]]:
    """Namespaces on a switch; frames to and from the first are lost and late as said.

    Raises:
        Missing: this system makes none for us.
    """
    if os.geteuid() != 0:
        raise Missing("network namespaces take root")
    switch = f"{PREFIX}-{os.getpid()}"
    _clear()
    made: list[Place] = []
    try:
        try:
            _ip("netns", "add", switch)
            _ip("-n", switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
            _ip("-n", switch, "link", "set", "br0", "up")
            for number in range(1, count + 1):
                place = Place(switch, number)
                made.append(place)
                place.lay(loss if number == 1 else 0.0, delay_s if number == 1 else 0.0, seed=number)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Missing(f"this system makes no network namespaces for us: {error}") from None
        yield made
    finally:
        for place in made:
            if place.cable is not None:
                place.cable.communicate()
        _clear(switch)


def _clear(ours: str = "") -> None:
    """Remove our namespaces, or those of runs whose process is gone."""
    for line in _ip("netns", "list", check=False).splitlines():
        name = line.split()[0]
        if name.startswith(f"{PREFIX}-"):
            process = name.split("-")[1]
            if (ours and name.split("-")[:2] == ours.split("-")) or not Path(f"/proc/{process}").exists():
                _ip("netns", "del", name, check=False)


def _ip(*words: str, check: bool = True) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=check).stdout
