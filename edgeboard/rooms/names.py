"""What a room may be called: docs/formats/wire.md."""

from unicodedata import category, normalize

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.wire.fields import ROOM_NAME_MAX


def check_room_name(name: str) -> None:
    """Raises: RefusedError: not a room name; the text says what is."""
    is_plain = name not in ("", ".", "..") and all(map(_may_be, name))
    if not is_plain or len(name) > ROOM_NAME_MAX or normalize("NFC", name) != name:
        raise RefusedError(
            CloseCode.MALFORMED,
            f"a room name is 1 to {ROOM_NAME_MAX} letters of any script, digits, dots, dashes or underscores",
        )


def nearest_room_name(text: str) -> str:
    """The room name that somebody may have meant; empty if nothing is left of it."""
    plain = "".join(each if _may_be(each) else " " for each in normalize("NFC", text))
    name = "-".join(plain.split())[:ROOM_NAME_MAX]
    return "" if name in (".", "..") else name


def _may_be(character: str) -> bool:
    """Letters, marks on them, digits, and what needs no care in an address."""
    return category(character)[0] in "LMN" or character in "._-"
