"""The units as systemd itself reads them: nothing unknown, nothing missing, and little that an intruder could do."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from edgeboard.cli import placing
from edgeboard.cli.entry import make_parser

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
EXPOSURE_MAX = 20  # ten times the exposure; a service with no protection at all has 96
PROGRAMS = ("usr/bin/python3", "bin/cp", "bin/chown", "bin/grep", "bin/sh", "bin/systemctl")
needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze: apt-get install systemd"
)


def read(name):
    """Sections of a unit: (name, value) pairs."""
    found, section = {}, None
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section.append(tuple(line.split("=", 1)))
    return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A root folder with what the units name: the programs of a Debian, one slot, and the units themselves."""
    root = tmp_path_factory.mktemp("root")
    for file in placing.files():
        file.place(root)
    for program in (*PROGRAMS, "opt/edgeboard/current/bin/python"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).write_text("#!/bin/sh\n")
        (root / program).chmod(0o755)
    for target in ("multi-user", "timers", "network-online", "time-set", "basic", "shutdown", "sysinit", "paths"):
        unit = root / "usr/lib/systemd/system" / f"{target}.target"
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text(f"[Unit]\nDescription={target}\n")
    return root


@needs_analyze
@pytest.mark.parametrize("unit", placing.own_units())
def test_systemd_has_nothing_to_say_about_a_unit(machine, unit):
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={machine}", unit],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "edgeboard" in line]
    assert not said, f"mend systemd/{unit}: {said}"
    assert done.returncode == 0, done.stderr


@needs_analyze
def test_systemd_does_speak_up_about_a_unit_with_a_slip(machine):
    unit = machine / placing.UNITS / "edgeboard-slip.service"
    unit.write_text("[Service]\nExecStart=/bin/edgeboard-is-not-here\nProtectSystme=strict\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={machine}", unit.name],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    unit.unlink()
    assert "ProtectSystme" in done.stderr
    assert "edgeboard-is-not-here" in done.stderr


@needs_analyze
@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_hardened(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", UNITS / unit],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    verdict = (done.stdout + done.stderr).splitlines()[-1:]
    assert done.returncode == 0, (
        f"{verdict}: `systemd-analyze security --offline=true systemd/{unit}` names what is open"
    )


@pytest.mark.parametrize("unit", SERVICES)
def test_a_command_of_a_unit_is_one_that_edgeboard_understands(unit):
    for name, value in read(unit)["Service"]:
        if not name.startswith("Exec") or "-m edgeboard" not in value:
            continue
        words = value.split("-m edgeboard ")[1].replace("/etc/edgeboard/edgeboard.yaml", "/dev/null").split()
        make_parser().parse_args(words)


def test_whatever_a_service_writes_is_made_by_tmpfiles_or_by_systemd():
    made = {line.split()[1] for line in (UNITS / "edgeboard.tmpfiles").read_text().splitlines() if line[:1] == "d"}
    for unit in SERVICES:
        named = [word for name, value in read(unit)["Service"] if name == "ReadWritePaths" for word in value.split()]
        assert {path for path in named if not path.startswith("-")} <= made, unit


def test_nobody_but_the_installer_and_the_launcher_writes_what_runs():
    writers = {
        unit
        for unit in SERVICES
        for name, value in read(unit)["Service"]
        if name == "ReadWritePaths" and "/opt" in value
    }
    assert writers == {"edgeboard-install.service", "edgeboard-activate.service", "edgeboard-rollback.service"}
    for unit in SERVICES:
        assert ("ProtectSystem", "strict") in read(unit)["Service"], unit


def test_whoever_installs_has_no_network_and_whoever_fetches_cannot_install():
    assert ("PrivateNetwork", "yes") in read("edgeboard-install.service")["Service"]
    users = {unit: dict(read(unit)["Service"]).get("User", "root") for unit in SERVICES}
    assert users["edgeboard-fetch.service"] == users["edgeboard.service"] == "edgeboard"
    assert users["edgeboard-install.service"] == "edgeboard-ota"


def test_each_user_and_group_of_a_unit_is_made_where_debian_has_none():
    made = set(re.findall(r"^[ug]\s+(\S+)", (UNITS / "edgeboard.sysusers").read_text(), re.MULTILINE))
    debian = {"dialout", "video", "input", "tty"}  # of base-passwd and udev, on every Debian
    for unit in SERVICES:
        service = read(unit)["Service"]
        named = {
            word
            for name, value in service
            if name in ("User", "Group", "SupplementaryGroups")
            for word in value.split()
        }
        assert named <= made | debian, unit


def test_a_board_that_ends_again_and_again_is_tried_again_later():
    assert ("OnFailure", "edgeboard-rollback.service edgeboard-again.timer") in read("edgeboard.service")["Unit"]
    assert {"edgeboard-again.timer", "edgeboard-again.service"} <= set(placing.own_units())


def test_no_setting_is_said_twice_by_mistake():
    lists = {"ExecStart", "DeviceAllow", "SystemCallFilter", "ExecStartPre", "ConditionPathExists"}
    for path in UNITS.glob("edgeboard*.*"):
        if path.suffix in (".service", ".timer", ".path"):
            for section, settings in read(path.name).items():
                twice = {name for name, count in Counter(name for name, _ in settings).items() if count > 1} - lists
                assert not twice, f"systemd/{path.name} [{section}]: {sorted(twice)}"
