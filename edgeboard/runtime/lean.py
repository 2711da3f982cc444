"""Importing what a node is made of, without what libraries do at import for cases that may never come.

aiohttp reads the machine's certificates, 80 ms and 2 MiB, so as to be ready for https; boards talk http. The garbage
collector looks for rubbish among modules that stay.
"""

import gc
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final


@final
class LateContext(ssl.SSLContext):
    """As `ssl.create_default_context` makes it for a client, but the certificates are read with the first use."""

    _is_ready = False

    def wrap_bio(self, *arguments: Any, **more: Any) -> ssl.SSLObject:  # noqa: ANN401 - as the base class has them
        self._get_ready()
        return super().wrap_bio(*arguments, **more)

    def wrap_socket(self, *arguments: Any, **more: Any) -> ssl.SSLSocket:  # noqa: ANN401 - likewise
        self._get_ready()
        return super().wrap_socket(*arguments, **more)

    def _get_ready(self) -> None:
        if not self._is_ready:
            self.load_default_certs()
            self._is_ready = True


def late_context() -> LateContext:
    context = LateContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    return context


@contextmanager
def lean_imports() -> Iterator[None]:
    """Within this block, contexts that modules make while they are imported read no certificates yet; after it, what
    was imported is no longer looked at for rubbish."""
    stock, was_enabled = ssl.create_default_context, gc.isenabled()
    ssl.create_default_context = late_context  # type: ignore[assignment]
    gc.disable()
    try:
        yield
    finally:
        ssl.create_default_context = stock
        if was_enabled:
            gc.enable()
        gc.freeze()
