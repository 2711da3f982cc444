"""A picture of a page as PNG, drawn by librsvg's `rsvg-convert` from our own SVG.

It runs as a process of its own, so that a large picture takes neither the node's memory nor its time; text gets the
fonts of the machine. What is not installed is said with the remedy (docs/decisions/0008).
"""

import os
import re
import subprocess
from shutil import which
from typing import Final

from edgeboard.errors import LimitError, UserError

PROGRAM: Final = "rsvg-convert"
REMEDY: Final = "for PNG a board needs rsvg-convert: apt install librsvg2-bin; SVG needs nothing"
PIXELS_MAX: Final = 36_000_000  # 6,000 x 6,000 px, 144 MB while it is drawn
SIDE_MAX: Final = 32_767  # px: cairo draws nothing wider
SCALES: Final = range(1, 5)  # px for each of the canvas
RENDER_S: Final = 120.0  # a slow board, a full room
_SIZE: Final = re.compile(rb'<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"')


def is_available() -> bool:
    """Whether this machine can draw PNG."""
    return which(PROGRAM) is not None


def render_png(svg: bytes, scale: int = 1, *, transparent: bool = False) -> bytes:
    """The picture.

    Args:
        svg: as `svg.render_items` writes it, without a page behind it if it is to be transparent.
        scale: px for each of the canvas, 1 .. 4.
        transparent: nothing is put behind what is drawn.

    Raises:
        UserError: the program is not installed, fails or takes too long.
        LimitError: the picture would have more than `PIXELS_MAX` px.
    """
    found = _SIZE.search(svg[:1000])
    if found is None:
        raise ValueError("not an SVG of ours")
    width, height = (round(float(side) * scale) for side in found.groups())
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        smaller = next((less for less in range(scale - 1, 0, -1) if _fits(width, height, less / scale)), None)
        remedy = "take SVG, which has no px" if smaller is None else f"a scale of {smaller} fits, or take SVG"
        most = PIXELS_MAX // 1_000_000
        raise LimitError(f"a picture of {width} x {height} px; the limit is {most} million px: {remedy}")
    program = which(PROGRAM)
    if program is None:
        raise UserError(REMEDY)
    command = [program, "--format=png", "--unlimited", f"--zoom={scale}"]
    if not transparent:
        command.append("--background-color=#ffffff")
    try:
        done = subprocess.run(
            command, input=svg, capture_output=True, timeout=RENDER_S, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"drawing the PNG took more than {RENDER_S:.0f} s; take SVG") from None
    except OSError as error:
        raise UserError(f"{PROGRAM} cannot be run: {error.strerror or error}") from None
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        reason = done.stderr.decode(errors="replace").strip()[:200]
        raise UserError(f"{PROGRAM} failed: {reason or f'exit code {done.returncode}'}; take SVG")
    return done.stdout


def _fits(width: int, height: int, share: float) -> bool:
    return width * height * share * share <= PIXELS_MAX and max(width, height) * share <= SIDE_MAX


def _environment() -> dict[str, str]:
    """As little as it needs; fonts are found below HOME."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
