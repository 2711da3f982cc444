"""Each attack that docs/formats/trust.md names has a refusal, and tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_TABLE = (ROOT / "docs" / "formats" / "trust.md").read_text().partition("**Attacks**")[2]
ROWS = [line.strip("| ").split(" | ") for line in _TABLE.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_attack_has_its_refusal_and_tests_that_try_it(row):
    attack, refusal, tests = row
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", tests)
    assert attack
    assert refusal
    assert named, "no test is named"
    for file, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), (file, test)


def test_the_attacks_that_the_mesh_has_to_stand_are_all_in_the_table():
    told = " ".join(row[0] for row in ROWS)
    for words in (
        "nobody has invited", "revoked", "used up", "offer that was recorded", "swaps fingerprints", "mixes sessions",
        "another's strokes", "flood of requests", "guesses of a code", "huge handshake", "a slow one",
    ):  # fmt: skip
        assert words in told
