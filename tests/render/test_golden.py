"""Every kind of item looks as it did when somebody looked at it: the golden sheets of `sheets.py`.

Of ink, shapes and lines every bit is the same, drawn by the kernels in C and by their twins in Python. Letters and
images come from the FreeType and the codecs of Pillow, whose versions differ by a little.
"""

import pytest
from PIL import Image, ImageChops, ImageStat

from edgeboard._native.twins import remedy
from edgeboard.canvas import refine
from edgeboard.render import dither, strokes, surface
from tests.render.sheets import GOLDEN, kinds, sheet

OURS = ("stroke", "marker", "shape", "connector")
MEAN_MAX = 1.5  # of 255, over a sheet, of what is not drawn by our kernels alone
REMEDY = "if that is meant: python -m tests.render.sheets, look at tests/render/golden, commit"


@pytest.fixture(params=["C", "Python"])
def twin(request, monkeypatch):
    """Draws with the kernels, or with what takes their place where there are none."""
    for module in (dither, strokes, surface, refine):
        if request.param == "Python":
            monkeypatch.setattr(module, "kernel", None)
        elif module.kernel is None:
            pytest.skip(f"the C kernels do not run: {remedy()}")


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize("name", OURS)
def test_what_is_drawn_by_us_alone_is_bit_for_bit_what_it_was(name):
    found = sheet(kinds()[name])
    golden = Image.open(GOLDEN / f"{name}.png").convert("RGB")
    apart = ImageChops.difference(found, golden)
    assert found.tobytes() == golden.tobytes(), f"{name} differs within {apart.getbbox()}; {REMEDY}"


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize("name", [name for name in kinds() if name not in OURS])
def test_letters_and_images_look_as_they_did(name):
    found = sheet(kinds()[name])
    golden = Image.open(GOLDEN / f"{name}.png").convert("RGB")
    apart = ImageChops.difference(found, golden)
    mean = max(ImageStat.Stat(apart).mean)
    assert mean <= MEAN_MAX, f"{name} differs by {mean:.2f} of 255, within {apart.getbbox()}; {REMEDY}"


def test_there_is_a_sheet_for_each_kind_and_no_other():
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(kinds())
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 200_000
