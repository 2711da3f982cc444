import zlib

import pytest

from firmware_bridge.panel.values import Rect
from firmware_bridge.sim.glass import A2, DU, GC16, GL16, INIT, Glass, encode_png

WHOLE = Rect(0, 0, 20, 10)
BLACK, WHITE = bytes(200), bytes([255]) * 200


@pytest.fixture
def glass():
    return Glass(20, 10)


def show(glass, pixels, waveform, rect=WHOLE):
    glass.on_timer(glass.refresh(rect, pixels, waveform, 0.0))


def test_a_refresh_is_seen_when_its_waveform_has_ended(glass):
    assert glass.refresh(WHOLE, BLACK, GC16, 10.0) == 10.45
    glass.on_timer(10.44)
    assert bytes(glass.seen) == WHITE
    glass.on_timer(10.45)
    assert bytes(glass.seen) == BLACK
    assert glass.busy_until is None
    assert glass.by_waveform == {"GC16": 1}


@pytest.mark.parametrize("waveform", [DU, A2, GL16])
def test_what_is_erased_without_a_flash_leaves_a_ghost_that_a_flash_removes(glass, waveform):
    show(glass, BLACK, GC16)
    show(glass, WHITE, waveform)
    assert bytes(glass.target) == WHITE
    assert all(200 < grey < 255 for grey in glass.seen)
    assert glass.ghosts() == 200
    show(glass, WHITE, GC16)
    assert bytes(glass.seen) == WHITE
    assert glass.ghosts() == 0


def test_a_ghost_does_not_go_by_asking_for_the_same_again(glass):
    show(glass, BLACK, GC16)
    show(glass, WHITE, DU)
    before = bytes(glass.seen)
    show(glass, WHITE, DU)
    assert bytes(glass.seen) == before


def test_init_makes_white_of_anything(glass):
    show(glass, BLACK, INIT)
    assert bytes(glass.seen) == bytes(glass.target) == WHITE


def test_du_knows_black_and_white_only(glass):
    show(glass, bytes([100, 180] * 100), DU)
    assert bytes(glass.target) == bytes([0, 255] * 100)


def test_a2_leaves_what_was_grey_halfway(glass):
    show(glass, bytes([128]) * 200, GC16)
    show(glass, BLACK, A2)
    assert set(glass.seen) == {64}
    show(glass, BLACK, GC16)
    show(glass, WHITE, A2)
    assert set(glass.seen) == {255 * 14 // 16}


def test_only_the_rectangle_is_driven(glass):
    show(glass, bytes(12), GC16, Rect(3, 2, 4, 3))
    rows = [bytes(glass.seen[y * 20 : y * 20 + 20]) for y in range(10)]
    inked = b"\xff" * 3 + bytes(4) + b"\xff" * 13
    assert rows == [WHITE[:20]] * 2 + [inked] * 3 + [WHITE[:20]] * 5


def test_a_blend_is_what_arithmetic_says(glass):
    old, new = bytes(range(200)), bytes((7 * n + 3) % 256 for n in range(200))
    show(glass, old, GC16)
    show(glass, new, GL16)
    expected = [n if n == o else (n * 14 + o * 2) // 16 for n, o in zip(new, old, strict=True)]
    assert list(glass.seen) == expected


def test_power_that_goes_in_mid_waveform_leaves_it_halfway(glass):
    glass.refresh(WHOLE, BLACK, DU, 0.0)
    glass.interrupt()
    assert set(glass.seen) == {127}
    assert glass.refreshes == 0
    assert glass.ghosts() == 200
    glass.refresh(WHOLE, BLACK, GC16, 1.0)
    glass.interrupt()
    assert set(glass.seen) == {63}


@pytest.mark.parametrize("rect", [Rect(15, 0, 10, 1), Rect(-1, 0, 2, 5), Rect(0, 9, 1, 2), Rect(0, 0, 0, 0)])
def test_pixels_that_are_not_on_the_panel_are_refused(glass, rect):
    with pytest.raises(ValueError, match="px for Rect"):
        glass.refresh(rect, bytes(rect.area), GC16, 0.0)


def test_two_waveforms_at_once_are_refused(glass):
    glass.refresh(WHOLE, BLACK, GC16, 0.0)
    with pytest.raises(ValueError, match="running"):
        glass.refresh(WHOLE, BLACK, GC16, 0.1)


def test_the_picture_is_a_grey_png_of_what_is_seen(glass):
    show(glass, bytes(range(200)), GC16)
    png = glass.png()
    assert png.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x14\0\0\0\n\x08\0\0\0\0")
    size = int.from_bytes(png[33:37], "big")
    rows = zlib.decompress(png[41 : 41 + size])
    assert [rows[y * 21] for y in range(10)] == [0] * 10
    assert b"".join(rows[y * 21 + 1 : y * 21 + 21] for y in range(10)) == bytes(glass.seen)
    assert png.endswith(b"\0\0\0\0IEND\xaeB`\x82")


def test_a_png_has_no_more_rows_than_pixels():
    assert zlib.decompress(encode_png(b"\1\2\3\4\5\6", 3, 2)[41:-16]) == b"\0\1\2\3\0\4\5\6"
