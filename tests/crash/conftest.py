"""Guests that live in a thread, and the seed of a long run."""

import os
import random

import pytest

from tests.crash.hosted import Loop


@pytest.fixture
def loop():
    with Loop() as loop:
        yield loop


@pytest.fixture
def dice():
    """Fresh at every long run; the seed is printed where it fails, and EDGEBOARD_SOAK_SEED repeats it."""
    seed = int(os.environ.get("EDGEBOARD_SOAK_SEED") or random.SystemRandom().getrandbits(32))
    print(f"to repeat these dice: EDGEBOARD_SOAK_SEED={seed}")  # noqa: T201 - pytest shows it with a failure
    return random.Random(seed)
