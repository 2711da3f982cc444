"""Every kind of item looks as it did when somebody looked at it: the golden sheets of `sheets.py`.

Of ink, shapes and lines a px may differ by what nobody sees, where a kernel becomes quicker. Letters and images come
from the FreeType and the codecs of Pillow, whose versions differ by a little more.
"""

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.render.sheets import GOLDEN, kinds, sheet

OURS = ("stroke", "marker", "shape", "connector")
MEAN_MAX = {True: 0.1, False: 1.5}  # of 255, over a sheet: of what is drawn by our kernels alone, and of what is not


@pytest.mark.parametrize("name", list(kinds()))
def test_an_item_looks_as_it_did(name):
    found = sheet(kinds()[name])
    golden = Image.open(GOLDEN / f"{name}.png").convert("RGB")
    apart = ImageChops.difference(found, golden)
    mean = max(ImageStat.Stat(apart).mean)
    remedy = "if that is meant: python -m tests.render.sheets, look at tests/render/golden, commit"
    assert mean <= MEAN_MAX[name in OURS], f"{name} differs by {mean:.2f} of 255, within {apart.getbbox()}; {remedy}"


def test_there_is_a_sheet_for_each_kind_and_no_other():
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(kinds())
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 200_000
