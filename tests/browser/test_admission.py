"""Who may come in: what each rule of a board looks like to the people at its door."""

import json
import subprocess
import sys

import pytest

from tests.conftest import LOOPBACK, eventually


def board_that(make_node, admit, name="board", **how):
    return make_node(name, "--name", name, config_text=f"{LOOPBACK}guests:\n  admit: {admit}\n", **how).start()


def edgeboard(board, *words):
    command = [sys.executable, "-m", "edgeboard.cli", *words, "--state", str(board.state), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def items(board, room):
    return next((each["items"] for each in board.status()["rooms"] if each["name"] == room), 0)


# A browser elsewhere in the network, as far as the page knows: the board's panel would be told the PIN.
ELSEWHERE = """
    const own = window.fetch;
    window.fetch = (path, ...more) => String(path).endsWith("/api/pin")
        ? Promise.resolve(new Response("{}", { status: 403 })) : own(path, ...more);
"""


@pytest.fixture
def come(invite):
    """Somebody at the door, from elsewhere."""

    def make(board, **how):
        person = invite(board, before=ELSEWHERE, **how)
        person.faults.clear()
        return person

    return make


def test_who_may_look_sees_what_others_draw_and_has_no_tools(make_node, invite, room):
    board = board_that(make_node, "view")
    link = edgeboard(board, "token", "--room", room)["link"]
    ana = invite(board)
    ana.page.goto(link)
    ana.live()
    ben = invite(board).live()
    ana.draw(200, 200)
    ben.sees(1)
    assert ben.page.inner_text("#badge-title") == "View only"
    assert not ben.page.is_visible("#toolbar")
    assert ana.page.is_visible("#toolbar")
    ben.draw(200, 300)  # the hand moves the paper
    ben.press("p")
    ben.draw(200, 400)
    ben.press("Control+z")
    assert ben.ask("edgeboard.pending()") == 0
    ana.draw(300, 500)
    ben.sees(2)
    assert items(board, room) == 2


def test_a_page_that_claims_more_than_it_may_is_refused_by_the_board(make_node, invite, room):
    board = board_that(make_node, "view")
    ben = invite(board).live()
    ben.ask(
        """async () => {
            const { encode, decode, Channel } = await import("/static/wire.js");
            const { openWebSocket } = await import("/static/link.js");
            window.said = [];
            const at = (path) => location.origin + path;
            const message = (channel, data) => channel === Channel.CTL && window.said.push([...data]);
            const events = { message, closed: () => {}, unsure: () => {} };
            const link = await openWebSocket(at, events, new AbortController().signal);
            const me = { person: edgeboard.person, origin: "00000000000000ff", name: "Ben", colour: 5 };
            link.send(Channel.CTL, encode("guest", { version: 1, capabilities: new Map([["role", "draw"]]), ...me }));
            const name = decodeURIComponent(location.pathname.split("/")[2]);
            link.send(Channel.CTL, encode("join", { room: "", name, vector: Uint8Array.of(0), handle: 1 }));
            window.heard = () => window.said.map((data) => decode(Channel.CTL, Uint8Array.from(data)));
            window.hand = () => {
                const { room } = window.heard().find(({ kind }) => kind === "room");
                const tails = [Uint8Array.of(1, 1, 1, 1)];
                link.send(Channel.LOG, encode("submit", { room, origin: me.origin, tails }));
            };
        }"""
    )
    ben.until("window.heard().some(({ kind }) => kind === 'room')")
    ben.ask("window.hand()")
    ben.until("window.heard().some(({ kind, code }) => kind === 'refused' && code === 15)")
    assert items(board, room) == 0


def test_the_pin_is_asked_for_once_and_wrong_ones_do_not_let_in(make_node, come, room):
    board = board_that(make_node, "pin")
    pin = edgeboard(board, "pin")["pin"]
    ana = come(board)
    ana.page.wait_for_selector("#dialog-pin[open]")
    assert ana.page.inner_text("#pin-words") == "This board asks for its PIN."
    ana.page.fill("#pin", "000000" if pin != "000000" else "111111")
    ana.page.press("#pin", "Enter")
    eventually(lambda: ana.page.inner_text("#pin-words") == "That is not the PIN.")
    assert ana.state == "stopped"
    ana.page.fill("#pin", f"{pin[:3]} {pin[3:]}")
    ana.page.press("#pin", "Enter")
    ana.live().draw(200, 200)
    ana.sees(1).safe()
    assert not ana.page.is_visible("#dialog-pin")
    ana.page.reload()  # its ticket stands for the PIN
    ana.live().sees(1)
    with ana.page.expect_download() as saved:
        ana.page.click("#menu")
        ana.page.click("#export-svg")
    assert saved.value.path().read_text().count("<svg") == 1
    edgeboard(board, "pin", "--new")
    ana.page.wait_for_selector("#dialog-pin[open]")
    assert ana.state == "stopped"


def test_the_boards_own_panel_comes_in_by_itself_and_shows_the_pin(make_node, invite):
    board = board_that(make_node, "pin")
    pin = edgeboard(board, "pin")["pin"]
    panel = invite(board, query="kiosk").live()
    eventually(lambda: panel.page.inner_text("#panel-pin") == f"PIN {pin[:3]} {pin[3:]}")
    panel.page.click("#menu")
    panel.page.click("#menu-share")
    eventually(lambda: "knows the PIN" in panel.page.inner_text("#share-who"))


def test_a_link_made_for_somebody_opens_its_room_until_it_is_ended(make_node, come, room):
    board = board_that(make_node, "token")
    made = edgeboard(board, "token", "--room", room, "--role", "draw", "--for", "2h")
    eve = come(board)
    eve.until("edgeboard.state === 'stopped'")
    eve.toast("This board lets in only who has a link made for them.")
    assert not eve.page.is_visible("#toolbar"), "nobody is to draw what no board will take"
    ana = come(board)
    ana.page.goto(made["link"])
    ana.live().draw(200, 200)
    ana.sees(1).safe()
    assert ana.ask("location.hash") == ""
    ana.page.reload()
    ana.live().sees(1)
    ana.page.goto(f"{board.url}/room/another-room")
    ana.until("globalThis.edgeboard?.state === 'stopped'")
    assert all(each["name"] != "another-room" for each in board.status()["rooms"])
    ana.page.goto(f"{board.url}/room/{room}")
    ana.live()
    edgeboard(board, "token", "--revoke", made["id"])
    ana.until("edgeboard.state === 'stopped'")
    ana.toast("The link that let you in has ended.")
    eve.page.goto(made["link"])
    eve.until("globalThis.edgeboard?.state === 'stopped'")
    assert items(board, room) == 1


def test_who_said_the_pin_at_one_board_need_not_say_it_at_the_next_when_that_one_dies(
    make_node, mesh_secret, come, room
):
    second = board_that(make_node, "pin", "second", secret=mesh_secret)
    first = make_node(
        "first", "--peer", second.url, secret=mesh_secret, config_text=f"{LOOPBACK}guests:\n  admit: pin\n"
    ).start()
    ana = come(first)
    ana.page.wait_for_selector("#dialog-pin[open]")
    ana.page.fill("#pin", edgeboard(first, "pin")["pin"])
    ana.page.press("#pin", "Enter")
    ana.live().draw(200, 200)
    ana.safe()
    eventually(lambda: ana.ask("edgeboard.otherBoards") == [second.url])
    first.kill()
    ana.until(f"edgeboard.state === 'live' && edgeboard.board === '{second.url}'")
    ana.draw(200, 300)
    ana.sees(2).safe()
    assert not ana.page.is_visible("#dialog-pin")


def test_the_panel_shows_the_code_for_a_new_board_until_one_has_joined(make_node, invite, artifacts):
    board = board_that(make_node, "draw")
    panel = invite(board, query="kiosk", viewport={"width": 800, "height": 480}).live()
    elsewhere = invite(board).live()
    code = edgeboard(board, "pair")["code"]
    eventually(lambda: f"{code[:3]} {code[3:]}" in panel.page.inner_text("#panel-code"))
    assert f"edgeboard join {code}" in panel.page.inner_text("#panel-code")
    panel.page.screenshot(path=artifacts / "code.png")
    panel.draw(200, 200)  # it is in nobody's way
    panel.sees(1)
    assert elsewhere.page.locator("#panel-code").count() == 0
    panel.page.click("#menu")
    assert not panel.page.is_visible("#menu-pair"), "nobody at the panel invites where the owner has not said so"
    edgeboard(make_node("new", secret=None), "join", code, "--peer", board.url)
    eventually(lambda: panel.page.inner_text("#panel-code") == "A board has joined.")


def test_where_the_owner_allows_it_the_panel_itself_begins_to_pair(make_node, invite):
    board = make_node("board", config_text=f"{LOOPBACK}node: {{pair_at_panel: true}}\n").start()
    panel = invite(board, query="kiosk").live()
    panel.page.click("#menu")
    panel.page.click("#menu-pair")
    panel.page.wait_for_selector("#panel-code b")
    code = panel.page.inner_text("#panel-code b").replace(" ", "")
    edgeboard(make_node("new", secret=None), "join", code, "--peer", board.url)
    eventually(lambda: panel.page.inner_text("#panel-code") == "A board has joined.")
