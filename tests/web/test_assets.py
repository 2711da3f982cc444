"""The page's files: asked for once under a name, and small where they were installed."""

import gzip
import re
import shutil
import subprocess

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from benchmarks.installation import build_page
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
def setuptools():
    pytest.importorskip(
        "setuptools", reason="setuptools is not in this environment; install it: pip install setuptools"
    )


@pytest.fixture(scope="module")
def installed(setuptools, esbuild_path, tmp_path_factory):
    """The page's folder as an installation has it."""
    return build_page(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def installed_without_esbuild(setuptools, tmp_path_factory):
    return build_page(tmp_path_factory.mktemp("build"), PATH="")


def code_of(folder):
    return [path for path in folder.rglob("*") if path.suffix in (".js", ".mjs", ".css")]


def test_an_installation_has_a_few_scripts_and_a_compressed_copy_beside_each(installed):
    code = code_of(installed)
    assert {"main.js", "style.css"} <= {path.name for path in code}
    assert len(code) < 24
    for path in code:
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()


def test_an_installed_page_asks_at_once_for_all_that_its_script_needs(installed):
    named = re.findall(r'(?:src|href)="/static/([^"]+)"', (installed / "index.html").read_text())
    assert [name for name in named if not (installed / name).is_file()] == []
    needed, waiting = set(), ["main.js"]
    while waiting:
        text = (installed / waiting.pop()).read_text()
        found = set(re.findall(r'\b(?:from|import)"\./([^"]+)"', text)) - needed
        needed |= found
        waiting += found
    assert needed
    assert needed <= set(named)


def test_where_esbuild_is_missing_every_file_is_small_by_itself(installed_without_esbuild):
    code = code_of(STATIC)
    assert len(code) > 60
    there = [installed_without_esbuild / path.relative_to(STATIC) for path in code]
    for path in there:
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()
    assert sum(path.stat().st_size for path in there) < 0.75 * sum(path.stat().st_size for path in code)


def test_modules_without_comments_say_the_same(installed_without_esbuild, esbuild_path, tmp_path):
    names = sorted(str(path.relative_to(STATIC)) for path in code_of(STATIC) if path.suffix != ".css")
    assert len(names) > 60
    plain, small = (
        printed(esbuild_path, folder, names, tmp_path / made)
        for folder, made in ((STATIC, "plain"), (installed_without_esbuild, "small"))
    )
    assert [name for name in names if plain[name] != small[name]] == []


def printed(esbuild_path, folder, names, made):
    """What a parser has understood of each of these modules, as it writes it."""
    words = ["--minify-whitespace", "--legal-comments=none", "--log-level=error", "--outbase=.", f"--outdir={made}"]
    subprocess.run([esbuild_path, *names, *words], cwd=folder, check=True, timeout=100)
    return {name: (made / name).with_suffix(".js").read_text() for name in names}


TESTS = ROOT / "tests" / "js"
SOME = [TESTS / f"{name}.test.js" for name in ("ops", "story", "page/guest", "page/structure", "page/transfer")]


@pytest.mark.slow
def test_bundles_with_short_names_pass_some_tests_of_the_page(esbuild_path, node_path, tmp_path):
    pass_in_bundles(esbuild_path, node_path, tmp_path, SOME)


@pytest.mark.soak
def test_bundles_with_short_names_pass_all_tests_of_the_page(esbuild_path, node_path, tmp_path):
    found = [path for path in sorted(TESTS.rglob("*.test.js")) if path.stem != "page.test"]
    assert len(found) > 20
    pass_in_bundles(esbuild_path, node_path, tmp_path, found)


def pass_in_bundles(esbuild_path, node_path, root, tests):
    made = root / "tests" / "js"
    words = ["--bundle", "--minify", "--format=esm", "--platform=node", "--log-level=error"]
    outs = [f"--outbase={TESTS}", f"--outdir={made}"]
    subprocess.run([esbuild_path, *map(str, tests), *words, *outs], check=True, timeout=100)
    (made / "package.json").write_text('{"type": "module"}')
    shutil.copytree(ROOT / "tests" / "vectors", root / "tests" / "vectors")
    bundles = [str(made / path.relative_to(TESTS)) for path in tests]
    done = subprocess.run([node_path, "--test", *bundles], cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]


async def test_a_page_is_compressed_for_whoever_takes_it(assets, tmp_path):
    async def serve(request: web.Request) -> web.StreamResponse:
        return assets.page("index.html")

    (tmp_path / "index.html").write_text("words " * 1000)
    app = web.Application()
    app.router.add_get("/", serve)
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        answer = await client.get("/", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await answer.read()) == b"words " * 1000


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
