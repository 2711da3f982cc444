"""Looking around for boards of any mesh, with a real zeroconf on loopback."""

import socket
import time

import pytest
from zeroconf import ServiceInfo, Zeroconf

from edgeboard.discovery import neighbours, records
from edgeboard.ids import MeshTag, NodeId
from edgeboard.runtime.interfaces import list_addresses

LOOPBACK = "127.0.0.1"
ANN, BOB = NodeId(b"ann".ljust(16, b".")), NodeId(b"bob".ljust(16, b"."))


@pytest.fixture
def announced():
    """Two boards of two meshes, and a service that is none."""
    zeroconf = Zeroconf(interfaces=[LOOPBACK])
    good = [(node, records.write_properties(node, MeshTag(node[:8]))) for node in (ANN, BOB)]
    for node, properties in (*good, (NodeId(bytes(16)), {"v": "9", "id": "00" * 16})):
        info = ServiceInfo(
            records.SERVICE, records.instance_name("board", node), port=8787, properties=properties,
            server=records.host_name(node), addresses=[socket.inet_aton(LOOPBACK)],
        )  # fmt: skip
        zeroconf.register_service(info)
    yield
    zeroconf.close()


@pytest.mark.slow
def test_boards_of_any_mesh_are_seen_and_nothing_else(announced):
    found = neighbours.look_around([LOOPBACK], seconds=5.0, wanted=None)
    assert {ANN, BOB} <= set(found)
    assert NodeId(bytes(16)) not in found
    assert found[ANN] == (f"http://{LOOPBACK}:8787",)


@pytest.mark.slow
def test_the_look_ends_when_the_wanted_one_was_seen(announced):
    began = time.monotonic()
    found = neighbours.look_around([LOOPBACK], wanted=BOB, seconds=60.0)
    assert BOB in found
    assert time.monotonic() - began < 60.0


def test_without_a_network_nobody_is_seen(monkeypatch):
    monkeypatch.setattr(neighbours, "list_addresses", lambda: iter(()))
    assert neighbours.look_around() == {}


def test_without_multicast_nobody_is_seen(monkeypatch):
    def broken(**how):
        raise OSError(19, "No such device")

    monkeypatch.setattr("zeroconf.Zeroconf", broken)
    assert any(each.is_loopback for each in list_addresses())
    assert neighbours.look_around([LOOPBACK]) == {}
