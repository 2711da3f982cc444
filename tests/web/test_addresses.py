"""Where a board can be reached."""

import socket

import pytest

import edgeboard.web.addresses as addresses
from edgeboard.runtime.interfaces import InterfaceAddress
from edgeboard.web.addresses import board_urls, free_ports, lan_address


def test_a_board_on_every_network_is_shown_with_the_address_for_others_first(monkeypatch):
    monkeypatch.setattr(addresses, "lan_address", lambda: "192.168.1.20")
    for host in ("0.0.0.0", "::"):
        assert board_urls(host, 8787) == ["http://192.168.1.20:8787", "http://localhost:8787"]
    monkeypatch.setattr(addresses, "lan_address", lambda: None)
    assert board_urls("0.0.0.0", 8787) == ["http://localhost:8787"]


def test_a_board_on_one_address_is_shown_with_that():
    assert board_urls("127.0.0.1", 80) == ["http://127.0.0.1:80"]
    assert board_urls("fe80::1", 80) == ["http://[fe80::1]:80"]


def test_ports_in_use_are_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = free_ports("127.0.0.1", 2, port)
    assert len(set(ports)) == 2
    assert port not in ports


def test_ports_begin_anew_when_they_run_out():
    assert all(1_024 <= port <= 65_535 for port in free_ports("127.0.0.1", 3, 65_535))


class Probe:
    """A socket without a network, or with one."""

    def __init__(self, address):
        self.address = address

    def __call__(self, *_):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def connect(self, _):
        if self.address is None:
            raise OSError(101, "Network is unreachable")

    def getsockname(self):
        return self.address, 9


@pytest.mark.parametrize(("found", "expected"), [("10.0.0.5", "10.0.0.5"), ("127.0.0.1", None), (None, None)])
def test_a_machine_without_a_network_has_no_address_for_others(monkeypatch, found, expected):
    monkeypatch.setattr(addresses.socket, "socket", Probe(found))
    monkeypatch.setattr(addresses, "list_addresses", lambda: [InterfaceAddress("lo", 1, "127.0.0.1", 8)])
    assert lan_address() == expected


@pytest.mark.parametrize(
    ("source", "near"),
    [
        ("192.168.1.9", True),
        ("10.9.8.7", True),
        ("100.64.0.9", True),  # a provider's or a VPN's own
        ("127.0.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd12::1", True),
        ("::ffff:192.168.1.9", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("2a00:1450:4001::1", False),
        ("2001:db8:5:5::9", True),  # in a network of this machine
        ("somewhere", False),
        ("", False),
    ],
)
def test_what_is_near_is_on_a_network_of_this_machine(monkeypatch, source, near) -> None:
    ours = [InterfaceAddress("eth0", 2, "2a02:8100:5:5::1", 64), InterfaceAddress("eth0", 2, "2001:db8:5:5::1", 64)]
    monkeypatch.setattr(addresses, "list_addresses", lambda: iter(ours))
    assert addresses.is_near(source) is near
    assert not near or not addresses.is_near("2a02:8100:5:6::1")
    assert addresses.is_near("2a02:8100:5:5::77")


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("192.168.1.9", "192.168.1.9"),
        ("::ffff:192.168.1.9", "192.168.1.9"),
        ("2001:db8:5:5::9", "2001:db8:5:5::/64"),
        ("2001:db8:5:5:1:2:3:4", "2001:db8:5:5::/64"),
        ("somewhere", "somewhere"),
    ],
)
def test_tries_are_counted_by_what_one_source_has(source, key) -> None:
    assert addresses.try_key(source) == key


V4, V6 = InterfaceAddress("eth0", 2, "10.0.0.5", 8), InterfaceAddress("eth0", 2, "fd00::5", 64)
LINK_LOCAL, LOOP = InterfaceAddress("eth0", 2, "fe80::5", 64), InterfaceAddress("lo", 1, "127.0.0.1", 8)


@pytest.mark.parametrize(
    ("here", "address", "url"),
    [
        ([LOOP, V6, V4], "10.0.0.5", "http://10.0.0.5:8787"),
        ([LOOP, LINK_LOCAL, V6], "fd00::5", "http://[fd00::5]:8787"),
        ([LOOP, LINK_LOCAL], None, "http://localhost:8787"),
    ],
)
def test_a_network_without_a_router_and_one_of_ipv6_only_have_addresses_too(monkeypatch, here, address, url):
    monkeypatch.setattr(addresses.socket, "socket", Probe(None))
    monkeypatch.setattr(addresses, "list_addresses", lambda: here)
    assert lan_address() == address
    assert board_urls("::", 8787)[0] == url


@pytest.mark.parametrize(
    ("host", "reached", "not_reached"),
    [
        ("::", ["127.0.0.1", "::1"], []),
        ("0.0.0.0", ["127.0.0.1"], ["::1"]),
        ("127.0.0.1", ["127.0.0.1"], ["::1"]),
        ("::1", ["::1"], ["127.0.0.1"]),
        ("localhost", ["127.0.0.1"], []),
    ],
)
def test_where_a_board_listens(host, reached, not_reached):
    with addresses.listen(host, 0) as opened:
        port = opened.getsockname()[1]
        for address in reached:
            socket.create_connection((address, port), 5).close()
        for address in not_reached:
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((address, port), 5)


def test_a_machine_without_ipv6_listens_on_ipv4(monkeypatch):
    listen_on = addresses._listen

    def no_ipv6(family, host, port, *more):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return listen_on(family, host, port, *more)

    monkeypatch.setattr(addresses, "_listen", no_ipv6)
    with addresses.listen("::", 0) as opened:
        assert opened.family == socket.AF_INET
