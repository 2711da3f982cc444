"""What can be seen of a node from outside its process: what it answers, and what is around it.

Rules of this file: each look is bounded in time and size, and never fails; what cannot be seen is said in words.
"""

import http.client
import json
import re
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, final

from edgeboard.ota.gate import Report

SOCKET: Final = "control.sock"
SOCKET_NOTE: Final = "control.path"  # says where the socket is, if its path would be too long
ANSWER_S: Final = 5.0
ANSWER_MAX: Final = 4 * 1024 * 1024  # bytes
TEXT_MAX: Final = 200  # characters
READY: Final = "ready"  # the standing of a device that works
DEVICE_FILE: Final = re.compile(r"/dev/[A-Za-z0-9/._:-]+")


@final
class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("edgeboard", timeout=ANSWER_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(state: Path) -> tuple[dict[str, Any] | None, str]:
    """What the node in this state directory says of itself, or why it says nothing."""
    return _request(state, "GET", "/control/status")


def prove(state: Path, token: bytes) -> str:
    """Have the node write these bytes where it keeps ink, and read them back; why it does not, or empty if it does."""
    found, silence = _request(state, "POST", "/control/prove", token)
    if found is None:
        return silence
    return "" if found.get("saved") == token.hex() else "what it reads back is not what it was told to write"


def _request(state: Path, verb: str, path: str, body: bytes | None = None) -> tuple[dict[str, Any] | None, str]:
    try:
        socket_path = Path((state / SOCKET_NOTE).read_text(encoding="utf-8").strip())
    except OSError:
        socket_path = state / SOCKET
    connection = Connection(socket_path)
    try:
        connection.request(verb, path, body)
        with connection.getresponse() as response:
            found = json.loads(response.read(ANSWER_MAX))
            if not isinstance(found, dict):
                return None, f"it answers with status {response.status}"
            if response.status != 200:
                return None, str(found.get("text", f"it answers with status {response.status}"))[:TEXT_MAX]
            return found, ""
    except TimeoutError:
        return None, f"no answer within {ANSWER_S:.0f} s"
    except (FileNotFoundError, ConnectionRefusedError):
        return None, "nobody listens on its control socket"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return None, (str(error) or type(error).__name__)[:TEXT_MAX]
    finally:
        connection.close()


def report_of(status: dict[str, Any]) -> Report:
    """What the gate wants to know, of what a node says; what is missing or odd counts as nothing."""
    links = [each for each in _list(status, "links") if isinstance(each, dict) and not each.get("guest")]
    devices = [str(each.get("device", "")) for each in _devices(status) if each.get("standing") == READY]
    return Report(
        slot=str(status.get("prefix", "")),
        version=str(status.get("software", "")),
        store_failed=str(status.get("store_failed") or "")[:TEXT_MAX],
        peers=len(links),
        devices=tuple(sorted(devices)),
    )


def plugged(status: dict[str, Any]) -> tuple[str, ...]:
    """Of the devices that a node names, those that the machine has: by the file in /dev, else as the node says."""
    found = []
    for each in _devices(status):
        file = DEVICE_FILE.search(str(each.get("url", "")))
        if Path(file[0]).exists() if file else each.get("found"):
            found.append(str(each.get("device", "")))
    return tuple(sorted(found))


def has_network(interfaces: Path = Path("/sys/class/net")) -> bool:
    """Whether some interface that is not the loopback has a carrier."""
    with suppress(OSError):
        for each in interfaces.iterdir():
            with suppress(OSError):
                if each.name != "lo" and (each / "carrier").read_text().strip() == "1":
                    return True
    return False


def _devices(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in _list(status, "devices") if isinstance(each, dict)]


def _list(status: dict[str, Any], name: str) -> list[Any]:
    found = status.get(name)
    return found if isinstance(found, list) else []
