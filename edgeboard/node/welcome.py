"""What the panels of a board tell people: where to come in, whose board it is, and how its mesh is doing."""

import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import Final, final
from urllib.parse import quote, urlsplit

from edgeboard.clock import Clock
from edgeboard.node.panels import Welcome
from edgeboard.node.pipeline import Pipeline
from edgeboard.render.idle import IdleFacts
from edgeboard.timesync.values import PLAUSIBLE_S

MINUTE_S: Final = 60.0


@final
class Host:
    """Greets whoever stands before a panel."""

    def __init__(
        self, pipeline: Pipeline, clock: Clock, urls: Callable[[], Sequence[str]], pin: Callable[[], str]
    ) -> None:
        """
        Args:
            pipeline: of the board.
            clock: for how long something has lasted.
            urls: by which others reach the board, the best first.
            pin: that guests are asked for; empty: none.
        """
        self._pipeline = pipeline
        self._clock = clock
        self._urls = urls
        self._pin = pin
        self._lost_at: float | None = None  # when the last other board went
        self._lost_text = ""
        self._has_had_others = False
        self._codes: tuple[str, Sequence[Sequence[int]]] = ("", ())

    def greet(self, room: str) -> Welcome:
        """What is to be said now in a room."""
        url = next(iter(self._urls()), "")
        advice = "" if url else "This board has no network."
        parts = urlsplit(url)
        if _is_own(parts.hostname or ""):
            url, advice = "", f"Nobody else can come in. To let them: edgeboard run --listen 0.0.0.0:{parts.port}"
        url = f"{url}/room/{quote(room, safe='')}" if url else ""
        state, is_well = self._mesh()
        pin = self._pin() if url else ""
        facts = IdleFacts(self._pipeline.identity.name, room, url, state, is_well, pin, advice)
        return Welcome(facts, self._code(url))

    def _mesh(self) -> tuple[str, bool]:
        others = len(self._pipeline.mesh.membership.members.alive())
        if others:
            self._has_had_others, self._lost_at = True, None
            return f"{others + 1} boards together", True
        if not self._has_had_others:
            return "This board is on its own", True
        if self._lost_at is None:
            self._lost_at = self._clock.now()
            wall_s = self._clock.wall_ms() / 1000
            self._lost_text = time.strftime("%H:%M", time.localtime(wall_s)) if wall_s > PLAUSIBLE_S else ""
        if self._lost_text:
            return f"No other board since {self._lost_text}", False
        minutes = int((self._clock.now() - self._lost_at) / MINUTE_S)  # a clock that nobody has set says nothing
        return f"No other board for {minutes} min" if minutes else "No other board", False

    def _code(self, url: str) -> Sequence[Sequence[int]]:
        """The QR code of an address, kept as long as it is asked for."""
        if url and self._codes[0] != url:
            import segno

            self._codes = url, tuple(tuple(row) for row in segno.make_qr(url, error="m").matrix)
        return self._codes[1] if url else ()


def _is_own(host: str) -> bool:
    """Whether a name leads nowhere but to the machine that uses it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
