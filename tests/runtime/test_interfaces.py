from types import SimpleNamespace

import pytest

from edgeboard.runtime import interfaces
from edgeboard.runtime.interfaces import InterfaceAddress, choose, is_ready, link_state, list_addresses

LO = InterfaceAddress("lo", 1, "127.0.0.1", 8)
ETH = InterfaceAddress("eth0", 2, "192.168.1.7", 24)
ETH6 = InterfaceAddress("eth0", 2, "fe80::7", 64)
WLAN = InterfaceAddress("wlan0", 3, "fd00::7", 64)
DOCKER = InterfaceAddress("docker0", 4, "172.17.0.1", 16)
ALL = [LO, ETH, ETH6, WLAN, DOCKER]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ((), [ETH, ETH6, WLAN]),
        (("lo",), [LO]),
        (("127.0.0.1", "wlan0"), [LO, WLAN]),
        (("docker0",), [DOCKER]),
        (("fe80::7%eth0",), [ETH6]),
        (("eth9",), []),
    ],
)
def test_which_addresses_are_meant(chosen, expected):
    assert choose(ALL, chosen) == expected


def test_within_a_container_the_only_way_out_is_meant():
    assert choose([LO, DOCKER], ()) == [DOCKER]


def test_the_systems_list_is_read(monkeypatch):
    ips = [SimpleNamespace(ip="10.0.0.5", network_prefix=8), SimpleNamespace(ip=("fe80::5", 0, 9), network_prefix=64)]
    monkeypatch.setattr(interfaces.ifaddr, "get_adapters", lambda: [SimpleNamespace(name="eth0", index=9, ips=ips)])
    found = list(list_addresses())
    assert [str(each) for each in found] == ["10.0.0.5", "fe80::5%eth0"]
    assert [each.index for each in found] == [9, 9]
    assert [each.is_zoned for each in found] == [False, True]


@pytest.mark.parametrize(
    ("own", "other", "same"),
    [
        (ETH, "192.168.1.200", True),
        (ETH, "192.168.2.1", False),
        (WLAN, "fd00::1:2", True),
        (WLAN, "fd00:0:0:1::2", False),
        (ETH, "fd00::1", False),
    ],
)
def test_what_lies_in_the_same_network(own, other, same):
    assert own.holds(InterfaceAddress("", 0, other, 0).parsed) is same


def test_this_machine_has_loopback_and_its_state_can_be_read():
    assert any(each.is_loopback for each in list_addresses())
    assert link_state("lo") in ("unknown", "up")
    assert link_state("no-such-interface") == ""


def test_an_address_that_is_not_here_is_not_ready():
    assert is_ready(LO)
    assert not is_ready(InterfaceAddress("lo", 1, "192.0.2.200", 32))
    assert not is_ready(InterfaceAddress("lo", 1, "fe80::dead", 64))
