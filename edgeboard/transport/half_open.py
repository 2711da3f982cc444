"""How many connections may be under way at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from edgeboard.errors import CloseCode, RefusedError


@final
class HalfOpen:
    """Connections under way, and the bound on them."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most = most

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Count one connection; `RefusedError` (LIMIT) if there is no room for it."""
        if self.count >= self._most:
            raise RefusedError(CloseCode.LIMIT, f"{self._most} connections are being opened already; try again later")
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1
