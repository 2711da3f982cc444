"""The messages of docs/formats/wire.md as values.

Only their form is checked here; whether a message may be said now is for the engine that receives it. Numbers and
positions are append-only: a decoder skips the tail of an array that it does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgpack

from edgeboard.errors import DecodeError, LimitError
from edgeboard.ids import AuthorTag
from edgeboard.vectors import Range

VERSION = 1
MESSAGE_MAX = 64 * 1024  # bytes, on ctl and log
LIVE_MAX = 1_100  # bytes: one SCTP chunk, so that a lost datagram loses one message
NAME_MAX = 40  # characters of a person's name
ROOM_NAME_MAX = 64
RANGES_MAX = 256
SUBMIT_OPS_MAX = 4_096
PRESENCE_MAX = 512
LIVE_ITEMS_MAX = 256


class Channel(IntEnum):
    """The three channels of a link; the numbers are on the wire."""

    CTL = 0
    LOG = 1
    LIVE = 2
