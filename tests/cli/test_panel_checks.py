"""What doctor says of the panels of a configuration."""

import importlib.util

import pytest

from edgeboard.cli.panel_checks import check_fonts, check_panels
from edgeboard.peripherals.panels import PanelSettings


def told(*drivers):
    return [
        (each.level.value, each.text, each.remedy) for each in check_panels([PanelSettings(each) for each in drivers])
    ]


@pytest.fixture
def lacking(monkeypatch):
    """Makes a module one that is not installed."""
    find = importlib.util.find_spec

    def lack(name):
        monkeypatch.setattr(importlib.util, "find_spec", lambda each: None if each == name else find(each))

    return lack


def test_without_panels_there_is_nothing_to_look_at():
    assert told() == [("ok", "none is configured", "")]


def test_without_pillow_all_stay_dark_and_that_is_a_problem(lacking):
    lacking("PIL")
    level, text, remedy = told("virtual:wall")[0]
    assert (level, remedy.split(": ")[1]) == ("problem", "pip install pillow")
    assert "all stay dark" in text


def test_each_panel_is_named_with_what_is_in_its_way(tmp_path, lacking):
    lacking("periphery")
    (tmp_path / "plain").write_bytes(bytes(10))
    found = told(
        f"png:{tmp_path}/wall.png?width=800&height=480",
        f"png:{tmp_path}/none/wall.png?width=800&height=480",
        f"fb:{tmp_path}/fb9",
        f"fb:{tmp_path}/plain",
        "spi:/dev/spidev0.0?driver=uc8179",
        f"serial:{tmp_path}/ttyUSB7?driver=waveshare43",
    )
    assert [level for level, _, _ in found] == ["ok", *["problem"] * 5]
    assert "none does not exist" in found[1][1]
    assert "no such device" in found[2][1]
    assert "no framebuffer" in found[3][1]
    assert found[4][2] == "pip install python-periphery"
    assert "is not plugged in" in found[5][1]


def test_a_bus_that_is_switched_off_is_told(monkeypatch, lacking):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert "dtparam=spi=on" in told("spi:/dev/spidev77.7?driver=uc8179")[0][2]


def test_a_board_with_panels_is_told_which_scripts_would_be_boxes_there(monkeypatch):
    import edgeboard.render.text
    import edgeboard.render.typefaces as typefaces

    monkeypatch.setattr(typefaces, "boxes_in", lambda text: text if "漢" in text else "")
    monkeypatch.setattr(edgeboard.render.text, "can_shape", lambda: False)
    found = list(check_fonts(has_panels=True))
    assert [each.level.value for each in found] == ["warning", "warning"]
    assert "fonts-noto-cjk" in found[0].remedy
    assert "libfribidi0" in found[1].remedy
    assert [each.level.value for each in check_fonts(has_panels=False)] == ["ok"]
