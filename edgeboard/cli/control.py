"""Talking to the node that runs in a state directory, over its control socket.

Whoever asks gets JSON or bytes; "no node runs there" is `NoNode`, so that a verb may open the store itself instead.
"""

import http.client
import json
import socket
from pathlib import Path
from typing import Any, final
from urllib.parse import quote

from edgeboard.config.values import SERVICE_STATE, default_state
from edgeboard.errors import EdgeboardError, UserError
from edgeboard.storage.statedir import find_control_socket

ANSWER_S = 30.0  # a node that is alive answers sooner, even with a million ops on a slow core
TEXT_MAX = 400  # characters of an error that are shown


class NoNode(UserError):
    """No node runs in this state directory."""


@final
class NodeError(EdgeboardError):
    """The node understood and refused; the text is its reason."""


def state_of(given: Path | None) -> Path:
    """The state directory that is meant."""
    return default_state() if given is None else given


def no_node(state: Path) -> NoNode:
    """What to say if nobody answers; as a service the state lies elsewhere, so look there too."""
    text = f"no node runs on {state}; start one with: edgeboard run --state {state}"
    if not _is_there(state):
        text = f"there is no directory {state}; make it, and a node in it, with: edgeboard run --state {state}"
    elif not state.is_dir():
        text = f"{state} is not a directory; name a node's state directory with --state DIR"
    if state != SERVICE_STATE:
        try:
            is_service = find_control_socket(SERVICE_STATE).exists()
        except PermissionError:  # its folder is the service's own
            text += f"; for the board that is a service: sudo, and --state {SERVICE_STATE}"
        else:
            is_known = _is_there(state)
            here = f"no node runs on {state}, but one does" if is_known else f"there is no {state}, but a node runs"
            text = f"{here} on {SERVICE_STATE}: say --state {SERVICE_STATE}" if is_service else text
    return NoNode(text)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("edgeboard", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def request(
    state: Path, path: str, data: bytes | None = None, method: str = ""
) -> tuple[bytes, http.client.HTTPMessage]:
    """Ask once; with `data` it is a POST unless `method` says otherwise, and may take as long as it takes. Returns the
    answer and its headers.

    Raises:
        NoNode: nobody listens. NodeError: refused. UserError: no permission, or no answer.
    """
    connection = UnixConnection(find_control_socket(state), ANSWER_S if data is None else None)
    try:
        connection.request(method or ("GET" if data is None else "POST"), path, body=data)
        with connection.getresponse() as response:
            body = response.read()
            if response.status != 200:
                raise NodeError(_reason(body, response.status))
            return body, response.headers
    except TimeoutError:
        raise UserError(f"the node on {state} does not answer; see its log, or stop it") from None
    except (http.client.HTTPException, OSError) as error:
        raise explain(state, error) from None
    finally:
        connection.close()


def explain(state: Path, error: Exception) -> UserError:
    """Why the socket of a node cannot be used."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, PermissionError):
        return UserError(
            f"not allowed to talk to the node on {state}: run this as the user that runs the node, or with sudo"
        )
    if isinstance(cause, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
        return no_node(state)
    return UserError(f"the node on {state} broke off: {str(error)[:TEXT_MAX] or type(error).__name__}")


def ask(state: Path, path: str, data: bytes | None = None, method: str = "") -> bytes:
    """The answer of `request` alone."""
    return request(state, path, data, method)[0]


def ask_json(state: Path, path: str, data: bytes | None = None, method: str = "") -> Any:  # noqa: ANN401 - JSON
    return json.loads(ask(state, path, data, method))


def room_path(prefix: str, room: str, rest: str) -> str:
    return f"{prefix}/{quote(room, safe='')}/{rest}"


def _reason(body: bytes, status: int) -> str:
    try:
        text = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError):
        text = f"the node answers {status}: {body[:80].decode(errors='replace')}"
    return str(text)[:TEXT_MAX]
