"""Who links to whom, as a picture: boards on a circle, their links as lines.

The page and the command line show the same. Everything is said by attributes of the elements, so that a file looks
right by itself; classes let a page of ours give it the colours of its own light.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import Final

LABELLED_MAX: Final = 12  # boards, up to which each link says how long an answer takes
TIMES_MAX: Final = 15  # links, up to which all say it; of more, those of the board where the picture was taken
ALONG: Final = (0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.5)  # of a line, where its time may stand; crossings are in the middle
CLEAR: Final = 14.0  # px from the middle of a time to other lines
NAME_MAX: Final = 22  # characters of a name that are shown
SLOW_MS: Final = 100  # an answer that takes longer is worth a look

Places = dict[str, tuple[float, float]]

_INK, _SOFT, _LINE, _PAPER = "#1d1d24", "#61616f", "#a9abc0", "#ffffff"
_ACCENT, _BUSY, _GONE = "#3d4fd7", "#b7791f", "#c9c9d2"
_FONT: Final = "Inter, system-ui, sans-serif"


@dataclass(frozen=True, slots=True)
class Board:
    """One board of the picture.

    Attributes:
        id: what links name it by.
        is_self: whether the picture was taken there.
        is_alive: whether somebody is linked to it.
        is_behind: whether it lacks something that others hold.
    """

    id: str
    name: str
    is_self: bool = False
    is_alive: bool = True
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One link.

    Attributes:
        one, other: ids of boards.
        round_trip_ms: how long an answer takes; None if nobody knows.
        is_sure: whether both ends say that they hear each other.
    """

    one: str
    other: str
    round_trip_ms: float | None
    is_sure: bool = True


def render_mesh(boards: Sequence[Board], lines: Sequence[Line]) -> str:
    """The picture as an SVG document, the same bytes for the same values.

    Args:
        boards: in the order in which they stand on the circle, from the top on.
        lines: links between them; one that names a board which is not there is left out.
    """
    count = len(boards)
    ring = 0.0 if count < 2 else max(120.0, 15.0 * count)
    dot = 20.0 if count <= 24 else 11.0
    side, tall = ring + dot + 150, ring + dot + 54  # names stand beside the circle
    places = {board.id: _place(at, count, ring) for at, board in enumerate(boards)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_number(-side)} {_number(-tall)} {_number(2 * side)} '
        f'{_number(2 * tall)}" width="{_number(2 * side)}" height="{_number(2 * tall)}" font-family="{_FONT}" '
        f'font-size="13" role="img">',
        f'<rect class="mesh-paper" x="{_number(-side)}" y="{_number(-tall)}" width="{_number(2 * side)}" '
        f'height="{_number(2 * tall)}" fill="{_PAPER}"/>',
    ]
    known = [line for line in lines if line.one in places and line.other in places]
    parts += [_line(line, places) for line in known]
    if count <= LABELLED_MAX:
        own = {board.id for board in boards if board.is_self}
        told = known if len(known) <= TIMES_MAX else [line for line in known if own & {line.one, line.other}]
        parts += _times(known, told, places, dot)
    for board in boards:
        parts += _board(board, places[board.id], dot)
    return "\n".join([*parts, "</svg>\n"])


def _place(at: int, count: int, ring: float) -> tuple[float, float]:
    """On the circle; two boards beside each other, since names are wide."""
    turn = 2 * pi * at / max(1, count) - (pi if count == 2 else pi / 2)
    return ring * cos(turn), ring * sin(turn)


def _line(line: Line, places: Places) -> str:
    (x1, y1), (x2, y2) = places[line.one], places[line.other]
    is_slow = line.round_trip_ms is not None and line.round_trip_ms > SLOW_MS
    dashes = "" if line.is_sure else ' stroke-dasharray="5 5"'
    kind, colour = ("mesh-line mesh-slow", _BUSY) if is_slow else ("mesh-line", _LINE)
    return (
        f'<line class="{kind}" x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}" '
        f'stroke="{colour}" stroke-width="2"{dashes}/>'
    )


def _times(lines: Sequence[Line], told: Sequence[Line], places: Places, dot: float) -> Iterator[str]:
    """How long answers take, each on its line where nothing else stands, no other line if it can be; or not at all."""
    taken = [(x, y, 2 * dot + 6, 2 * dot + 6) for x, y in places.values()]
    for line in told:
        if line.round_trip_ms is None:
            continue
        words = f"{line.round_trip_ms:.0f} ms" if line.round_trip_ms >= 1 else "&lt; 1 ms"
        wide = 8 * len(words.replace("&lt;", "<")) + 6
        (x1, y1), (x2, y2) = places[line.one], places[line.other]
        spots = [(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share) for share in ALONG]
        free = [
            (x, y)
            for x, y in spots
            if not any(abs(x - a) < (wide + w) / 2 and abs(y - b) < (18 + h) / 2 for a, b, w, h in taken)
        ]
        others = [each for each in lines if each is not line]
        alone = [spot for spot in free if all(_distance(spot, each, places) > CLEAR for each in others)]
        for x, y in (alone or free)[:1]:
            taken.append((x, y, wide, 18))
            yield from _time(words, wide, x, y)


def _distance(spot: tuple[float, float], line: Line, places: Places) -> float:
    """From a spot to a line, in px."""
    (x1, y1), (x2, y2) = places[line.one], places[line.other]
    (x, y), (dx, dy) = spot, (x2 - x1, y2 - y1)
    along = max(0.0, min(1.0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy or 1.0)))
    return hypot(x - x1 - along * dx, y - y1 - along * dy)


def _time(words: str, wide: float, x: float, y: float) -> Iterator[str]:
    yield (
        f'<rect class="mesh-paper" x="{_number(x - wide / 2)}" y="{_number(y - 9)}" width="{wide}" height="18" '
        f'rx="9" fill="{_PAPER}"/>'
    )
    yield (
        f'<text class="mesh-soft" x="{_number(x)}" y="{_number(y + 4)}" text-anchor="middle" fill="{_SOFT}" '
        f'font-size="11">{words}</text>'
    )


def _board(board: Board, place: tuple[float, float], dot: float) -> Iterator[str]:
    x, y = place
    kind, fill = "mesh-board", _INK
    if not board.is_alive:
        kind, fill = "mesh-board mesh-gone", _GONE
    elif board.is_behind:
        kind, fill = "mesh-board mesh-behind", _BUSY
    elif board.is_self:
        kind, fill = "mesh-board mesh-self", _ACCENT
    yield f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(dot)}" fill="{fill}"/>'
    name = shown(board.name)
    if dot >= 20:
        first = _escape(name[:1].upper())
        yield (
            f'<text class="mesh-initial" x="{_number(x)}" y="{_number(y + 5)}" text-anchor="middle" fill="{_PAPER}" '
            f'font-size="15" font-weight="600">{first}</text>'
        )
    # beside the circle, outwards; at its top and bottom above and below
    anchor, dx, dy = "middle", 0.0, dot + 18 if y >= 0 else -dot - 9
    if abs(x) > dot:
        anchor, dx, dy = ("start", dot + 7, 5.0) if x > 0 else ("end", -dot - 7, 5.0)
    weight = ' font-weight="600"' if board.is_self else ""
    soft = "" if board.is_alive else " mesh-soft"
    yield (
        f'<text class="mesh-name{soft}" x="{_number(x + dx)}" y="{_number(y + dy)}" text-anchor="{anchor}" '
        f'fill="{_INK if board.is_alive else _SOFT}"{weight}>{_escape(name)}</text>'
    )


def shown(name: str) -> str:
    """A name of somebody else as it may stand in a picture: one line, not too long."""
    line = "".join(char for char in name if char.isprintable()).strip() or "?"
    return line if len(line) <= NAME_MAX else f"{line[: NAME_MAX - 1]}…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _number(value: float) -> str:
    return f"{value + 0.0:.1f}".removesuffix(".0").replace("-0", "0" if abs(value) < 0.05 else "-0")
