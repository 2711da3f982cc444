"""Where updates come from: a folder, a web server, the boards of the mesh. All are a `Source`; so is a bundle
(`bundle`). None of them is trusted: `client` checks every byte.

Rules of this file: a source hands out bytes by a name, from an offset, and stops at a limit; it says `MissingError` if
it lacks the name and `SourceError` for everything else; it never waits for longer than `SILENT_S`, whatever the other
side sends, and follows nobody to anything but http and https.
"""

import http.client
import json
import logging
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol, final, runtime_checkable
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from edgeboard.errors import MissingError, SourceError, UserError
from edgeboard.ota.values import CHUNK_BYTES, File

SILENT_S: Final = 20.0  # without a byte until a server is given up
REDIRECTS_MAX: Final = 3
AHEAD_MAX: Final = 4096  # chunks that a node is told of: 1 GiB
PIECE_BYTES: Final = 64 * 1024  # that are handed on at once
logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"(metadata|targets)/[A-Za-z0-9][A-Za-z0-9._+-]{0,299}\Z")
_TARGET: Final = re.compile(r"targets/([0-9a-f]{64})\.")


class Source(Protocol):
    """Hands out what a repository holds, by name."""

    name: str  # for people
    is_complete: bool  # True of a bundle or a folder: what is missing there will not come

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        """The bytes of "metadata/3.snapshot.json" or "targets/<sha256>.<file>" from `offset` on, at most `limit`.

        Raises:
            MissingError: it has no such thing. SourceError: it does not answer, or not well.
        """


@runtime_checkable
class Seekable(Protocol):
    """A source that may give pieces of a file at the cost of these pieces."""

    def can_seek(self, name: str) -> bool:
        """Whether it does for this one; raises as `Source.read`."""


@runtime_checkable
class Expecting(Protocol):
    """A source that is faster when it knows what is going to be read."""

    def expect(self, files: Iterable[File]) -> None:
        """These files are."""


def check_name(name: str) -> str:
    """The name, if it is one that a source may be asked for; raises MissingError."""
    if not _NAME.match(name) or ".." in name:
        raise MissingError(f"{name[:80]!r} is not the name of anything in a repository")
    return name


@final
class FolderSource:
    """A folder as `edgeboard release` publishes it, or what a board keeps (`metadata/` and `blobs/`)."""

    is_complete = True

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        path = self._folder / check_name(name)
        target = _TARGET.match(name)
        descriptor = _open(path)
        if descriptor is None and target is not None:
            descriptor = _open(self._folder / "blobs" / target[1])
        if descriptor is None:
            raise MissingError(f"{self.name} has no {name}")
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            try:
                file.seek(offset)
                while limit > 0 and (piece := file.read(min(PIECE_BYTES, limit))):
                    limit -= len(piece)
                    yield piece
            except OSError as error:
                raise SourceError(f"cannot read {path}: {error.strerror or error}") from None


def _open(path: Path) -> int | None:
    """A plain file, not by way of a link; None if there is none."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from None


class HttpSource:
    """A web server that serves what `edgeboard release publish` has put into `public/`."""

    is_complete = False
    _context: ssl.SSLContext | None = None

    def __init__(self, url: str) -> None:
        """Raises UserError for an address that is none of http or https."""
        self.name = url
        self._base = url if url.endswith("/") else f"{url}/"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UserError(
                f"{url[:120]!r} is no address of updates; write it like https://updates.example.org/edgeboard"
            )

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        url = self._locate(check_name(name))
        for _ in range(REDIRECTS_MAX + 1):
            with self._ask(url, offset) as (response, fed):
                if response.status in (301, 302, 303, 307, 308):
                    url = self._follow(url, response.getheader("Location") or "")
                    continue
                yield from self._body(response, name, offset, limit, fed)
                return
        raise SourceError(f"{self.name} sends from one address to the next more than {REDIRECTS_MAX} times")

    def can_seek(self, name: str) -> bool:
        """Whether the server knows ranges; few bytes travel for that."""
        with self._ask(self._locate(check_name(name)), 1) as (response, _):
            return response.status == 206

    def _locate(self, name: str) -> str:
        return urljoin(self._base, quote(name))

    def _follow(self, url: str, location: str) -> str:
        there = urljoin(url, location)
        before, after = urlsplit(url), urlsplit(there)
        safe = after.scheme == "https" or (after.scheme == before.scheme == "http")
        if not location or not safe or not after.hostname:
            raise SourceError(f"{self.name} sends on to {there[:80]!r}, where nobody follows")
        return there

    @contextmanager
    def _ask(self, url: str, offset: int) -> Iterator[tuple[http.client.HTTPResponse, "Watch"]]:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        connection.default_port = 443 if parts.scheme == "https" else 80
        headers = {"Accept-Encoding": "identity", "Connection": "close"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with Watch(SILENT_S) as watch:
            try:
                connection.sock = watch.guard(self._connect(parts))
                if isinstance(connection.sock, ssl.SSLSocket):
                    connection.sock.do_handshake()
                target = parts.path or "/"
                connection.request("GET", f"{target}?{parts.query}" if parts.query else target, headers=headers)
                with connection.getresponse() as response:
                    watch.check()
                    watch.feed()
                    yield response, watch
            except (OSError, http.client.HTTPException, ValueError) as error:
                is_silent = watch.has_bitten or isinstance(error, TimeoutError)
                why = "it is silent" if is_silent else str(error)[:80] or type(error).__name__
                raise SourceError(f"{self.name} does not answer: {why}") from None
            finally:
                connection.close()

    def _connect(self, parts: SplitResult) -> socket.socket:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        plain = socket.create_connection((parts.hostname or "", port), SILENT_S)
        if parts.scheme != "https":
            return plain
        if self._context is None:  # reads the machine's certificates, which takes a while on a small board
            self._context = ssl.create_default_context()
        return self._context.wrap_socket(plain, server_hostname=parts.hostname, do_handshake_on_connect=False)

    def _body(
        self, response: http.client.HTTPResponse, name: str, offset: int, limit: int, watch: "Watch"
    ) -> Iterator[bytes]:
        if response.status in (403, 404, 410, 416):
            raise MissingError(f"{self.name} has no {name} (answer {response.status})")
        if response.status not in (200, 206):
            raise SourceError(f"{self.name} answers {response.status} to {name}")
        if response.getheader("Content-Encoding", "identity") != "identity":
            raise SourceError(
                f"{self.name} sends {name} compressed, which is not taken: a server must send it as it is"
            )
        skip = offset
        if response.status == 206:
            if not (response.getheader("Content-Range") or "").startswith(f"bytes {offset}-"):
                raise SourceError(f"{self.name} sends another part of {name} than was asked for")
            skip = 0
        length = response.getheader("Content-Length", "")
        left = int(length) if length.isdecimal() and length.isascii() and len(length) <= 16 else None
        while limit > 0:
            piece = response.read1(PIECE_BYTES)
            watch.check()
            watch.feed()
            left = None if left is None else left - len(piece)
            if not piece and left:
                raise SourceError(f"{self.name} breaks off in the midst of {name}")
            if not piece:
                return
            kept = piece[skip : skip + limit]
            skip -= min(skip, len(piece))
            limit -= len(kept)
            if kept:
                yield kept


@final
class MeshSource(HttpSource):
    """The boards of the mesh, asked by the node that runs here, over its control socket."""

    def __init__(self, socket_path: Path, board: str = "") -> None:
        """
        Args:
            socket_path: of the node that runs here.
            board: node id, hex, of the one board whose metadata is asked for; empty: any. Files come from all of them.
        """
        self.name = f"the mesh, metadata of board {board[:8]}" if board else "the mesh"
        self._base = "http://edgeboard/control/release/"
        self._socket_path = socket_path
        self._board = board
        self._chunks: dict[str, tuple[str, ...]] = {}
        self._is_told = True

    def can_seek(self, name: str) -> bool:
        return False  # boards hand each other whole chunks, so a piece of one costs all of it

    def expect(self, files: Iterable[File]) -> None:
        """These files are read by their chunks, which the node gathers from several boards as soon as one is read."""
        self._chunks = {file.path: file.chunks for file in files}
        self._is_told = False

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        chunks = self._chunks.get(name)
        if chunks is None:
            yield from super().read(name, offset, limit)
            return
        self._tell()
        at, skip = divmod(offset, CHUNK_BYTES)
        for chunk in chunks[at:]:
            if limit <= 0:
                return
            data = b"".join(super().read(f"targets/{chunk}.chunk", 0, CHUNK_BYTES))[skip : skip + limit]
            skip, limit = 0, limit - len(data)
            yield data

    def _tell(self) -> None:
        """Tell the node, once, which chunks are going to be asked for. It is none the worse if that fails."""
        if self._is_told:
            return
        self._is_told = True
        body = json.dumps([chunk for chunks in self._chunks.values() for chunk in chunks][:AHEAD_MAX])
        connection = http.client.HTTPConnection("edgeboard")
        try:
            connection.sock = self._connect(urlsplit(self._base))
            connection.request("POST", "/control/release/want", body=body)
            connection.getresponse().read(PIECE_BYTES)
        except (OSError, http.client.HTTPException) as error:
            logger.info("the node was not told what is wanted of the mesh: %s", error)
        finally:
            connection.close()

    def _locate(self, name: str) -> str:
        place = super()._locate(name)
        return f"{place}?board={self._board}" if self._board and name.startswith("metadata/") else place

    def _connect(self, parts: SplitResult) -> socket.socket:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.settimeout(SILENT_S)
        try:
            opened.connect(str(self._socket_path))
        except OSError:
            opened.close()
            raise
        return opened

    def _follow(self, url: str, location: str) -> str:
        raise SourceError(f"{self.name} sends on to {location[:80]!r}, where nobody follows")


@final
class Watch:
    """Ends a connection that is silent for too long. A timeout of the socket alone does not: a byte now and then in the
    midst of a header would keep it waiting for days."""

    def __init__(self, silent_s: float) -> None:
        self.has_bitten = False
        self._silent_s = silent_s
        self._due = time.monotonic() + silent_s
        self._over = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._watch, name="edgeboard-fetch-watch", daemon=True)

    def guard(self, connected: socket.socket) -> socket.socket:
        self._socket = connected
        return connected

    def feed(self) -> None:
        """Something has come."""
        self._due = time.monotonic() + self._silent_s

    def check(self) -> None:
        """Raises TimeoutError once it has ended the connection, which else looks as if the other side had."""
        if self.has_bitten:
            raise TimeoutError

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *why: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(max(0.0, self._due - time.monotonic())):
            if time.monotonic() >= self._due:
                self.has_bitten = True
                if self._socket is not None:
                    with suppress(OSError):
                        self._socket.shutdown(socket.SHUT_RDWR)
                return
