"""The picture of a mesh."""

import re
from xml.etree import ElementTree

import pytest

from edgeboard.render.mesh import LABELLED_MAX, NAME_MAX, Board, Line, render_mesh, shown

SVG = "{http://www.w3.org/2000/svg}"


def boards(count):
    return [Board(str(at), f"board {at}", is_self=at == 0) for at in range(count)]


def drawn(text):
    return ElementTree.fromstring(text)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 24, 25, 200])
def test_every_board_is_there_with_its_name_and_inside_the_picture(count) -> None:
    ring = [Line(str(at), str((at + 1) % count), 3.0) for at in range(count)] if count > 1 else []
    picture = drawn(render_mesh(boards(count), ring))
    left, top, width, height = map(float, picture.get("viewBox").split())
    circles = picture.findall(f"{SVG}circle")
    assert len(circles) == count
    for circle in circles:
        x, y, r = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        assert left <= x - r
        assert x + r <= left + width
        assert top <= y - r
        assert y + r <= top + height
    texts = {text.text for text in picture.findall(f"{SVG}text")}
    assert {board.name for board in boards(count)} <= texts
    places = {(circle.get("cx"), circle.get("cy")) for circle in circles}
    assert len(places) == count
    assert len(picture.findall(f"{SVG}line")) == len(ring)


def test_a_line_says_how_long_an_answer_takes_and_whether_both_ends_know_of_it() -> None:
    text = render_mesh(boards(3), [Line("0", "1", 2.4), Line("1", "2", 250.0, is_sure=False), Line("0", "2", None)])
    assert re.findall(r">([^<]*ms)<", text) == ["2 ms", "250 ms"]
    assert text.count("stroke-dasharray") == 1
    assert text.count("mesh-slow") == 1
    assert "&lt; 1 ms" in render_mesh(boards(2), [Line("0", "1", 0.3)])


def test_no_time_covers_another_one_or_a_board() -> None:
    count = 6
    everybody = [Line(str(one), str(other), 1.0 + one) for one in range(count) for other in range(one)]
    picture = drawn(render_mesh(boards(count), everybody))
    labels = [each for each in picture.findall(f"{SVG}rect") if each.get("rx")]
    boxes = [tuple(float(each.get(name)) for name in ("x", "y", "width", "height")) for each in labels]
    assert len(boxes) >= 12, "most have a place on their line somewhere"
    for at, (x, y, wide, high) in enumerate(boxes):
        for a, b, w, h in boxes[:at]:
            assert x >= a + w or a >= x + wide or y >= b + h or b >= y + high, f"{(x, y)} covers {(a, b)}"


def test_of_many_links_those_of_this_board_say_how_long_an_answer_takes() -> None:
    everybody = [Line(str(one), str(other), 2.0 if one and other else 7.0) for one in range(9) for other in range(one)]
    text = render_mesh(boards(9), everybody)
    assert text.count(">7 ms<") >= 7
    assert ">2 ms<" not in text


def test_in_a_large_mesh_times_would_cover_each_other_and_are_left_out() -> None:
    many = boards(LABELLED_MAX + 1)
    assert " ms<" not in render_mesh(many, [Line("0", "1", 2.0)])


def test_what_is_the_matter_with_a_board_is_seen() -> None:
    gone = Board("g", "gone", is_alive=False)
    behind = Board("b", "behind", is_behind=True)
    text = render_mesh([gone, behind], [])
    assert text.count("mesh-gone") == text.count("mesh-behind") == 1


def test_a_link_to_nobody_is_left_out() -> None:
    assert "<line" not in render_mesh(boards(1), [Line("0", "nobody", 1.0)])


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", '" onload="x', "a & b", "\x00\x1b[2J", "", "数学教室", "x" * 200, "a\u2028b\nc"],
)
def test_no_name_breaks_out_of_the_picture(name) -> None:
    picture = drawn(render_mesh([Board("0", name)], []))
    assert [text.text for text in picture.findall(f"{SVG}text")][-1] == shown(name)
    assert len(shown(name)) <= NAME_MAX
    assert {element.tag for element in picture.iter()} <= {f"{SVG}{tag}" for tag in ("svg", "rect", "circle", "text")}
    assert not any(name.startswith("on") for element in picture.iter() for name in element.attrib)


def test_the_same_mesh_is_the_same_picture() -> None:
    lines = [Line("0", "1", 2.0), Line("1", "2", 3.0)]
    assert render_mesh(boards(3), lines) == render_mesh(boards(3), lines)
