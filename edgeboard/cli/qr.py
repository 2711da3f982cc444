"""QR codes for a terminal: half blocks, two rows of modules a line, light on dark whatever the terminal's colours."""

import io
import sys
from collections.abc import Sequence

import segno

GAP = "     "


def qr_lines(text: str) -> list[str]:
    """The lines of a QR code; none if the terminal cannot show it."""
    out = io.StringIO()
    segno.make_qr(text, error="l").terminal(out=out, border=2, compact=True)
    lines = out.getvalue().splitlines()
    try:
        "".join(lines).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return []
    return lines


def side_by_side(codes: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
    """Several codes beside each other, each below its title."""
    if not all(codes):
        return []
    light, off = ("\x1b[97;40m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    widths = [len(code[0]) for code in codes]
    rows = [GAP.join(title.center(width) for title, width in zip(titles, widths, strict=True)).rstrip()]
    for at in range(max(map(len, codes))):
        cells = (code[at] if at < len(code) else " " * width for code, width in zip(codes, widths, strict=True))
        rows.append(GAP.join(f"{light}{cell}{off}" for cell in cells))
    return rows
