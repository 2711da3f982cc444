"""The udev rules."""

import re
import shutil
import subprocess

import pytest

from firmware_bridge.udev import PATH, write_rules

# A rule as udev(7) has it: matches (==, !=) and assignments (=, +=, :=), each with a value in quotes, commas between.
PART = re.compile(r'(?P<key>[A-Z_]+)(\{(?P<attribute>[^}]+)\})?(?P<operator>==|!=|\+=|:=|=)"(?P<value>[^"]*)"')
MATCHES = {"SUBSYSTEM", "SUBSYSTEMS", "KERNEL"}
ASSIGNED = {"GROUP", "MODE", "TAG"}


def rules():
    """Each rule as a list of (key, operator, value)."""
    found = []
    for line in write_rules("pens").splitlines():
        if line and not line.startswith("#"):
            parts = [PART.fullmatch(part) for part in line.split(", ")]
            assert all(parts), line
            found.append([(part["key"] + (part["attribute"] or ""), part["operator"], part["value"]) for part in parts])
    return found


def test_every_rule_matches_something_and_gives_it_to_the_group():
    assert len(rules()) == 5
    for rule in rules():
        for key, operator, _ in rule:
            name = key.removesuffix("ID_INPUT_TABLET")
            assert operator == "==" if name in MATCHES | {"ENV"} else name in ASSIGNED
        assert rule[0][:2] == ("SUBSYSTEM", "==")
        assert ("GROUP", "=", "pens") in rule
        assert ("MODE", "=", "0660") in rule
        assert (("TAG", "+=", "systemd") in rule) is (rule[1][0] != "KERNEL" or rule[0][2] != "tty")


def test_serial_lines_tablets_and_pins_are_given():
    assert {dict((key, value) for key, _, value in rule)["SUBSYSTEM"] for rule in rules()} == {
        "tty", "input", "spidev", "gpio",
    }  # fmt: skip
    tablets = next(rule for rule in rules() if rule[0][2] == "input")
    assert ("ENVID_INPUT_TABLET", "==", "1") in tablets


def test_the_file_says_how_it_is_installed():
    assert f"> {PATH}" in write_rules()
    assert "groupadd --system --force edgeboard" in write_rules()
    assert 60 < int(re.search(r"/(\d+)-", PATH)[1]) < 80


def test_udev_itself_takes_the_rules(tmp_path):
    program = shutil.which("udevadm")
    if program is None or subprocess.run([program, "verify", "--help"], capture_output=True, check=False).returncode:
        pytest.skip("udevadm of systemd 254 or newer is not here; the form is checked above: apt-get install -y udev")
    path = tmp_path / "70-edgeboard.rules"
    path.write_text(write_rules("root"))  # a group that exists everywhere
    done = subprocess.run([program, "verify", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("group", ["", "Pens", 'a"b', "a b", "-a", "x" * 40, "a\n"])
def test_a_group_of_no_sound_name_is_refused(group):
    with pytest.raises(ValueError, match="no name of a group"):
        write_rules(group)
