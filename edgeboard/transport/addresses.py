"""Which of this machine's addresses are offered to peers.

Stock ICE offers every address of every interface and leaves out 127.0.0.1. A container's bridge is never the way to a
peer and each address costs sockets and checks on both ends, so by default those are left out; what is offered is bound
to the connection that is made at that moment, so two transports in one process may differ.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby

from edgeboard.runtime.interfaces import InterfaceAddress, choose, list_addresses
from edgeboard.transport.settings import Settings

LOOPBACK = "127.0.0.1"

_offered: ContextVar[list[str] | None] = ContextVar("_offered", default=None)


def local_addresses(settings: Settings) -> list[str]:
    """The addresses to offer now, by `settings.addresses` (interface names or addresses; none: all but the above).

    An IPv6 link-local address is offered where its interface has no other: the socket is bound with its zone, which
    the candidate does not carry and the other side, bound to its own, does not need.
    """
    chosen = settings.addresses
    found = [str(address) for address in choose(list(_usable()), chosen)]
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


def _usable() -> Iterator[InterfaceAddress]:
    for _, group in groupby(list_addresses(), lambda address: address.interface):
        addresses = [address for address in group if not address.is_loopback]
        yield from [address for address in addresses if not address.is_zoned] or addresses[:1]
