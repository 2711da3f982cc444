"""What is changed in aiortc and aioice from outside; with the tiers, the only modules that name their internals.

Nothing happens at import: the transport calls `apply` before the first connection, and with it aiortc is loaded. Each
patch checks that the library is as it expects, and otherwise leaves it alone, says so once in the log, and is missing
from `active`. Patches hold for the whole process.
"""

import importlib
import logging
import threading
from collections.abc import Iterator

from edgeboard.transport import media
from edgeboard.transport.fitting import Changes, Patch
from edgeboard.transport.settings import Settings, Tier

TIERS: tuple[Tier, ...] = ("off", "tier0", "tier1", "tier2")  # each holds what stands before it

_active: dict[str, Changes] = {}
_unfit: set[str] = set()
_applying = threading.Lock()  # boards of one process begin in threads of their own, at the same time
_logger = logging.getLogger(__name__)


def apply(settings: Settings | None = None) -> frozenset[str]:
    """Load aiortc and apply the patches that are wanted and fit; returns the names of those in force.

    Further calls add what a higher tier has. Where only WebSockets are used, nothing is loaded.
    """
    settings = settings or Settings()
    if settings.mode == "websocket":
        return active()
    if not settings.media and not media.leave_out():
        _say_once("av", "aiortc was loaded before, so the media stack could not be left out")
    with _applying:
        for name, patch in _patches(settings.patches):
            if name not in _active:
                changes = Changes()
                if patch(changes):
                    _active[name] = changes
                else:
                    _say_once(name, f"patch {name} does not fit this version of aiortc and is left out")
        importlib.import_module("aiortc")
    return active()


def active() -> frozenset[str]:
    """The names of the patches in force; `av` when the media stack is left out."""
    return frozenset(_active) | ({"av"} if media.is_left_out() else frozenset())


def remove() -> None:
    """Back to stock, but for `av`: what stays loaded stays as it is."""
    for changes in reversed(_active.values()):
        changes.undo()
    _active.clear()


def _patches(tier: Tier) -> Iterator[tuple[str, Patch]]:
    for name in TIERS[1 : TIERS.index(tier) + 1]:
        yield from importlib.import_module(f"edgeboard.transport.{name}").PATCHES.items()


def _say_once(name: str, text: str) -> None:
    if name not in _unfit:
        _unfit.add(name)
        _logger.warning("%s", text)
