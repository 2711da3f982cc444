"""What a room may be called."""

import pytest

from edgeboard.errors import RefusedError
from edgeboard.rooms.names import check_room_name


@pytest.mark.parametrize("name", ["lobby", "Room-7", "a", "x" * 64, "v1.2_final"])
def test_a_plain_name_is_taken(name: str) -> None:
    check_room_name(name)


@pytest.mark.parametrize("name", ["", "x" * 65, "a/b", "..", ".", "a b", "caf\u00e9", "a\n", "<b>"])
def test_anything_else_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(RefusedError, match="letters, digits"):
        check_room_name(name)
