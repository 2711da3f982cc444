"""The golden vectors are what the code makes: a change of format shows as a diff of these files."""

from pathlib import Path

import pytest

from tests.vectors.generate import FILES, render


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_current(name):
    current = (Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")
    assert render(name) == current, "a format has changed; if that is meant: python tests/vectors/generate.py"
