"""What this process has loaded and how much memory it holds, for status pages and reports."""

import os
import sys
from pathlib import Path
from typing import Any

STATM = Path("/proc/self/statm")


def resident_bytes() -> int | None:
    """The resident set; None where the system does not tell."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        return None


def list_imports() -> dict[str, Any]:
    """The modules of this process in the order in which they were begun, and what it takes to load them elsewhere.

    A module that waits for its first use (importlib's lazy loader) costs nothing yet and is not named.
    """
    media = sys.modules.get("edgeboard.transport.media")
    return {
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "memory_bytes": resident_bytes(),
        "left_out": media is not None and media.is_left_out(),
        "modules": [name for name, module in list(sys.modules.items()) if not _is_waiting(module)],
    }


def _is_waiting(module: object) -> bool:
    return type(module).__name__ == "_LazyModule"
