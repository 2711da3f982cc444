"""Whole sites from seeds: boards that lose power, cards and network, and an oracle that finds what was lost."""

import json
import os
import sys
import time

import pytest

from edgeboard.testing.simulation import SiteSettings
from tests.scenarios.sites import SEEDS, require_sound, site_of

SHOWN = sorted(SEEDS.glob("*.json"))
USUAL_SEEDS, MORE_SEEDS = 1, 8  # of thirty boards; smaller sites with more faults are tried beside
SOAK_SEEDS = 2_000
SOAK_SECONDS = float(os.environ.get("EDGEBOARD_SOAK_SECONDS", "3600"))  # after which the soak ends where it is


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(USUAL_SEEDS))
def test_a_site_of_thirty_boards_is_sound(seed: int) -> None:
    require_sound(site_of(seed, 30, 15.0))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(USUAL_SEEDS, MORE_SEEDS))
def test_more_sites_of_thirty_boards_are_sound(seed: int) -> None:
    require_sound(site_of(seed, 30, 15.0))


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_a_seed_that_once_showed_a_fault_stays_sound(path) -> None:
    require_sound(SiteSettings(**json.loads(path.read_text())))


@pytest.mark.soak  # tests/testing/test_simulation.py runs a smaller one twice
def test_two_runs_of_a_seed_are_the_same_to_the_last_byte() -> None:
    first, second = (require_sound(site_of(7, 12, 30.0)) for _ in range(2))
    assert first == second


@pytest.mark.soak
def test_two_thousand_seeds_up_to_a_hundred_boards_are_sound() -> None:
    started, done = time.monotonic(), 0
    for seed in range(1_000, 1_000 + SOAK_SEEDS):
        nodes = (5, 9, 15, 30, 60, 100)[seed % 6]
        require_sound(site_of(seed, nodes, 60.0))
        done += 1
        if time.monotonic() - started > SOAK_SECONDS:
            break
    sys.stdout.write(f"{done} of {SOAK_SEEDS} seeds\n")
