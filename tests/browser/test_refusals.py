"""What a board does not take, it says in words; the ink stays with whoever drew it."""

import msgpack

from edgeboard.errors import CloseCode
from edgeboard.wire.messages import Channel, Refused, Submit, decode, encode
from tests.conftest import LOOPBACK
from tests.crash.evidence import digest_of, fill
from tests.crash.hosted import HostedGuest


class Censor:
    """Sits between a page and its board, and has the next submitted ops refused."""

    def __init__(self, code, text):
        self.refuse = True
        self._code = code
        self._text = text

    def __call__(self, context):
        context.route_web_socket("**/guest", self._between)

    def _between(self, page):
        board = page.connect_to_server()
        board.on_message(page.send)

        def from_page(frame):
            message = decode(Channel(frame[0]), frame[1:]) if frame[0] == Channel.LOG else None
            if not self.refuse or not isinstance(message, Submit):
                board.send(frame)
                return
            for tail in message.tails:
                counter = tail[0]  # a short varint
                refused = Refused(message.room, message.origin, counter, self._code, self._text)
                page.send(bytes((Channel.CTL,)) + encode(refused))

        page.on_message(from_page)


def test_a_stroke_that_is_refused_is_told_kept_and_can_be_tried_again(boards, invite, eventually):
    censor = Censor(CloseCode.TOO_BIG, "17000 bytes")
    ana, ben = invite(boards[0], carrier="websocket", prepare=censor).live(), invite(boards[1]).live()
    ana.draw(300, 300)
    ana.toast("Stroke not taken: larger than the board allows")
    assert ana.count() == 1
    assert ana.ask("edgeboard.refused().length") >= 1
    assert ben.count() == 0

    ana.page.locator("#toasts .toast button", has_text="Details").click()
    assert "Stroke: larger than the board allows" in ana.page.inner_text("#refused-list")
    ana.page.reload()  # it is not forgotten by a reload
    ana.live().until("edgeboard.refused().length >= 1")
    ana.sees(1).page.click("#badge")
    ana.page.click("#link-refused")
    censor.refuse = False
    ana.page.click("#refused-retry")
    ben.sees(1)
    ana.safe()
    assert ana.ask("edgeboard.refused().length") == 0
    ana.agrees(ben)


def test_a_refused_stroke_can_be_discarded(boards, invite):
    censor = Censor(CloseCode.MALFORMED, "it is <i>crooked</i>")
    ana = invite(boards[0], carrier="websocket", prepare=censor).live()
    ana.draw(300, 300)
    ana.toast("Stroke not taken: it is <i>crooked</i>")
    ana.page.locator("#toasts .toast button", has_text="Details").click()
    ana.page.click("#refused-discard")
    ana.until("edgeboard.refused().length === 0")
    ana.page.reload()
    ana.live().until("edgeboard.statistics().isPersistent")
    assert ana.count() == 0


def test_a_board_that_is_full_says_so(make_node, invite):
    node = make_node("small", config_text=f"{LOOPBACK}guests:\n  most: 1\n").start()
    ana = invite(node, "Ana").live()
    ben = invite(node)
    ben.until("edgeboard.state === 'stopped'")
    ben.until("document.getElementById('badge').innerText.startsWith('Not connected')")  # a frame later
    ben.page.click("#badge")
    assert "This room is full." in ben.page.inner_text("#card-link")
    assert ana.state == "live"
    ana.leave()
    ben.page.click("#link-retry")
    ben.live()


TINY_QUEUE = f"{LOOPBACK}storage:\n  queue_bytes: 131072\n  reserve_bytes: 65536\n  retry_last_s: 0.5\n"


def test_a_board_whose_disk_is_full_says_so_and_loses_nothing(make_node, small_disk, room, invite, loop, eventually):
    node = make_node("host", config_text=TINY_QUEUE)
    node.state = small_disk / "host"
    node.start()
    ana, ben = invite(node).live(), invite(node).live()
    ana.draw(300, 300, points=8)
    ana.sees(1).safe()
    filler = fill(small_disk)
    ana.draw(300, 400, points=8)
    ana.toast("This board cannot save: ")
    busy = HostedGuest(loop, node.state, 1, room=room)
    eventually(lambda: busy.is_linked)
    while not busy.guest.refused:
        busy.draw_long()
        eventually(lambda: node.status()["guests"] == 3)  # it has taken what was sent before
    ana.draw(300, 500, points=8)
    ana.toast("Stroke not taken: the board's storage is full")
    ana.page.click("#badge")
    assert "cannot save just now; ink is kept in the board's memory" in ana.page.inner_text("#card-link")
    ana.press("Escape")

    filler.unlink()
    ana.toast("This board can save again; nothing was lost.")
    ana.page.click("#badge")
    ana.page.click("#link-refused")
    ana.page.click("#refused-retry")
    ana.safe()
    assert ana.ask("edgeboard.refused().length") == 0
    eventually(lambda: ana.digest == ben.digest == digest_of(node, room))
    by_ana = ana.ask("edgeboard.origin")
    assert len([stroke for stroke in ben.strokes() if stroke["id"].startswith(by_ana)]) == 3


TOO_BIG = b"\x00" + msgpack.packb([6, b"", "x" * 70_000, b"\x00", 0])
NO_MESSAGE = b"\x01\xff\xff"
NO_CHANNEL = b"\x07"


def test_a_page_that_breaks_the_rules_is_shut_out_with_a_reason_and_the_others_stay(boards, invite):
    ana, ben = invite(boards[0], carrier="websocket").live(), invite(boards[0]).live()
    for frame, code in (
        (TOO_BIG, CloseCode.TOO_BIG),
        (NO_MESSAGE, CloseCode.MALFORMED),
        (NO_CHANNEL, CloseCode.MALFORMED),
    ):
        said = ana.ask(
            """(bytes) => new Promise((resolve) => {
                const socket = new WebSocket(`ws://${location.host}/guest`);
                socket.binaryType = "arraybuffer";
                const heard = [];
                socket.onopen = () => socket.send(new Uint8Array(bytes));
                socket.onmessage = ({ data }) => heard.push([...new Uint8Array(data)]);
                socket.onclose = () => resolve(heard);
            })""",
            list(frame),
        )
        closing = decode(Channel.CTL, bytes(said[-1][1:]))
        assert closing.code == code
        assert closing.text
    ana.draw(300, 300)
    ben.sees(1)
    assert ana.state == ben.state == "live"
