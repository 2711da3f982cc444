"""Thousands of plug cycles: nothing may grow. `./dev soak tests/firmware_bridge/sim` runs this."""

import gc
import os
import random
import threading
import tracemalloc
from pathlib import Path

import pytest
import serial

from firmware_bridge.sim.catalogue import make_host

pytestmark = pytest.mark.soak

CYCLES = int(os.environ.get("EDGEBOARD_PLUG_CYCLES", "1500"))
WARM_UP = 100  # cycles, after which nothing may grow
ASKED = {
    "isdv4": (38_400, b"*", bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10")),
    "wacom4": (9_600, b"~#", b"~#UD-0608-R00 V1.4-2\r"),
    "waveshare43": (115_200, bytes.fromhex("A5 00 09 00 CC 33 C3 3C AC"), b"OK"),
}
OPTIONS = {"isdv4": {"loop": "1"}, "wacom4": {"loop": "1"}, "waveshare43": {"boot": "0", "refresh": "0"}}
START = {"isdv4": b"1", "wacom4": b"ST\r", "waveshare43": bytes.fromhex("A5 00 09 2E CC 33 C3 3C 82")}


def count_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def cycle(host, name, rng):
    """Plugs in, asks, often begins something that ends with the plug, and unplugs before or after the host closes."""
    host.plug()
    baud, question, answer = ASKED[name]
    port = serial.Serial(str(host.path), baud, timeout=10.0)
    try:
        port.write(question)
        assert port.read(len(answer)) == answer
        if rng.random() < 0.7:
            port.write(START[name])
            assert port.read(1)
        if rng.random() < 0.5:
            host.unplug()
    finally:
        port.close()
    host.unplug()


@pytest.mark.parametrize("name", ASKED)
def test_plugging_thousands_of_times_leaves_nothing_behind(name, tmp_path):
    rng = random.Random(6)
    opened, threads = count_open(), threading.active_count()
    with make_host(name, {**OPTIONS[name], "link": str(tmp_path / "by-id" / name)}) as host:
        tracemalloc.start()  # before, so that what is made anew in each cycle is known already
        for _ in range(WARM_UP):
            cycle(host, name, rng)
        gc.collect()
        first, warm = tracemalloc.get_traced_memory()[0], count_open()
        for _ in range(CYCLES):
            cycle(host, name, rng)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - first
        tracemalloc.stop()
        assert count_open() == warm
    assert threading.active_count() == threads
    assert count_open() == opened
    assert grown < 100_000, f"{grown} bytes more after {CYCLES} cycles"


def test_starting_and_stopping_a_thousand_times_leaves_no_thread_behind(tmp_path):
    opened, threads = count_open(), threading.active_count()
    for _ in range(1_000):
        with make_host("isdv4", {"link": str(tmp_path / "tablet")}):
            pass
    assert threading.active_count() == threads
    assert count_open() == opened
    assert list(tmp_path.iterdir()) == []
