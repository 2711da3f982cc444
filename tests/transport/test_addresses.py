from types import SimpleNamespace

import pytest

from edgeboard.runtime import interfaces
from edgeboard.transport.addresses import local_addresses, offered, offering
from edgeboard.transport.settings import Settings


def adapter(name, *ips):
    found = [SimpleNamespace(ip=ip if "." in ip else (ip, 0, 0), network_prefix=24) for ip in ips]
    return SimpleNamespace(name=name, index=1, ips=found)


MACHINE = [
    adapter("lo", "127.0.0.1", "127.0.0.2", "::1"),
    adapter("eth0", "192.168.1.7", "fd00::7", "fe80::7"),
    adapter("wlan0", "192.168.2.7"),
    adapter("docker0", "172.17.0.1"),
    adapter("veth12ab", "169.254.7.7"),
    adapter("wg0", "10.8.0.2"),
]


@pytest.fixture
def machine(monkeypatch):
    def become(adapters):
        monkeypatch.setattr(interfaces.ifaddr, "get_adapters", lambda: adapters)

    become(MACHINE)
    return become


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), ["192.168.1.7", "fd00::7", "192.168.2.7"]),
        (Settings(include_loopback=True), ["192.168.1.7", "fd00::7", "192.168.2.7", "127.0.0.1"]),
        (Settings(addresses=("wlan0",)), ["192.168.2.7"]),
        (Settings(addresses=("docker0", "fd00::7")), ["fd00::7", "172.17.0.1"]),
        (Settings(addresses=("127.0.0.1",)), ["127.0.0.1"]),
        (Settings(addresses=("192.168.9.9",)), []),
    ],
)
def test_which_addresses_are_offered(machine, settings, expected):
    assert local_addresses(settings) == expected


def test_inside_a_container_the_only_way_out_is_offered(machine):
    machine([adapter("lo", "127.0.0.1"), adapter("veth0", "172.17.0.2")])
    assert local_addresses(Settings()) == ["172.17.0.2"]


def test_where_there_is_nothing_else_a_link_local_address_is_offered_with_its_zone(machine):
    machine([adapter("lo", "127.0.0.1", "::1"), adapter("eth0", "fe80::7", "fe80::8"), adapter("docker0", "fe80::9")])
    assert local_addresses(Settings()) == ["fe80::7%eth0"]


def test_without_a_network_nothing_is_offered(machine):
    machine([adapter("lo", "127.0.0.1")])
    assert local_addresses(Settings()) == []
    assert local_addresses(Settings(include_loopback=True)) == ["127.0.0.1"]


def test_offers_hold_within_their_block_only():
    assert offered(True, True) is None
    with offering(["192.168.1.7", "fd00::7"]):
        assert offered(True, True) == ["192.168.1.7", "fd00::7"]
        assert offered(True, False) == ["192.168.1.7"]
        assert offered(False, True) == ["fd00::7"]
    assert offered(True, True) is None


def test_this_machine_can_be_asked():
    assert "127.0.0.1" in local_addresses(Settings(include_loopback=True))
