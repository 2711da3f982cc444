"""What a board can say of itself at this moment: its own part of `edgeboard status`, beside that of its node."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, final

from edgeboard import _native
from edgeboard.discovery.mdns import MdnsDiscovery
from edgeboard.node.desk import Desk
from edgeboard.node.footprint import resident_bytes
from edgeboard.node.ownership import Ownership
from edgeboard.node.pipeline import Pipeline
from edgeboard.signaling.attendance import Attendance
from edgeboard.storage.statedir import StateDirectory
from edgeboard.storage.writer import GroupWriter
from edgeboard.transport.dialer import LinkTransport


@final
@dataclass(frozen=True)
class Vitals:
    """The parts that are asked, each for its own statistics."""

    port: Callable[[], int]
    state: StateDirectory
    boot: int
    ownership: Ownership
    writer: GroupWriter
    store_kind: str
    pipeline: Pipeline
    transport: LinkTransport
    attendance: Attendance
    desk: Desk
    discovery: MdnsDiscovery | None
    kernels_remedy: str | None = field(default_factory=_native.remedy)  # asked once: it looks at files

    def describe(self) -> dict[str, Any]:
        """Values that JSON can carry."""
        carried = self.transport.statistics()
        return {
            "port": self.port(),
            "state_directory": str(self.state.path),
            "boot": self.boot,
            "membership": self.ownership.describe(),
            "kernels": _native.active(),
            "kernels_remedy": self.kernels_remedy,
            "memory_bytes": resident_bytes(),
            "disk": asdict(self.state.space.statistics()),
            "store": {"kind": self.store_kind, **asdict(self.writer.statistics())},
            "blobs": asdict(self.pipeline.attachments.statistics()),
            "transport": {
                "open_links": dict(carried.open_links),
                "half_open": carried.half_open,
                "opened": dict(carried.opened),
                "failures": dict(carried.failures),
                "patches": sorted(carried.patches),
            },
            "signaling": self.attendance.describe(),
            "devices": self.desk.describe(),
            "panels": self.desk.describe_panels(),
            "time": self.pipeline.timekeeping.describe(),
            **({} if self.discovery is None else {"discovery": self.discovery.describe()}),
            "tasks": len(asyncio.all_tasks()),
        }
