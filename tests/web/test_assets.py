"""The page's files: asked for once under a name, and small where they were installed."""

import gzip
import shutil
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edgeboard.web.assets import Assets
from tests._native.workshop import ROOT

STATIC = ROOT / "edgeboard" / "web" / "static"


@pytest.fixture
def assets(tmp_path):
    (tmp_path / "index.html").write_text('<script src="/static/main.js"></script>')
    (tmp_path / "main.js").write_text("let a;")
    return Assets(tmp_path)


def test_a_page_names_its_files_by_their_version(assets):
    assert assets.page("index.html").text == f'<script src="/static/v-{assets.version()}/main.js"></script>'


def test_another_file_makes_another_version(assets, tmp_path):
    before = assets.version()
    (tmp_path / "main.js").write_text("let abc;")
    assert assets.version() != before
    assert f"v-{assets.version()}" in assets.page("index.html").text


@pytest.mark.parametrize("name", ["none.js", "../secret", "/etc/passwd", ""])
def test_nothing_else_is_served(assets, name, tmp_path):
    (tmp_path.parent / "secret").write_text("not for you")
    with pytest.raises(web.HTTPNotFound):
        assets.file(assets.version(), name)


def test_a_file_of_an_older_page_is_not_kept_for_ever(assets):
    assert "immutable" in assets.file(assets.version(), "main.js").headers["Cache-Control"]
    assert assets.file("older", "main.js").headers["Cache-Control"] == "no-cache"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The page's folder as an installation has it."""
    pytest.importorskip(
        "setuptools", reason="setuptools is not in this environment; install it: pip install setuptools"
    )
    folder = tmp_path_factory.mktemp("build")
    shutil.copytree(
        ROOT / "edgeboard" / "web", folder / "edgeboard" / "web", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "edgeboard" / "__init__.py").touch()
    shutil.copy(ROOT / "setup.py", folder)
    (folder / "setup.cfg").write_text(
        "[metadata]\nname = edgeboard\n[options]\npackages = edgeboard, edgeboard.web\n"
        "[options.package_data]\nedgeboard.web = static/**\n"
    )
    subprocess.run([sys.executable, "setup.py", "-q", "build_py", "-d", "out"], cwd=folder, check=True, timeout=100)
    return folder / "out" / "edgeboard" / "web" / "static"


def test_an_installation_has_every_file_small_and_a_compressed_copy_beside_it(installed):
    code = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".mjs", ".css")]
    assert len(code) > 60
    for path in code:
        there = installed / path.relative_to(STATIC)
        assert gzip.decompress(there.with_name(there.name + ".gz").read_bytes()) == there.read_bytes()
    before = sum(path.stat().st_size for path in code)
    assert sum((installed / path.relative_to(STATIC)).stat().st_size for path in code) < 0.75 * before


@pytest.mark.slow
def test_the_small_modules_pass_the_tests_of_the_page(installed, node_path, tmp_path):
    shutil.copytree(installed, tmp_path / "edgeboard" / "web" / "static")
    shutil.copytree(ROOT / "tests" / "js", tmp_path / "tests" / "js")
    shutil.copytree(ROOT / "tests" / "vectors", tmp_path / "tests" / "vectors")
    tests = sorted(str(path) for path in (tmp_path / "tests" / "js").rglob("*.test.js") if path.stem != "page.test")
    done = subprocess.run([node_path, "--test", *tests], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]


async def test_a_compressed_copy_goes_to_whoever_takes_it(installed):
    assets = Assets(installed)
    version = assets.version()

    async def serve(request: web.Request) -> web.StreamResponse:
        return assets.file(version, "main.js")

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        answer = await client.get("/", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await answer.read()) == (installed / "main.js").read_bytes()
        plain = await client.get("/", headers={"Accept-Encoding": "identity"})
        assert await plain.read() == (installed / "main.js").read_bytes()
