"""A bad cable between two network namespaces, for kernels without netem: loses frames, and is slow.

Run as a process of its own, with root: `python cable.py ONE TWO LOSS DELAY_S SEED`. It makes an interface `eth0` in
ONE and `wire` in TWO, and carries Ethernet frames between them until its standard input ends. It prints `ready`. A line
`LOSS DELAY_S` on its standard input makes it as bad as that from then on.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time
from contextlib import suppress

TUNSETIFF, IFF_TAP, IFF_NO_PI, CLONE_NEWNET = 0x4004_54CA, 0x0002, 0x1000, 0x4000_0000
FRAME_MAX = 65_536


def open_tap(namespace, name):
    """A TAP interface in a namespace; this process stays in it."""
    with open(f"/run/netns/{namespace}", "rb") as handle:  # noqa: PTH123 - a handle of the kernel
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def main(one, two, loss, delay_s, seed):
    rng = random.Random(seed)
    ends = [open_tap(one, "eth0"), open_tap(two, "wire")]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    under_way, count = [], 0
    while True:
        wait = None if not under_way else max(0.0, under_way[0][0] - time.monotonic())
        readable, _, _ = select.select([*ends, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            loss, delay_s = map(float, line.split())
        for end in ends:
            if end in readable:
                frame = os.read(end, FRAME_MAX)
                if rng.random() >= loss:
                    count += 1
                    at = time.monotonic() + delay_s * rng.uniform(0.6, 1.4)
                    heapq.heappush(under_way, (at, count, ends[1 - ends.index(end)], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(under_way)
            with suppress(OSError):  # the interface is down: lost, as on a cable
                os.write(end, frame)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
