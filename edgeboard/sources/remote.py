"""A source at a web address, asked with GET: bounded in time, bytes and redirections.

What is sent packed is not taken: a few bytes unpack to as many as anybody likes.
"""

from typing import Final, final

import aiohttp

from edgeboard.errors import SourceError
from edgeboard.sources.settings import ANSWER_MAX

REDIRECTS_MAX: Final = 3
CHUNK: Final = 16 * 1024  # bytes


@final
class RemoteSource:
    """One address. Nothing is kept between two looks: no cookies, no connection."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def read(self) -> bytes:
        """See `ports.Source`."""
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=self._timeout,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    headers={"Accept-Encoding": "identity"},
                ) as session,
                session.get(self._url, max_redirects=REDIRECTS_MAX) as answer,
            ):
                if answer.status != 200:
                    raise SourceError(f"it answers with status {answer.status}")
                packed = answer.headers.get("Content-Encoding", "identity")
                if packed != "identity":
                    raise SourceError(f"it answers in {packed[:20]!r}, which was not asked for")
                body = bytearray()
                async for chunk in answer.content.iter_chunked(CHUNK):
                    body += chunk
                    if len(body) > ANSWER_MAX:
                        raise SourceError(f"its answer is longer than {ANSWER_MAX // 1024} KiB")
                return bytes(body)
        except TimeoutError:
            raise SourceError(f"it does not answer within {self._timeout.total:g} s") from None
        except aiohttp.TooManyRedirects:
            raise SourceError(f"it sends us on more than {REDIRECTS_MAX} times") from None
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or str(error.os_error)
            raise SourceError(f"{error.host}, port {error.port}, cannot be reached: {why[:200]}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            text = str(error) or type(error).__name__
            raise SourceError(f"it cannot be reached: {text[:200]}") from None
