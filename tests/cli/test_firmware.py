"""`edgeboard firmware` against a simulated microcontroller on a pty."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from firmware_bridge.sim.smp import SmpDevice, make_image
from tests.firmware_bridge.microcontrollers import NEW, OLD, on_pty


@pytest.fixture
def start_device():
    hosts = []

    def start(first=OLD, **options):
        hosts.append(on_pty(SmpDevice(first, **{"burst": 0, "erase_s": 0.0, "boot_s": 0.0} | options)))
        hosts[-1].start()
        return hosts[-1]

    yield start
    for each in hosts:
        each.stop()


@pytest.fixture
def new_image(tmp_path):
    path = tmp_path / "new.bin"
    path.write_bytes(NEW)
    return path


def test_info_lists_what_runs(run_main, start_device):
    line = start_device()
    code, out, _ = run_main("firmware", "info", "--port", str(line.path))
    assert (code, out.split()[:5]) == (0, ["image", "0", "slot", "0", "1.0.0"])
    assert out.rstrip().endswith("runs, confirmed")
    code, out, _ = run_main("firmware", "info", "--port", str(line.path), "--json")
    found = json.loads(out)
    assert (found["buffer_size"], found["images"][0]["hash"]) == (384, OLD[-32:].hex())


def test_an_image_is_sent_and_the_next_start_tries_it(run_main, start_device, new_image):
    line = start_device()
    code, out, err = run_main("firmware", "upload", new_image, "--port", str(line.path))
    assert code == 0, err
    assert "1.2.3 sent" in out
    assert "edgeboard firmware reset --port" in out
    assert "not signed" in err
    assert line.device.mark == "test"
    _, out, _ = run_main("firmware", "upload", new_image, "--port", str(line.path))
    assert out.startswith("1.2.3 is on the device already")
    code, out, _ = run_main("firmware", "reset", "--port", str(line.path))
    assert (code, line.device.slots[0]) == (0, NEW)
    assert out.startswith("the device is back; 1.2.3 runs")
    assert "runs, on trial" in out
    assert run_main("firmware", "confirm", "--port", str(line.path))[1].startswith("1.2.3 stays")
    assert line.device.confirmed
    assert (
        run_main("firmware", "upload", new_image, "--port", str(line.path))[1] == "1.2.3 runs on the device already\n"
    )


def test_upload_and_restart_in_one(run_main, start_device, new_image):
    line = start_device()
    code, out, _ = run_main("firmware", "upload", new_image, "--port", str(line.path), "--reset", "--json")
    assert code == 0
    report = json.loads(out)
    assert (report["state"], report["version"], report["checked"], report["resumed_at"]) == ("runs", "1.2.3", True, 0)
    assert line.device.slots[0] == NEW


def test_without_a_test_the_next_start_stays_as_it_is(run_main, start_device, new_image):
    line = start_device()
    code, out, _ = run_main("firmware", "upload", new_image, "--port", str(line.path), "--no-test")
    assert (code, line.device.mark) == (0, "")
    assert "stays with what runs now" in out


def test_a_device_in_recovery_starts_what_it_is_sent(run_main, start_device, new_image):
    line = start_device(first=b"broken", in_recovery=True)
    assert run_main("firmware", "info", "--port", line.path)[1] == "no valid image is on the device\n"
    code, out, _ = run_main("firmware", "upload", new_image, "--port", line.path)
    assert (code, line.device.slots[0], line.device.mark) == (0, NEW, "")
    assert "the device decides by itself" in out
    code, out, _ = run_main("firmware", "reset", "--port", line.path)
    assert out.startswith("the device is back; 1.2.3 runs")


def test_an_image_that_the_bootloader_does_not_take_is_a_failure(run_main, start_device, new_image):
    line = start_device()
    run_main("firmware", "upload", new_image, "--port", str(line.path))
    restart = line.device._restart

    def refuse(now):
        line.device.mark = ""  # as a bootloader does with a signature that it does not know
        restart(now)

    line.device._restart = refuse
    code, out, err = run_main("firmware", "upload", new_image, "--port", str(line.path), "--reset")
    assert (code, out) == (1, "")
    assert "has restarted with 1.0.0 and not with 1.2.3" in err


def test_a_refusal_is_one_line_with_its_remedy(run_main, start_device, tmp_path):
    line = start_device()
    line.device.confirmed = False
    other = tmp_path / "other.bin"
    other.write_bytes(make_image((3, 0, 0)))
    code, _, err = run_main("firmware", "upload", other, "--port", str(line.path))
    assert code == 1
    assert "edgeboard firmware confirm" in err.splitlines()[-1]


def test_a_file_that_is_no_image_never_reaches_the_device(run_main, tmp_path):
    wrong = tmp_path / "zephyr.hex"
    wrong.write_text(":020000040800F2\n")
    code, _, err = run_main("firmware", "upload", wrong, "--port", "/dev/nothing")
    assert code == 1
    assert "it is an Intel hex file" in err
    assert "zephyr.signed.bin" in err
    code, _, err = run_main("firmware", "upload", tmp_path / "none", "--port", "/dev/nothing")
    assert (code, "No such file" in err) == (1, True)


def test_wrong_words_say_where_the_help_is(run_main):
    code, _, err = run_main("firmware", "info")
    assert (code, "--port" in err) == (2, True)
    code, _, err = run_main("firmware", "info", "--port", "/dev/nothing")
    assert (code, "nothing is plugged in there" in err) == (1, True)


def test_a_terminal_sees_how_far_it_is(start_device, new_image):
    line = start_device()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    words = [sys.executable, "-m", "edgeboard.cli", "firmware", "upload", str(new_image), "--port", str(line.path)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=theirs, timeout=30, check=False)
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    assert done.returncode == 0, shown
    assert b"[" + b"#" * 30 + b"] 100 %" in shown
    assert b"1.2.3 sent" in done.stdout


def test_a_simulated_device_can_be_tried_without_any(run_main, new_image):
    code, out, _ = run_main("firmware", "upload", new_image, "--port", "sim:smp?burst=0&boot=0&erase=0", "--reset")
    assert code == 0
    assert "the device is back; 1.2.3 runs" in out
