"""The port of a device, borrowed from the node that has it in hand."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from edgeboard.cli.control import NodeError, ask
from edgeboard.errors import EdgeboardError, UserError

ENDINGS = (signal.SIGTERM, signal.SIGHUP)  # the port is given back all the same


@contextmanager
def borrowed(state: Path, url: str) -> Iterator[bool]:
    """Let the node on `state` let go of a device, and give it back at the end; whether one had it.

    Args:
        state: of the node that may run.
        url: of the device.
    """
    port = f"port={quote(url, safe='')}"
    try:
        ask(state, f"/control/devices/release?{port}", b"")
    except (NodeError, UserError):  # no node runs, it has no such device, or this user may not ask it
        yield False
        return
    before = {number: signal.signal(number, _interrupt) for number in ENDINGS}
    try:
        print("the node that runs lets go of the device meanwhile", file=sys.stderr, flush=True)
        yield True
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        with suppress(EdgeboardError):  # it has ended meanwhile
            ask(state, f"/control/devices/resume?{port}", b"")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
