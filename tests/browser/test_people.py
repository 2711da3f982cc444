"""Who is here: names, cursors, and strokes while they are being drawn."""

import pytest

from tests.crash.evidence import digest_of
from tests.crash.hosted import HostedGuest


def test_cursors_bear_the_names_of_people_at_other_boards(boards, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ben.until("edgeboard.people.map(({ name }) => name).sort().join() === 'Ana,Ben'")
    ana.hover(500, 300)
    ana.hover(420, 260)
    cursor = ben.page.locator("#cursors .cursor")
    eventually(lambda: cursor.all_inner_texts() == ["Ana"])

    def place():
        box = cursor.first.bounding_box()
        return box and (box["x"], box["y"])

    # the arrow's tip is near its left upper corner; it glides there
    eventually(lambda: place() == pytest.approx((420, 260), abs=4))
    ana.introduce("Änne <b>")
    eventually(lambda: cursor.all_inner_texts() == ["Änne <b>"])
    assert ben.page.get_attribute("#people", "aria-label") == "2 people here. Show who"


def test_a_person_who_leaves_is_gone_with_their_cursor(boards, invite):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ben.until("edgeboard.people.length === 2")
    ana.hover(500, 300)
    ana.hover(420, 260)
    ben.until("document.querySelectorAll('#cursors .cursor').length === 1")
    ana.close_tab()
    ben.until("edgeboard.people.length === 1 && document.querySelectorAll('#cursors .cursor').length === 0")


RED = """
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    const id = bytes.map((byte) => byte.toString(16).padStart(2, 0)).join("");
    const isFirst = origin !== "null" && localStorage.length === 0;
    if (isFirst) localStorage.setItem("edgeboard.person", JSON.stringify({ id, name: "Somebody red", colour: 4 }));
"""


def test_two_people_do_not_share_a_colour_that_none_of_them_chose(boards, invite):
    people = [invite(boards[at % 2], before=RED).live() for at in range(4)]
    for person in people:
        person.until("new Set(edgeboard.people.map(({ colour }) => colour)).size === 4")
    colours = [person.ask("edgeboard.people[0].colour") for person in people]
    assert len(set(colours)) == 4


def test_the_history_shows_everybody_in_their_own_colour_and_says_whose_it_is(boards, invite):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    ana.draw(200, 200)
    ben.sees(1).draw(200, 400)
    ana.sees(2).safe()
    ana.until("edgeboard.people.length === 2")
    ana.page.click("#menu")
    ana.page.click("#menu-history")
    ana.page.click("#player-who")
    legend = ana.page.locator("#player-people li")
    assert legend.all_inner_texts() == ["Ana", "Ben"]
    shown = legend.locator("i").evaluate_all("(dots) => dots.map((dot) => getComputedStyle(dot).backgroundColor)")
    own = ana.ask("""async () => {
        const { cssColour } = await import("/static/ink.js");
        return edgeboard.people.map(({ colour }) => cssColour(colour));
    }""")
    assert [hex_of(colour) for colour in shown] == own


def hex_of(css):
    return "#" + "".join(f"{int(each):02x}" for each in css.removeprefix("rgb(").removesuffix(")").split(","))


def test_a_stroke_is_seen_while_it_is_drawn_and_logged_at_least_every_two_seconds(boards, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    track = [(200 + 8 * at, 300 + at % 5, 0.4) for at in range(40)]
    ana.pen_down(*track[:20])
    ben.until("edgeboard.previews.length === 1 || edgeboard.items().length === 1")
    ben.sees(1)  # the pen rests on the paper, and its ink is logged all the same
    ana.pen_along(*track[20:])
    ana.pen_up(*track[-1][:2])
    ben.agrees(ana)
    assert len(ben.strokes()[0]["pieces"]) >= 2
    ben.until("edgeboard.previews.length === 0")
    assert ben.count() == 1


def test_thirty_people_draw_at_once_and_everybody_sees_the_same(boards, room, loop, invite, eventually):
    ana, ben = invite(boards[0], "Ana").live(), invite(boards[1], "Ben").live()
    crowd = [HostedGuest(loop, boards[at % 2].state, 100 + at, name=f"Pupil {at + 1}", room=room) for at in range(28)]
    eventually(lambda: all(guest.is_linked for guest in crowd))
    ana.until("edgeboard.people.length === 30")
    ben.until("edgeboard.people.length === 30")
    for row in range(4):
        for guest in crowd:
            guest.draw_long()
        ana.draw(200, 150 + 150 * row)
        ben.draw(600, 150 + 150 * row)
    strokes = 4 * 30
    for person in (ana, ben):
        person.sees(strokes).safe()
    assert ana.page.get_attribute("#people", "aria-label") == "30 people here. Show who"
    ana.undo()  # in the middle of a class, only her own last stroke goes
    for person in (ana, ben):
        person.sees(strokes - 1)
    eventually(lambda: all(guest.is_all_safe for guest in crowd))
    eventually(lambda: ana.digest == ben.digest == digest_of(boards[0], room) == digest_of(boards[1], room))
