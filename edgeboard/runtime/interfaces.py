"""This machine's addresses and the state of its network interfaces, as the system has them now.

Addresses lead into this machine (containers, virtual machines), out of the building (VPNs), or to the neighbours; who
names no interface means the last.
"""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import ifaddr

# Names of interfaces that lead into this machine (containers, virtual machines) or out of the building (VPNs).
INWARD = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "flannel", "lxc", "lxd")
OUTWARD = ("tun", "tap", "wg", "ppp", "zt", "tailscale", "utun")

INTERFACES = Path("/sys/class/net")


@dataclass(frozen=True)
class InterfaceAddress:
    """One address of one interface."""

    interface: str
    index: int
    ip: str  # without a zone
    prefix: int  # bits of it that name the network

    @cached_property
    def parsed(self) -> IPv4Address | IPv6Address:
        return ip_address(self.ip)

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.ip

    @property
    def is_loopback(self) -> bool:
        return self.parsed.is_loopback

    @property
    def is_zoned(self) -> bool:
        """Whether it means nothing without its interface: an IPv6 link-local address."""
        return self.is_ipv6 and self.parsed.is_link_local

    def __str__(self) -> str:
        return f"{self.ip}%{self.interface}" if self.is_zoned else self.ip

    def holds(self, other: IPv4Address | IPv6Address) -> bool:
        """Whether another address lies in the same network."""
        bits = other.max_prefixlen
        return other.version == self.parsed.version and int(other) >> (bits - self.prefix) == int(self.parsed) >> (
            bits - self.prefix
        )


def list_addresses() -> Iterator[InterfaceAddress]:
    """All addresses of all interfaces, in the system's order."""
    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            ip = each.ip if isinstance(each.ip, str) else each.ip[0].partition("%")[0]
            yield InterfaceAddress(adapter.name, adapter.index or 0, ip, each.network_prefix)


def leads_to_neighbours(interface: str) -> bool:
    return not interface.startswith(INWARD + OUTWARD)


def choose(addresses: Sequence[InterfaceAddress], chosen: Sequence[str]) -> list[InterfaceAddress]:
    """Those that belong to a chosen interface or are chosen themselves; without a choice those that lead to
    neighbours, or all where there are none. Loopback has to be chosen by name or address."""
    if chosen:
        return [each for each in addresses if each.interface in chosen or each.ip in chosen or str(each) in chosen]
    found = [each for each in addresses if not each.is_loopback]
    return [each for each in found if leads_to_neighbours(each.interface)] or found


def link_state(interface: str) -> str:
    """What the kernel says of an interface: `up`, `down`, `lowerlayerdown` (no cable), `unknown`; empty if gone."""
    try:
        return (INTERFACES / interface / "operstate").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def is_ready(address: InterfaceAddress) -> bool:
    """Whether sockets can be bound to it: a new IPv6 address is tentative for a second or two (RFC 4862)."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    place = (address.ip, 0, 0, address.index if address.is_zoned else 0) if address.is_ipv6 else (address.ip, 0)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(place)
    except OSError:
        return False
    return True
