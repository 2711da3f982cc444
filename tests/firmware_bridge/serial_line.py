"""Two engines on one line of a given rate, on a virtual clock: bytes take their time, get lost and get damaged."""

import random
from collections import deque

from firmware_bridge.engine import Write


class Way:
    """One direction: a first-in first-out wire that moves a byte in 10 bit times."""

    def __init__(self, rate, rng, lost=0.0, flipped=0.0, delay=0.0):
        self.rate, self.rng, self.lost, self.flipped, self.delay = rate, rng, lost, flipped, delay
        self.free_at = 0.0
        self.waiting = deque()  # (when, bytes)

    def put(self, data, now):
        at = max(self.free_at, now)
        for start in range(0, len(data), 16):  # what a driver hands on together
            piece = data[start : start + 16]
            at += len(piece) * 10 / self.rate
            if heard := self.damage(piece):
                self.waiting.append((at + self.delay, heard))
        self.free_at = at

    def damage(self, piece):
        if not self.lost and not self.flipped:
            return piece
        out = bytearray()
        for byte in piece:
            dice = self.rng.random()
            if dice < self.lost:
                continue
            if dice < self.lost + self.flipped:
                byte ^= 1 << self.rng.randrange(8)
            out.append(byte)
        return bytes(out)


class Line:
    """`host` and `device` have the five verbs; what they put out besides `Write` gathers in `told`."""

    def __init__(self, host, device, seed=1, rate=115200, **ways):
        rng = random.Random(seed)
        self.now = 100.0
        self.ends = [host, device]
        self.ways = [Way(rate, rng, **ways), Way(rate, rng, **ways)]  # from the host, from the device
        self.told = [[], []]
        self.is_cut = False

    def pump(self):
        for side, end in enumerate(self.ends):
            for output in end.drain():
                if isinstance(output, Write):
                    if not self.is_cut:
                        self.ways[side].put(output.data, self.now)
                else:
                    self.told[side].append(output)

    def step(self, until):
        """To the next thing that happens, or to `until`; whether anything did."""
        self.pump()
        times = [way.waiting[0][0] for way in self.ways if way.waiting]
        times += [timer for end in self.ends if (timer := end.next_timer()) is not None]
        due = min(times, default=None)
        if due is None or due > until:
            self.now = until
            return False
        self.now = max(self.now, due)
        for side, way in enumerate(self.ways):
            while way.waiting and way.waiting[0][0] <= self.now:
                _, data = way.waiting.popleft()
                self.ends[1 - side].receive(data, self.now)
        for end in self.ends:
            timer = end.next_timer()
            if timer is not None and timer <= self.now:
                end.on_timer(self.now)
        self.pump()
        return True

    def run(self, seconds, until=lambda: False):
        """For so long, or until something holds; whether it does."""
        end = self.now + seconds
        while not until() and self.step(end):
            pass
        return until()

    def of(self, side, kind):
        return [output for output in self.told[side] if isinstance(output, kind)]
