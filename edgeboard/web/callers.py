"""Who asks over HTTP: which page, by which name, from where; and what of that is refused.

Each check raises `RefusedError` with a text for whoever asks.
"""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.rooms.admission import Source
from edgeboard.web.addresses import is_near, try_key

LOCAL_SOCKET = "local socket"  # where a guest comes from that came by the control socket
FORWARDED = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"}  # what a proxy adds
TICKET = "ticket"  # in the query, of a page that comes from another board

HoldsTicket = Callable[[str], bool]  # of a page that comes from another board of the mesh


def remote_of(request: web.Request) -> str:
    """Where it comes from."""
    return (request.remote or LOCAL_SOCKET).removeprefix("::ffff:")  # IPv4, on a socket for both


def source_of(remote: str) -> Source:
    """Where a guest comes from, by the text that its link has for that."""
    if remote == LOCAL_SOCKET:
        return Source(remote, is_owner=True)
    return Source(try_key(remote), is_near=is_near(remote))


def is_foreign(request: web.Request) -> bool:
    """Whether a page of another address asks."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def has_ticket(request: web.Request, holds_ticket: HoldsTicket) -> bool:
    """Whether it shows a ticket of the mesh."""
    return holds_ticket(request.query.get(TICKET, ""))


def check_origin(request: web.Request, holds_ticket: HoldsTicket | None = None) -> None:
    """A page of another site may not open a link to the board in its reader's name; one of another board of the mesh
    may, which its ticket shows. Without `holds_ticket` a ticket does not count."""
    if is_foreign(request) and (holds_ticket is None or not has_ticket(request, holds_ticket)):
        raise RefusedError(CloseCode.FORBIDDEN, "only a page of this board, or of another of its mesh, may do this")


def check_host(request: web.Request) -> None:
    """A name that a stranger points at the board (DNS rebinding) is not the board: bare names, .local and the like
    and addresses are."""
    host = request.host.rsplit(":", 1)[0].strip("[]") if not request.host.endswith("]") else request.host.strip("[]")
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        local = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localhost", ".localdomain")
        if "." in host and not host.endswith(local):
            raise RefusedError(
                CloseCode.FORBIDDEN, "open the board by its address, a plain name, or a name in .local"
            ) from None


def check_beside(request: web.Request) -> None:
    """Only a browser on this machine, which shows the board's own panel: not one that a proxy here speaks for."""
    near = ipaddress.ip_address(remote_of(request)).is_loopback if request.remote else False
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") and ":" in request.host else request.host
    is_ours = host in ("localhost", "127.0.0.1", "[::1]") and not FORWARDED & request.headers.keys()
    if not near or not is_ours or is_foreign(request):
        raise RefusedError(CloseCode.FORBIDDEN, "only the board's own panel may ask that")
