"""Images by file, paste and drop: the other board's page shows their pixels, and none is lost on the way."""

import base64
import struct
import zlib

from tests.crash.evidence import digest_of

RED, BLUE, GREEN = (220, 30, 40, 255), (20, 60, 220, 255), (10, 160, 80, 255)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"


def png(width, height, colour):
    """A picture of one colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def choose(person, *files):
    """Choose files as people do; each is (name, type, bytes)."""
    with person.page.expect_file_chooser() as chooser:
        person.page.click("#insert-image")
    chooser.value.set_files([{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files])


MAKE_FILE = """
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "picture", { type }));
"""


def paste(person, data, kind="image/png"):
    """What Ctrl+V with an image in the clipboard gives the page."""
    person.ask(
        "([text, type]) => {"
        + MAKE_FILE
        + """
            const how = { clipboardData: transfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        [base64.b64encode(data).decode(), kind],
    )


def drop(person, data, x, y, kind="image/png"):
    person.ask(
        "([text, type, clientX, clientY]) => {"
        + MAKE_FILE
        + """
            const how = { dataTransfer: transfer, clientX, clientY, bubbles: true, cancelable: true };
            const stage = document.getElementById("stage");
            stage.dispatchEvent(new DragEvent("dragover", how));
            stage.dispatchEvent(new DragEvent("drop", how));
        }""",
        [base64.b64encode(data).decode(), kind, x, y],
    )


def pixel(person, x, y):
    return person.pixels(x, y)[0]


def is_near(found, colour, by=6):
    return all(abs(a - b) <= by for a, b in zip(found, colour, strict=True))


def shows(person, eventually, colour, x=640, y=400):
    eventually(lambda: is_near(person.pixels(x, y)[0], colour))


def test_a_chosen_image_is_seen_by_the_other_board_and_can_be_taken_back(boards, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    choose(ana, ("picture.png", "image/png", png(400, 300, RED)))
    for person in (ana.sees(1), ben.sees(1)):
        shows(person, eventually, RED)
        assert pixel(person, 640 - 205, 400)[3] == 0  # it is 400 px wide
        assert is_near(pixel(person, 640 - 195, 400), RED)
    ana.safe()
    ana.undo()
    ben.sees(0)
    for person in (ana, ben):
        eventually(lambda person=person: pixel(person, 640, 400)[3] == 0)
    ana.redo()
    shows(ben.sees(1), eventually, RED)
    ana.agrees(ben)


def test_on_a_phone_an_image_comes_from_the_menu(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.page.set_viewport_size({"width": 390, "height": 844})
    ana.page.click("#menu")
    with ana.page.expect_file_chooser() as chooser:
        ana.page.click("#menu-image")
    chooser.value.set_files([{"name": "a.png", "mimeType": "image/png", "buffer": png(800, 600, BLUE)}])
    shows(ana.sees(1), eventually, BLUE, 195, 422)
    assert not ana.page.locator("#card-menu").is_visible()
    eventually(lambda: is_near(pixel(ben.sees(1), 195, 422), BLUE))
    assert pixel(ana, 20, 422)[3] == 0  # it takes most of the window and not all of it


def test_a_page_that_may_only_look_sees_images_and_takes_none(boards, room, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ben.open(f"{boards[1].url}/embed/{room}")
    ben.live()
    paste(ben, png(60, 60, GREEN))
    paste(ana, png(100, 80, BLUE))
    shows(ben.sees(1), eventually, BLUE)
    assert ana.count() == 1
    assert ben.ask("edgeboard.statistics().errors") == 0


def test_a_pasted_image_lies_in_the_middle_and_a_dropped_one_where_it_fell(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    paste(ana, png(100, 80, BLUE))
    drop(ana, png(60, 60, GREEN), 900, 200)
    for person in (ana, ben):
        shows(person.sees(2), eventually, BLUE)
        shows(person, eventually, GREEN, 900, 200)
    ana.safe()


def test_the_clipboard_of_the_system_works_too(boards, invite, eventually):
    ana = invite(boards[0]).live()
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.ask(
        """async (text) => {
            const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            const image = new Blob([bytes], { type: "image/png" });
            await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
        }""",
        base64.b64encode(png(100, 80, GREEN)).decode(),
    )
    ana.press("Control+v")
    shows(ana.sees(1), eventually, GREEN)


def test_a_large_photograph_is_made_small_and_a_transparent_picture_stays_so(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    photo = ana.ask(
        """async () => {
            const canvas = new OffscreenCanvas(3200, 2400);
            const context = canvas.getContext("2d");
            for (let i = 0; i < 3000; i++) {
                context.fillStyle = `hsl(${(i * 37) % 360} 80% 50%)`;
                context.fillRect((i * 97) % 3200, (i * 61) % 2400, 200, 150);
            }
            context.fillStyle = "rgb(220 30 40)";
            context.fillRect(1200, 900, 800, 600);
            const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.98 });
            const bytes = new Uint8Array(await blob.arrayBuffer());
            let text = "";
            for (const byte of bytes) text += String.fromCharCode(byte);
            return btoa(text);
        }"""
    )
    paste(ana, base64.b64decode(photo), "image/jpeg")
    shows(ana.sees(1), eventually, RED)
    shows(ben.sees(1), eventually, RED)
    made = ana.ask(
        """async () => {
            const { readImage } = await import("/static/images.js");
            return edgeboard.document.items().map((item) => readImage(item.pieces[0].payload));
        }"""
    )
    assert made[0]["media"] == "image/jpeg"
    assert made[0]["size"] <= 2 * 1024 * 1024

    paste(ana, png(2000, 1000, (20, 60, 220, 128)))
    ana.sees(2)
    ben.sees(2)
    ana.safe()
    mixed = tuple(round(0.5 * a + 0.5 * b) for a, b in zip(BLUE[:3], RED[:3], strict=True))
    eventually(lambda: is_near(pixel(ben, 640, 400)[:3], mixed, by=12))
    assert ben.ask("edgeboard.statistics().errors") == 0


def test_what_is_no_image_is_refused_with_plain_words(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    choose(ana, ("drawing.svg", "image/svg+xml", SVG))
    ana.toast("This is no image that can be shown.")
    choose(ana, ("lie.png", "image/png", SVG))
    choose(ana, ("broken.png", "image/png", png(10, 10, RED)[:40]))
    choose(ana, ("picture.png", "image/png", png(100, 80, BLUE)))
    shows(ben.sees(1), eventually, BLUE)
    assert ana.count() == 1


def test_an_item_that_names_what_nobody_has_is_a_frame_and_harms_nothing(boards, invite, eventually):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    # the page is only to be looked at from outside, so a second session speaks for a hostile guest
    ana.ask(
        """async () => {
            const from = (name) => import(`/static/${name}.js`);
            const [{ openWebSocket }, { GuestSession }] = [await from("link"), await from("guest")];
            const [{ imagePayload }, { Maker, ItemType }] = [await from("images"), await from("ops")];
            const { add } = await from("bodies");
            const maker = new Maker();
            const room = decodeURIComponent(location.pathname.split("/")[2]);
            const me = { person: "99".repeat(16), origin: maker.origin, name: "Mal", colour: 4 };
            const session = new GuestSession(me, room, () => Uint8Array.of(0));
            let link = null;
            const pump = () => session.drain().forEach((output) => {
                if (output.type === "send") link.send(output.channel, output.data);
            });
            link = await openWebSocket((path) => location.origin + path, {
                message: (channel, data) => (session.receive(channel, data, performance.now()), pump()),
                closed() {}, unsure() {},
            }, new AbortController().signal);
            session.open(performance.now());
            const box = { x: 590, y: 350, width: 100, height: 100 };
            const payload = imagePayload(box, "ab".repeat(32), "image/png", 1000);
            session.submit([maker.make(add({ type: ItemType.IMAGE, payload }), 1, {})]);
            pump();
        }"""
    )
    for person in (ana, ben):
        shows(person.sees(1), eventually, (242, 242, 245, 255))
    ben.draw(200, 200)
    ana.sees(2)
    paste(ana, png(100, 80, BLUE))
    shows(ben.sees(3), eventually, BLUE)


def test_an_image_of_a_tab_that_was_closed_in_an_outage_arrives_from_the_next(mortal_boards, room, invite, eventually):
    host, other = mortal_boards
    ana, ben = invite(host).live(), invite(other).live()
    host.kill()
    ana.until("edgeboard.state !== 'live'")
    paste(ana, png(400, 300, RED))
    shows(ana.sees(1), eventually, RED)
    assert ana.ask("edgeboard.unsafe()") == 2  # the op, and the image
    ana.close_tab()
    host.start()
    ana.open()
    ana.live(60).sees(1)
    shows(ana, eventually, RED)
    shows(ben.sees(1), eventually, RED)
    ana.safe()
    eventually(lambda: digest_of(host, room) == digest_of(other, room) == ben.digest)
    kept = ana.ask(
        """() => new Promise((resolve) => {
            const opening = indexedDB.open("edgeboard");
            opening.onsuccess = () => {
                const asking = opening.result.transaction("vault").objectStore("vault").count();
                asking.onsuccess = () => resolve(asking.result);
            };
        })"""
    )
    assert kept == 0
