"""What a room may be called: docs/formats/wire.md."""

import re

from edgeboard.errors import CloseCode, RefusedError
from edgeboard.wire.fields import ROOM_NAME_MAX

ROOM_NAME = re.compile(rf"[A-Za-z0-9._-]{{1,{ROOM_NAME_MAX}}}")


def check_room_name(name: str) -> None:
    """Raises: RefusedError: not a room name; the text says what is."""
    if not ROOM_NAME.fullmatch(name) or name in (".", ".."):
        raise RefusedError(
            CloseCode.MALFORMED, f"a room name is 1 to {ROOM_NAME_MAX} letters, digits, dots, dashes or underscores"
        )
