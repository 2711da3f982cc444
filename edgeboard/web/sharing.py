"""Sharing a room: the addresses that others reach the board by, as links and as QR codes, and pages that embed it."""

import io
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import quote, urlsplit

from edgeboard.errors import CloseCode, DecodeError, RefusedError

TEXT_MAX: Final = 500  # characters of a link
MODULE_PX: Final = 6  # of a QR code
QUIET: Final = 3  # modules around it


def check_own(text: str, host: str, urls: Iterable[str]) -> None:
    """Let only links to this board into QR codes, or strangers could have theirs made in the board's name.

    Args:
        text: the link.
        host: as the asking page addresses the board.
        urls: as the board knows its addresses.

    Raises:
        DecodeError: no link, or too long.
        RefusedError: it leads elsewhere.
    """
    if len(text) > TEXT_MAX:
        raise DecodeError(f"a link has at most {TEXT_MAX} characters")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise DecodeError("not a link") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise DecodeError("a link begins with http:// or https://")
    if parts.netloc not in {host, *(urlsplit(url).netloc for url in urls)}:
        raise RefusedError(CloseCode.FORBIDDEN, "only links to this board")


def qr_svg(text: str) -> bytes:
    """The QR code of a text, dark on white."""
    import segno

    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="svg", scale=MODULE_PX, border=QUIET, dark="#1d1d1f", light="#ffffff")
    return out.getvalue()


def embedded(page: str) -> str:
    """The page of a room as others may put it into theirs: to look at only."""
    return page.replace("<body ", "<body data-embed ", 1)


def offering(page: str, room: str) -> str:
    """The page that says that there is no such room, with a link to one; none if `room` is empty."""
    link = f'<a href="/room/{quote(room, safe="")}">{escape(room)}</a>' if room else ""
    return page.replace("<!-- nearest -->", link, 1)
