"""How an element of Excalidraw is painted, in the words of the canvas: colours by number, one opacity, a width."""

from typing import Final, final

from edgeboard.interchange.colours import Css, number_of, read_css
from edgeboard.interchange.drawing import Notes
from edgeboard.interchange.scene import Element
from edgeboard.render.figures import LINE_WIDTH_MAX

WIDTH_LEAST: Final = 0.125  # px
BLACK: Final = Css(0x1E1E1E)


@final
class Look:
    """How an element is painted."""

    def __init__(self, element: Element, notes: Notes) -> None:
        stroke = _colour(element, "strokeColor", "#1e1e1e", notes)
        fill = _colour(element, "backgroundColor", "transparent", notes)
        self.line = stroke.alpha > 0
        self.fill = number_of(fill.rgb) if fill.alpha > 0 else None
        self.colour = number_of(stroke.rgb) if self.line or self.fill is None else self.fill
        self.width = min(LINE_WIDTH_MAX, max(WIDTH_LEAST, element.number_of("strokeWidth", 2.0)))
        alpha = stroke.alpha if self.line else fill.alpha
        self.opacity = min(1.0, max(0.0, element.number_of("opacity", 100.0) / 100)) * alpha
        if self.fill is not None and self.line and fill.alpha != stroke.alpha:
            notes.add("fills that are more transparent than their lines", "an item has one opacity")

    @property
    def is_seen(self) -> bool:
        return self.line or self.fill is not None


def _colour(element: Element, name: str, otherwise: str, notes: Notes) -> Css:
    text = element.text(name, otherwise)
    found = read_css(text)
    if found is None:
        notes.add("colours", f"{text[:24]!r} is not understood; black stands for it")
    return found or BLACK
