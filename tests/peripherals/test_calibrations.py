"""The file of calibrations."""

import json
import logging

import pytest

from edgeboard.errors import UserError
from edgeboard.peripherals.calibrations import FILE, load_calibrations, save_calibration
from firmware_bridge.pen.calibration import Calibration, PressureCurve

TURNED = Calibration(rotation=90, pressure=PressureCurve(low=0.02, high=0.9))


def test_what_is_saved_is_loaded(tmp_path):
    state = tmp_path / "new" / "state"
    assert load_calibrations(state) == {}
    assert not save_calibration(state, "serial:/dev/a", TURNED)
    assert not save_calibration(state, "sim:isdv4", Calibration(left_handed=True))
    assert save_calibration(state, "serial:/dev/a", TURNED)
    assert load_calibrations(state) == {"serial:/dev/a": TURNED, "sim:isdv4": Calibration(left_handed=True)}
    assert [path.name for path in state.iterdir()] == [FILE]
    assert (state / FILE).stat().st_mode & 0o077 == 0


def test_one_is_forgotten_and_the_others_stay(tmp_path):
    save_calibration(tmp_path, "a", TURNED)
    save_calibration(tmp_path, "b", TURNED)
    assert save_calibration(tmp_path, "a", None)
    assert not save_calibration(tmp_path, "a", None)
    assert load_calibrations(tmp_path) == {"b": TURNED}


def test_to_forget_what_never_was_makes_no_file(tmp_path):
    assert not save_calibration(tmp_path / "none", "a", None)
    assert not (tmp_path / "none").exists()


def test_a_damaged_calibration_costs_its_pen_alone(tmp_path, caplog):
    values = {"a": {"rotation": 45}, "b": TURNED.to_dict(), "c": [], "d": {"matrix": "x"}}
    (tmp_path / FILE).write_text(json.dumps(values))
    with caplog.at_level(logging.ERROR):
        assert load_calibrations(tmp_path) == {"b": TURNED}
    assert [word for word in "acd" if f"the calibration of {word} is left out" in caplog.text] == list("acd")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 200_000, "\x00\xff", '{"a": ' + " " * 1_100_000 + "1}"])
def test_a_damaged_file_is_told_and_never_overwritten(tmp_path, text, caplog):
    (tmp_path / FILE).write_text(text)
    with caplog.at_level(logging.ERROR):
        assert load_calibrations(tmp_path) == {}
    assert "pens are not calibrated" in caplog.text
    with pytest.raises(UserError, match="is damaged; remove it"):
        save_calibration(tmp_path, "a", TURNED)
    assert (tmp_path / FILE).read_text() == text


def test_a_state_directory_that_is_none_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        save_calibration(tmp_path / "file", "a", TURNED)
