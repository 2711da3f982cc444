"""What `edgeboard doctor` looks at of multicast, by which boards find each other: whether it leaves and enters this
machine, and whether the port of multicast DNS can be shared. Nothing is announced, and nobody answers.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Any

from edgeboard.cli.findings import Finding, ok, warning
from edgeboard.discovery.mdns import listens_on
from edgeboard.discovery.settings import Settings
from edgeboard.runtime.interfaces import InterfaceAddress, choose, is_ready, link_state, list_addresses

GROUP, GROUP6 = "224.0.0.251", "ff02::fb"  # RFC 6762
MDNS_PORT = 5353
ANSWER_S = 0.5

_OTHERWISE = "name the other boards with --peer, or let them meet at a service: edgeboard signal --help"


def check_multicast(settings: Settings, host: str, status: dict[str, Any]) -> Iterator[Finding]:
    """Whether boards on the same network can be found.

    Args:
        settings: of discovery.
        host: to listen on, as configured.
        status: of the node that runs; empty without one.
    """
    if not settings.mdns:
        yield ok("discovery", "switched off: boards are named with --peer, or meet at a signaling service")
        return
    addresses = [each for each in choose(list(list_addresses()), settings.interfaces) if listens_on(host, each)]
    if not addresses:
        yield ok("discovery", f"the board is on no network where others could find it (it listens on {host})")
        return
    yield from _check_port()
    for address in {(each.interface, each.is_ipv6): each for each in addresses}.values():  # one of each kind will do
        yield _check_address(address)
    seen = status.get("discovery", {}).get("boards")
    if seen:
        yield ok("discovery", f"{seen} other boards of this mesh are seen", boards=seen)
    elif seen is not None and not [link for link in status.get("links", ()) if not link.get("guest")]:
        yield warning(
            "discovery", "the node runs, and sees no other board of its mesh",
            f"is another one on, in the same network and mesh? Some Wi-Fi keeps its clients apart: {_OTHERWISE}",
        )  # fmt: skip


def _check_port() -> Iterator[Finding]:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind(("", MDNS_PORT))
    except OSError as error:
        yield warning(
            "multicast", f"port {MDNS_PORT} is held by a program that does not share it: {error.strerror or error}",
            "for avahi, say disallow-other-stacks=no in /etc/avahi/avahi-daemon.conf; see who it is: ss -ulnp",
        )  # fmt: skip


def _check_address(address: InterfaceAddress) -> Finding:
    if link_state(address.interface) in ("down", "lowerlayerdown"):
        return warning("multicast", f"{address.interface} is not connected", "plug in the cable, or join the Wi-Fi")
    if not is_ready(address):
        return warning("multicast", f"{address} is not ready to be used", "it is taken by another machine, or just new")
    try:
        _echo(address)
    except OSError as error:
        why = "it does not come back" if isinstance(error, TimeoutError) else error.strerror or str(error)
        return warning(
            "multicast", f"multicast does not work on {address.interface} ({address}): {why}",
            f"let the firewall pass UDP port {MDNS_PORT} to {GROUP} and {GROUP6}, and give multicast a way: ip route "
            f"add 224.0.0.0/4 dev {address.interface}; or {_OTHERWISE}",
        )  # fmt: skip
    return ok("multicast", f"multicast works on {address.interface} ({address})")


def _echo(address: InterfaceAddress) -> None:
    """One packet to the group, at a port of our own, which has to come back.

    Raises:
        OSError: it cannot be sent, or does not come back in time.
    """
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(ANSWER_S)
        probe.bind(("", 0))
        port = probe.getsockname()[1]
        if address.is_ipv6:
            index = struct.pack("@I", address.index)
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, GROUP6) + index)
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 1)
            probe.sendto(b"edgeboard", (GROUP6, port, 0, address.index))
        else:
            own = socket.inet_aton(address.ip)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + own)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            probe.sendto(b"edgeboard", (GROUP, port))
        while probe.recv(64) != b"edgeboard":
            pass
