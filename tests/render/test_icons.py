import pytest

from edgeboard.render.icons import GRID, ICONS, placed_icon
from edgeboard.render.looks import LEVEL_ICONS
from edgeboard.render.surface import Surface
from edgeboard.render.values import Area


def drawn(name, size, *, is_hard=False):
    surface = Surface(size, size)
    surface.polygon(placed_icon(name, 0.0, 0.0, float(size)), 0, surface.area, is_hard=is_hard)
    return bytes(surface.pixels)


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_lies_within_its_grid_and_is_closed_by_pairs(name):
    for contour in ICONS[name]:
        assert len(contour) % 2 == 0
        assert len(contour) >= 6
        assert all(0 <= value <= GRID for value in contour)


def test_icons_can_be_told_on_sixteen_pixels_of_two_levels():
    pictures = {name: drawn(name, 16, is_hard=True) for name in ICONS}
    assert len(set(pictures.values())) == len(ICONS)
    for name, picture in pictures.items():
        assert 0.1 < picture.count(0) / len(picture) < 0.9, f"{name} is a speck or a blot"


def test_every_level_has_an_icon():
    assert set(LEVEL_ICONS.values()) <= ICONS.keys()


def test_an_icon_that_is_not_there_draws_nothing():
    assert placed_icon("unicorn", 0.0, 0.0, 16.0) == ()


def test_an_icon_lies_where_it_is_put():
    surface = Surface(40, 40)
    box = surface.polygon(placed_icon("door", 10.0, 12.0, 24.0), 0, Area(0, 0, 40, 40))
    assert box.meet(Area(10, 12, 24, 24)) == box
