"""The renderers of this board: the one that comes with edgeboard, and those that other packages bring.

A plug-in that cannot be loaded, or lacks something, is left out with one line in the log; boards without plug-ins load
nothing for them.
"""

import logging
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edgeboard.node.guarding import ENDINGS, Guarded, text_of
from edgeboard.render.album import ReadBlob
from edgeboard.render.buffers import Pool
from edgeboard.render.painter import SCRATCH_BYTES, House, Painter
from edgeboard.render.renderers import GROUP, Left, Means, Renderer, checked
from edgeboard.render.tilecache import TileCache
from edgeboard.render.values import PanelContext

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

TILES_SHARE: Final = 1.5  # of the px of a panel, in bytes: the budget of its tiles
SPARE_SHARE: Final = 0.25  # likewise, of buffers that wait, beside the one that is drawn on


if (
    find_spec("PIL") is None
):  # loaded with the first letter, but whoever lacks it should hear of it with the first panel
    raise ImportError("panels are drawn with Pillow, which is not installed")

_log = logging.getLogger(__name__)


@cache
def load_renderers() -> tuple[Renderer, ...]:
    """All renderers there are, looked for once."""
    found: list[Renderer] = [House()]
    for entry in _plug_ins(sys.path):
        try:
            made = checked(entry.name, entry.load())
        except (Exception, *ENDINGS) as error:  # somebody else's code, whatever it does
            made = Left(entry.name, f"it cannot be loaded: {text_of(error)}")
        if isinstance(made, Left):
            _log.warning("the renderer %s is left out: %s", made.name, made.why)
        else:
            found.append(made)
    return tuple(found)


def _plug_ins(folders: Sequence[str]) -> "Iterable[EntryPoint]":
    """The entry points of renderers. What reads them takes 0.4 MiB, so it is first looked whether any are there."""
    if not any(_offers_renderers(file) for folder in folders for file in Path(folder).glob("*-info/entry_points.txt")):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _offers_renderers(file: Path) -> bool:
    try:
        return f"[{GROUP}]".encode() in file.read_bytes()
    except OSError:
        return False


def open_artist(
    context: PanelContext, read_blob: ReadBlob | None = None, *, without_plug_ins: bool = False
) -> Painter | Guarded:
    """Who draws on a panel: of the renderers that support it the one with the highest priority that opens.

    Args:
        context: of the panel.
        read_blob: the bytes of an image, if they are here.
        without_plug_ins: what comes with edgeboard draws, whatever others support.
    """
    found = (House(),) if without_plug_ins else load_renderers()
    for renderer in sorted(found, key=lambda each: (-each.priority, each.name)):
        size = context.width * context.height * context.format.channels
        pool = Pool(SCRATCH_BYTES + int(SPARE_SHARE * size))
        try:
            means = Means(read_blob, TileCache(pool, int(TILES_SHARE * size)), pool)
            if type(renderer) is House:
                return renderer.open(context, means)
            if renderer.supports(context):
                return Guarded(renderer.name, renderer.open(context, means), context)
        except (Exception, *ENDINGS) as error:
            if type(renderer) is House:
                raise
            _log.warning("the renderer %s cannot draw on a panel: %s", renderer.name, text_of(error))
    raise AssertionError("the renderer of edgeboard supports every panel")
