"""The other boards that a guest can go to when this one dies: what each says of itself, the linked ones first."""

import re
from collections.abc import Mapping
from typing import Final, final

from edgeboard.ids import NodeId, Origin
from edgeboard.wire.fields import HOSTS_MAX, NAME_MAX, URL_MAX, URLS_MAX, Host

_URL = re.compile(r"https?://[A-Za-z0-9._~%:\[\]-]+")
KEPT_MAX: Final = 32  # boards that are remembered after their link has ended


def read_host(node: NodeId, capabilities: Mapping[str, object]) -> Host | None:
    """What a node says of itself in its HELLO; None if it names no address that a browser could go to."""
    urls, name = capabilities.get("urls"), capabilities.get("name")
    if not isinstance(urls, list | tuple):
        return None
    sound = [url for url in urls if isinstance(url, str) and len(url) <= URL_MAX and _URL.fullmatch(url)]
    shown = name if isinstance(name, str) and name.isprintable() else ""
    return Host(node, shown[:NAME_MAX] or node.hex()[:8], tuple(sound[:URLS_MAX])) if sound else None


@final
class Elsewhere:
    """The boards of the mesh that take guests, as far as this node knows them."""

    def __init__(self) -> None:
        self._hosts: dict[NodeId, Host] = {}  # whose link has ended last stands last
        self._linked: dict[NodeId, bool] = {}  # whether it answers

    def linked(self, node: NodeId, host: Host | None) -> None:
        """A link to a board has opened."""
        self._hosts.pop(node, None)
        self._linked[node] = True
        if host is not None:
            self._hosts[node] = host

    def unlinked(self, node: NodeId) -> None:
        """It has ended; the board may still be there for others."""
        self._linked.pop(node, None)
        host = self._hosts.pop(node, None)
        if host is None:
            return
        self._hosts[node] = host
        away = [each for each in self._hosts if each not in self._linked]
        for each in away[:-KEPT_MAX]:
            del self._hosts[each]

    def forget(self, node: NodeId) -> None:
        """It was put out of the mesh: nobody shall go there."""
        self._linked.pop(node, None)
        self._hosts.pop(node, None)

    def linked_nodes(self) -> tuple[NodeId, ...]:
        """Whose links are open."""
        return tuple(self._linked)

    def answers(self, node: NodeId, *, well: bool) -> None:
        """Whether a linked board answers pings."""
        if node in self._linked:
            self._linked[node] = well

    def listing(self, guest: Origin) -> tuple[Host, ...]:
        """At most 8 boards for one guest: those that answer first, then the other linked ones, then those last seen.

        Boards that answer are turned round from guest to guest, so that not all go to the same one.
        """
        ranked = sorted(self._hosts, key=lambda node: (self._rank(node), node if node in self._linked else b""))
        well = [node for node in ranked if self._rank(node) == 0]
        turn = guest % len(well) if well else 0
        away = [node for node in reversed(ranked) if self._rank(node) == 2]
        middle = [node for node in ranked if self._rank(node) == 1]
        return tuple(self._hosts[node] for node in [*well[turn:], *well[:turn], *middle, *away][:HOSTS_MAX])

    def _rank(self, node: NodeId) -> int:
        return 2 if node not in self._linked else 0 if self._linked[node] else 1
