"""The tools beside the pen: what one person makes with mouse, finger, pen or keyboard, another sees alike."""

import pytest

from tests.conftest import eventually
from tests.crash.evidence import digest_of

SHAPE, TEXT, STICKY = 2, 3, 4
READ = """async () => {
    const { unpack } = await import("/static/values.js");
    const read = ({ id, type, pieces }) => ({ id, type, payload: unpack(pieces[0].payload) });
    return window.edgeboard.document.items().filter(({ type }) => type !== 1)
        .map((item) => ({ ...read(item), text: item.value(4) ?? null }));
}"""
RUNS = """async () => {
    const { decodeColumns, decodeStroke } = await import("/static/codec.js");
    const { runs } = await import("/static/ink.js");
    const [{ pieces }] = window.edgeboard.document.items();
    const { width } = decodeStroke(pieces[0].payload);
    const ends = pieces.flatMap(({ cuts, payload }, at) => {
        const columns = at === 0 ? decodeStroke(payload).columns : decodeColumns(payload);
        return runs(columns, width, cuts).map(({ x }) => [x[0], x.at(-1)]);
    });
    const joined = [];
    for (const [from, to] of ends) {
        const last = joined.at(-1);
        if (last !== undefined && Math.abs(last[1] - from) < 0.6) last[1] = to;
        else joined.push([from, to]);
    }
    return joined;
}"""


@pytest.fixture
def pair(boards, invite):
    """Ana and Ben at two linked boards."""
    return invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()


def made(person):
    return person.ask(READ)


def ink(person, x, y, width, height, where="sheet"):
    """How many px there are painted."""
    return sum(alpha > 60 for *_, alpha in person.pixels(x, y, width, height, where))


def agree(ana, ben, boards, eventually):
    ana.safe()
    eventually(lambda: ana.digest == ben.digest == digest_of(boards[0], ana.room) == digest_of(boards[1], ana.room))


def test_shapes_by_mouse_finger_and_pen_are_the_same_for_the_other(pair, boards, eventually):
    ana, ben = pair
    ana.press("r")
    ana.drag((200, 150), (420, 260))
    ana.press("o")
    ana.drag((480, 150), (640, 240), shift=True)
    ana.press("l")
    ana.touch("touchStart", (200, 320, 0.5))
    ana.touch("touchMove", (300, 380, 0.5))
    ana.touch("touchMove", (420, 400, 0.5))
    ana.touch("touchEnd")
    ana.press("a")
    ana.swipe([(450, 400), (500, 380), (640, 330)])
    ben.sees(4)
    assert [item["payload"][:2] for item in made(ben)] == [
        [2, [200, 150, 420, 260]],
        [3, [480, 150, 640, 310]],
        [0, [200, 320, 420, 400]],
        [1, [450, 400, 640, 330]],
    ]
    agree(ana, ben, boards, eventually)
    assert ink(ben, 195, 200, 10, 20) > 0  # its left side, and nothing inside
    assert ink(ben, 250, 180, 100, 50) == 0
    ana.undo()
    ben.sees(3)


def test_a_shape_is_seen_while_it_is_drawn_and_gone_if_it_is_given_up(pair, eventually):
    ana, ben = pair
    ana.press("r")
    ana.page.mouse.move(300, 300)
    ana.page.mouse.down()
    ana.page.mouse.move(500, 400, steps=4)
    assert ink(ana, 395, 295, 10, 10, "overlay") > 0
    eventually(lambda: ink(ben, 395, 295, 10, 10, "overlay") > 0)
    ana.press("Escape")
    eventually(lambda: ink(ben, 395, 295, 10, 10, "overlay") == 0)
    ana.page.mouse.up()
    assert ana.count() == ben.count() == 0


def test_a_text_is_typed_edited_and_emptied(pair, boards, eventually):
    ana, ben = pair
    ana.press("t")
    ana.page.mouse.click(300, 300)
    ana.page.keyboard.type("Hello\nboard")
    assert ana.count() == 0
    ana.press("Escape")
    ben.sees(1)
    (item,) = made(ben)
    assert (item["type"], item["payload"][2]) == (TEXT, "Hello\nboard")
    ben.press("t")
    ben.page.mouse.click(320, 305)  # on it: it is edited
    ben.page.keyboard.type("s of the world")
    ben.page.mouse.click(800, 600)  # elsewhere: it is done, and no other begins
    eventually(lambda: made(ana)[0]["text"] == "Hello\nboards of the world")
    assert ben.page.is_hidden("#note")
    ana.undo()  # her own text, though Ben has changed it
    ben.sees(0)
    ana.redo()
    ben.sees(1)
    ben.page.mouse.click(320, 305)
    ben.press("Control+a")
    ben.press("Delete")
    ben.press("Escape")
    ana.sees(0)
    agree(ana, ben, boards, eventually)


def test_what_is_typed_is_text_and_nothing_else(pair):
    ana, ben = pair
    words = "<img src=x onerror=alert(1)> & </textarea><script>alert(2)</script>"
    ana.press("n")
    ana.page.mouse.click(400, 300)
    ana.page.keyboard.type(words)
    ana.press("Escape")
    ben.sees(1)
    (item,) = made(ben)
    assert (item["type"], item["payload"][4]) == (STICKY, words)
    assert ben.page.locator("img[onerror], script:not([src])").count() == 0


def test_a_sticky_note_grows_until_all_of_its_text_is_seen(pair):
    ana, ben = pair
    ana.press("n")
    ana.page.mouse.click(640, 160)
    ana.page.keyboard.insert_text("word " * 1000)
    field = ana.page.locator("#note-text").bounding_box()
    assert (
        ana.ask(
            "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.getElementById('note-text'))"
        )
        <= 12
    )
    ana.press("Escape")
    ben.sees(1)
    ana.press("v")
    ana.page.mouse.click(640, 600)  # far below the square that it began as
    box = ana.ask("edgeboard.selectionBox")
    assert box["y1"] - box["y0"] == pytest.approx(field["height"], abs=40)
    assert 300 < box["x1"] - box["x0"] < box["y1"] - box["y0"] < 1400
    ana.press("Escape")
    for _ in range(5):
        ana.press("ArrowDown")
    view = ana.ask("edgeboard.view")
    left, bottom = box["x0"] - view["x"], box["y1"] - 10 - view["y"]
    shades = lambda: [colour[1] for colour in ana.pixels(left + 12, bottom - 200, 60, 180)]  # noqa: E731
    eventually(lambda: min(shades()) < max(shades()) - 40)  # letters, where the note ends


def test_a_text_that_is_put_together_by_an_input_method_is_whole(pair):
    ana, ben = pair
    ana.press("t")
    ana.page.mouse.click(300, 300)
    ana._devtools.send("Input.imeSetComposition", {"text": "ji", "selectionStart": 2, "selectionEnd": 2})
    ana._devtools.send("Input.imeSetComposition", {"text": "记", "selectionStart": 1, "selectionEnd": 1})
    ana._devtools.send("Input.insertText", {"text": "记得"})
    ana.page.keyboard.type(" ok")
    ana.press("Escape")
    ben.sees(1)
    assert made(ben)[0]["payload"][2] == "记得 ok"


def test_a_note_too_long_is_refused_before_it_replaces_anything(pair):
    ana, ben = pair
    ana.press("t")
    ana.page.mouse.click(300, 300)
    ana.page.keyboard.insert_text("a" * 8000)
    ana.page.keyboard.insert_text("語" * 100)
    ana.toast("A note holds 8 KiB of text at most")
    ana.press("Escape")
    ben.sees(1)
    assert made(ben)[0]["payload"][2] == "a" * 8000


def test_a_reload_and_a_crash_lose_nothing_that_was_typed(pair, eventually):
    ana, ben = pair
    ana.press("t")
    ana.page.mouse.click(300, 300)
    ana.page.keyboard.type("before the reload")
    ana.page.reload()
    ana.live()
    ben.sees(1)
    assert made(ben)[0]["payload"][2] == "before the reload"
    # a page that dies says nothing: its draft is what is left
    ana.ask(
        """([room, note]) => localStorage.setItem(`edgeboard.draft.${room}`,
            JSON.stringify({ note, item: null, place: { page: 0, layer: 0 }, at: Date.now() - 60_000 }))""",
        [ana.room, {"type": TEXT, "x": 1, "y": 2, "w": 0, "h": 0, "size": 20, "colour": 4, "text": "before the crash"}],
    )
    ana.page.reload()
    ana.live()
    ana.toast("A note that you were writing before was kept.")
    ben.sees(2)
    assert made(ben)[1]["payload"][2] == "before the crash"
    ana.page.reload()
    ana.live()
    assert ana.count() == 2


def test_the_partial_eraser_takes_what_it_wipes_and_undo_brings_it_back(pair, boards, eventually):
    ana, ben = pair
    ana.drag((200, 300), (600, 300), steps=30)
    before = ben.sees(1).agrees(ana).digest
    ben.press("Shift+E")
    ben.page.mouse.move(400, 240)
    ben.page.mouse.down()
    ben.page.mouse.move(400, 300, steps=8)
    assert ink(ben, 397, 297, 6, 6) == 0  # at once, while wiping
    ben.page.mouse.move(400, 360, steps=8)
    ben.page.mouse.up()
    eventually(lambda: len(ana.ask(RUNS)) == 2)
    left, right = ana.ask(RUNS)
    assert left == pytest.approx([200, 400 - 9 - 1.5], abs=1)
    assert right == pytest.approx([400 + 9 + 1.5, 600], abs=1)
    agree(ana, ben, boards, eventually)
    ben.undo()
    eventually(lambda: ana.digest == ben.digest == before)
    assert ink(ana, 397, 297, 6, 6) > 0
    ben.redo()
    eventually(lambda: len(ana.ask(RUNS)) == 2)


def test_two_wipes_at_once_are_both_kept(pair, boards, eventually):
    ana, ben = pair
    ana.drag((200, 300), (600, 300), steps=30)
    ben.sees(1)
    for person, x in ((ana, 300), (ben, 500)):
        person.press("Shift+E")
        person.drag((x, 260), (x, 340))
    eventually(lambda: len(ana.ask(RUNS)) == len(ben.ask(RUNS)) == 3)
    agree(ana, ben, boards, eventually)
    ana.undo()  # her own wipe, not his
    eventually(lambda: len(ben.ask(RUNS)) == 2)


def test_the_laser_pointer_is_seen_and_never_logged(pair, eventually):
    ana, ben = pair
    ana.press("k")
    ana.page.mouse.move(300, 300)
    ana.page.mouse.down()
    ana.page.mouse.move(400, 300, steps=10)
    eventually(lambda: ink(ben, 380, 290, 30, 20, "overlay") > 0)
    ana.page.mouse.up()
    eventually(lambda: ink(ben, 290, 290, 130, 20, "overlay") == 0)
    assert ana.ask("edgeboard.statistics().ops") == ben.ask("edgeboard.statistics().ops") == 0


def test_clear_says_what_it_takes_and_spares_what_comes_meanwhile(pair, boards, eventually):
    ana, ben = pair
    ana.draw(200, 200)
    ben.sees(1).draw(200, 300)
    ana.sees(2)
    ana.page.click("#menu")
    ana.page.click("#menu-clear")
    assert "2 things by 2 people" in ana.page.inner_text("#clear-words")
    ben.draw(200, 400)
    ana.sees(3)
    ana.page.click("#dialog-clear [data-close]")
    assert ana.count() == 3
    ana.page.click("#menu")
    ana.page.click("#menu-clear")
    ana.page.click("#clear-do")
    ben.sees(0)
    ben.draw(200, 500)
    ana.sees(1)
    ana.page.click("#toasts .toast button")  # undo
    ben.sees(4)
    agree(ana, ben, boards, eventually)


def test_the_grid_is_this_persons_own_and_outlives_a_reload(pair):
    ana, ben = pair
    ana.page.click("#menu")
    ana.page.click("#grid-kind button:nth-child(2)")
    assert ana.page.get_attribute("#grid", "data-kind") == "dots"
    assert ana.page.is_visible("#grid")
    assert ben.page.is_hidden("#grid")
    ana.page.reload()
    ana.live()
    assert ana.page.get_attribute("#grid", "data-kind") == "dots"
    assert ana.ask("edgeboard.statistics().ops") == 0


def test_everything_is_reached_by_the_keyboard_alone(pair, boards, eventually):
    ana, ben = pair
    ana.press("?")
    assert ana.page.is_visible("#dialog-keys")
    ana.press("Escape")
    ana.page.locator("#stage").focus()
    ana.press("r")
    ana.press("Enter")
    ana.press("n")
    ana.press("Enter")
    ana.page.keyboard.type("typed without a mouse")
    ana.press("Escape")
    ben.sees(2)
    # the toolbar: Tab to the tool in hand, arrows from one to the next, down into the shapes
    ana.page.locator("#tools [aria-checked=true]").focus()
    ana.press("ArrowLeft")
    assert ana.ask("document.activeElement.getAttribute('data-tool')") == "text"
    ana.press("ArrowLeft")
    assert ana.ask("document.activeElement.id") == "shapes"
    ana.press("Enter")
    assert ana.page.is_visible("#card-shapes")
    assert ana.ask("document.activeElement.getAttribute('data-tool')") == "rectangle"
    ana.press("ArrowRight")
    ana.press("Escape")
    assert ana.page.is_hidden("#card-shapes")
    ana.page.locator("#stage").focus()
    ana.press("Enter")
    ben.sees(3)
    assert made(ben)[2]["payload"][0] == 3  # an ellipse
    # clear, through the menu
    ana.page.locator("#menu").focus()
    ana.press("Enter")
    ana.page.locator("#menu-clear").focus()
    ana.press("Enter")
    ana.press("Tab")
    assert ana.ask("document.activeElement.id") == "clear-do"
    ana.press("Enter")
    ben.sees(0)
    agree(ana, ben, boards, eventually)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (800, 480), (1024, 768), (1280, 800)])
def test_every_tool_has_its_place_and_targets_are_large_enough(boards, invite, width, height):
    ana = invite(boards[0], viewport={"width": width, "height": height}, has_touch=width <= 800).live()
    bar = ana.page.locator("#toolbar").bounding_box()
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= width
    shown = ana.page.locator("#toolbar .tool:visible")
    for box in (shown.nth(at).bounding_box() for at in range(shown.count())):
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= bar["x"]
        assert box["x"] + box["width"] <= bar["x"] + bar["width"]
    if ana.page.is_visible("#more"):
        ana.page.click("#more")
    names = ana.page.locator("#toolbar [data-tool]:visible, #shapes:visible").evaluate_all(
        "(buttons) => buttons.map((button) => button.dataset.tool ?? button.id)"
    )
    assert {"pen", "marker", "eraser", "shapes", "text", "sticky", "laser", "hand"} <= set(names)
    assert len(names) == len(set(names))


def test_on_a_phone_a_note_is_written_by_touch(boards, invite, eventually):
    ana = invite(boards[0], viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True).live()
    ben = invite(boards[1]).live()
    ana.page.tap("#more")
    ana.page.tap("#card-more [data-tool=sticky]")
    assert ana.page.is_hidden("#card-more")
    ana.touch("touchStart", (180, 500, 0.5))
    ana.touch("touchEnd")
    ana.page.keyboard.type("by touch")
    ana.until("document.getElementById('note').getBoundingClientRect().top < 320")  # a keyboard would cover the rest
    ana.touch("touchStart", (60, 500, 0.5))
    ana.touch("touchEnd")
    ben.sees(1)
    assert ana.page.is_hidden("#note")
    assert made(ben)[0]["payload"][4] == "by touch"


def test_a_kiosk_has_large_targets_and_no_way_out(boards, invite):
    ana = invite(boards[0], viewport={"width": 800, "height": 480}, query="kiosk").live()
    box = ana.page.locator("#undo").bounding_box()
    assert min(box["width"], box["height"]) >= 56
    ana.page.click("#menu")
    assert ana.page.is_visible("#menu-clear")
    assert ana.page.is_hidden("#menu-name")
    assert ana.page.is_hidden("#export-svg")
    ana.press("Escape")
    ana.page.click("#people")
    assert ana.page.is_hidden("#edit-name")
