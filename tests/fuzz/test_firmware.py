"""The firmware's parsers, and a whole device, on hostile bytes under sanitizers, for as long as ./dev fuzz is told."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from firmware_bridge.framing import enframe
from firmware_bridge.packets import Ack, Data, Hello, encode_packet, session_of
from firmware_bridge.sim.mcu import SOURCES
from tests.firmware_bridge.mcu import core

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "serial.json").read_text(encoding="utf-8"))
ROUNDS_AN_EXAMPLE = 100  # of the C driver for each example that hypothesis would do
FRAME, PACKET, MESSAGE, LINE = range(4)


def corpus():
    """Golden bytes, each behind the byte that says which parser it is for."""
    for case in VECTORS["frames"]:
        yield FRAME, bytes.fromhex(case["line"])[1:-1]
    for case in VECTORS["packets"]:
        yield PACKET, bytes.fromhex(case["hex"])
    for case in VECTORS["from_host"]:
        yield MESSAGE, bytes.fromhex(case["hex"])
    for case in VECTORS["tiles"]:
        if case["greys"] == 2 and len(case["data"]) < 500:
            x, y, w, h = case["rect"]
            words = (0, 3, 1, 9, 2, x, 3, y, 4, w, 5, h, 6, case["encoding"], 7)
            data = bytes.fromhex(case["data"])
            heads = b"".join(bytes((word,)) if word < 24 else bytes((0x18, word)) for word in words)
            head = bytes((0x40 + len(data),)) if len(data) < 24 else bytes((0x58, len(data)))
            yield MESSAGE, b"\xa8" + heads + head + data
    session = session_of(5, 77)
    calls = [Hello(5), Ack(session, 0), Data(session, 0, 0, b"\xa1\x00\x05"), Ack(session, 0, 6)]
    yield LINE, b"".join(enframe(encode_packet(packet)) for packet in calls)


@pytest.mark.slow
def test_the_firmware_under_sanitizers(tmp_path, request):
    """libFuzzer in a long run where clang is installed, because it looks for new paths; else the driver of our own."""
    seed = int(request.config.getoption("--hypothesis-seed") or 0) % 2**32
    rounds = ROUNDS_AN_EXAMPLE * settings().max_examples
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number, (parser, data) in enumerate(corpus()):
        (folder / str(number)).write_bytes(bytes((parser,)) + data)
    clang = shutil.which("clang")
    if clang and rounds > 100_000:
        sources = [*(SOURCES / "src").glob("*.c"), SOURCES / "port/host/eb_host.c", SOURCES / "test/fuzz.c"]
        options = ["-std=c11", "-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]
        includes = ["-I", SOURCES / "include", "-I", SOURCES / "port" / "host"]
        program = tmp_path / "fuzz"
        build = [clang, *options, "-DEB_LIBFUZZER", *includes, *sources, "-o", program]
        subprocess.run(list(map(str, build)), check=True, capture_output=True)
        command = [program, f"-seed={seed or 1}", f"-runs={rounds}", "-max_len=1024", folder]
    else:
        core.make(tmp_path, "fuzz")
        command = [tmp_path / "fuzz", seed, rounds, *sorted(folder.iterdir())]
    done = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    if "seen" in done.stdout:
        assert all(
            int(count) > rounds // 200 for count in re.findall(r"(\d+) (?:frames|packets|messages)", done.stdout)
        )
