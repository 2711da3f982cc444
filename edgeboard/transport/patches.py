"""What is changed in aiortc and aioice from outside; the one module that names their internals.

Nothing happens at import: the composition root calls `apply` once, before the first connection. Each patch checks that
the library is as it expects, and otherwise leaves it alone, says so once in the log, and is missing from `active`.
"""

import inspect
import logging
import re
import time
from types import ModuleType, SimpleNamespace
from weakref import WeakSet

import aioice.ice
import aiortc.rtcsctptransport

from edgeboard.transport.addresses import offered

_active: set[str] = set()
_logger = logging.getLogger(__name__)


def apply() -> frozenset[str]:
    """Apply all patches that fit; returns the names of those in force. Further calls change nothing."""
    for name, patch in (("hosts", _hosts), ("mono", _mono), ("consent-end", _consent_end)):
        if name not in _active:
            if patch():
                _active.add(name)
            else:
                _logger.warning("patch %s does not fit this version of aiortc and is left out", name)
    return active()


def active() -> frozenset[str]:
    return frozenset(_active)


def _hosts(module: ModuleType = aioice.ice) -> bool:
    """Offer the addresses that `addresses.offering` names instead of all but 127.0.0.1."""
    stock = getattr(module, "get_host_addresses", None)
    gather = getattr(getattr(module, "Connection", None), "gather_candidates", None)
    if not callable(stock) or list(inspect.signature(stock).parameters) != ["use_ipv4", "use_ipv6"]:
        return False
    if gather is None or "get_host_addresses" not in gather.__code__.co_names:
        return False

    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        ours = offered(use_ipv4, use_ipv6)
        found: list[str] = stock(use_ipv4, use_ipv6) if ours is None else ours
        return found

    module.get_host_addresses = get_host_addresses  # type: ignore[attr-defined]
    return True


def _mono(module: ModuleType = aiortc.rtcsctptransport) -> bool:
    """Measure round trips with the monotonic clock: a step of the wall clock would pin the retry timer to 60 s, and
    boards step theirs at every boot."""
    try:
        uses = set(re.findall(r"\btime\.(\w+)", inspect.getsource(module)))
    except (OSError, TypeError):  # a board may carry no sources
        return False
    if getattr(module, "time", None) is not time or uses != {"time"}:
        return False
    module.time = SimpleNamespace(time=time.monotonic)  # type: ignore[attr-defined]
    return True


def _consent_end(connection: type = aioice.ice.Connection) -> bool:
    """Let consent checks end with their connection: aioice starts them behind a `close` that comes while it is still
    opening, and then they never end, because without a nominated pair nothing can fail."""
    check, close = getattr(connection, "query_consent", None), getattr(connection, "close", None)
    for stock in (check, close):
        if not inspect.iscoroutinefunction(stock) or list(inspect.signature(stock).parameters) != ["self"]:
            return False
    assert check is not None
    assert close is not None
    closed: WeakSet[aioice.ice.Connection] = WeakSet()

    async def close_and_remember(self: aioice.ice.Connection) -> None:
        closed.add(self)
        await close(self)

    async def query_consent(self: aioice.ice.Connection) -> None:
        if self not in closed:
            await check(self)

    connection.close, connection.query_consent = close_and_remember, query_consent  # type: ignore[attr-defined]
    return True
