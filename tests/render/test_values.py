"""What a panel is, as values."""

from edgeboard.canvas.geometry import Rectangle, Transform
from edgeboard.render.values import Area, PixelFormat, View, touched


def test_areas_meet_and_unite() -> None:
    one, other = Area(0, 0, 10, 10), Area(5, 8, 10, 10)
    assert one.meet(other) == Area(5, 8, 5, 2)
    assert one.unite(other) == Area(0, 0, 15, 18)
    assert one.meet(Area(20, 0, 5, 5)).is_empty
    assert one.unite(Area(3, 3, 0, 7)) == one


def test_a_view_and_its_area_are_each_others_way_back() -> None:
    view = View(100.0, -50.0, 2.0)
    shown = view.area(10, 20, 30, 40)
    assert view.place(shown.x0, shown.y0) == (10, 20)
    assert view.place(shown.x1, shown.y1) == (40, 60)


def test_greys_take_a_byte_and_colours_four() -> None:
    assert [each.channels for each in PixelFormat] == [1, 1, 1, 1, 4, 4, 4, 4, 4]
    assert [each.levels for each in PixelFormat][:4] == [2, 4, 16, 256]


def test_the_px_that_a_box_may_touch_are_a_little_more_than_it():
    area = touched(Transform(2, 0, 0, 2, 5, 5), Rectangle(0, 0, 10, 10))
    assert (area.x, area.y) == (3, 3)
    assert area.x + area.width >= 25 + 1
    assert touched(Transform(), Rectangle(1, 1, 0, 0)).is_empty


def test_what_may_leave_a_mark_in_an_area_is_looked_at():
    for zoom in (0.07, 1.0, 13.0):
        view = View(3.3, -7.7, zoom)
        area = Area(40, 50, 10, 20)
        reach = view.reach(area)
        for at in range(-60, 60):
            box = Rectangle(reach.x0 + at / zoom / 10 - 1 / zoom, reach.y0, reach.x0 + at / zoom / 10, reach.y1)
            assert view.touched(box).meet(area).is_empty or box.overlaps(reach), (zoom, at)
