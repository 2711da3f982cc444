"""What a panel is, as values."""

from edgeboard.render.values import Area, PixelFormat, View


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
