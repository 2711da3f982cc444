"""A page of a canvas as SVG text: the same outlines as on every board, nothing from outside, the same bytes always."""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.document import Document
from edgeboard.canvas.geometry import IDENTITY, NOWHERE, Rectangle, around_runs
from edgeboard.canvas.ink import MARKER_OPACITY, PAGE_COLOUR
from edgeboard.canvas.items import Item
from edgeboard.canvas.structure import painted_items
from edgeboard.oplog.codec import TOOL_MAX
from edgeboard.render.album import Album, ReadBlob
from edgeboard.render.figures import Picture, css, figure, opacity_of
from edgeboard.render.outline import fill_path, line_path, number, radius_of
from edgeboard.render.strokes import ink_of, transform_of

MARGIN: Final = 16.0  # px around what is drawn
EMPTY: Final = Rectangle(0, 0, 800, 600)  # what an empty page shows
FAR: Final = 1e9  # px: an item that ends beyond it is not drawn, the rest of the picture would be a dot
MARKER: Final = TOOL_MAX


def render_svg(document: Document, page: int = 0, *, margin: float = MARGIN, read_blob: ReadBlob | None = None) -> str:
    """The live items of one page, in paint order."""
    return render_items(painted_items(document), page, margin=margin, read_blob=read_blob)


def render_items(
    items: Iterable[Item],
    page: int = 0,
    *,
    margin: float = MARGIN,
    paper: bool = True,
    read_blob: ReadBlob | None = None,
) -> str:
    """The same from items that `painted_items` took off a document: they are values, so this may run in a thread.

    Args:
        paper: whether the white page is behind what is drawn.
        read_blob: the bytes of an image, if they are here; without it, images are frames.
    """
    album = Album(read_blob)
    pictures = [picture for item in items if item.page == page for picture in _pictures(item, album)]
    box = NOWHERE
    for picture in pictures:
        box = box.union(picture.box)
    box = EMPTY if box.is_empty else box.inflated(margin).outward()
    x, y, width, height = (number(value) for value in (box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0))
    sheet = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#{PAGE_COLOUR:06x}"/>'
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="{x} {y} {width} {height}">',
            *([sheet] if paper else []),
            *(picture.svg for picture in pictures),
            "</svg>\n",
        )
    )


def box_of(item: Item) -> Rectangle:
    """The box around what an item shows, px; empty if there is nothing."""
    box = NOWHERE
    for picture in _pictures(item, Album(None)):
        box = box.union(picture.box)
    return box


def _pictures(item: Item, album: Album) -> Iterator[Picture]:
    """The picture of an item, if it has one."""
    picture = _stroke(item) if item.type == ItemType.STROKE else figure(item, album.embed)
    if picture is None:
        return
    transform = transform_of(item)
    if transform != IDENTITY:
        matrix = " ".join(f"{value:.9g}" for value in transform.to_list())
        picture = Picture(f'<g transform="matrix({matrix})">{picture.svg}</g>', transform.rectangle(picture.box))
    box = picture.box
    if not box.is_empty and all(isfinite(edge) and abs(edge) <= FAR for edge in (box.x0, box.y0, box.x1, box.y1)):
        yield picture


def _stroke(item: Item) -> Picture | None:
    """Its ink, if there is any left."""
    ink = ink_of(item)
    if ink is None:
        return None
    pen, opacity, drawn = ink
    attributes = opacity_of(opacity * (MARKER_OPACITY if pen.tool == MARKER else 1.0))
    radius = radius_of(drawn)
    if radius is None:
        svg = f'<path d="{fill_path(drawn)}" fill="{css(pen.colour)}"{attributes}/>'
    else:
        svg = (
            f'<path d="{line_path(drawn)}" fill="none" stroke="{css(pen.colour)}" stroke-width="{number(2 * radius)}" '
            f'stroke-linecap="round" stroke-linejoin="round"{attributes}/>'
        )
    return Picture(svg, around_runs(drawn))
