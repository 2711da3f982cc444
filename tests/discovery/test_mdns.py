"""Real multicast DNS on the loopback interface of this machine."""

import asyncio
import os
import sys

import pytest
from zeroconf import ServiceInfo, ServiceStateChange
from zeroconf.asyncio import AsyncZeroconf

from edgeboard.discovery import mdns as module
from edgeboard.discovery import records
from edgeboard.discovery.mdns import MdnsDiscovery
from edgeboard.discovery.settings import Settings
from edgeboard.ids import MeshId, NodeId, mesh_tag
from edgeboard.runtime.interfaces import InterfaceAddress

pytestmark = pytest.mark.slow  # zeroconf asks three times whether a name is taken: 1.2 s

LOOPBACK = Settings(interfaces=("127.0.0.1",))


class Board:
    """Discovery of one board, and what it has told."""

    def __init__(self, tag, *, node=None, name="board", settings=LOOPBACK, host="127.0.0.1", port=1000):
        self.node = node or NodeId(os.urandom(16))
        self.discovery = MdnsDiscovery(settings, self.node, tag, name, host)
        self.port = port
        self.found = {}
        self.told = 0
        self.gone = set()
        self._changed = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self.discovery.run(port, self._on_found, self._on_gone))

    def _on_found(self, node, urls):
        self.found[node] = urls
        self.told += 1
        self._changed.set()

    def _on_gone(self, node):
        self.gone.add(node)
        self._changed.set()

    async def until(self, check):
        async with asyncio.timeout(15):
            while not check():
                self._changed.clear()
                await self._changed.wait()

    async def stop(self):
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.discovery.close()


@pytest.fixture
def tag():
    return mesh_tag(MeshId(os.urandom(16)))


@pytest.fixture
async def boards(tag):
    made = []

    def make(**how):
        made.append(Board(how.pop("tag", tag), **how))
        return made[-1]

    yield make
    for board in made:
        await board.stop()


async def test_boards_of_one_mesh_find_each_other_and_say_goodbye(boards):
    ann, bob = boards(port=1001), boards(port=1002)
    await ann.until(lambda: bob.node in ann.found)
    await bob.until(lambda: ann.node in bob.found)
    assert ann.found == {bob.node: ("http://127.0.0.1:1002",)}
    assert bob.found == {ann.node: ("http://127.0.0.1:1001",)}
    assert ann.discovery.describe() == {"addresses": ["127.0.0.1"], "boards": 1}
    await bob.stop()
    await ann.until(lambda: bob.node in ann.gone)


async def test_boards_of_another_mesh_are_not_told_of(boards):
    ann, stranger, bob = boards(), boards(tag=mesh_tag(MeshId(os.urandom(16)))), boards()
    await ann.until(lambda: bob.node in ann.found)
    assert set(ann.found) == {bob.node}
    assert stranger.found == {}


async def test_two_boards_of_one_name_are_two(boards):
    """Even where the digits behind the name are the same: the later one takes another name."""
    first, second = NodeId(b"\xab\xcd" + os.urandom(14)), NodeId(b"\xab\xcd" + os.urandom(14))
    watcher = boards(name="watcher")
    one = boards(name="kitchen", node=first, port=1001)
    await watcher.until(lambda: first in watcher.found)
    two = boards(name="kitchen", node=second, port=1002)
    await watcher.until(lambda: second in watcher.found)
    assert watcher.found[first] == ("http://127.0.0.1:1001",)
    assert watcher.found[second] == ("http://127.0.0.1:1002",)
    await one.until(lambda: second in one.found)
    await two.until(lambda: first in two.found)


@pytest.mark.parametrize("follows_interfaces", [True, False])
async def test_an_address_that_changes_is_told(boards, monkeypatch, caplog, follows_interfaces):
    if not follows_interfaces:  # as before zeroconf 0.150
        monkeypatch.delattr(AsyncZeroconf, "async_update_interfaces", raising=False)
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    addresses = [InterfaceAddress("lo", 1, "127.0.0.1", 8)]
    ann = boards()
    monkeypatch.setattr(module, "list_addresses", lambda: list(addresses))
    bob = boards(settings=Settings(interfaces=("lo",)), host="::")
    await ann.until(lambda: bob.node in ann.found)
    addresses.append(InterfaceAddress("lo", 1, "127.0.0.2", 8))
    await ann.until(lambda: "http://127.0.0.2:1000" in ann.found[bob.node])
    del addresses[:]
    await ann.until(lambda: bob.node in ann.gone)
    addresses.append(InterfaceAddress("lo", 1, "127.0.0.1", 8))
    ann.found.clear()
    await ann.until(lambda: bob.node in ann.found)
    assert "does not work" not in caplog.text


async def test_after_a_sleep_of_the_machine_everybody_is_told_again(boards, monkeypatch):
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    ann, bob = boards(), boards()
    await ann.until(lambda: bob.node in ann.found)
    slept = [0.0]
    monkeypatch.setattr(module, "_slept", lambda: ann.discovery._awake + slept[0])
    told, slept[0] = ann.told, 60.0
    await ann.until(lambda: ann.told > told)


async def test_a_forged_entry_leads_nowhere(boards, tag):
    """Whoever is on the network can name any address: only what a neighbour can have is dialled."""
    ann, bob, forged = boards(), boards(), NodeId(os.urandom(16))
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    try:
        info = ServiceInfo(
            records.SERVICE, records.instance_name("forged", forged), port=80,
            properties=records.write_properties(forged, tag), server=records.host_name(forged),
            parsed_addresses=["8.8.8.8"],
        )  # fmt: skip
        await zeroconf.async_register_service(info)
        await ann.until(lambda: bob.node in ann.found)
        latest = boards()
        await ann.until(lambda: latest.node in ann.found)
        assert forged not in ann.found
    finally:
        await zeroconf.async_close()


async def test_more_boards_than_a_mesh_has_are_not_remembered(boards, monkeypatch):
    monkeypatch.setattr(module, "SERVICES_MAX", 1)
    ann, _, _ = boards(), boards(), boards()
    await ann.until(lambda: ann.found)
    last = boards()
    await last.until(lambda: last.found)
    assert len(ann.found) == 1


@pytest.mark.parametrize(
    ("settings", "host"),
    [(Settings(), "127.0.0.1"), (Settings(interfaces=("nothing0",)), "::"), (Settings(), "192.0.2.9")],
)
async def test_a_board_that_listens_to_itself_announces_nothing(boards, settings, host, monkeypatch):
    monkeypatch.setitem(sys.modules, "zeroconf.asyncio", None)  # an import would fail
    board = boards(settings=settings, host=host)
    here, _ = board.discovery._look()
    assert here.addresses == ()
    await asyncio.wait_for(board.discovery.close(), 1)


async def test_multicast_that_fails_is_said_and_tried_again(boards, monkeypatch, caplog):
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    failures = [OSError("no multicast here")]
    move = MdnsDiscovery._move

    async def fail_once(self, here):
        if failures:
            raise failures.pop()
        await move(self, here)

    monkeypatch.setattr(MdnsDiscovery, "_move", fail_once)
    ann, bob = boards(), boards()
    await ann.until(lambda: bob.node in ann.found)
    assert "multicast DNS does not work at the moment: OSError('no multicast here')" in caplog.text


async def test_multicast_that_goes_on_failing_is_said_once(boards, monkeypatch, caplog):
    monkeypatch.setattr(module, "LOOK_S", 0.001)
    tried = asyncio.Event()
    attempts = []

    async def fail(self, here):
        attempts.append(here)
        if len(attempts) == 5:
            tried.set()
        raise RuntimeError("no zeroconf here")

    monkeypatch.setattr(MdnsDiscovery, "_move", fail)
    boards()
    await asyncio.wait_for(tried.wait(), 10)
    assert len([line for line in caplog.messages if "no zeroconf here" in line]) == 1


@pytest.mark.parametrize(
    "name", ["bad\x01name." + records.SERVICE, "x", "." + records.SERVICE, "a" * 300 + "." + records.SERVICE]
)
async def test_a_name_that_is_none_does_no_harm(boards, name):
    ann, bob = boards(), boards()
    await ann.until(lambda: bob.node in ann.found)
    ann.discovery._changed(ann.discovery._zeroconf.zeroconf, records.SERVICE, name, ServiceStateChange.Added)
    ann.discovery._changed(ann.discovery._zeroconf.zeroconf, records.SERVICE, name, ServiceStateChange.Removed)
    assert set(ann.found) == {bob.node}
