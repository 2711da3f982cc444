"""Talking to the node that runs in a state directory, over its control socket.

Whoever asks gets JSON or bytes; "no node runs there" is `NoNode`, so that a verb may open the store itself instead.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, final
from urllib.parse import quote

import aiohttp

from edgeboard.config.values import SERVICE_STATE, default_state
from edgeboard.errors import EdgeboardError, UserError
from edgeboard.storage.statedir import find_control_socket
from edgeboard.web.exports import NOTES_HEADER

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


def connector(state: Path) -> aiohttp.UnixConnector:
    return aiohttp.UnixConnector(str(find_control_socket(state)))


def no_node(state: Path) -> NoNode:
    """What to say if nobody answers; as a service the state lies elsewhere, so look there too."""
    text = f"no node runs on {state}; start one with: edgeboard run --state {state}"
    if not state.exists():
        text = f"there is no directory {state}; make it, and a node in it, with: edgeboard run --state {state}"
    elif not state.is_dir():
        text = f"{state} is not a directory; name a node's state directory with --state DIR"
    if state != SERVICE_STATE and find_control_socket(SERVICE_STATE).exists():
        here = f"no node runs on {state}, but one does" if state.exists() else f"there is no {state}, but a node runs"
        text = f"{here} on {SERVICE_STATE}: say --state {SERVICE_STATE}"
    return NoNode(text)


async def request(state: Path, path: str, data: bytes | None = None) -> tuple[bytes, str | None]:
    """Ask once; with `data` it is a POST. Returns the answer, and the notes that came with it, as JSON.

    Raises:
        NoNode: nobody listens. NodeError: refused. UserError: no permission, or no answer.
    """
    timeout = aiohttp.ClientTimeout(total=None if data is not None else ANSWER_S, connect=5.0)
    try:
        async with (
            aiohttp.ClientSession(connector=connector(state), timeout=timeout) as session,
            session.request("GET" if data is None else "POST", f"http://edgeboard{path}", data=data) as response,
        ):
            body = await response.read()
            if response.status != 200:
                raise NodeError(_reason(body, response.status))
            return body, response.headers.get(NOTES_HEADER)
    except TimeoutError:
        raise UserError(f"the node on {state} does not answer; see its log, or stop it") from None
    except (aiohttp.ClientError, OSError) as error:
        raise explain(state, error) from None


def explain(state: Path, error: Exception) -> UserError:
    """Why the socket of a node cannot be used."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, PermissionError):
        return UserError(f"not allowed to talk to the node on {state}: run this as the user that runs the node")
    if isinstance(cause, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
        return no_node(state)
    return UserError(f"the node on {state} broke off: {str(error)[:TEXT_MAX] or type(error).__name__}")


def ask(state: Path, path: str, data: bytes | None = None) -> bytes:
    """`request`, from code that does not run on a loop."""
    return asyncio.run(request(state, path, data))[0]


def ask_noted(state: Path, path: str) -> tuple[bytes, list[dict[str, Any]]]:
    """The same, with what the node notes about its answer."""
    body, notes = asyncio.run(request(state, path))
    found: list[dict[str, Any]] = json.loads(notes) if notes else []
    return body, found


def ask_json(state: Path, path: str, data: bytes | None = None) -> Any:  # noqa: ANN401 - JSON is anything
    return json.loads(ask(state, path, data))


def room_path(prefix: str, room: str, rest: str) -> str:
    return f"{prefix}/{quote(room, safe='')}/{rest}"


def is_there(state: Path) -> bool:
    """Whether a state directory holds a node's state, running or not."""
    return os.access(state / "node.key", os.F_OK)


def _reason(body: bytes, status: int) -> str:
    try:
        text = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError):
        text = f"the node answers {status}: {body[:80].decode(errors='replace')}"
    return str(text)[:TEXT_MAX]
