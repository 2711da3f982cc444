"""What a board says of itself by multicast DNS, and what is believed of others (docs/formats/discovery.md).

Everybody on the network can say anything here, so little is believed: an entry must name our mesh and a node, and only
addresses that can be a neighbour's become addresses to dial.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address, ip_address

from edgeboard.ids import MeshTag, NodeId
from edgeboard.runtime.interfaces import InterfaceAddress

SERVICE = "_edgeboard._tcp.local."
VERSION = b"1"
LABEL_MAX = 63  # bytes of one label (RFC 1035)
URLS_MAX = 8  # addresses of one board; each costs a knock

_NODE_HEX = 32
_SUFFIX = 5  # bytes of "-" and four hex digits


def instance_name(name: str, node: NodeId) -> str:
    """What people see in a list of services: the name of the board, and four digits of its node id."""
    shown = name.encode()[: LABEL_MAX - _SUFFIX].decode(errors="ignore")
    return f"{shown}-{node.hex()[:4]}.{SERVICE}"


def host_name(node: NodeId) -> str:
    """Unique, because of two machines with one host name both addresses would be found for each."""
    return f"{node.hex()}.local."


def write_properties(node: NodeId, tag: MeshTag) -> dict[str | bytes, str | bytes | None]:
    """The TXT record."""
    return {"v": VERSION.decode(), "id": node.hex(), "m": tag.hex()}


def read_properties(properties: Mapping[bytes, bytes | None], tag: MeshTag) -> NodeId | None:
    """The node of a TXT record; None if it is not of this mesh, or not of this form. Keys that are not known may be
    there; a later version that is not understood has another `v`."""
    return read_node(properties) if properties.get(b"m") == tag.hex().encode() else None


def read_node(properties: Mapping[bytes, bytes | None]) -> NodeId | None:
    """As `read_properties`, of whatever mesh."""
    if properties.get(b"v") != VERSION:
        return None
    text = properties.get(b"id") or b""
    try:
        return NodeId(bytes.fromhex(text.decode("ascii"))) if len(text) == _NODE_HEX else None
    except ValueError:
        return None


def urls_of(addresses: Iterable[str], port: int, ours: Sequence[InterfaceAddress]) -> tuple[str, ...]:
    """Where a board may be dialled, the likeliest first.

    Args:
        addresses: as they were announced; IPv6 link-local ones with their zone.
        port: of the board.
        ours: this machine's addresses in the networks where it listens.
    """
    ranked = []
    for text in dict.fromkeys(addresses):
        rank = _rank(text, ours)
        if rank is not None:
            ranked.append((rank, f"http://[{text}]:{port}" if ":" in text else f"http://{text}:{port}"))
    ranked.sort(key=lambda pair: pair[0])
    return tuple(url for _, url in ranked[:URLS_MAX])


def _rank(text: str, ours: Sequence[InterfaceAddress]) -> int | None:
    """How likely an address leads to a neighbour; None if a neighbour cannot have it."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    if ip.is_loopback:
        return 0 if any(own.is_loopback for own in ours) else None
    if ip.is_multicast or ip.is_unspecified:
        return None
    if isinstance(ip, IPv6Address) and ip.is_link_local:
        return 3 if ip.scope_id else None
    if any(own.holds(ip) for own in ours):
        return 1
    return 2 if ip.is_private else None  # of another network of the building; nobody can send us out of it
