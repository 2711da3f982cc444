"""Which renderer draws on a panel, and that a broken plug-in takes nothing with it."""

import logging
from importlib.metadata import EntryPoint

import pytest

from edgeboard.node import renderers
from edgeboard.node.renderers import load_renderers, open_artist
from edgeboard.render.painter import House, Painter
from edgeboard.render.values import PanelContext, PixelFormat

COLOUR, GREY = PanelContext(80, 48, PixelFormat.RGB888), PanelContext(80, 48)


class Bright(House):
    """Draws in colour only."""

    name = "bright"
    priority = 5

    def supports(self, context):
        return context.format.is_colour

    def open(self, context, means):
        artist = super().open(context, means)
        artist.surface.fill(0x00FF00)
        return artist


class Faulty(Bright):
    name = "faulty"
    priority = 9

    def open(self, context, means):
        raise OSError("no such screen")


class Mute(Bright):
    name = "mute"
    priority = 9

    def open(self, context, means):
        class MuteError(Exception):
            def __str__(self):
                raise GeneratorExit

        raise MuteError


class Vague(Faulty):
    def supports(self, context):
        raise KeyError("size")


@pytest.fixture
def plug_in(monkeypatch):
    def plug(*values):
        entries = [EntryPoint(value, f"{__name__}:{value}", "edgeboard.renderers") for value in values]
        monkeypatch.setattr(renderers, "_plug_ins", lambda folders: entries)
        monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[self.name])
        load_renderers.cache_clear()

    yield plug
    load_renderers.cache_clear()


def is_green(artist):
    return artist.surface.channels == 4 and bytes(artist.surface.pixels[:3]) == b"\0\xff\0"


def test_the_highest_priority_that_supports_a_panel_draws_on_it(plug_in):
    plug_in("Bright")
    assert is_green(open_artist(COLOUR))
    assert isinstance(open_artist(GREY), Painter)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("Faulty", "no such screen"),
        ("Mute", "cannot say what it is"),
        ("Vague", "size"),
        ("Missing", "cannot be loaded: 'Missing'"),
    ],
)
def test_a_broken_renderer_is_left_out_and_the_next_one_draws(plug_in, caplog, broken, why):
    plug_in(broken, "Bright")
    with caplog.at_level(logging.WARNING):
        assert is_green(open_artist(COLOUR))
    assert why in caplog.text


def test_without_plug_ins_ours_draws_on_every_panel():
    for format in PixelFormat:
        artist = open_artist(PanelContext(20, 10, format))
        assert len(artist.pixels(artist.surface.area, is_still=True)) == 200 * format.channels


def test_only_packages_that_name_renderers_are_asked_for_them(tmp_path, monkeypatch):
    info = tmp_path / "others-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[console_scripts]\nx = x:main\n")
    assert list(renderers._plug_ins([str(tmp_path), "no such folder"])) == []
    (info / "entry_points.txt").write_text("[edgeboard.renderers]\nbright = bright:Bright\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "bright" in {entry.name for entry in renderers._plug_ins([str(tmp_path)])}
