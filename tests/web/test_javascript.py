"""The browser's modules on Node.js: everything in tests/js, each file a run of its own."""

import subprocess
from pathlib import Path

import pytest

JAVASCRIPT = Path(__file__).parent.parent / "js"
TESTS = sorted(JAVASCRIPT.rglob("*.test.js"))


@pytest.mark.slow
@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(JAVASCRIPT)).removesuffix(".test.js"))
def test_the_browsers_modules_pass_their_own_tests(node_path, path):
    done = subprocess.run(
        [node_path, str(path)],
        cwd=JAVASCRIPT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
