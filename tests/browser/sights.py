"""Pictures of the page beside those that somebody has looked at and found good: tests/browser/looks/*.png.

Two pictures are told apart at a quarter of their size, so that a hair's breadth of smoothing is no difference and a
missing button is. `EDGEBOARD_LOOKS=renew ./dev test tests/browser/test_looks.py` takes them anew: look at them before
you commit them.
"""

import base64
import os
from pathlib import Path

LOOKS = Path(__file__).parent / "looks"
TOLERANCE = 0.004  # share of the cells that may differ
IS_RENEWED = os.environ.get("EDGEBOARD_LOOKS") == "renew"

# The share of cells (4 x 4 px) of two PNG files whose colours differ visibly, 1 if the sizes differ.
DIFFERENCE = """async (sources) => {
    const [one, two] = await Promise.all(sources.map(async (source) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
        const [width, height] = [bitmap.width, bitmap.height];
        const context = new OffscreenCanvas(width >> 2, height >> 2).getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(bitmap, 0, 0, width >> 2, height >> 2);
        return { width, height, data: context.getImageData(0, 0, width >> 2, height >> 2).data };
    }));
    if (one.width !== two.width || one.height !== two.height) return 1;
    let other = 0;
    for (let at = 0; at < one.data.length; at += 4) {
        const apart = [0, 1, 2].map((channel) => Math.abs(one.data[at + channel] - two.data[at + channel]));
        if (Math.max(...apart) > 24) other += 1;
    }
    return other / (one.data.length / 4);
}"""


def difference(page, one, two):
    """The share of two pictures (PNG bytes) that looks different: 0 .. 1; `page` is an empty one to compare in."""
    return page.evaluate(DIFFERENCE, [base64.b64encode(picture).decode() for picture in (one, two)])


def check(page, name, picture, artifacts):
    """Whether a picture looks as it did; the new one is among the artifacts."""
    (artifacts / f"{name}.png").write_bytes(picture)
    known = LOOKS / f"{name}.png"
    if IS_RENEWED:
        known.write_bytes(picture)
    assert known.exists(), f"nobody has looked at {name} yet: EDGEBOARD_LOOKS=renew, and look at {known.name}"
    share = difference(page, known.read_bytes(), picture)
    assert share <= TOLERANCE, (
        f"{share:.2%} of {name} looks different: compare {artifacts / name}.png with {known}; "
        "if it is meant so, take it anew with EDGEBOARD_LOOKS=renew"
    )
