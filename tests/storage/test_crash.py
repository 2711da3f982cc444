"""A process that dies at any moment has lost nothing that it said was saved."""

import random
import signal
import subprocess
import sys
import time

import pytest

from edgeboard.storage.sqlite import SqliteStore
from tests.storage import crash_child
from tests.storage.examples import ROOM, batch


def write_until_killed(path, first, failpoint="", receipts=None, delay_s=0.0):
    """Runs the child until it dies, or kills it a moment after so many receipts; returns how many batches it said are
    saved."""
    arguments = [sys.executable, crash_child.__file__, path, str(first), failpoint]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        lines = []
        for line in child.stdout:
            lines.append(line)
            if receipts is not None and len(lines) >= receipts:
                time.sleep(delay_s)  # waits for nothing: it makes the moment random
                child.kill()
                break
        lines += child.stdout  # what was on its way when it died
    assert child.returncode == -signal.SIGKILL
    return int(lines[-1]) if lines else first


def check(path, saved):
    """Nothing that was said to be saved is missing; returns how many batches there are."""
    store = SqliteStore(path)
    found = list(store.load(ROOM))
    store.close()
    assert found == [batch(number, size=number % 700) for number in range(len(found))]
    assert len(found) >= saved
    return len(found)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("name", ["before_commit", "after_commit"])
def test_what_was_receipted_survives_death_at_a_fail_point(tmp_path, name, count):
    path = tmp_path / "edgeboard.db"
    saved = write_until_killed(path, 0, f"{name}:{count}")
    found = check(path, saved)
    if name == "before_commit":
        assert found == saved  # the group that was about to be committed is not there by half
    else:
        assert found > saved  # it is durable, though nobody was told


def crash_again_and_again(path, rounds, seed):
    rng = random.Random(seed)
    found = 0
    for round_ in range(rounds):
        failpoint = rng.choice(["", "", f"before_commit:{rng.randint(1, 20)}", f"after_commit:{rng.randint(1, 20)}"])
        saved = write_until_killed(
            path, found, failpoint, None if failpoint else rng.randint(1, 60), rng.random() / 300
        )
        found = check(path, saved)
        print(f"seed {seed}, round {round_}: {failpoint or 'killed'}, {saved} saved, {found} found")  # noqa: T201


@pytest.mark.slow
def test_what_was_receipted_survives_death_at_random_moments(tmp_path):
    crash_again_and_again(tmp_path / "edgeboard.db", 10, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
def test_what_was_receipted_survives_two_hundred_deaths(tmp_path, seed):
    crash_again_and_again(tmp_path / "edgeboard.db", 50, seed)
