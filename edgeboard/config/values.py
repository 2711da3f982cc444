"""What one value may be, for the file and for the command line alike.

A reader takes the text as somebody wrote it and returns the value, or raises `ValueError` with a text of the form
"what is wrong; what is allowed".
"""

import ipaddress
import math
import os
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edgeboard.errors import RefusedError
from edgeboard.rooms.names import check_room_name
from edgeboard.wire.fields import NAME_MAX

PORT_MAX = 65_535
DEFAULT_PORT = 8787  # of a board; the demo's boards take this one and those after it
SIGNAL_PORT = 8788  # of a signaling service
SERVICE_STATE = Path("/var/lib/edgeboard")  # where the systemd unit keeps a board's state

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a board serves its pages and takes links; port 0 takes any that is free."""

    host: str = "::"  # IPv4 as well
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_listen(text: str) -> Listen:
    host, colon, port = text.rpartition(":")
    host = _bare_host(host) if colon else ""
    if not host or not _is_port(port):
        raise ValueError(f"{_show(text)} is not HOST:PORT; write for example [::]:{DEFAULT_PORT} or 10.0.0.5:8080")
    return Listen(host, int(port))


def read_peer(text: str) -> str:
    """The address of another board, as its own page shows it: with or without http://, a room in it is left out."""
    allowed = f"write the address of the other board, for example http://kitchen.local:{DEFAULT_PORT}"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        raise ValueError(f"{_show(text)} is not an address; {allowed}") from None
    host = _bare_host(f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or "")
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or port == 0:
        raise ValueError(f"{_show(text)} is not an address; {allowed}")
    if parts.path.strip("/") and not parts.path.startswith("/room/"):
        raise ValueError(f"{_show(text)} has a path behind the address; {allowed}")
    if port is None and "://" not in text:
        port = DEFAULT_PORT
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def read_updates(text: str) -> str:
    """Where releases are published."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{_show(text)} is no address of updates; write it like https://updates.example.org/edgeboard")
    return text


def read_signaling(text: str) -> str:
    """The address of a signaling service."""
    try:
        url = read_peer(text)
    except ValueError:
        raise ValueError(
            f"{_show(text)} is not a signaling service; write its address, for example http://10.0.0.9:{SIGNAL_PORT}"
        ) from None
    if "://" in text or urlsplit(f"http://{text}").port is not None:
        return url
    return f"{url.rpartition(':')[0]}:{SIGNAL_PORT}"


def read_room(text: str) -> str:
    try:
        check_room_name(text)
    except RefusedError as error:
        raise ValueError(f"{_show(text)} is not a room name; {error}") from None
    return text


def read_name(text: str) -> str:
    """The name of a board."""
    if not text.strip() or len(text) > NAME_MAX or not text.isprintable():
        raise ValueError(f"{_show(text)} is not a name; write 1 to {NAME_MAX} characters in one line")
    return text.strip()


def read_path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError("a path is empty; write a directory, for example /var/lib/edgeboard")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{_show(text)} names nobody whose home is known; write the whole path") from None


def read_address(text: str) -> str:
    """What of this machine is offered to others: an address, or an interface by name."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9_.:@-]{1,15}", text):  # as long as Linux allows
            raise ValueError(f"{_show(text)} is neither an address nor an interface; write 10.0.0.5 or wlan0") from None
    return text


def read_ice_server(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in ("stun", "turn", "turns") or not rest or not text.isprintable() or " " in text:
        raise ValueError(f"{_show(text)} is not an ICE server; write for example stun:stun.example.org:3478")
    return text


def read_whole(text: str, least: int = 0, most: int | None = None) -> int:
    value = int(text) if re.fullmatch(r"[+-]?[0-9][0-9_]{0,18}", text) and not text.endswith("_") else None
    if value is None or value < least or (most is not None and value > most):
        raise ValueError(f"{_show(text)} is not allowed; write a whole number {_bounds(least, most)}")
    return value


def read_number(text: str, least: float = 0.0, most: float | None = None) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < least or (most is not None and value > most):
        raise ValueError(f"{_show(text)} is not allowed; write a number {_bounds(least, most)}")
    return value


def read_flag(text: str) -> bool:
    """True or false, in the words that YAML knows."""
    word = text.lower()
    if word not in ("true", "yes", "on", "false", "no", "off"):
        raise ValueError(f"{_show(text)} is not allowed; write true or false")
    return word in ("true", "yes", "on")


def read_choice(text: str, allowed: Iterable[str]) -> str:
    allowed = tuple(allowed)
    if text not in allowed:
        raise ValueError(f"{_show(text)} is not allowed; write one of {', '.join(allowed)}")
    return text


def default_name() -> str:
    """The name of a board whose owner gave none: that of the machine."""
    name = "".join(char for char in socket.gethostname().partition(".")[0] if char.isprintable()).strip()
    return name[:NAME_MAX] or "board"


def default_state(environment: Mapping[str, str] | None = None) -> Path:
    """Where a node keeps its state if nobody says where: as a service, where systemd says; else below the home."""
    environment = os.environ if environment is None else environment
    if given := environment.get("STATE_DIRECTORY", ""):
        return Path(given.partition(":")[0])  # systemd lists all of them
    base = environment.get("XDG_STATE_HOME", "")
    if base.startswith("/"):  # the XDG specification: a relative path is to be ignored
        return Path(base, "edgeboard")
    home = environment.get("HOME", "")
    return Path(home, ".local", "state", "edgeboard") if home.startswith("/") else SERVICE_STATE


def _bare_host(host: str) -> str:
    """The host without the brackets of IPv6; empty if it is not one."""
    if host.startswith("[") and host.endswith("]"):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return ""
    return host if _HOST.fullmatch(host) else ""


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= PORT_MAX


def _bounds(least: float, most: float | None) -> str:
    return f"from {least:g}" + ("" if most is None else f" to {most:g}")


def _show(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
