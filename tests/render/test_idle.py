"""The idle screen: a code that scans, words that fit, and nothing outside its area, on panels of every kind."""

import pytest
import segno

from edgeboard.render.idle import IdleFacts, draw_idle
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area, PanelContext, PixelFormat

URL = "http://192.168.178.42:8787/room/lobby"
MODULES = [list(row) for row in segno.make_qr(URL, error="m").matrix]
FACTS = IdleFacts("Meeting room", "lobby", URL, "3 boards together")
CONTEXTS = [
    PanelContext(800, 480, PixelFormat.GREY1),
    PanelContext(250, 122, PixelFormat.GREY1),
    PanelContext(480, 320, PixelFormat.RGB565),
    PanelContext(320, 480, PixelFormat.GREY4, theme="night"),
    PanelContext(480, 800, PixelFormat.BWR),
    PanelContext(128, 64, PixelFormat.GREY2),
]


def drawn(context, facts=FACTS, area=None, modules=MODULES):
    surface = Surface(context.width, context.height, context.format.channels)
    for _ in draw_idle(surface, area or surface.area, context, facts, modules):
        pass
    return surface


@pytest.mark.parametrize("context", CONTEXTS[:5], ids=lambda each: f"{each.width}x{each.height}-{each.format.value}")
def test_the_code_has_whole_px_and_every_module_of_its_address(context):
    surface, count = drawn(context), len(MODULES)
    channels = surface.channels
    dark = [
        [surface.pixels[(y * context.width + x) * channels] == 0 for x in range(context.width)]
        for y in range(context.height)
    ]
    found = []
    for scale in range(1, 20):
        side = scale * 7  # of a finder: the upper edge of the first one is a dark line of so many px, and no more
        for y in range(context.height - scale * count + 1):
            for x in range(context.width - scale * count + 1):
                if not (dark[y][x] and dark[y][x + side - 1]) or dark[y][x + side]:
                    continue
                middle = scale // 2
                if all(
                    dark[y + row * scale + middle][x + column * scale + middle] == bool(MODULES[row][column])
                    for row in range(count)
                    for column in range(count)
                ):
                    found.append((scale, x, y))
    assert len(found) >= 1, "nobody's phone would read this"


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: f"{each.width}x{each.height}-{each.format.value}")
def test_what_is_below_stays_to_the_marquee_and_the_same_facts_give_the_same_px(context):
    area = Area(0, 0, context.width, context.height - 20)
    surface = drawn(context, area=area)
    rest = bytes(surface.crop(Area(0, context.height - 20, context.width, 20)))
    assert rest == b"\xff" * len(rest)
    assert surface.pixels == drawn(context, area=area).pixels


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: f"{each.width}x{each.height}-{each.format.value}")
def test_whatever_it_is_called_it_stays_on_the_panel(context):
    margin = max(1, min(context.width, context.height) // 40)
    long = IdleFacts(
        "Wordsworth " * 9, "r" * 64, URL + "x" * 60, "No other board since yesterday " * 3, False, "123456"
    )
    surface = drawn(context, long)
    paper = surface.crop(Area(0, 0, 1, 1))
    right = surface.crop(Area(context.width - margin, 0, margin, context.height))
    if context.format not in (PixelFormat.GREY4, PixelFormat.RGB565):  # those have dots up to the edge
        assert right == paper * (len(right) // len(paper)), "letters run out of the panel"


def test_each_fact_is_to_be_seen():
    context = CONTEXTS[0]
    said = [
        FACTS,
        FACTS._replace(name="Kitchen"),
        FACTS._replace(room="hall"),
        FACTS._replace(url="http://10.0.0.2:8787/room/lobby"),
        FACTS._replace(state="No other board since 14:05"),
        FACTS._replace(is_well=False),
        FACTS._replace(pin="123456"),
    ]
    assert len({bytes(drawn(context, facts).pixels) for facts in said}) == len(said)
    assert drawn(context, FACTS._replace(url=""), modules=[]).pixels != drawn(context).pixels


SMALL = [
    (128, 64),
    (200, 96),
    (250, 122),
    (296, 128),
    (122, 250),
    (170, 170),
    (200, 200),
    (240, 240),
    (320, 240),
    (400, 180),
]
SAID = [
    FACTS,
    FACTS._replace(pin="123456", state="No other board since 14:05", is_well=False),
    FACTS._replace(name="Donaudampfschifffahrt"),
    FACTS._replace(url="", advice="Nobody else can come in. To let them: edgeboard run --listen 0.0.0.0:8787"),
]


@pytest.mark.parametrize("size", SMALL, ids=str)
@pytest.mark.parametrize("format", [PixelFormat.GREY1, PixelFormat.GREY4])
@pytest.mark.parametrize("bar", [0, 20])
def test_no_words_stand_on_others_however_small_a_panel_is(size, format, bar, monkeypatch):
    written = []
    mask = Surface.mask
    monkeypatch.setattr(
        Surface, "mask", lambda self, where, *rest, **more: (written.append(where), mask(self, where, *rest, **more))
    )
    context = PanelContext(*size, format)
    area = Area(0, 0, size[0], size[1] - bar)
    for facts in SAID:
        written.clear()
        drawn(context, facts, area, MODULES if facts.url else [])
        assert written, "nothing is said"
        for at, where in enumerate(written):
            assert where.meet(area) == where, f"{facts}: {where} is cut off at the edge"
            for other in written[:at]:
                assert where.meet(other).is_empty, f"{facts}: {where} stands on {other}"


def test_a_small_panel_gives_its_code_as_much_room_as_there_is():
    surface = drawn(PanelContext(128, 64, PixelFormat.GREY1))
    pixels = bytes(surface.pixels)
    rows = [pixels[y * 128 : y * 128 + 62] for y in range(64)]
    dark = [y for y, row in enumerate(rows) if 0 in row]
    assert dark[-1] - dark[0] + 1 == 2 * len(MODULES), "its modules are not two px wide"


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: f"{each.width}x{each.height}-{each.format.value}")
def test_it_is_drawn_in_steps_that_give_what_drawing_at_once_gives(context):
    surface = Surface(context.width, context.height, context.format.channels)
    pictures = [bytes(surface.pixels) for _ in draw_idle(surface, surface.area, context, FACTS, MODULES)]
    assert len(set(pictures)) >= 4, "nearly all is drawn in one step, while pens wait"
    assert surface.pixels == drawn(context).pixels
