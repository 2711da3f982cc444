"""The marquee on the page: what one sets, others see, and panels too."""

import json
from urllib.parse import quote

from tests.browser.conftest import ALONE
from tests.conftest import eventually


def line(person):
    return person.ask(
        "() => { const line = document.getElementById('marquee-line');"
        " return line.hidden ? null : [line.dataset.level, document.getElementById('marquee-shown').textContent]; }"
    )


def listed(board, room):
    return json.loads(board.ask("GET", f"/api/marquee?room={quote(room)}")[1])["items"]


def announce(person, text, level=None):
    person.page.click("#menu")
    person.page.click("#menu-marquee")
    person.until("document.getElementById('dialog-marquee').open")
    person.page.fill("#marquee-text", text)
    if level is not None:
        person.page.click(f"#marquee-level button:nth-child({level})")
    person.page.click("#marquee-set")


def test_what_one_person_announces_others_and_boards_show_and_it_can_be_taken_back(boards, room, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    assert line(ana) is None
    announce(ana, "The door is open", level=3)
    for person in (ana, ben):
        eventually(lambda person=person: line(person) == ["warning", "The door is open"])
    for board in boards[:2]:
        (item,) = eventually(lambda board=board: listed(board, room))
        assert (item["text"], item["level"], item["valid"]) == ("The door is open", "warning", True)
    ana.draw(300, 300)
    ana.page.keyboard.press("Control+a")
    ana.page.keyboard.press("Delete")
    strokes = "() => window.edgeboard.document.items().filter((item) => item.type === 1).length"
    eventually(lambda: ana.ask(strokes) == 0)
    assert line(ana) is not None, "it was selected and deleted with the ink"
    ana.page.click("#marquee-line")
    ana.until("document.getElementById('dialog-marquee').open")
    ana.page.click("#marquee-list .row")
    ana.page.fill("#marquee-text", "The door is shut")
    ana.page.click("#marquee-level button:nth-child(2)")
    ana.page.click("#marquee-set")
    eventually(lambda: line(ben) == ["healthy", "The door is shut"])
    ben.page.click("#marquee-line")
    ben.page.click("#marquee-list .tool")
    eventually(lambda: line(ana) is None)
    eventually(lambda: listed(boards[0], room) == [])


def test_what_a_board_says_is_shown_as_text_and_nothing_else(boards, room, invite):
    ana = invite(boards[0]).live()
    body = json.dumps({"id": "trap", "text": "<img src=x onerror=alert(1)>", "level": "critical"})
    assert boards[0].ask("PUT", f"/api/marquee?room={quote(room)}", body)[0] == 200
    eventually(lambda: line(ana) == ["critical", "<img src=x onerror=alert(1)>"])
    assert ana.ask("() => document.querySelectorAll('#marquee-line img').length") == 0


def test_what_comes_from_a_source_has_no_bin_and_says_where_it_is_changed(make_node, invite):
    config = f"{ALONE}marquee: {{sources: [{{url: /proc/sys/kernel/ostype}}]}}\n"
    board = make_node("kitchen", "--name", "kitchen", config_text=config).start()
    eventually(lambda: json.loads(board.ask("GET", "/api/marquee")[1])["items"])
    board.ask("PUT", "/api/marquee", json.dumps({"id": "door", "text": "Open"}))
    ana = invite(board, room="lobby").live()
    eventually(lambda: line(ana) is not None)
    ana.page.click("#marquee-line")
    rows = (
        "() => [...document.querySelectorAll('#marquee-list li')]"
        ".map((row) => [row.textContent, row.querySelectorAll('.tool').length])"
    )
    eventually(
        lambda: (
            sorted(ana.ask(rows))
            == [["LinuxIt comes from the source ostype in edgeboard.yaml of kitchen.", 0], ["Open", 1]]
        )
    )
    assert ana.ask("() => document.getElementById('marquee-trouble').hidden")
    board.kill()
    ana.page.keyboard.press("Escape")
    ana.page.click("#marquee-line")
    eventually(lambda: "does not answer" in ana.ask("() => document.getElementById('marquee-trouble').textContent"))
