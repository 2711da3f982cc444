"""Who draws on a panel: renderers as plug-ins, chosen by what the panel is.

A renderer is asked whether it supports a panel; of those that do, the one with the highest priority draws. Others may
bring their own in a package of theirs, under the entry-point group `edgeboard.renderers` (docs/renderers.md).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, runtime_checkable

from edgeboard.oplog.codec import Pen
from edgeboard.render.album import ReadBlob
from edgeboard.render.buffers import Pool
from edgeboard.render.scene import Sight
from edgeboard.render.surface import Surface
from edgeboard.render.tilecache import TileCache
from edgeboard.render.values import Area, PanelContext, View

GROUP: Final = "edgeboard.renderers"  # of entry points


@dataclass(frozen=True, slots=True)
class Means:
    """What a renderer may use."""

    read_blob: ReadBlob | None  # the bytes of an image, if they are here
    tiles: TileCache
    pool: Pool


Step = Area | Callable[[], object] | None  # of what paints, see `Artist.paint`


class Artist(Protocol):
    """Draws for one panel, on one surface as large as the panel; bars and notices are drawn there by others."""

    @property
    def surface(self) -> Surface: ...

    def paint(self, area: Area, view: View, items: Sequence[Sight]) -> Iterator[Step]:
        """Draw a part of a page from scratch: paper, then the items in their order.

        Args:
            area: of the panel, px; nothing changes outside of it.
            view: what the panel shows.
            items: all that reach into the area, in paint order.

        Returns:
            Yields where others may have a turn: there is little work between. It yields the part of the area that has
            just come onto the surface, so that ink under way can be drawn over it again, or None where nothing has;
            or something that takes long, such as reading an image, which whoever paints may call in another thread
            before they go on: nothing is drawn meanwhile. Whoever does not lets it happen when it is drawn. (Of
            renderers of others nothing is called: in a thread nobody could end it.)
        """
        ...

    def ink(
        self,
        view: View,
        pen: Pen,
        points: Sequence[tuple[float, float]],
        pressures: Sequence[float] | None,
        clip: Area | None = None,
    ) -> Area:
        """Draw the newest points of a pen over what is there, at once.

        Args:
            view: what the panel shows.
            pen: what is drawn with.
            points: px of the canvas.
            pressures: of the points, 0 .. 4095.
            clip: where px may change; None: everywhere.

        Returns:
            Where px may have changed; empty if nowhere.
        """
        ...

    def moved(self, before: View, after: View) -> list[Area]:
        """Show another part of the page: what is still seen is moved; returns what must be painted."""
        ...

    def pixels(self, area: Area, *, is_still: bool) -> bytes:
        """The px of an area as the panel's format shows them, `PixelFormat.channels` bytes each.

        Args:
            area: on the surface.
            is_still: nothing there will change soon: worth the best picture that there is.
        """
        ...


@runtime_checkable
class Renderer(Protocol):
    """Makes artists for the panels that it knows."""

    name: str
    priority: int  # the highest that supports a panel draws on it; ours have 0

    def supports(self, context: PanelContext) -> bool: ...

    def open(self, context: PanelContext, means: Means) -> Artist: ...


class Left(NamedTuple):
    """A renderer that cannot be used, and why."""

    name: str
    why: str


def checked(name: str, candidate: object) -> Renderer | Left:
    """A plug-in, made if it is a class, if it has all that a renderer has.

    Args:
        name: of the entry point.
        candidate: what stands behind it.
    """
    if isinstance(candidate, type):
        try:
            candidate = candidate()
        except TypeError as error:
            return Left(name, f"it cannot be made: {error}")
    if not isinstance(candidate, Renderer):
        missing = [part for part in ("name", "priority", "supports", "open") if not hasattr(candidate, part)]
        return Left(name, f"it has no {' and no '.join(missing)}")
    values: tuple[object, object] = candidate.name, candidate.priority
    if not isinstance(values[0], str) or type(values[1]) is not int:
        return Left(name, "its name is no text, or its priority no whole number")
    return candidate
