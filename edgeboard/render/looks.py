"""What the marquee looks like, by level, theme and what a panel can show.

Colours are 0xRRGGBB. On panels of two levels, and of a few inks, only what they can show as it is; a critical bar is
inverse everywhere, so that it is told from the others without any colour.
"""

from dataclasses import dataclass
from typing import Final

from edgeboard.marquee.items import Level
from edgeboard.render.icons import ICONS
from edgeboard.render.values import PanelContext, PixelFormat

BLACK: Final = 0x000000
WHITE: Final = 0xFFFFFF
RED: Final = 0xFF0000
YELLOW: Final = 0xFFFF00

LEVEL_ICONS: Final = {Level.INFO: "info", Level.HEALTHY: "check", Level.WARNING: "warning", Level.CRITICAL: "critical"}


def badge_icon(level: Level, icon: str) -> str:
    """What stands in the badge: an item's own icon, but never where the badge warns of something."""
    return icon if icon in ICONS and level in (Level.INFO, Level.HEALTHY) else LEVEL_ICONS[level]


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a bar."""

    ground: int  # of the bar
    text: int
    line: int  # that parts it from the canvas
    badge: int  # the block at its beginning
    sign: int  # the icon in it
    soft: int  # what matters less: which page


_COLOURED: Final = {  # badge, sign, and the icon among text on paper and at night
    Level.INFO: (0x39424E, WHITE, 0x5B6673, 0x98A4B3),
    Level.HEALTHY: (0x1C7F47, WHITE, 0x1C7F47, 0x54C486),
    Level.WARNING: (0xF2A900, 0x1C1500, 0xB87700, 0xF7BD3C),
    Level.CRITICAL: (0x8E140C, WHITE, 0xC4261A, 0xFF7B70),
}


def look_of(context: PanelContext, level: Level) -> Look:
    """The look of a bar whose badge says this level; critical: that is all there is to show."""
    is_night = context.theme == "night"
    ink, ground = (WHITE, BLACK) if is_night else (BLACK, WHITE)
    if context.format in (PixelFormat.BWR, PixelFormat.BWRY):
        if level is Level.CRITICAL:
            return Look(RED, WHITE, RED, WHITE, RED, WHITE)
        badge = YELLOW if level is Level.WARNING and context.format is PixelFormat.BWRY else ink
        badge = RED if level is Level.WARNING and context.format is PixelFormat.BWR else badge
        return Look(ground, ink, ink, badge, BLACK if badge == YELLOW else ground if badge == ink else WHITE, ink)
    if not context.format.is_colour:
        if level is Level.CRITICAL:
            return Look(ink, ground, ink, ground, ink, ground)
        soft = ink if context.format is PixelFormat.GREY1 else 0x555555 if not is_night else 0xAAAAAA
        return Look(ground, ink, ink, ink, ground, soft)
    if level is Level.CRITICAL:
        return Look(0xC4261A, WHITE, 0xC4261A, 0x8E140C, WHITE, 0xFFD9D5)
    badge, sign, _, _ = _COLOURED[level]
    if is_night:
        return Look(0x17191D, 0xF2F4F7, 0x33373E, badge, sign, 0x98A4B3)
    return Look(0xFAFAF7, 0x1B1D21, 0xD9D9D2, badge, sign, 0x6B7480)


def icon_colour(context: PanelContext, level: Level, *, is_critical: bool) -> int:
    """Of the icon before a text; `is_critical`: in a critical bar."""
    look = look_of(context, Level.CRITICAL if is_critical else level)
    if is_critical or not context.format.is_colour or context.format in (PixelFormat.BWR, PixelFormat.BWRY):
        return look.text
    return _COLOURED[level][3 if context.theme == "night" else 2]
