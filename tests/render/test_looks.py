import pytest

from edgeboard.marquee.items import Level
from edgeboard.render.dither import dither
from edgeboard.render.looks import badge_icon, icon_colour, look_of
from edgeboard.render.surface import Surface, grey_of
from edgeboard.render.values import PanelContext, PixelFormat

CONTEXTS = [PanelContext(100, 100, format, theme=theme) for format in PixelFormat for theme in ("paper", "night")]


def contrast(one, other):
    """WCAG 2.1 contrast of two colours."""

    def luminance(colour):
        parts = [(colour >> shift & 255) / 255 for shift in (16, 8, 0)]
        r, g, b = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: f"{context.format.value} {context.theme}")
@pytest.mark.parametrize("level", Level)
def test_text_and_signs_can_be_read(context, level):
    look = look_of(context, level)
    is_bold = level is Level.CRITICAL  # and large: 3 is enough then
    assert contrast(look.text, look.ground) >= (3 if is_bold else 4.5)
    assert contrast(look.sign, look.badge) >= 3
    assert contrast(look.soft, look.ground) >= 3
    assert contrast(icon_colour(context, level, is_critical=level is Level.CRITICAL), look.ground) >= 3


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: f"{context.format.value} {context.theme}")
def test_critical_is_told_from_all_others_by_its_ground(context):
    critical = look_of(context, Level.CRITICAL)
    for level in (Level.INFO, Level.HEALTHY, Level.WARNING):
        other = look_of(context, level)
        assert abs(grey_of(critical.ground) - grey_of(other.ground)) > 40


FEW = [context for context in CONTEXTS if context.format.levels < 16 or context.format.value.startswith("bwr")]


@pytest.mark.parametrize("context", FEW, ids=lambda context: f"{context.format.value} {context.theme}")
@pytest.mark.parametrize("level", Level)
def test_panels_of_few_levels_are_given_what_they_can_show_as_it_is(context, level):
    look = look_of(context, level)
    for colour in (look.ground, look.text, look.line, look.badge, look.sign, look.soft):
        surface = Surface(16, 16, context.format.channels)
        surface.fill(colour)
        shown = dither(surface, surface.area, context.format, is_still=False)
        assert shown == bytes(surface.pixels), f"{colour:06x} is speckled"


def test_an_icon_of_an_items_own_never_hides_that_it_warns():
    assert badge_icon(Level.INFO, "drop") == badge_icon(Level.HEALTHY, "drop") == "drop"
    assert badge_icon(Level.INFO, "nosuch") == "info"
    assert badge_icon(Level.WARNING, "drop") == "warning"
    assert badge_icon(Level.CRITICAL, "drop") == "critical"
