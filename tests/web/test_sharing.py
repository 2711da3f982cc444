"""Links to the board, as QR codes and in other pages."""

import xml.etree.ElementTree as ElementTree

import pytest

from edgeboard.errors import DecodeError, RefusedError
from edgeboard.web.sharing import check_own, embedded, qr_svg

URLS = ["http://192.168.1.20:8787", "http://localhost:8787"]


@pytest.mark.parametrize(
    "text",
    ["http://kitchen.local:8787/room/lobby", "http://192.168.1.20:8787/room/x?a=b", "http://localhost:8787/embed/x"],
)
def test_links_to_the_board_are_its_own(text):
    check_own(text, "kitchen.local:8787", URLS)


@pytest.mark.parametrize(
    "text",
    ["http://evil.example/", "http://192.168.1.20:80/", "http://kitchen.local:8787@evil.example/", "https://x"],
)
def test_links_elsewhere_are_refused(text):
    with pytest.raises(RefusedError, match="only links to this board"):
        check_own(text, "kitchen.local:8787", URLS)


@pytest.mark.parametrize("text", ["", "hello", "javascript:alert(1)", "http://[", "http://" + "x" * 600, "//x/room"])
def test_what_is_no_link_is_refused(text):
    with pytest.raises(DecodeError):
        check_own(text, "kitchen.local:8787", URLS)


def test_a_qr_code_is_a_picture():
    root = ElementTree.fromstring(qr_svg("http://192.168.1.20:8787/room/lobby"))
    assert root.tag.endswith("svg")
    assert int(root.get("width")) >= 29 * 6


def test_a_page_to_embed_says_so():
    assert embedded('<html><body data-state="x"><body y>') == '<html><body data-embed data-state="x"><body y>'
