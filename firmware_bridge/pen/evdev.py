"""Tablets that Linux knows already, over USB or Bluetooth: their event nodes as lines that a `Session` can keep.

Needs the package evdev (the extra `tablet`), which is imported where it is used. An event node is a line like any
other: it opens, gives bytes (`events.RECORD`), and is lost when the tablet is unplugged (ENODEV). On SYN_DROPPED the
whole state is read again. No exception of evdev or of the operating system gets out.
"""

import asyncio
import errno
import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final

from firmware_bridge.errors import DeviceError, PortBusyError, PortError, PortForbiddenError, PortMissingError
from firmware_bridge.pen.events import (
    AXES,
    EV_ABS,
    EV_KEY,
    EV_SYN,
    KEYS,
    RECORD,
    SYN_DROPPED,
    SYN_REPORT,
    SYN_STATE,
    Axis,
    Description,
    EventPen,
)

if TYPE_CHECKING:
    from types import ModuleType

NODES = Path("/dev/input")
EVIOCSCLOCKID = 0x400445A0  # _IOW('E', 0xa0, int), linux/input.h
REMEDY_PACKAGE = (
    "every wheelhouse has it (./dev wheelhouse); or: pip install evdev, in the environment that edgeboard runs in; "
    "building it takes gcc, the headers of Python and linux-libc-dev"
)
REMEDY_GROUP = "sudo usermod -aG input $USER, and log in again; or: edgeboard devices --udev"

OnData = Callable[[bytes], None]
OnLost = Callable[[PortError], None]
RawEvent = tuple[int, int, int]  # type, code, value
TimedEvent = tuple[float, int, int, int]  # and before them s, on the host's monotonic clock


class Node(Protocol):
    """An open event node. Its methods raise OSError."""

    fd: int
    description: Description

    def read(self) -> Iterable[TimedEvent]:
        """The events that wait; none if there are none."""

    def state(self) -> list[RawEvent]:
        """All axes, and the keys that are down, as events."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Tablet:
    """A tablet that is connected."""

    path: Path
    name: str


def load_evdev() -> "ModuleType":
    """The package.

    Raises:
        DeviceError: it is not installed; the text says how to.
    """
    try:
        import evdev
    except ImportError as error:
        raise DeviceError(f"tablets over USB or Bluetooth take the package evdev ({error}); {REMEDY_PACKAGE}") from None
    return evdev  # type: ignore[no-any-return, unused-ignore]


@final
class EvdevNode:
    """An event node, by the package."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        package = load_evdev()
        self._device: Any = package.InputDevice(str(path))
        self.fd: int = self._device.fd
        capabilities = self._device.capabilities(absinfo=True)
        axes = {
            code: Axis(info.min, info.max, info.resolution)
            for code, info in capabilities.get(EV_ABS, ())
            if code in AXES
        }
        name = self._device.name or path.name
        self.description = Description(name, axes, frozenset(capabilities.get(EV_KEY, ())))
        self._is_monotonic = True
        try:
            fcntl.ioctl(self.fd, EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
        except OSError:
            self._is_monotonic = False

    def read(self) -> list[TimedEvent]:
        events: list[TimedEvent] = []
        now = None if self._is_monotonic else time.monotonic()
        with suppress(BlockingIOError):
            for event in self._device.read():
                t = event.sec + event.usec / 1e6 if now is None else now
                events.append((t, event.type, event.code, event.value))
        return events

    def state(self) -> list[RawEvent]:
        keys = [(EV_KEY, code, 1) for code in self._device.active_keys() if code in KEYS]
        return [*((EV_ABS, code, self._device.absinfo(code).value) for code in self.description.axes), *keys]

    def close(self) -> None:
        self._device.close()


@final
class EvdevPort:
    """An event node as a line."""

    def __init__(self, node: Node, path: Path, on_data: OnData, on_lost: OnLost) -> None:
        self.name = f"{path} ({node.description.name})"
        self._node: Node | None = node
        self._path = path
        self._on_data = on_data
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._begin)  # once the engine stands behind `on_data`

    def write(self, data: bytes) -> None:
        """Tablets take nothing."""

    def set_rate(self, rate: int) -> None:
        """Nor have they a rate."""

    def close(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            self._loop.remove_reader(node.fd)
            with suppress(OSError):
                node.close()

    def _begin(self) -> None:
        if self._node is not None:
            self._loop.add_reader(self._node.fd, self._read)
            self._give(lambda node: pack_state(node.state()))  # the pen may be near already

    def _read(self) -> None:
        self._give(read_records)

    def _give(self, take: Callable[[Node], bytes]) -> None:
        node = self._node
        if node is None:
            return
        try:
            data = take(node)
        except OSError as error:
            self.close()
            self._on_lost(lost_error(self._path, error))
            return
        if data:
            self._on_data(data)


def read_records(node: Node) -> bytes:
    """What waits at a node, as RECORDs; behind what the kernel has dropped comes the whole state."""
    events = list(node.read())
    if any(kind == EV_SYN and code == SYN_DROPPED for _, kind, code, _ in events):
        while node.read():
            pass  # what waits behind the loss is older than the state that is read next
        return RECORD.pack(time.monotonic(), EV_SYN, SYN_DROPPED, 0) + pack_state(node.state())
    return b"".join(RECORD.pack(*event) for event in events)


def pack_state(state: Iterable[RawEvent]) -> bytes:
    """The whole state of a node, as one frame."""
    now = time.monotonic()
    frame = [(EV_SYN, SYN_STATE, 0), *state, (EV_SYN, SYN_REPORT, 0)]
    return b"".join(RECORD.pack(now, *event) for event in frame)


def lost_error(path: Path, error: OSError) -> PortError:
    """Why a node cannot be opened, or has gone."""
    match error.errno:
        case errno.ENODEV | errno.ENOENT | errno.ENXIO:
            return PortMissingError(f"{path}: no tablet is there (any more)")
        case errno.EACCES | errno.EPERM:
            return PortForbiddenError(f"{path}: not allowed to read it", REMEDY_GROUP)
        case errno.EBUSY:
            return PortBusyError(f"{path}: another program has taken it for itself")
        case _:
            return PortError(f"{path}: {os.strerror(error.errno) if error.errno else error}")


@final
class EvdevSource:
    """A tablet that is opened again and again: by its path, or the first that is found. For a `Session`:
    `Session(source.open_port, source.make_engine, ...)`."""

    def __init__(self, path: Path | None = None, open_node: Callable[[Path], Node] = EvdevNode) -> None:
        self._path = path
        self._open_node = open_node
        self._description: Description | None = None

    async def open_port(self, on_data: OnData, on_lost: OnLost) -> EvdevPort:
        """Raises PortError: it is missing or forbidden; DeviceError as PortError where the package is missing."""
        path = self._path or first_tablet(self._open_node)
        try:
            node = self._open_node(path)
        except OSError as error:
            raise lost_error(path, error) from None
        except DeviceError as error:
            raise PortError(str(error)) from None
        self._description = node.description
        return EvdevPort(node, path, on_data, on_lost)

    def make_engine(self) -> EventPen:
        assert self._description is not None, "a port is opened before its engine is made"
        return EventPen(self._description)


def list_tablets(open_node: Callable[[Path], Node] = EvdevNode, nodes: Path = NODES) -> list[Tablet]:
    """The tablets that are connected and may be read.

    Raises:
        DeviceError: the package is missing.
        PortForbiddenError: there are event nodes, and none may be read.
    """
    found: list[Tablet] = []
    forbidden: PortForbiddenError | None = None
    is_any_open = False
    for path in sorted(nodes.glob("event*"), key=lambda path: (len(path.name), path.name)):
        try:
            node = open_node(path)
        except PermissionError as error:
            forbidden = PortForbiddenError(f"{path}: {error.strerror}", REMEDY_GROUP)
            continue
        except OSError:
            continue  # gone since, or no event node
        is_any_open = True
        if node.description.is_tablet:
            found.append(Tablet(path, node.description.name))
        with suppress(OSError):
            node.close()
    if forbidden is not None and not is_any_open:
        raise forbidden
    return found


def first_tablet(open_node: Callable[[Path], Node] = EvdevNode, nodes: Path = NODES) -> Path:
    """The event node of the tablet that is connected, the first if there are several.

    Raises:
        PortError: there is none, or the package is missing.
    """
    try:
        tablets = list_tablets(open_node, nodes)
    except DeviceError as error:
        raise PortError(str(error)) from None
    if not tablets:
        raise PortMissingError("no tablet is connected that Linux knows")
    return tablets[0].path
