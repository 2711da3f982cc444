import pytest

from firmware_bridge.sim.pixels import unpack_words


@pytest.mark.parametrize(
    ("data", "bits", "is_big", "pixels"),
    [
        ("1234", 4, True, [17, 34, 51, 68]),
        ("1234", 4, False, [68, 51, 34, 17]),
        ("12345678", 4, False, [68, 51, 34, 17, 136, 119, 102, 85]),
        ("1bff", 2, True, [0, 85, 170, 255, 255, 255, 255, 255]),
        ("1b00", 2, False, [0, 0, 0, 0, 255, 170, 85, 0]),
        ("1234", 8, True, [0x12, 0x34]),
        ("1234", 8, False, [0x34, 0x12]),
        ("", 4, False, []),
    ],
)
def test_pixels_lie_in_words_from_either_end(data, bits, is_big, pixels):
    assert list(unpack_words(bytes.fromhex(data), bits, is_big=is_big)) == pixels
