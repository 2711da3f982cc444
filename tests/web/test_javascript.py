"""The browser's modules on Node.js: everything in tests/js, as `node --test` runs it there."""

import re
import subprocess
from pathlib import Path

import pytest

JAVASCRIPT = Path(__file__).parent.parent / "js"
STATIC = Path(__file__).parents[2] / "edgeboard" / "web" / "static"
TESTS = sorted(JAVASCRIPT.rglob("*.test.js"))


@pytest.mark.slow
@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(JAVASCRIPT)).removesuffix(".test.js"))
def test_the_browsers_modules_pass_their_own_tests(node_path, path):
    done = subprocess.run(
        [node_path, "--test", str(path)],
        cwd=JAVASCRIPT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout


def test_the_page_loads_only_what_there_is_and_every_module_ahead():
    page = (STATIC / "index.html").read_text()
    named = re.findall(r'(?:href|src)="/static/([^"]+)"', page)
    assert [name for name in named if not (STATIC / name).exists()] == []
    ahead = set(re.findall(r'modulepreload" href="/static/([a-z]+\.js)"', page)) | {"main.js"}
    assert ahead == {path.name for path in STATIC.glob("*.js")}
