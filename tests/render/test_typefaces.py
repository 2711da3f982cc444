"""Which font has a character: ours, then those of the machine, and never one that cannot be read."""

import shutil
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeboard.render import typefaces
from edgeboard.render.typefaces import BOLD, OWN, REGULAR, machine_fonts, path_for, read_typeface


def test_our_font_has_latin_greek_cyrillic_and_symbols_but_no_han():
    face = read_typeface(REGULAR)
    assert [char for char in "AzßřŐμΩжЩ€→✓☺…“„" if not face.has(char)] == []
    assert not face.has("漢")
    assert not face.has("\U0010ffff")


def test_both_fonts_and_their_licence_take_little_room():
    assert sum(path.stat().st_size for path in OWN.iterdir()) <= 400 * 1024
    assert "Bitstream" in (OWN / "LICENSE.txt").read_text()


def test_bold_letters_come_from_the_bold_font_and_what_it_lacks_from_the_plain_one():
    assert path_for("A", is_bold=True) == str(BOLD)
    assert not read_typeface(BOLD).has("☔")
    assert path_for("☔", is_bold=True) == str(REGULAR)


def cmap_12(first, last):
    table = struct.pack(">HHI", 12, 0, 28) + struct.pack(">II", 0, 1) + struct.pack(">III", first, last, 1)
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def font(cmap, outlines=b"glyf"):
    """As much of a font as is looked at."""
    head = struct.pack(">4sHHHH", b"\0\1\0\0", 2, 0, 0, 0)
    start = len(head) + 32
    tables = struct.pack(">4sIII", b"cmap", 0, start, len(cmap)) + struct.pack(">4sIII", outlines, 0, start, 0)
    return head + tables + cmap


def test_what_ours_lacks_comes_from_the_machine_if_it_has_it(tmp_path, monkeypatch):
    han = tmp_path / "Some Han.ttf"
    han.write_bytes(font(cmap_12(0x4E00, 0x9FFF)))
    (tmp_path / "Broken.ttf").write_bytes(b"\0\1\0\0 not a font")
    monkeypatch.setattr(typefaces, "MACHINE", (str(tmp_path),))
    monkeypatch.setattr(typefaces, "_looked_at", [])
    monkeypatch.setattr(typefaces, "_to_look_at", None)
    typefaces._elsewhere.cache_clear()
    assert path_for("漢") == str(han)
    assert path_for("字") == str(han)
    assert path_for("\U00013000") == str(REGULAR)  # nobody has it: a box of ours
    typefaces._elsewhere.cache_clear()


def test_plain_upright_fonts_are_looked_at_first(tmp_path):
    for name in ("A-BoldItalic.ttf", "B-Bold.ttf", "C.ttf", "Mono/D-Mono.otf", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [path.name for path in machine_fonts((str(tmp_path), str(tmp_path / "missing")))]
    assert found == ["C.ttf", "B-Bold.ttf", "D-Mono.otf", "A-BoldItalic.ttf"]


def test_pictures_of_letters_are_no_outlines(tmp_path):
    path = tmp_path / "emoji.ttf"
    path.write_bytes(font(cmap_12(0x1F600, 0x1F64F), outlines=b"CBDT"))
    assert read_typeface(path) is None


@pytest.mark.parametrize("cut", [0, 3, 11, 40, 60])
def test_a_font_that_is_cut_short_is_as_if_it_were_not_there(tmp_path, cut):
    path = tmp_path / "short.ttf"
    path.write_bytes(font(cmap_12(1, 2))[:cut])
    assert read_typeface(path) is None


@given(st.binary(max_size=80), st.integers(0, 3_000))
def test_a_font_with_wrong_bytes_raises_nothing(tmp_path_factory, noise, at):
    path = tmp_path_factory.getbasetemp() / "noise.ttf"
    shutil.copy(BOLD, path)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(noise)
    face = read_typeface(path)
    assert face is None or isinstance(face.has("A"), bool)


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ("漢字", "fonts-noto-cjk"),
        ("かな", "fonts-noto-cjk"),
        ("\U0001f9ea", "fonts-symbola"),
        ("\u0d05", "fonts-noto-core"),
    ],
)
def test_letters_that_no_font_has_are_named_with_a_package_that_has_them(said, package, monkeypatch):
    monkeypatch.setattr(typefaces, "_elsewhere", lambda character: None)
    assert typefaces.boxes_in(f"Tür {said}{said} →") == said
    assert package in typefaces.remedy_for(said)
    assert typefaces.boxes_in("Tür → ✓\u200f") == ""


def test_that_letters_are_boxes_is_told_once(monkeypatch, caplog):
    monkeypatch.setattr(typefaces, "_machine", lambda: iter(()))
    monkeypatch.setattr(typefaces, "_told", set())
    typefaces._elsewhere.cache_clear()
    try:
        for character in "漢字かな":
            path_for(character)
        (record,) = caplog.records
        assert "apt-get install fonts-noto-cjk" in record.getMessage()
    finally:
        typefaces._elsewhere.cache_clear()
