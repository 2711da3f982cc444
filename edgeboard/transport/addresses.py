"""Which of this machine's addresses are offered to peers.

Stock ICE offers every address of every interface and leaves out 127.0.0.1. A container's bridge is never the way to a
peer and each address costs sockets and checks on both ends, so by default those are left out; what is offered is bound
to the connection that is made at that moment, so two transports in one process may differ.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv6Address

import ifaddr

from edgeboard.transport.settings import Settings

LOOPBACK = "127.0.0.1"

# Names of interfaces that lead into this machine (containers, virtual machines) or out of the building (VPNs).
_INWARD = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "flannel", "lxc", "lxd")
_OUTWARD = ("tun", "tap", "wg", "ppp", "zt", "tailscale", "utun")

_offered: ContextVar[list[str] | None] = ContextVar("_offered", default=None)


def local_addresses(settings: Settings) -> list[str]:
    """The addresses to offer now, by `settings.addresses` (interface names or addresses; none: all but the above).

    An IPv6 link-local address is offered where its interface has no other: the socket is bound with its zone, which
    the candidate does not carry and the other side, bound to its own, does not need.
    """
    chosen = settings.addresses
    everything = list(_interface_addresses())
    if chosen:
        found = [address for name, address in everything if name in chosen or address in chosen]
    else:
        found = [address for name, address in everything if not name.startswith(_INWARD + _OUTWARD)]
        found = found or [address for _, address in everything]
    if settings.include_loopback or LOOPBACK in chosen:
        found.append(LOOPBACK)
    return list(dict.fromkeys(found))


@contextmanager
def offering(addresses: list[str]) -> Iterator[None]:
    """Connections that gather within this block offer these addresses (once `patches.apply` was called)."""
    token = _offered.set(addresses)
    try:
        yield
    finally:
        _offered.reset(token)


def offered(use_ipv4: bool, use_ipv6: bool) -> list[str] | None:
    """What stands in for aioice's own search; None outside of `offering`."""
    addresses = _offered.get()
    if addresses is None:
        return None
    return [address for address in addresses if (use_ipv6 if ":" in address else use_ipv4)]


def _interface_addresses() -> Iterator[tuple[str, str]]:
    for adapter in ifaddr.get_adapters():
        usable, link_local = [], []
        for ip in adapter.ips:
            if isinstance(ip.ip, str):
                usable += [ip.ip] if not ip.ip.startswith("127.") else []
            elif IPv6Address(ip.ip[0]).is_link_local:
                link_local.append(f"{ip.ip[0].partition('%')[0]}%{adapter.name}")
            elif not IPv6Address(ip.ip[0]).is_loopback:
                usable.append(ip.ip[0])
        for address in usable or link_local[:1]:
            yield adapter.name, address
