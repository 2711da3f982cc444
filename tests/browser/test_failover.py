"""The host dies under people who draw, by SIGKILL: their pages go to another board, and nothing is lost or doubled."""

import pytest

from tests.browser.person import wave
from tests.conftest import eventually
from tests.crash.evidence import carriers, digest_of, ops_in

KILLS, SOAK_KILLS = 3, 100


def killed_under(person, host, *, at):
    """Kill a host while a stroke is under way, finish it, and wait until the page is live at another board."""
    before = person.ask("edgeboard.board")
    points = wave(200, at, 240, 60, 24, 0.15, 0.9)
    person.pen_down(*points[:8])
    host.kill()
    person.pen_along(*points[8:])
    person.pen_up(*points[-1][:2])
    person.draw(500, at)
    person.until(f"edgeboard.state === 'live' && edgeboard.board !== '{before}'", 20)


@pytest.mark.parametrize("carrier", ["webrtc", "websocket"])
def test_a_page_whose_host_is_killed_is_live_at_another_board_and_has_everything(refuge_boards, room, invite, carrier):
    host, other = refuge_boards
    ana, ben = invite(host, "Ana", carrier=carrier).live(), invite(other, "Ben").live()
    ana.draw(200, 100)
    ben.sees(1).draw(200, 180)
    ana.sees(2).safe()
    eventually(lambda: ana.ask("edgeboard.otherBoards") == [other.url])
    ana.ask("document.documentElement.dataset.stays = 'yes'")
    killed_under(ana, host, at=260)
    ana.toast("first does not answer. You are at second now.")
    assert ana.ask("edgeboard.board") == other.url
    assert ana.ask("document.documentElement.dataset.stays") == "yes", "the page was loaded anew"
    assert ana.carrier == carrier
    ana.sees(4).safe()
    ben.sees(4)
    eventually(lambda: ana.digest == ben.digest == digest_of(other, room))
    assert other.room(room)["ops"] == ana.pieces()
    eventually(lambda: [each["name"] for each in ben.ask("edgeboard.people")] == ["Ben", "Ana"])
    ana.undo()  # what was drawn at the board that is dead can be taken back here
    ben.sees(3)
    ana.page.click("#badge")
    assert "This page came from first, which did not answer." in ana.page.inner_text("#link-storage")
    assert ana.page.inner_text("#badge-detail") == "at second"


def test_a_page_goes_on_to_the_next_board_and_home_again(refuge_boards, room, invite):
    host, other = refuge_boards
    ana = invite(host).live()
    ana.draw(200, 100)
    ana.safe()
    eventually(lambda: ana.ask("edgeboard.otherBoards") == [other.url])
    killed_under(ana, host, at=200)
    host.start()
    eventually(lambda: host.url in ana.ask("edgeboard.otherBoards") and len(carriers(other)) == 1)
    assert ana.ask("edgeboard.board") == other.url  # it stays while that board lives
    ana.sees(3).safe()
    eventually(lambda: host.room(room)["ops"] == other.room(room)["ops"] == ana.pieces())
    killed_under(ana, other, at=300)
    assert ana.ask("edgeboard.board") == host.url
    ana.sees(5).safe()
    assert digest_of(host, room) == ana.digest
    assert host.room(room)["ops"] == ana.pieces()


def test_a_link_to_share_and_files_are_those_of_the_board_that_lives(refuge_boards, room, invite):
    host, other = refuge_boards
    ana = invite(host).live()
    ana.draw(200, 100)
    ana.safe()
    eventually(lambda: ana.ask("edgeboard.otherBoards") == [other.url])
    loaded = "performance.getEntriesByType('resource').some(({ name }) => /\\/sharing[^/]*\\.js$/.test(name))"
    ana.until(loaded)  # a part that nobody has asked for is there soon after the page
    killed_under(ana, host, at=200)
    ana.sees(3).safe()
    ana.page.click("#menu")
    ana.page.click("#menu-share")
    eventually(lambda: ana.page.input_value("#share-link") == f"{other.url}/room/{room}")
    eventually(lambda: ana.ask("document.getElementById('share-code').naturalWidth") > 0)
    ana.press("Escape")
    saved, _ = ana.download("#export-svg")
    assert saved.count(b"<path") >= 3


@pytest.mark.parametrize("kills", [KILLS, pytest.param(SOAK_KILLS, marks=pytest.mark.soak)])
def test_hosts_are_killed_again_and_again_under_a_drawing_page(make_node, mesh_secret, room, invite, kills):
    boards = [make_node("one", secret=mesh_secret).start()]
    boards.append(make_node("two", "--peer", boards[0].url, secret=mesh_secret).start())
    boards.append(make_node("three", *(f"--peer={board.url}" for board in boards), secret=mesh_secret).start())
    by_url = {board.url: board for board in boards}
    ana = invite(boards[0], "Ana").live()
    for number in range(kills):
        eventually(lambda: len(ana.ask("edgeboard.otherBoards")) == 2)
        eventually(lambda: all(len(carriers(board)) == 2 for board in boards))
        ana.draw(800, 100 + 5 * (number % 100))
        promised = set(ana.safe().ask("edgeboard.items().map(({ id }) => id)"))
        host = by_url[ana.ask("edgeboard.board")]
        killed_under(ana, host, at=100 + 5 * (number % 100))
        ana.safe()
        for board in boards:
            if board is not host:
                agreed(board, room, ana, items=3 * (number + 1))
                assert promised <= set(ops_in(board, room))
        host.start()
    for board in boards:
        agreed(board, room, ana, items=3 * kills)


class Difference(dict):
    """(ops, items) here and there: what is said if they do not become equal."""

    def __bool__(self):
        return False


def agreed(board, room, person, *, items):
    """Wait until a board has each of the page's ops once, and shows what the page shows."""

    def look():
        found = board.room(room)
        made = person.ask("edgeboard.statistics().ops")  # a stroke that took long is logged in pieces
        same = (found["ops"], found["items"]) == (made, items) and digest_of(board, room) == person.digest
        return same or Difference(board=(found["ops"], found["items"], found["state"]), page=(made, items))

    eventually(look)
