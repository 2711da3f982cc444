"""Images inside drawings."""

import math

import pytest

from edgeboard.canvas.images import IMAGE_BYTES_MAX
from edgeboard.interchange.pictures import from_data_url, mirrored, pose_of_image, to_data_url, why_not
from tests.interchange.scenes import PNG


def test_a_data_url_goes_both_ways():
    assert to_data_url(PNG).startswith("data:image/png;base64,")
    assert from_data_url(to_data_url(PNG)) == PNG


@pytest.mark.parametrize(
    "url", [None, 5, "", "http://x/", "data:image/png,abc", "data:image/png;base64", "data:;base64,*"]
)
def test_what_is_no_data_url_is_none(url):
    assert from_data_url(url) is None


def test_what_cannot_be_shown_is_said():
    assert why_not(PNG) is None
    assert why_not(None) == "their files are not in the drawing"
    assert "PNG" in why_not(b"<svg/>")
    assert "2 MiB" in why_not(PNG + bytes(IMAGE_BYTES_MAX))


@pytest.mark.parametrize(
    ("scale", "expected"),
    [((1, 1), (0, False)), ((-1, 1), (0, True)), ((1, -1), (math.pi, True)), ((-1, -1), (math.pi, False))],
)
def test_upside_down_is_a_half_turn(scale, expected):
    angle, is_mirrored = pose_of_image(0.0, *scale)
    assert (angle, is_mirrored) == (pytest.approx(expected[0], abs=1e-5), expected[1])


def test_a_mirrored_image_lies_in_its_box():
    flip = mirrored(0.0, 50, 20)
    assert flip.apply(40, 15) == (60, 15)
    assert mirrored(1.0, 50, 20).apply(50, 20) == pytest.approx((50, 20))
