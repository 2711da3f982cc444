"""The kernel that compares frames: the tiles that its twin finds."""

import random

import pytest

from edgeboard._native import tiles
from edgeboard.render.tiles import changed_in_python


def agree(kernel, seed):
    rng = random.Random(seed)
    width, height, channels = rng.randint(1, 80), rng.randint(1, 60), rng.choice((1, 4))
    tile = rng.choice((1, 5, 16, 64, 9000))
    before = rng.randbytes(width * height * channels)
    after = bytearray(before)
    for _ in range(rng.choice((0, 1, 6))):
        after[rng.randrange(len(after))] ^= 1
    arguments = before, bytes(after), width, height, channels, tile
    assert kernel.changed_tiles(*arguments) == list(changed_in_python(*arguments)), f"seed {seed}"


@pytest.mark.parametrize("seed", range(40))
def test_the_tiles_are_those_of_the_twin(kernel, seed):
    agree(kernel, seed)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), TypeError),
        ((b"1234", b"123", 2, 2, 1, 64), ValueError),
        ((b"123", b"1234", 2, 2, 1, 64), ValueError),
        ((b"1234", b"1234", 2, 2, 1, 0), ValueError),
        ((b"1234", b"1234", 2, 2, 3, 64), ValueError),
        ((b"", b"", 0, 2, 1, 64), ValueError),
        ((b"1234", "1234", 2, 2, 1, 64), TypeError),
        ((5, b"1234", 2, 2, 1, 64), TypeError),
        ((b"1234", b"1234", 2, 2, 1, "64"), TypeError),
    ],
)
def test_frames_that_cannot_be_compared_are_refused(kernel, arguments, fault):
    with pytest.raises(fault):
        kernel.changed_tiles(*arguments)


def test_a_kernel_that_gives_another_answer_is_not_taken(kernel):
    class Wrong:
        def changed_tiles(self, *arguments):
            return kernel.changed_tiles(*arguments)[:1]

    assert tiles.is_sound(kernel)
    assert not tiles.is_sound(Wrong())
    assert not tiles.is_sound(object())
