"""Files into the page and out of it, the link that it shares, and the page inside another one."""

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import eventually
from tests.interchange.scenes import FILES, element, scene


def size_of(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


@pytest.fixture
def elsewhere():
    """Serves a page from another origin; gives its address."""
    pages = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def serve(page):
        pages.append(page)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_picture_is_saved_in_px_also_when_the_board_is_away(boards, invite):
    ana = invite(boards[0]).live()
    ana.draw(300, 300)
    ana.safe()
    one, name = ana.download("[data-png='1']")
    assert name == f"{ana.room}.png"
    ana.context.set_offline(True)
    four, _ = ana.download("[data-png='4']")
    ana.context.set_offline(False)
    width, height = size_of(one)
    assert size_of(four) == (4 * width, 4 * height)
    assert 250 < width < 340
    shades = ana.ask(
        """async (bytes) => {
            const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
            const context = canvas.getContext("2d");
            context.drawImage(bitmap, 0, 0);
            const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
            const dark = data.filter((value, at) => at % 4 === 0 && value < 80).length;
            return { corner: [...data.slice(0, 4)], dark };
        }""",
        list(one),
    )
    assert shades["corner"] == [255, 255, 255, 255]
    assert shades["dark"] > 300


def test_a_drawing_of_excalidraw_is_opened_in_the_middle_and_undone_at_once(boards, room, invite, tmp_path):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(100, 100)
    ben.sees(1)
    drawing = tmp_path / "plan.excalidraw"
    drawing.write_bytes(
        scene(
            element("rectangle", id="box", x=5000, y=5000),
            element(
                "arrow", x=5100, y=5020, points=[[0, 0], [80, 0]], endArrowhead="arrow",
                startBinding={"elementId": "box"},
            ),
            element("freedraw", x=5000, y=5080, points=[[0, 0], [40, 9], [90, 0]], pressures=[0.1, 0.9, 0.4]),
            element("text", x=5010, y=5010, text="<b>plan</b>", fontFamily=2),
            element("frame"), element("image"), element("image", x=5200, y=5200, fileId="f"), files=FILES,
        )
    )  # fmt: skip
    ana.page.set_input_files("#open-file", drawing)
    ana.sees(6)
    ben.sees(6)
    listed = ana.page.locator("#notes-list li").all_inner_texts()
    assert [line.split("\n")[0] for line in listed] == ["frames (1)", "images (1)"]
    ana.page.click("#dialog-notes [data-close]")
    boxes = ana.ask("edgeboard.items().map((item) => item.type)")
    assert boxes == [1, 2, 6, 1, 3, 5]
    ana.undo()
    ana.sees(1)
    ben.sees(1)
    ana.redo()
    ana.sees(6).safe()
    out, name = ana.download("#export-excalidraw")
    assert name == f"{room}.excalidraw"
    kinds = [each["type"] for each in json.loads(out)["elements"]]
    assert kinds == ["freedraw", "rectangle", "arrow", "freedraw", "text", "image"]
    ana.page.locator("#notes-list li", has_text="times and tilts").wait_for()
    ana.page.click("#dialog-notes [data-close]")


def test_a_file_that_is_none_is_refused_in_words(boards, invite, tmp_path):
    ana = invite(boards[0]).live()
    (tmp_path / "x.excalidraw").write_bytes(b'{"type": "excalidraw", "elements": [5]}')
    ana.page.set_input_files("#open-file", tmp_path / "x.excalidraw")
    ana.toast("This file is damaged, or is none of those that can be opened")
    (tmp_path / "x.svg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    ana.page.set_input_files("#open-file", tmp_path / "x.svg")
    ana.toast("SVG pictures cannot be opened. Save it as PNG")
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4\n\x00\xff")
    ana.page.set_input_files("#open-file", tmp_path / "x.pdf")
    ana.toast("This is none of the files that can be opened")
    ana.faults = [fault for fault in ana.faults if "400" not in fault]


def test_a_picture_that_is_opened_is_inserted(boards, invite, tmp_path):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(300, 300)
    one, _ = ana.download("[data-png='1']")
    (tmp_path / "photo").write_bytes(one)  # what is in it counts, not its name
    ana.page.set_input_files("#open-file", tmp_path / "photo")
    ben.sees(2)
    assert ben.ask("edgeboard.items().map((item) => item.type)") == [1, 5]


def test_a_room_that_was_saved_comes_back_with_all_its_pages_and_one_undo_takes_them_away(
    boards, room, invite, tmp_path
):
    ana = invite(boards[0]).live()
    ana.draw(100, 100)
    ana.page.click("#pages")
    ana.page.click("#page-add")
    ana.page.click("#page-list li:nth-child(2) .tool")
    ana.page.fill("#rename", "Sketches")
    ana.page.click("#dialog-rename button[type=submit]")
    ana.press("Escape")
    ana.draw(300, 300)
    ana.draw(300, 400)
    ana.safe()
    data, name = ana.download("#export-json")
    (tmp_path / name).write_bytes(data)
    ana.open(f"{boards[0].url}/room/{room}-again")
    ana.live()
    ana.page.set_input_files("#open-file", tmp_path / name)
    ana.sees(3)
    ana.toast("3 items added, on 2 pages")
    assert ana.ask("edgeboard.document.items().map((item) => item.page)") == [0, 1, 1]
    assert len(ana.ask("edgeboard.selected")) == 1
    eventually(lambda: "Sketches" in ana.page.text_content("#page-list"))
    assert not ana.page.is_visible("#dialog-notes")
    ana.undo()
    ana.sees(0)
    eventually(lambda: "Sketches" not in ana.page.text_content("#page-list"))
    ana.redo()
    ana.sees(3)


def test_the_link_is_shown_with_its_code(boards, room, invite):
    ana = invite(boards[0]).live()
    ana.page.click("#menu")
    ana.page.click("#menu-share")
    ana.until("document.getElementById('dialog-share').open")
    link = ana.page.input_value("#share-link")
    assert link.endswith(f"/room/{room}")
    assert f"/embed/{room}" in ana.page.input_value("#share-embed")
    ana.until("document.getElementById('share-code').naturalWidth > 100")
    ana.page.click("#dialog-share [data-copy=share-link]")
    ana.toast("Copied")


def test_a_page_of_others_may_look_at_a_room_and_not_draw(boards, room, invite, elsewhere):
    ana = invite(boards[0]).live()
    ana.draw(300, 300)
    ana.safe()
    guest = invite(boards[0])
    guest.page.goto(elsewhere(f'<iframe src="{boards[0].url}/embed/{room}" width=900 height=600></iframe>'))
    frame = guest.page.frame_locator("iframe")
    frame.locator("body[data-state=live]").wait_for(state="attached")
    assert not frame.locator("#toolbar").is_visible()
    assert not frame.locator("#top").is_visible()
    assert frame.locator("#zoombar").is_visible()
    (inner,) = [each for each in guest.page.frames if "/embed/" in each.url]
    inner.wait_for_function("() => edgeboard.items().length === 1")
    guest.page.mouse.move(300, 200)
    guest.page.mouse.down()
    guest.page.mouse.move(500, 300, steps=5)
    guest.page.mouse.up()
    guest.page.keyboard.press("p")
    guest.page.mouse.down()
    guest.page.mouse.move(300, 300, steps=5)
    guest.page.mouse.up()
    assert inner.evaluate("edgeboard.items().length") == 1
    assert ana.count() == 1
