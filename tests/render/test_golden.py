"""Every kind of item looks as it did when somebody looked at it: the golden sheets of `sheets.py`.

Ink, shapes and lines are the same to the bit. Letters and images come from the FreeType and the codecs of Pillow, whose
versions may differ by a little.
"""

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.render.sheets import GOLDEN, kinds, sheet

EXACT = ("stroke", "marker", "shape", "connector")
MEAN_MAX = 1.5  # of 255, of what versions of FreeType may differ by


@pytest.mark.parametrize("name", list(kinds()))
def test_an_item_looks_as_it_did(name):
    found = sheet(kinds()[name])
    golden = Image.open(GOLDEN / f"{name}.png").convert("RGB")
    apart = ImageChops.difference(found, golden)
    mean = max(ImageStat.Stat(apart).mean)
    remedy = "if that is meant: python -m tests.render.sheets, look at tests/render/golden, commit"
    if name in EXACT:
        assert apart.getbbox() is None, f"{name} differs within {apart.getbbox()}; {remedy}"
    assert mean <= MEAN_MAX, f"{name} differs by {mean:.2f} of 255; {remedy}"


def test_there_is_a_sheet_for_each_kind_and_no_other():
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(kinds())
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 200_000
