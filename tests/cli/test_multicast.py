import pytest

from edgeboard.cli import multicast
from edgeboard.cli.findings import Level
from edgeboard.cli.multicast import check_multicast
from edgeboard.discovery.settings import Settings
from edgeboard.runtime.interfaces import InterfaceAddress

LOOPBACK = InterfaceAddress("lo", 1, "127.0.0.1", 8)
ON_LOOPBACK = Settings(interfaces=("lo",))


@pytest.fixture
def machine(monkeypatch):
    """Only the loopback interface, which is there on every machine."""
    monkeypatch.setattr(multicast, "list_addresses", lambda: [LOOPBACK])


def texts(findings, level):
    return [found.text for found in findings if found.level is level]


def test_multicast_that_comes_back_works(machine):
    found = list(check_multicast(ON_LOOPBACK, "127.0.0.1", {}))
    assert texts(found, Level.OK) == ["multicast works on lo (127.0.0.1)"]


def test_multicast_that_does_not_come_back_is_told_with_its_remedy(machine, monkeypatch):
    for error, why in ((TimeoutError("timed out"), "it does not come back"), (OSError(101, "No route"), "No route")):

        def fail(address, error=error):
            raise error

        monkeypatch.setattr(multicast, "_echo", fail)
        (found,) = check_multicast(ON_LOOPBACK, "127.0.0.1", {})
        assert found.level is Level.WARNING
        assert why in found.text
        assert "ip route add 224.0.0.0/4 dev lo" in found.remedy
        assert "--peer" in found.remedy


@pytest.mark.parametrize(
    ("state", "text"), [("lowerlayerdown", "lo is not connected"), ("down", "lo is not connected")]
)
def test_a_cable_that_is_not_plugged_in_is_told(machine, monkeypatch, state, text):
    monkeypatch.setattr(multicast, "link_state", lambda interface: state)
    assert texts(check_multicast(ON_LOOPBACK, "::", {}), Level.WARNING) == [text]


def test_an_address_that_is_not_ready_is_told(machine, monkeypatch):
    monkeypatch.setattr(multicast, "is_ready", lambda address: False)
    assert texts(check_multicast(ON_LOOPBACK, "::", {}), Level.WARNING) == ["127.0.0.1 is not ready to be used"]


def test_a_port_that_is_not_shared_is_told(machine, monkeypatch):
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        monkeypatch.setattr(multicast, "MDNS_PORT", held.getsockname()[1])
        (told, _) = check_multicast(ON_LOOPBACK, "127.0.0.1", {})
    assert "does not share it" in told.text
    assert "avahi" in told.remedy


@pytest.mark.parametrize(
    ("settings", "host", "text"),
    [
        (Settings(mdns=False), "::", "switched off"),
        (Settings(), "127.0.0.1", "on no network"),
        (Settings(interfaces=("eth9",)), "::", "on no network"),
    ],
)
def test_where_nobody_is_looked_for_that_is_said(machine, settings, host, text):
    (found,) = check_multicast(settings, host, {})
    assert found.level is Level.OK
    assert text in found.text


def test_a_running_node_says_whom_it_sees(machine):
    found = list(check_multicast(ON_LOOPBACK, "::", {"discovery": {"boards": 3}, "links": []}))
    assert found[-1].text == "3 other boards of this mesh are seen"
    alone = {"discovery": {"boards": 0}, "links": [{"guest": True}]}
    assert "keeps its clients apart" in list(check_multicast(ON_LOOPBACK, "::", alone))[-1].remedy
    by_peer = {"discovery": {"boards": 0}, "links": [{"guest": False}]}
    assert texts(check_multicast(ON_LOOPBACK, "::", by_peer), Level.WARNING) == []
