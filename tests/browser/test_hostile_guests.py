"""Words and pictures of strangers are shown, never run."""

import xml.etree.ElementTree as ElementTree

import msgpack
import pytest

from edgeboard.canvas.ops import Add, ItemType, Register, Set
from tests.crash.evidence import digest_of
from tests.crash.hosted import HostedGuest

TRAPS = [
    '<img src=x onerror="window.caught=1">',
    "<script>window.caught=1</script>",
    '"><svg onload=window.caught=1>',
    "]]></text><script>window.caught=1</script>",
    "javascript:window.caught=1",
    "&lt;script&gt;window.caught=1&lt;/script&gt;",
    "\u202e\u0000<iframe srcdoc='<script>top.caught=1</script>'>",
]


def items(trap):
    """Everything of a canvas that carries words or bytes of its maker."""
    pack = msgpack.packb
    return [
        Add(0, 0, ItemType.TEXT, pack([50, 100, trap, 20, 4])),
        Add(0, 0, ItemType.STICKY, pack([400, 100, 200, 100, trap, 6])),
        Add(0, 0, ItemType.IMAGE, pack([50, 300, 90, 90, b"h" * 32, "image/png", 9])),
        Add(0, 0, ItemType.TICKER, pack({"text": trap})),
        Add(0, 0, ItemType.SHAPE, pack([2, [0, 0, 50, 50], trap, trap, trap])),
        Add(0, 0, 99, trap.encode()),
    ]


@pytest.fixture
def mallory(boards, room, loop, eventually):
    """A guest that has put all its traps on the board."""
    guest = HostedGuest(loop, boards[1].state, 13, name="<img src=x onerror=caught=1>", room=room)
    eventually(lambda: guest.is_linked)
    for trap in TRAPS:
        text = guest.draw(*items(trap))[0]
        guest.draw(
            Set(text, Register.TEXT, trap), Set(text, Register.DATA, trap), Set(text, Register.STYLE, [trap, trap])
        )
    return guest


def test_traps_in_items_and_names_do_not_spring_in_the_page(boards, invite, mallory):
    ana = invite(boards[0], "Ana").live()
    ana.until(f"edgeboard.statistics().ops >= {len(TRAPS) * (len(items('')) + 3)}")
    ana.until("edgeboard.people.length === 2")
    ana.page.click("#people")
    assert "<img src=x onerror=caught=1>" in ana.page.inner_text("#people-list")
    ana.press("1")  # show everything
    ana.draw(600, 600)
    ana.safe()
    assert ana.ask("typeof window.caught") == "undefined"
    assert ana.ask("document.querySelectorAll('iframe, script:not([src]), img[onerror]').length") == 0


def test_pictures_of_kinds_that_can_run_are_refused(mallory, eventually):
    kinds = ["image/svg+xml", "text/html", *TRAPS]
    for kind in kinds:
        mallory.draw(Add(0, 0, ItemType.IMAGE, msgpack.packb([50, 300, 90, 90, b"h" * 32, kind, 9])))
    eventually(lambda: len(mallory.guest.refused) == len(kinds))
    assert all("can be shown" in why for why in mallory.guest.refused.values())


def test_the_page_lets_no_inline_script_run_whoever_puts_it_there(boards, invite):
    ana = invite(boards[0]).live()
    ana.ask("""() => {
        const script = document.createElement("script");
        script.textContent = "window.caught = 1";
        document.body.append(script);
        const image = document.createElement("div");
        image.innerHTML = '<img src="data:image/png," onerror="window.caught = 2">';
        document.body.append(image);
    }""")
    ana.until("performance.now() > 0")
    assert ana.ask("typeof window.caught") == "undefined"
    assert any("Content Security Policy" in fault for fault in ana.faults)
    ana.faults.clear()


def test_traps_do_not_spring_in_the_exported_picture_either(boards, room, invite, mallory, eventually):
    ana = invite(boards[0]).live()
    ana.until(f"edgeboard.statistics().ops >= {len(TRAPS) * (len(items('')) + 3)}")
    url = f"{boards[0].url}/api/room/{room}/export.svg"
    picture = ana.context.request.get(url)
    assert "script-src 'self'" in picture.headers["content-security-policy"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    for element in ElementTree.fromstring(picture.body()).iter():
        tag = element.tag.rpartition("}")[2].lower()
        assert tag not in ("script", "foreignobject", "iframe", "use", "a", "animate", "set"), tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "javascript:" not in value, value
            assert "svg+xml" not in value, value
    ana.open(url)  # as a document of its own, it may run what it brings
    eventually(lambda: ana.ask("document.readyState") == "complete")
    assert ana.ask("typeof window.caught") == "undefined"


def test_the_hostile_do_not_stop_the_others(boards, room, invite, mallory, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    broken = [
        Add(0, 0, ItemType.STROKE, b"\xff" * 100),
        Add(0, 0, ItemType.TEXT, b"\xc1"),
        Add(0, 0, ItemType.STICKY, b""),
    ]
    mallory.draw(*broken)
    ana.draw(600, 600)
    by_ana = ana.ask("edgeboard.origin")
    ben.until(f"edgeboard.items().some(({{ id }}) => id.startsWith('{by_ana}'))")
    eventually(lambda: ana.digest == ben.digest == digest_of(boards[0], room) == digest_of(boards[1], room))
    assert ana.ask("edgeboard.statistics().unreadable") == 0
    assert mallory.guest.refused == {}  # its ops count like anybody's, however they look
