"""What the menu saves: a picture and the data, with what is on the board."""

import json
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def test_the_menu_saves_a_picture_and_the_data_with_all_strokes(boards, room, invite):
    ana, ben = invite(boards[0]).live(), invite(boards[1]).live()
    ana.draw(300, 200)
    ana.draw(300, 400)
    ben.sees(2).draw(700, 300)
    ana.sees(3).safe()
    ana.undo()
    ben.sees(2).safe()
    ana.safe()

    picture, name = ana.download("#export-svg")
    assert name == f"{room}.svg"
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    drawn = [element for element in root.iter() if element.tag in (f"{SVG}path", f"{SVG}circle")]
    assert len(drawn) == 2
    assert ben.download("#export-svg")[0] == picture

    data, name = ben.download("#export-json")
    assert name == f"{room}.json"
    archive = json.loads(data)
    assert archive["format"] == "edgeboard-room"
    strokes = [op for op in archive["ops"] if op["kind"] == "add"]
    assert len(strokes) == 3
    assert len([op for op in archive["ops"] if op.get("undo") == "undo"]) == 1
    assert {op["person"] for op in strokes} == {person.ask("edgeboard.person") for person in (ana, ben)}
    assert {op["id"] for op in strokes} >= {stroke["id"] for stroke in ana.strokes()}


def test_an_archive_taken_into_another_room_shows_the_same_canvas(boards, room, invite):
    ana = invite(boards[0]).live()
    ana.draw(300, 200)
    ana.draw(300, 400)
    ana.undo()
    ana.sees(1).safe()
    data, _ = ana.download("#export-json")
    status, body = boards[1].ask("POST", f"/control/rooms/{room}-copy/import", data)
    assert status == 200, body
    ana.page.goto(f"{boards[0].url}/room/{room}-copy")
    ana.live().sees(1)
    other = invite(boards[0]).live()
    ana.agrees(other)
