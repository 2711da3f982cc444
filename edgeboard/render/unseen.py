"""A panel without glass: others look at it in a browser."""

from typing import final

from edgeboard.render.values import Frame, PanelContext


@final
class Unseen:
    """A virtual panel; what it shows is followed from its frames, as that of any other panel."""

    def __init__(self, context: PanelContext) -> None:
        self.context = context

    def show(self, frame: Frame) -> None:
        """Nothing: no glass."""

    def close(self) -> None:
        """Nothing to give back."""
