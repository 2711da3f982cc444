"""Real Chromium at real nodes: two linked boards, and people who sit at them."""

import os
import re
import shutil
import zlib
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks.installation import lay_out
from tests.browser.person import Person
from tests.conftest import ESBUILD_NAMES, LOOPBACK, eventually, nodes_in
from tests.crash.evidence import carriers
from tests.crash.hosted import Loop

# What a test needs to be alone with the board: no GPU, no traffic of Chromium's own, and 127.0.0.1 as a way for WebRTC.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-loopback-in-peer-connection",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="package")
def browser(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


# The page without its frosted glass: to blur what lies behind takes a processor longer than all else in a frame.
WITHOUT_FROST = """
    addEventListener("DOMContentLoaded", () => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("* { backdrop-filter: none !important; }");
        document.adoptedStyleSheets.push(sheet);
    });
"""


@pytest.fixture
def invite(browser, room):
    """Somebody new at a board, with a browser profile of their own; at the end nobody's page has had an error.

    Where no script of a test comes before the page, its glass is not frosted.
    """
    people = []

    def make(node, name=None, *, before="", **how):
        before = before or WITHOUT_FROST
        people.append(Person(browser, node, how.pop("room", room), name, before=before, **how))
        return people[-1]

    yield make
    for person in people:
        person.leave()
    assert [fault for person in people for fault in person.faults] == []


def link_two(make, secret):
    """Two linked nodes; the first dials, so that it links at once when it was killed and is back."""
    second = make("second", "--name", "second", secret=secret).start()
    first = make("first", "--name", "first", "--peer", second.url, secret=secret).start()
    eventually(lambda: carriers(first) == carriers(second) == ["webrtc"])
    return first, second


@pytest.fixture(scope="session")
def bundled(tmp_path_factory):
    """The environment of a node whose page is bundled as in an installation: it opens in half the time.

    The modules that tests look into lie beside it. Where the machine cannot bundle, the page is the one of the sources.
    """
    if find_spec("setuptools") is None or not any(map(shutil.which, ESBUILD_NAMES)):
        return {}
    return lay_out(tmp_path_factory.mktemp("bundled"))


@pytest.fixture(scope="module")
def environment(bundled):
    """What the nodes of a module are run with; a module may have another, and {} is the page of the sources."""
    return bundled


@pytest.fixture
def make_node(tmp_path, environment):
    """Makes real nodes; those that still run at the end of the test are killed."""
    with nodes_in(tmp_path) as make:
        yield partial(make, environment=environment)


@pytest.fixture(scope="module")
def boards(tmp_path_factory, mesh_secret, environment):
    """Two linked nodes for all tests of a module that leave them as they are: each is in a room of its own.

    Not for the whole package: a board joins 64 rooms, and no more.
    """
    with nodes_in(tmp_path_factory.mktemp("boards")) as make:
        yield link_two(partial(make, environment=environment), mesh_secret)


ALONE = LOOPBACK + "guests:\n  failover: false\n"  # takes no browsers of boards that have died


@pytest.fixture
def mortal_boards(make_node, mesh_secret):
    """Two linked nodes for a test that kills them; their people wait for them."""
    return link_two(partial(make_node, config_text=ALONE), mesh_secret)


@pytest.fixture
def refuge_boards(make_node, mesh_secret):
    """Two linked nodes for a test that kills one of them; its people go to the other."""
    return link_two(make_node, mesh_secret)


@pytest.fixture
def room(request):
    """A room that no other test uses."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.originalname.removeprefix("test_"))
    return f"{name[:48]}-{zlib.crc32(request.node.nodeid.encode()):08x}"


@pytest.fixture
def loop():
    with Loop() as loop:
        yield loop


@pytest.fixture
def artifacts(tmp_path):
    """Where pictures are kept: EDGEBOARD_ARTIFACTS, if somebody wants to look at them."""
    folder = Path(os.environ.get("EDGEBOARD_ARTIFACTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
