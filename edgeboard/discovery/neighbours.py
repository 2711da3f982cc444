"""Which boards are on this network at all, of whatever mesh: for a board that is in none yet, and wants to be let in.

Blocking, with a zeroconf of its own that lives for the look only: the command line needs no node for it, and a node
looks in a thread.
"""

import threading
from collections.abc import Sequence
from typing import Any

from edgeboard.discovery import records
from edgeboard.ids import NodeId
from edgeboard.runtime.interfaces import choose, is_ready, list_addresses

LOOK_S = 2.0  # a board answers within half a second; a Wi-Fi that sleeps takes longer
BOARDS_MAX = 32


def look_around(
    interfaces: Sequence[str] = (), *, wanted: NodeId | None = None, seconds: float = LOOK_S
) -> dict[NodeId, tuple[str, ...]]:
    """The boards that announce themselves here, and their addresses, the likeliest first; none without multicast.

    Args:
        interfaces: where to look; all that lead to neighbours if none is named.
        wanted: the look ends when this node has been seen.
        seconds: how long to look at most.
    """
    ours = [each for each in choose(list(list_addresses()), interfaces) if is_ready(each)]
    if not ours:
        return {}
    from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

    found: dict[NodeId, tuple[str, ...]] = {}
    seen = threading.Event()

    def changed(zeroconf: Zeroconf, service_type: str, name: str, state_change: Any) -> None:  # noqa: ANN401 - its own
        if state_change is ServiceStateChange.Removed or len(found) >= BOARDS_MAX:
            return
        info = zeroconf.get_service_info(service_type, name, timeout=round(seconds * 1000))
        node = None if info is None else records.read_node(info.properties)
        if info is None or node is None or not info.port:
            return
        urls = records.urls_of(info.parsed_scoped_addresses(), info.port, ours)
        if urls:
            found[node] = urls
        if node == wanted:
            seen.set()

    places: list[str | int] = [each.ip for each in ours if not each.is_ipv6]
    places += dict.fromkeys(each.index for each in ours if each.is_ipv6)
    try:
        zeroconf = Zeroconf(interfaces=places)
    except OSError:
        return {}
    try:
        browser = ServiceBrowser(zeroconf, records.SERVICE, handlers=[changed])
        seen.wait(seconds)
        browser.cancel()
    finally:
        zeroconf.close()
    return dict(found)
