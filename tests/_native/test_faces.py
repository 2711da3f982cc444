"""Every function of the extension is given numbers that are none, huge, negative or missing: it refuses them, or does
what can be done, and the process lives. Who adds a function adds a call here.
"""

import math
import random
from array import array

import pytest

from edgeboard.canvas.samples import Stroke
from edgeboard.errors import EdgeboardError
from edgeboard.oplog.codec import encode_columns
from tests._native.test_batches import TABLE, draw_batch

AREA, SURFACE = (0, 0, 4, 3), (4, 3, 1)
COLUMNS = encode_columns(Stroke(8, [0, 9, 30], [0, 9, 4]))
UNMOVED = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
DISCS = [array("d", (1.0, 1.0, 0.5, 3.0, 2.0, 0.5))]
CORNERS = [array("d", (0.0, 0.0, 4.0, 0.0, 4.0, 3.0))]
BATCH = draw_batch(random.Random(1))
REFUSALS = (TypeError, ValueError, OverflowError, IndexError, BufferError, EdgeboardError)
NO_NUMBERS = (math.nan, math.inf, -math.inf)
ODD = (*NO_NUMBERS, 1e308, -1e308, -1, 0, 2**31, -(2**31), 2**63, 2**64, 2**200, None, "x", b"", [], ())


class Made:
    __slots__ = ("pressure", "scale", "t", "tilt_x", "tilt_y", "x", "y")


def calls(kernel):
    """A call of each function that succeeds."""
    heads = kernel.decode_batch(BATCH)[-1]
    pixels = bytearray(12)
    return {
        "encode": (8, [0, 9, 30], [0, 9, 4], None, None, None, None),
        "decode": (COLUMNS, 0, Made),
        "discs": (COLUMNS, 0, 3.0, ((100, 200),)),
        "refine": (8, [0, 9, 30], [0, 9, 4], None, None, 3.0, 0.5),
        "decode_batch": (BATCH,),
        "survey_batch": (BATCH, heads, len(TABLE)),
        "hash_slots": (BATCH, heads, TABLE),
        "digest_rows": (1, 1, bytes(64), 0, 1),
        "ink": (pixels, *SURFACE, AREA, 0, 1.0, DISCS, UNMOVED, False),
        "polygon": (pixels, *SURFACE, AREA, 0, 1.0, CORNERS, False),
        "mask": (pixels, *SURFACE, AREA, 0, 1.0, AREA, bytes(12), False),
        "image": (pixels, *SURFACE, AREA, 0, 1.0, AREA, bytes(12)),
        "dither": (pixels, *SURFACE, AREA, 0, False),
        "pack": (bytes(12), 4, 0),
        "changed_tiles": (bytes(12), bytes(12), *SURFACE, 2),
    }


def replaced(argument):
    """An argument with each of its numbers replaced by what is odd: (what, argument)."""
    for odd in ODD:
        yield odd, odd
        if isinstance(argument, (list, tuple)):
            for at, each in enumerate(argument):
                for what, other in replaced(each) if isinstance(each, (list, tuple, array)) else ((odd, odd),):
                    yield what, type(argument)([*argument[:at], other, *argument[at + 1 :]])
        elif isinstance(argument, array) and isinstance(odd, (int, float)) and abs(odd) <= 1e308:
            for at in range(len(argument)):
                yield odd, array("d", [*argument[:at], float(odd), *argument[at + 1 :]])
        elif isinstance(argument, array) and odd in NO_NUMBERS:
            yield odd, array("d", [odd] * len(argument))


def has_floats(argument):
    if isinstance(argument, (list, tuple)):
        return any(map(has_floats, argument))
    return isinstance(argument, (float, array))


def test_every_function_has_a_call_here_that_succeeds(kernel):
    found = {name for name in dir(kernel) if callable(getattr(kernel, name)) and not name.startswith("_")}
    assert found == calls(kernel).keys()
    for name, arguments in calls(kernel).items():
        getattr(kernel, name)(*arguments)


@pytest.mark.parametrize("name", ["encode", "decode", "discs", "refine", "decode_batch", "survey_batch", "hash_slots",
    "digest_rows", "ink", "polygon", "mask", "image", "dither", "pack", "changed_tiles"])  # fmt: skip
def test_what_is_no_number_huge_negative_or_missing_is_refused_or_does_no_harm(kernel, name):
    function, arguments = getattr(kernel, name), calls(kernel)[name]
    for count in range(len(arguments)):
        with pytest.raises(REFUSALS):
            function(*arguments[:count])
    for at, argument in enumerate(arguments):
        for odd, other in replaced(argument):
            changed = (*arguments[:at], other, *arguments[at + 1 :])
            try:
                function(*changed)
            except REFUSALS:
                continue
            is_none = isinstance(odd, float) and not math.isfinite(odd)
            assert not (is_none and has_floats(argument)), f"{name} takes {odd} in argument {at}"
