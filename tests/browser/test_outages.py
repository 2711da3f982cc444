"""The host goes away, by SIGKILL; people draw on, and nothing is lost or doubled."""

import signal

from tests.crash.evidence import digest_of


def test_a_page_whose_host_was_killed_and_started_again_has_everything(mortal_boards, room, invite, eventually):
    host, other = mortal_boards
    ana, ben = invite(host).live(), invite(other).live()
    ana.draw(200, 200)
    ben.sees(1).draw(200, 300)
    ana.sees(2).safe()
    ana.draw(200, 400)
    host.kill()  # perhaps before it has saved, perhaps after
    ana.draw(200, 500)
    ana.draw(200, 600)
    ben.draw(500, 200)
    host.start()
    ana.until("edgeboard.state !== 'live'")
    ana.live(60).sees(6).safe()
    ben.sees(6).safe()
    eventually(lambda: ana.digest == ben.digest == digest_of(host, room) == digest_of(other, room))
    assert host.room(room)["items"] == other.room(room)["items"] == 6
    ana.draw(500, 400)  # and it goes on
    ben.sees(7)


def test_ink_of_a_tab_that_was_closed_in_an_outage_arrives_once_from_the_next(mortal_boards, room, invite, eventually):
    host, other = mortal_boards
    ana, ben = invite(host).live(), invite(other).live()
    ana.draw(200, 200)
    ben.sees(1)
    ana.safe()
    origin = ana.ask("edgeboard.origin")
    host.kill()
    ana.draw(200, 300)
    ana.pen_down(*((200 + 10 * at, 500, 0.5) for at in range(20)))
    ana.close_tab()  # in the middle of a stroke
    host.start()
    ana.open()
    ana.live(60).sees(3).safe()
    ben.sees(3)
    eventually(lambda: ana.digest == ben.digest == digest_of(host, room) == digest_of(other, room))
    assert sorted(stroke["id"] for stroke in ben.strokes()) == [f"{origin}:{n}" for n in (1, 2, 3)]

    ana.close_tab()  # a third tab hands over nothing again
    ana.open()
    ana.live().sees(3)
    assert ana.ask("edgeboard.unsafe()") == 0
    assert other.room(room)["ops"] == ben.pieces()


def test_a_paste_of_many_items_in_an_outage_is_kept_whole_and_let_go_of_when_it_is_safe(
    mortal_boards, room, invite, eventually
):
    host, other = mortal_boards
    ana, ben = invite(host).live(), invite(other).live()
    ana.draw(200, 200)
    ben.sees(1)
    ana.safe()
    host.kill()
    ana.press("v")
    for count in (2, 4, 8, 16, 32, 64, 128, 256, 512):
        ana.press("Control+a")
        ana.press("Control+d")
        ana.sees(count)
    eventually(lambda: ana.ask("edgeboard.unsafe()") == 1022)  # each has its place
    ana.close_tab()
    host.start()
    ana.open()
    ana.live(60).sees(512).safe()
    ben.sees(512)
    eventually(lambda: ana.digest == ben.digest == digest_of(host, room) == digest_of(other, room))
    ana.close_tab()  # nothing of it is left in the store
    ana.open()
    ana.live().sees(512)
    assert ana.ask("edgeboard.unsafe()") == 0


def test_where_the_browsers_storage_is_full_ink_still_goes_out_and_the_page_says_to_stay(mortal_boards, invite):
    host, other = mortal_boards
    ana, ben = invite(host).live(), invite(other).live()
    ana.limit_storage(1)
    ana.draw(200, 200)
    ben.sees(1)  # the pen is not blocked
    ana.safe()
    host.kill()
    ana.draw(200, 300)
    ana.until("edgeboard.state !== 'live'")
    ana.until("document.getElementById('badge-detail').textContent === 'leave this page open'")
    ana.draw(200, 400)
    assert ana.ask("edgeboard.unsafe()") == 2
    host.start()
    ana.live(60).sees(3).safe()
    ben.sees(3)


def test_two_tabs_of_one_person_are_one_person(boards, invite):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    first = ana.page
    ana.open()
    ana.live()
    ana.draw(200, 200)
    ben.sees(1)
    ben.until("edgeboard.people.length === 2")
    ana.page = first
    ana.sees(1).undo()
    ben.sees(0)


def test_a_board_that_does_not_answer_is_not_said_to_be_up_to_date(mortal_boards, invite):
    ana = invite(mortal_boards[0], "Ana").live()
    ana.page.click("#badge")
    ana.until("document.getElementById('link-facts').textContent.includes('Answers within')")
    assert "up to date" in ana.page.inner_text("#link-facts")
    mortal_boards[0].process.send_signal(signal.SIGSTOP)
    try:
        ana.until("document.getElementById('badge-title').textContent === 'Unsteady'")
        ana.until("!document.getElementById('link-facts').textContent.includes('Answers within')")
        assert "up to date" not in ana.page.inner_text("#link-facts")
    finally:
        mortal_boards[0].process.send_signal(signal.SIGCONT)
    ana.until("document.getElementById('badge-title').textContent === 'Live'")
