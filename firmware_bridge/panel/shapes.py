"""Pictures as filled rectangles, for panels that draw and take no pixels.

Few rectangles rather than the fewest: px that have the right grey already may be painted again where that makes a
rectangle larger. Rows are integers, bit x for px x, so that a run is a few operations however long it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from firmware_bridge.panel import frame
from firmware_bridge.panel.values import Rect

Shape = tuple[int, Rect]  # a grey, 0 .. 255, and where

FEW = 12  # rectangles: below, other ways are not looked for


@dataclass(frozen=True, slots=True)
class Drawing:
    """How to come from one picture to another."""

    clears: bool  # the panel is made white first
    cost: int  # rectangles, roughly
    shapes: Iterator[Shape]  # in this order; found while they are taken


def plan(rect: Rect, before: bytes | None, after: bytes) -> Drawing:
    """The cheaper of painting what differs, and of painting on white.

    Args:
        rect: where, on the panel.
        before: 8-bit grey that stands there; None: unknown, and the panel is cleared.
        after: 8-bit grey that is wanted, in the panel's levels.
    """
    white = bytes([frame.WHITE]) * rect.area
    if before is None:
        return Drawing(True, *_paint(rect, white, after))
    differs = frame.changed(rect, before, after)
    if not differs.area:
        return Drawing(False, 0, iter(()))
    before, after = (_crop(rect, pixels, differs) for pixels in (before, after))
    cost, shapes = _paint(differs, before, after)
    if cost > FEW:
        on_white, others = _paint(differs, bytes([frame.WHITE]) * differs.area, after)
        if on_white + 1 < cost:
            return Drawing(False, on_white + 1, _begin_white(differs, others))
    return Drawing(False, cost, shapes)


def cover(wanted: list[int], allowed: list[int]) -> Iterator[Rect]:
    """Rectangles that hold every px of `wanted` and none outside `allowed`; both a list of rows, bit x for px x.

    The uppermost px that is left begins a rectangle: the widest run it lies in, then fewer px of more rows; that which
    holds most of what is left is taken.
    """
    left = [row & may for row, may in zip(wanted, allowed, strict=True)]
    for top in range(len(left)):
        while left[top]:
            rect = _best_from(top, left, allowed)
            mask = ((1 << rect.w) - 1) << rect.x
            for y in range(rect.y, rect.y + rect.h):
                left[y] &= ~mask
            yield rect


def _best_from(top: int, left: list[int], allowed: list[int]) -> Rect:
    at = (left[top] & -left[top]).bit_length() - 1  # the leftmost px that is left
    start, end = _run(allowed[top], at)
    best, most = Rect(at, top, 1, 1), 0
    y = top
    while True:
        y += 1
        mask = ((1 << end - start) - 1) << start
        if y < len(left) and allowed[y] & mask == mask:
            continue
        held = [left[row] & mask for row in range(top, y)]
        count = sum(row.bit_count() for row in held)
        if count > most:
            best, most = _trim(start, end, top, held), count
        if y == len(left) or not allowed[y] >> at & 1:
            return best
        narrow, wide = _run(allowed[y], at)
        start, end = max(start, narrow), min(end, wide)


def _trim(start: int, end: int, top: int, held: list[int]) -> Rect:
    """Without edges that hold nothing that is left."""
    columns, rows = 0, 0
    for number, row in enumerate(held, 1):
        columns |= row
        rows = number if row else rows
    first = (columns & -columns).bit_length() - 1
    return Rect(first, top, columns.bit_length() - first, rows)


def _run(row: int, at: int) -> tuple[int, int]:
    """Where the run of ones around bit `at` begins, and where it has ended."""
    above = row >> at
    end = at + (~above & above + 1).bit_length() - 1
    gaps = ~row & (1 << at) - 1
    return gaps.bit_length(), end


def _paint(rect: Rect, before: bytes, after: bytes) -> tuple[int, Iterator[Shape]]:
    greys = sorted(set(after), reverse=True)
    layers = []
    cost = 0
    for grey in greys:
        stands, wanted = _rows(before, rect.w, grey), _rows(after, rect.w, grey)
        missing = [want & ~stand for want, stand in zip(wanted, stands, strict=True)]
        if any(missing):
            layers.append((grey, missing, wanted))
            cost += 1 + _count_runs(missing)
    return cost, _fill(rect, layers)


def _fill(rect: Rect, layers: list[tuple[int, list[int], list[int]]]) -> Iterator[Shape]:
    for grey, missing, wanted in layers:
        for part in cover(missing, wanted):
            yield grey, Rect(rect.x + part.x, rect.y + part.y, part.w, part.h)


def _begin_white(rect: Rect, shapes: Iterator[Shape]) -> Iterator[Shape]:
    yield frame.WHITE, rect
    yield from shapes


def _count_runs(rows: list[int]) -> int:
    """Runs that do not begin below another's beginning."""
    count = above = 0
    for row in rows:
        begins = row & ~(row << 1)
        count += (begins & ~above).bit_count()
        above = begins
    return count


def _rows(pixels: bytes, width: int, grey: int) -> list[int]:
    """Where a grey stands."""
    table = bytearray(b"0" * 256)
    table[grey] = ord("1")
    digits = pixels.translate(table)[::-1]
    return [int(digits[end - width : end], 2) for end in range(len(digits), 0, -width)]


def _crop(rect: Rect, pixels: bytes, part: Rect) -> bytes:
    first = (part.y - rect.y) * rect.w + part.x - rect.x
    return b"".join([pixels[at : at + part.w] for at in range(first, first + part.h * rect.w, rect.w)])
