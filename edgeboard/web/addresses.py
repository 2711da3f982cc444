"""Where a board on this machine can be reached, and which ports are free. Nothing is sent to anybody to find out."""

import errno
import ipaddress
import socket
from collections.abc import Iterator

from edgeboard.runtime.interfaces import choose, list_addresses

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::", "*", "")
ELSEWHERE = "192.0.2.1"  # reserved for documents; asking which way leads there sends no packet
BACKLOG = 128  # connections that wait to be accepted


def lan_address() -> str | None:
    """The address that others in this network reach us by; None without a network."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((ELSEWHERE, 9))
            address = str(probe.getsockname()[0])
    except OSError:
        return _address_without_router()
    return None if ipaddress.ip_address(address).is_loopback else address


def _address_without_router() -> str | None:
    """Of a network that leads nowhere else, or knows IPv6 only: the first address that needs no zone."""
    found = [each for each in choose(list(list_addresses()), ()) if not each.is_zoned]
    return next((each.ip for each in sorted(found, key=lambda each: each.is_ipv6)), None)


def board_urls(host: str, port: int) -> list[str]:
    """The addresses of a board that listens on `host`: first the one to give to others."""
    if host in EVERYWHERE:
        lan = lan_address()
        hosts = ([] if lan is None else [lan]) + ["localhost"]
    else:
        hosts = [host]
    return [f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}" for host in hosts]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; on `::`, or without a host, for IPv4 as well, at one port.

    Raises:
        OSError: as the system says.
    """
    if host in ("::", "*", ""):
        try:
            return _listen(socket.AF_INET6, "::", port)
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                raise
            host = "0.0.0.0"  # this machine has no IPv6
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, where = min(found, key=lambda each: each[0] != socket.AF_INET)  # of a name with both, IPv4
    return _listen(family, str(where[0]), port, *where[2:])


def _listen(family: socket.AddressFamily, host: str, port: int, *more: object) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        opened.bind((host, port, *more))
        opened.listen(BACKLOG)
        opened.setblocking(False)
    except BaseException:
        opened.close()
        raise
    return opened


def told_urls(host: str, port: int) -> list[str]:
    """The addresses of a board for others to go to: never the machine's own name for itself; none without a network."""
    return [] if host in EVERYWHERE and lan_address() is None else board_urls(host, port)[:1]


def is_near(source: str) -> bool:
    """Whether an address is on a network of this machine, and not somewhere in the internet."""
    found = _address(source)
    if found is None:
        return False
    return not found.is_global or any(each.holds(found) for each in list_addresses())


def try_key(source: str) -> str:
    """What tries of a source are counted by: its address, or the network of an IPv6 one, of which it has all."""
    found = _address(source)
    if found is None or found.version == 4:
        return source if found is None else str(found)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def _address(source: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found if mapped is None else mapped


def free_ports(host: str, count: int, first: int) -> list[int]:
    """`count` ports from `first` on that nobody listens on at this moment."""
    ports: list[int] = []
    for port in _ports_from(first):
        if len(ports) == count:
            break
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            ports.append(port)
    return ports


def _ports_from(first: int) -> Iterator[int]:
    yield from range(first, 65_536)
    yield from range(1_024, first)
