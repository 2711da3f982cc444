"""What a room may be called."""

import pytest

from edgeboard.errors import RefusedError
from edgeboard.rooms.names import check_room_name, nearest_room_name


@pytest.mark.parametrize(
    "name",
    [
        "lobby",
        "Room-7",
        "a",
        "x" * 64,
        "v1.2_final",
        "\u6570\u5b66",
        "caf\u00e9",
        "\u0939\u093f\u0928\u094d\u0926\u0940",
    ],
)
def test_a_plain_name_is_taken(name: str) -> None:
    check_room_name(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a/b", "..", ".", "a b", "cafe\u0301", "a\n", "<b>", "a\u200db", "\U0001f600"]
)
def test_anything_else_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(RefusedError, match="letters of any script, digits"):
        check_room_name(name)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Bad Room!", "Bad-Room"),
        ("x" * 100, "x" * 64),
        ("cafe\u0301", "caf\u00e9"),
        ("..", ""),
        ("<script>", "script"),
        (" \u6570 \u5b66 ", "\u6570-\u5b66"),
    ],
)
def test_the_name_that_was_meant_is_offered(text: str, nearest: str) -> None:
    assert nearest_room_name(text) == nearest
    if nearest:
        check_room_name(nearest)
