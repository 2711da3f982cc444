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
import weakref
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, final, runtime_checkable
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from edgeboard.errors import MissingError, SourceError, UserError
from edgeboard.ota.values import Chunk, File
from edgeboard.ota.wires import Watch, Wire

SILENT_S: Final = 20.0  # without a byte until a server is given up
REDIRECTS_MAX: Final = 3
AHEAD_MAX: Final = 4096  # chunks that a node is told of: 1 GiB
PIECE_BYTES: Final = 64 * 1024  # that are handed on at once
DRAINED_MAX: Final = 64 * 1024  # bytes that are read for nothing, to keep a connection
SKIPPED_LEAST: Final = 16 * 1024  # bytes of those before an offset that come within SILENT_S; nobody else sees these
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

    def expect(self, files: Iterable[File], known: Container[str]) -> None:
        """These files are, but for chunks that are known, by their SHA-256."""


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
        self._begin(url, url if url.endswith("/") else f"{url}/")
        try:
            parts = urlsplit(url)
        except ValueError:  # of IPv6, without its bracket
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UserError(
                f"{url[:120]!r} is no address of updates; write it like https://updates.example.org/edgeboard"
            )

    def _begin(self, name: str, base: str) -> None:
        self.name = name
        self._base = base
        self._knows_ranges: bool | None = None  # once that was seen
        self._wire = Wire()
        weakref.finalize(self, self._wire.close)

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        url = self._locate(check_name(name))
        # Of files a part is asked for, since several are read one after the other, over one connection.
        is_part = offset > 0 or name.startswith("targets/")
        wanted = {"Range": f"bytes={offset}-{offset + limit - 1}"} if is_part else {}
        for _ in range(REDIRECTS_MAX + 1):
            with self._ask(url, wanted) as (response, watch):
                if response.status in (301, 302, 303, 307, 308):
                    url = self._follow(url, response.getheader("Location") or "")
                    continue
                if is_part and response.status in (200, 206):
                    self._knows_ranges = response.status == 206
                yield from self._body(response, name, offset, limit, watch)
                return
        raise SourceError(f"{self.name} sends from one address to the next more than {REDIRECTS_MAX} times")

    def can_seek(self, name: str) -> bool:
        """Whether the server knows ranges; few bytes travel for that, and none if it has shown it."""
        if self._knows_ranges is None:
            with self._ask(self._locate(check_name(name)), {"Range": "bytes=1-1"}) as (response, _):
                self._knows_ranges = response.status == 206
        return self._knows_ranges

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
    def _ask(
        self, url: str, headers: Mapping[str, str], body: str | None = None
    ) -> Iterator[tuple[http.client.HTTPResponse, Watch]]:
        parts = urlsplit(url)
        with Watch(SILENT_S) as watch:
            connection = response = None
            try:
                connection, response = self._exchange(parts, headers, body, watch)
                watch.check()
                watch.feed()
                yield response, watch
                _drain(response)
            except (OSError, http.client.HTTPException, ValueError) as error:
                is_silent = watch.has_bitten or isinstance(error, TimeoutError)
                why = "it is silent" if is_silent else printable(str(error))[:80] or type(error).__name__
                raise SourceError(f"{self.name} does not answer: {why}") from None
            finally:
                if connection is not None:
                    if response is not None and response.isclosed() and connection.sock is not None:
                        self._wire.keep(connection, f"{parts.scheme}://{parts.netloc}")
                    else:
                        connection.close()

    def _exchange(
        self, parts: SplitResult, headers: Mapping[str, str], body: str | None, watch: Watch
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """A question and the head of its answer, over the connection that is open, or over a new one."""
        kept = self._wire.take(f"{parts.scheme}://{parts.netloc}")
        target = parts.path or "/"
        while True:
            connection = kept or http.client.HTTPConnection(parts.hostname or "", parts.port)
            connection.default_port = 443 if parts.scheme == "https" else 80
            try:
                if connection.sock is None:
                    connection.sock = self._connect(parts)
                watch.guard(connection.sock)
                if isinstance(connection.sock, ssl.SSLSocket) and kept is None:
                    connection.sock.do_handshake()
                connection.request(
                    "GET" if body is None else "POST",
                    f"{target}?{parts.query}" if parts.query else target,
                    body=body,
                    headers={"Accept-Encoding": "identity", **headers},
                )
                return connection, connection.getresponse()
            except ConnectionError:  # a server may hang up between two questions
                connection.close()
                if kept is None or watch.has_bitten:
                    raise
                kept = None
            except BaseException:  # half an answer may be on its way: nobody may ask over this one again
                connection.close()
                raise

    def _connect(self, parts: SplitResult) -> socket.socket:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        plain = socket.create_connection((parts.hostname or "", port), SILENT_S)
        if parts.scheme != "https":
            return plain
        if self._context is None:  # reads the machine's certificates, which takes a while on a small board
            self._context = ssl.create_default_context()
        return self._context.wrap_socket(plain, server_hostname=parts.hostname, do_handshake_on_connect=False)

    def _body(
        self, response: http.client.HTTPResponse, name: str, offset: int, limit: int, watch: Watch
    ) -> Iterator[bytes]:
        if response.status in (403, 404, 410, 416):
            _drain(response)
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
        skipped = 0
        length = response.getheader("Content-Length", "")
        left = int(length) if length.isdecimal() and length.isascii() and len(length) <= 16 else None
        while limit > 0:
            piece = response.read1(PIECE_BYTES)
            watch.check()
            skipped += min(skip, len(piece))
            if not skip or skipped >= SKIPPED_LEAST:
                watch.feed()
                skipped = 0
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


def printable(text: str) -> str:
    """What a stranger has sent, without what would move a terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _drain(response: http.client.HTTPResponse) -> None:
    """Read what is left of a short answer, so that its connection can be used again."""
    if not response.isclosed() and response.length is not None and response.length <= DRAINED_MAX:
        response.read()


@final
class MeshSource(HttpSource):
    """The boards of the mesh, asked by the node that runs here, over its control socket."""

    def __init__(self, socket_path: Path, board: str = "") -> None:
        """
        Args:
            socket_path: of the node that runs here.
            board: node id, hex, of the one board whose metadata is asked for; empty: any. Files come from all of them.
        """
        name = f"the mesh, metadata of board {board[:8]}" if board else "the mesh"
        self._begin(name, "http://edgeboard/control/release/")
        self._socket_path = socket_path
        self._board = board
        self._files: dict[str, tuple[Chunk, ...]] = {}
        self._wanted: list[str] = []  # of which the node has not been told

    def can_seek(self, name: str) -> bool:
        return True  # boards hand each other chunks

    def expect(self, files: Iterable[File], known: Container[str]) -> None:
        """These files are read by their chunks, which the node gathers from several boards as soon as one is read."""
        self._files = {file.path: file.parts for file in files}
        chunks = (chunk.sha256 for parts in self._files.values() for chunk in parts)
        self._wanted = [sha256 for sha256 in dict.fromkeys(chunks) if sha256 not in known]

    def read(self, name: str, offset: int, limit: int) -> Iterator[bytes]:
        parts = self._files.get(name)
        if parts is None:
            yield from super().read(name, offset, limit)
            return
        self._tell()
        for sha256, start, size in parts:
            if start + size <= offset or limit <= 0:
                continue
            data = b"".join(super().read(f"targets/{sha256}.chunk", 0, size))[max(0, offset - start) :][:limit]
            limit -= len(data)
            yield data

    def _tell(self) -> None:
        """Tell the node, once, which chunks are going to be asked for. It is none the worse if that fails."""
        wanted, self._wanted = self._wanted[:AHEAD_MAX], []
        if not wanted:
            return
        try:
            with self._ask(urljoin(self._base, "want"), {}, json.dumps(wanted)) as (response, _):
                response.read(PIECE_BYTES)
        except SourceError as error:
            logger.info("the node was not told what is wanted of the mesh: %s", error)

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
