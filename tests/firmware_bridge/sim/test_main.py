import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import serial


@contextmanager
def running(*arguments):
    """The command line as a process; gives it, and the path it said."""
    command = [sys.executable, "-m", "firmware_bridge.sim", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def ask(*arguments):
    return subprocess.run([sys.executable, "-m", "firmware_bridge.sim", *arguments], capture_output=True, text=True)


def test_it_prints_the_path_of_a_port_that_answers_and_ends_when_asked(tmp_path):
    link = tmp_path / "tablet"
    with running("isdv4", "--link", str(link), "-o", "speed=10") as (process, path):
        assert path == str(link)
        with serial.Serial(path, 38_400, timeout=10.0) as port:
            port.write(b"*")
            assert port.read(11) == bytes.fromhex("c0 33 32 20 22 7f 01 00 00 08 10")
        process.send_signal(signal.SIGTERM)
        _, counted = process.communicate(timeout=10.0)
    assert process.returncode == 0
    assert "1 queries" in counted
    assert not link.is_symlink()


def test_a_panels_picture_lies_where_it_was_asked_for(tmp_path):
    picture = tmp_path / "panel.png"
    options = ["-o", "boot=0", "-o", "refresh=0"]
    with (
        running("waveshare43", "--picture", str(picture), *options) as (_, path),
        serial.Serial(path, 115_200, timeout=10.0) as port,
    ):
        port.write(bytes.fromhex("A5 00 09 0A CC 33 C3 3C A6"))
        assert port.read(2) == b"OK"
        port.write(bytes.fromhex("A5 00 09 00 CC 33 C3 3C AC"))
        assert port.read(2) == b"OK"  # by now the picture has been written
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_help_teaches_devices_cables_and_examples():
    told = ask("--help")
    assert told.returncode == 0
    for word in ("isdv4", "waveshare43", "file=RECORDING.jsonl", "lossy", "examples:"):
        assert word in told.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["isdv4", "-o", "sped=2"], "sim:isdv4 has no option sped"),
        (["isdv4", "--picture", "x.png"], "sim:isdv4 has no screen"),
        (["abacus"], "invalid choice: 'abacus'"),
        (["isdv4", "--file", "/nowhere/at.all"], "the recording /nowhere/at.all cannot be read"),
    ],
)
def test_a_mistake_is_one_line(arguments, text):
    told = ask(*arguments)
    assert told.returncode == 2
    assert text in told.stderr
    assert "Traceback" not in told.stderr
