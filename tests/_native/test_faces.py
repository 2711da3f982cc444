"""Every function of the extension is called with numbers that are none, huge, negative or missing: it says so, or draws
what can be drawn, and the process lives. Who adds a function adds a call here.
"""

import itertools
import math
from array import array

import pytest

from edgeboard.canvas.samples import Stroke
from edgeboard.errors import DecodeError, EdgeboardError, LimitError
from edgeboard.oplog.codec import encode_columns
from tests._native import workshop

AREA, SURFACE = (0, 0, 4, 3), (4, 3, 1)
COLUMNS = encode_columns(Stroke(8, [0, 9, 30], [0, 9, 4]))
DISCS = array("d", (1.0, 1.0, 0.5, 3.0, 2.0, 0.5))
UNMOVED = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

# A call of each that succeeds: `bytearray` stands for a surface of 4 x 3 px.
CALLS = {
    "encode": (8, 3, ([0, 9, 30], [0, 9, 4], None, None, None, None)),
    "decode": (COLUMNS, 0),
    "discs": (COLUMNS, 0, 3.0, ((100, 200),)),
    "ink": (bytearray, *SURFACE, AREA, 0, 1.0, [DISCS], UNMOVED, False),
    "polygon": (bytearray, *SURFACE, AREA, 0, 1.0, [array("d", (0, 0, 4, 0, 4, 3))], False),
    "mask": (bytearray, *SURFACE, AREA, 0, 1.0, AREA, bytes(12), False),
    "image": (bytearray, *SURFACE, AREA, 0, 1.0, AREA, bytes(12)),
    "dither": (bytearray, *SURFACE, AREA, 0, False),
    "pack": (bytes(12), 4, 0),
    "changed_tiles": (bytes(12), bytes(12), *SURFACE, 2),
}
