"""What `edgeboard doctor` looks at of the network: the board's port, this machine's addresses, the boards and servers
that are named in the configuration. Nobody is contacted who is not named there."""

import http.client
import secrets
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from edgeboard.cli.findings import Finding, Level, ok, problem, warning
from edgeboard.web.addresses import EVERYWHERE, LOOPBACK, board_urls, lan_address

ANSWER_S = 3.0
STUN_S = 1.5
STUN_PORT = 3478
STUN_MAGIC = bytes.fromhex("2112a442")  # RFC 8489
STUN_REQUEST, STUN_SUCCESS = b"\x00\x01", b"\x01\x01"


def check_port(host: str, port: int, running: int | None) -> Iterator[Finding]:
    """The port of the board: served by the node that runs, or free to be taken.

    Args:
        host: to listen on, as configured.
        port: to listen on; 0 is any.
        running: the port on which the node of this state directory listens; None without a node.
    """
    if running is not None:
        near = LOOPBACK if host in EVERYWHERE else host
        try:
            status, body = get(f"http://{_bracketed(near)}:{running}/room/lobby")
        except OSError as error:
            yield problem("port", f"the node runs, but its page at port {running} does not answer: {error}", _RESTART)
            return
        if status == 200 and b"edgeboard" in body.lower():
            yield ok("port", f"the node serves its page at {'  '.join(board_urls(host, running))}")
        else:
            yield problem("port", f"port {running} answers {status}, which is not a board's page", _RESTART)
        return
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        from edgeboard.node.board import explain_listen

        yield problem("port", explain_listen(host, port, error), "see who has it: ss -tlnp")
        return
    free = f"{_bracketed(host)}:{port} is free for the board" if port else "any port that is free will be taken"
    yield ok("port", free)


_RESTART = "stop the node and start it again; if it stays so, look into its log"


def check_addresses(host: str, port: int) -> Iterator[Finding]:
    """Whether others can reach this machine at all; `host` and `port` are those on which the board listens."""
    lan = lan_address()
    if host not in EVERYWHERE and host.startswith(("127.", "::1", "localhost")):
        yield warning(
            "network",
            f"the board listens on {host}: nobody but this machine can open it",
            f"say --listen [::]:{port}",
        )
    elif lan is None:
        yield warning(
            "network", "this machine has no address in any network, so nobody else can open the board",
            "plug in the cable, or join a Wi-Fi; boards link as soon as there is one",
        )  # fmt: skip
    else:
        yield ok("network", f"others reach this machine at {lan}")
    address = lan or LOOPBACK
    try:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        ):
            there.settimeout(ANSWER_S)
            there.bind((address, 0))
            here.sendto(b"edgeboard", there.getsockname())
            there.recv(64)
    except OSError as error:
        yield problem(
            "udp", f"a UDP packet from {address} to itself does not arrive: {error}",
            "let the firewall pass UDP on this machine; until then links take a WebSocket, which is slower",
        )  # fmt: skip
    else:
        yield ok("udp", f"UDP works on {address}; whether the network passes it on, a link will show")


def check_peers(
    peers: Sequence[str], links: Sequence[dict[str, Any]], refused: dict[str, str], inviter: Sequence[str] = ()
) -> Iterator[Finding]:
    """The boards where our offers are handed in.

    Args:
        peers: as configured.
        links: of the running node, as its status has them.
        refused: likewise why boards refused, by address.
        inviter: where the board was that let this one in; one of them is enough.
    """
    for url, why in refused.items():
        yield problem(
            "peers", f"the board at {url} refuses to link: {why}",
            "if it belongs to another mesh: edgeboard mesh invite there, edgeboard join INVITATION here",
        )  # fmt: skip
    for url in peers:
        if url not in refused:
            yield _check_peer(url)
    told = [url for url in inviter if url not in peers and url not in refused]
    if told:
        found = [_check_peer(url) for url in told]
        answering = next((each for each in found if each.level is Level.OK), None)
        yield answering or warning(
            "peers", f"the board that let this one in does not answer: {'; '.join(each.text for each in found)}",
            "is it on? Linking is tried again until it answers, and other boards of the mesh will do",
        )  # fmt: skip
    if not peers and not inviter and not refused:
        yield ok("peers", "no board is named to link to; others may name this one")
    boards = [link for link in links if not link.get("guest")]
    if (peers or inviter) and links and not boards:
        yield warning("peers", "the node runs, and is linked to no other board", "see: edgeboard mesh status")


def _check_peer(url: str) -> Finding:
    try:
        status, body = get(f"{url}/room/lobby")
    except OSError as error:
        return warning(
            "peers", f"the board at {url} does not answer: {_explain(error)}",
            "is it on, and is that its address? Linking is tried again until it answers",
        )  # fmt: skip
    if status != 200 or b"edgeboard" not in body.lower():
        return problem("peers", f"what answers at {url} is not a board", "mend the address: its page shows it")
    return ok("peers", f"the board at {url} answers")


def check_servers(servers: Sequence[str]) -> Iterator[Finding]:
    """The STUN and TURN servers, each of which delays every link by seconds if it is silent."""
    for server in servers:
        scheme, _, rest = server.partition(":")
        host, port = _host_and_port(rest.partition("?")[0])
        gone = "remove it from transport.ice_servers if it is not needed: within one network it never is"
        try:
            address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            if scheme == "stun":
                ask_stun(address)
        except OSError as error:
            yield warning("ice", f"{server} does not answer: {_explain(error)}; every link waits 5 s for it", gone)
        else:
            yield ok("ice", f"{server} {'answers' if scheme == 'stun' else 'is a name that resolves'}")


def ask_stun(address: tuple[Any, ...]) -> None:
    """One binding request (RFC 8489) to an address as `socket.getaddrinfo` gives it.

    Raises:
        OSError: no answer in time, or not one of STUN.
    """
    family, _, _, _, where = address
    transaction = secrets.token_bytes(12)
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(STUN_S)
        asking.sendto(STUN_REQUEST + b"\x00\x00" + STUN_MAGIC + transaction, where)
        answer = asking.recv(1500)
    if answer[:2] != STUN_SUCCESS or answer[4:8] != STUN_MAGIC or answer[8:20] != transaction:
        raise OSError("what came back is not an answer of STUN")


def get(url: str) -> tuple[int, bytes]:
    """The status and the first 64 KiB of a page.

    Raises:
        OSError: nobody answers, or not with HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    more: dict[str, Any] = {"context": ssl.create_default_context()} if secure else {}
    with closing(make(parts.hostname or "", parts.port, timeout=ANSWER_S, **more)) as connection:
        try:
            connection.request("GET", parts.path)
            response = connection.getresponse()
            return response.status, response.read(64 * 1024)
        except http.client.HTTPException as error:
            raise OSError(f"not HTTP: {error!r:.80}") from None


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or host.endswith(":"):
        host, port = text, str(STUN_PORT)
    return host.strip("[]"), int(port)


def _explain(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return error.strerror or str(error) or type(error).__name__


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
