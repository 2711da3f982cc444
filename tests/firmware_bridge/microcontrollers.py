"""Simulated microcontrollers for tests: in memory on a clock of their own, and on a real pty."""

import random

from firmware_bridge.engine import Write
from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.host import SimHost
from firmware_bridge.sim.smp import SmpDevice, make_image
from firmware_bridge.smp_engine import FirmwareEngine
from firmware_bridge.smp_image import read_image

PROGRAM = random.Random(5).randbytes(9_000)
OLD, NEW = make_image((1, 0, 0)), make_image((1, 2, 3), PROGRAM)


class Bench:
    """The client's engine and a device, on one clock and a cable that does as a test says."""

    def __init__(self, device=None, cable=lambda data: [data]):
        self.device = SmpDevice(OLD) if device is None else device
        self.engine = FirmwareEngine()
        self.cable = cable
        self.now = 100.0
        self.told = []
        self.written = []

    def run(self, command, *, until=lambda output: False):
        """Until nothing is to come; returns the last thing that the engine said."""
        self.engine.submit(command, self.now)
        for _ in range(200_000):
            self.pass_on()
            if self.told and until(self.told[-1]):
                return self.told[-1]
            times = [each for each in (self.engine.next_timer(), self.device.next_timer()) if each is not None]
            if self.engine.next_timer() is None:
                return self.told[-1]
            self.now = max(self.now, min(times))
            if self.device.next_timer() == min(times):
                self.device.on_timer(self.now)
            else:
                self.engine.on_timer(self.now)
        raise AssertionError("it does not end")

    def pass_on(self):
        for data in self.device.drain():
            for part in self.cable(data):
                self.engine.receive(part, self.now)
        for output in self.engine.drain():
            if isinstance(output, Write):
                self.written.append(output.data)
                for part in self.cable(output.data):
                    self.device.receive(part, self.now)
            else:
                self.told.append(output)


def on_pty(device):
    """Not started yet; a device on a pseudo terminal."""
    return SimHost(device, Cable(KINDS["perfect"], random.Random(1), is_timed=False))


def image(data=NEW):
    return read_image(data)
