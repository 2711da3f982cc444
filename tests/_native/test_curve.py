"""The kernel of curves: the discs of its twin, to the last bit."""

import random
from array import array

import pytest

from edgeboard._native import curve
from edgeboard.canvas.samples import Stroke
from edgeboard.errors import DecodeError
from edgeboard.oplog.codec import encode_columns
from edgeboard.render.strokes import discs_in_python
from tests._native import golden


def ask(kernel, data, at=0, width=24, cuts=()):
    return [array("d", run) for run in kernel.discs(data, at, width / 8, cuts)]


def scribble(rng):
    count, reach = rng.randint(1, 60), rng.choice((0, 3, 40, 4000))
    x, y = [0], [0]
    for _ in range(count - 1):
        x.append(x[-1] + rng.randint(-reach, reach))
        y.append(y[-1] + rng.randint(-reach, reach))
    return Stroke(rng.choice((1, 8, 20, 1023)), x, y, [rng.randint(0, 4095) for _ in x] if rng.random() < 0.5 else None)


def cuts_of(rng, end):
    """Rising cuts, some of which begin, end or touch where something changes, or lie beyond the end."""
    places = sorted({rng.choice((0, 512, 1024, rng.randint(0, 1024))) + 1024 * rng.randint(0, end) for _ in range(6)})
    places = places[: len(places) // 2 * 2]
    return tuple(zip(places[::2], places[1::2], strict=True))


@pytest.mark.parametrize("seed", range(200))
def test_scribbles_give_the_discs_of_the_twin(kernel, seed):
    rng = random.Random(seed)
    stroke, width = scribble(rng), rng.choice((1, 7, 24, 2048))
    data, cuts = encode_columns(stroke), cuts_of(rng, len(stroke.x) + 1) if rng.random() < 0.7 else ()
    assert ask(kernel, b"\xff" + data, 1, width, cuts) == discs_in_python(b"\xff" + data, 1, width, cuts)


def test_recorded_strokes_give_the_discs_of_the_twin(kernel):
    for stroke in list(golden.recorded_strokes())[::40]:
        data = encode_columns(stroke)
        assert ask(kernel, data) == discs_in_python(data, 0, 24, ())


def test_what_breaks_the_format_is_refused_as_the_twin_refuses_it(kernel):
    rng = random.Random(3)
    for data in list(golden.all_bytes())[:150]:
        wrong = bytearray(data)
        if wrong:
            wrong[rng.randrange(len(wrong))] ^= 1 << rng.randrange(8)
        for each in (bytes(wrong), data[: len(data) // 2], b""):
            try:
                wanted = discs_in_python(each, 0, 24, ())
            except DecodeError as error:
                with pytest.raises(type(error)):
                    ask(kernel, each)
            else:
                assert ask(kernel, each) == wanted


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((b"", -1, 3.0, ()), ValueError),
        ((b"", 0, 0.0, ()), ValueError),
        ((b"", 0, float("nan"), ()), ValueError),
        ((b"", 0, float("inf"), ()), ValueError),
        ((b"", 0, 3.0), TypeError),
        (("text", 0, 3.0, ()), TypeError),
        ((encode_columns(Stroke(8, [0, 9], [0, 9])), 0, 3.0, 5), TypeError),
        ((encode_columns(Stroke(8, [0, 9], [0, 9])), 0, 3.0, ((1,),)), IndexError),
        ((encode_columns(Stroke(8, [0, 9], [0, 9])), 0, 3.0, (("a", 2),)), TypeError),
    ],
)
def test_wrong_arguments_are_refused(kernel, arguments, error):
    with pytest.raises(error):
        kernel.discs(*arguments)


def test_a_kernel_that_gives_other_discs_is_not_used():
    class Wrong:
        def discs(self, data, at, width, cuts):
            return [bytes(24)]

    assert not curve.is_sound(Wrong())
    assert not curve.is_sound(object())
