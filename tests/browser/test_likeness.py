"""The same picture in a browser and on a panel: handwriting as it was recorded, drawn by its canvas and by us."""

from PIL import Image

from edgeboard.canvas.bodies import ItemType
from edgeboard.cli.drawing import read_recording
from edgeboard.ids import OpId
from edgeboard.interchange import pen
from edgeboard.render.values import PixelFormat, View
from tests.browser.test_picture import INK, RECORDING
from tests.crash.hosted import HostedGuest
from tests.render.likeness import compare
from tests.render.sheets import item, shown

X, Y, WIDTH, HEIGHT = 130, 150, 800, 300  # of the window, where nothing but ink is


def test_handwriting_looks_the_same_in_a_browser_and_on_a_panel(boards, room, invite, loop, artifacts, eventually):
    ana = invite(boards[0], "Ana").live()
    scribe = HostedGuest(loop, boards[0].state, 1, name="Scribe", room=room)
    eventually(lambda: scribe.is_linked)
    recorded = [pen.moved(each.stroke, 0, INK.dy) for each in read_recording(RECORDING)]
    for stroke in recorded:
        scribe.write(stroke, INK)
    ana.sees(len(recorded))
    theirs = on_paper(ana.pixels(X, Y, WIDTH, HEIGHT))
    ours = shown([written(stroke) for stroke in recorded], PixelFormat.XRGB8888, View(X, Y, 1.0), (WIDTH, HEIGHT))
    theirs.save(artifacts / "handwriting-browser.png")
    ours.save(artifacts / "handwriting-panel.png")
    found = compare(theirs, ours)
    assert found.px > 5_000
    assert found.is_within_tolerance, found


def on_paper(pixels):
    """What a canvas holds, red, green, blue and alpha, on white."""
    sheet = Image.new("RGBA", (WIDTH, HEIGHT))
    sheet.putdata(pixels)
    paper = Image.new("RGBA", sheet.size, "white")
    paper.alpha_composite(sheet)
    return paper.convert("RGB")


def written(stroke):
    """The item that `HostedGuest.write` logs."""
    parts = [pen.part(stroke, *part) for part in pen.pieces(stroke)]
    bodies = [pen.body(part, INK, OpId(1) if at else None, at) for at, part in enumerate(parts)]
    return item(ItemType.STROKE, *(body.payload for body in bodies))
