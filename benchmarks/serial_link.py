"""Our own link on a simulated line of 115200 baud: what a bad line costs, on a virtual clock.

Each byte is lost, or has a bit flipped, with half of the given probability each, in both directions. Goodput counts
the bytes of messages, from the first that is sent until the last has been acknowledged.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from firmware_bridge.engine import Ready, Refused, Show, Start, Started, Write
from firmware_bridge.link import Delivered, Link
from firmware_bridge.mcu_device import McuDevice
from firmware_bridge.panel.values import Mode, Rect, Update
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.mcu import Mcu

BAUD = 115200
ROUNDS = 5
MESSAGES = 200
MESSAGE_BYTES = 480
PANEL = Rect(0, 0, 400, 300)
GIVE_UP_S = 600.0  # of virtual time


def engines() -> dict[str, float]:
    """Both sides in Python: the device as the host sees it."""
    return _shares(_carry_messages)


def firmware() -> dict[str, float]:
    """The host in Python, the device in C: a picture of noise, which nothing makes shorter."""
    return _shares(_carry_picture)


def _shares(carry: Callable[[float, int], float]) -> dict[str, float]:
    clean, bad, worst = (median(carry(rate, seed) for seed in range(ROUNDS)) for rate in (0.0, 0.001, 0.01))
    return {
        "clean_kb_s": clean / 1000,
        "bad_percent": 100 * bad / clean,
        "worst_percent": 100 * worst / clean,
        "worst_kb_s": worst / 1000,
    }


class _Line:
    """A host and a device, and the cable between them; what they say besides bytes gathers in `told`."""

    def __init__(self, host: Link | McuDevice, device: Link | Mcu, seed: int) -> None:
        self.now = 100.0
        self.host, self.device = host, device
        self.rng = random.Random(seed)
        self.cable = Cable(KINDS["perfect"], self.rng)
        self.told: list[object] = []

    def spoil(self, rate: float) -> None:
        """From here on so many bytes are lost or flipped; nothing is under way now."""
        self.cable = Cable(replace(KINDS["perfect"], loss=rate / 2, flips=rate / 2), self.rng)

    def run(self, until: Callable[[], bool]) -> None:
        """Raises RuntimeError when it takes too long."""
        end = self.now + GIVE_UP_S
        while not until():
            self._pump()
            timers = (self.host.next_timer(), self.device.next_timer(), self.cable.next_timer())
            due = min((timer for timer in timers if timer is not None), default=end)
            if due >= end:
                raise RuntimeError(f"not done after {GIVE_UP_S:.0f} s")
            self.now = max(self.now, due)
            for _, data in self.cable.arrived_down(self.now):
                self.device.receive(data, self.now)
            for _, data in self.cable.arrived_up(self.now):
                self.host.receive(data, self.now)
            for end_of_line in (self.host, self.device):
                timer = end_of_line.next_timer()
                if timer is not None and timer <= self.now:
                    end_of_line.on_timer(self.now)
            self._pump()

    def count(self, kind: type) -> int:
        return sum(isinstance(output, kind) for output in self.told)

    def _pump(self) -> None:
        for output in self.host.drain():
            if isinstance(output, Write):
                self.cable.send_down(output.data, self.now, BAUD)
            else:
                self.told.append(output)
        for output in self.device.drain():
            if isinstance(output, Write | bytes):
                self.cable.send_up(output if isinstance(output, bytes) else output.data, self.now, BAUD)
            else:
                self.told.append(output)


def _carry_messages(rate: float, seed: int) -> float:
    host, device = Link(), Link(b"a device", is_device=True, window=10, frame=96)
    line = _Line(host, device, seed)
    device.listen(line.now)
    host.call(line.now)
    line.run(lambda: host.is_open and device.is_open)
    line.spoil(rate)
    rng = random.Random(seed)
    messages = [rng.randbytes(MESSAGE_BYTES) for _ in range(MESSAGES)]
    began = line.now
    for message in messages:
        host.send(message, line.now)
    line.run(lambda: host.is_done)
    arrived = [output.message for output in line.told if isinstance(output, Delivered)]
    if arrived != messages:
        raise RuntimeError(f"{len(messages)} messages were sent, and {len(arrived)} arrived, or not in order")
    return MESSAGES * MESSAGE_BYTES / (line.now - began)


def _carry_picture(rate: float, seed: int) -> float:
    device = Mcu(width=PANEL.w, height=PANEL.h)
    device.set_line(BAUD)
    line = _Line(McuDevice(), device, seed)
    device.power(True, line.now)
    line.host.submit(Start(), line.now)
    line.run(lambda: line.count(Ready) > 0)
    line.spoil(rate)
    rng = random.Random(seed)
    pixels = bytes(255 * (byte & 1) for byte in rng.randbytes(PANEL.area))
    began = line.now
    line.host.submit(Show(Update(1, PANEL, pixels, Mode.FULL, 0, 1)), line.now)
    line.run(lambda: line.count(Started) + line.count(Refused) > 0)
    if line.count(Refused) or device.ram != pixels:
        raise RuntimeError("the picture did not arrive as it was sent")
    return PANEL.area / 8 / (line.now - began)
