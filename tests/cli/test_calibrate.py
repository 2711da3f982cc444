"""`edgeboard pen calibrate`, as a process, with a simulated tablet on a pty."""

import json
import random
import subprocess
import sys

import pytest
import serial

from firmware_bridge.sim.cable import KINDS, Cable
from firmware_bridge.sim.catalogue import make
from firmware_bridge.sim.host import SimHost
from tests.peripherals.taps import write_taps


@pytest.fixture
def tablet(tmp_path):
    options = {"file": str(write_taps(tmp_path / "taps.jsonl")), "speed": "4"}
    cable = Cable(KINDS["perfect"], random.Random(1), is_timed=False)
    with SimHost(make("isdv4", options), cable, link=tmp_path / "by-id" / "tablet") as host:
        yield host


def test_a_calibration_is_kept_used_and_forgotten(tablet, tmp_path, run_main):
    state, url = tmp_path / "state", f"{tablet.path}?driver=isdv4"
    words = [sys.executable, "-m", "edgeboard.cli", "pen", "calibrate", "--port", url, "--state", str(state)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 of 6: tap the upper left corner" in done.stderr
    assert done.stdout.startswith(f"serial:{tablet.path} is calibrated")
    kept = json.loads((state / "calibration.json").read_text())
    assert len(kept[f"serial:{tablet.path}"]["matrix"]) == 9
    code, out, _ = run_main("pen", "calibrate", "--port", url, "--state", state, "--forget", "--json")
    assert (code, json.loads(out)) == (0, {"device": f"serial:{tablet.path}", "forgotten": True})
    code, _, err = run_main("pen", "calibrate", "--port", url, "--state", state, "--forget")
    assert (code, "is not calibrated" in err) == (1, True)


def test_a_simulated_tablet_can_be_named_and_json_asked_for(tmp_path, run_main):
    file = write_taps(tmp_path / "taps.jsonl")
    code, out, err = run_main(
        "pen", "calibrate", "--port", f"sim:isdv4?file={file}&speed=4&driver=isdv4", "--state", tmp_path, "--json"
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["device"] == "sim:isdv4"
    assert found["calibration"]["pressure"]["low"] < found["calibration"]["pressure"]["high"]
    assert json.loads((tmp_path / "calibration.json").read_text()) == {"sim:isdv4": found["calibration"]}


def test_a_port_that_another_program_holds_is_one_line_with_the_remedy(tablet, tmp_path, run_main):
    url = f"{tablet.path}?driver=isdv4"
    with serial.Serial(str(tablet.path), 38400, exclusive=True):
        code, out, err = run_main("pen", "calibrate", "--port", url, "--state", tmp_path / "state")
    assert (code, out) == (1, "")
    assert "holds it" in err
    assert "end that program" in err
    assert not (tmp_path / "state").exists()
