"""What the refresh policy is told: its settings once, and then what happens."""

from dataclasses import dataclass

from firmware_bridge.panel.values import Rect

DAY = 86_400.0  # s


@dataclass(frozen=True, slots=True)
class Settings:
    """How one panel is to be treated; times in s."""

    always_full: bool = False  # every update flashes, none ghosts
    prefers_direct: bool = False  # ink in A2 although the panel has DU: sooner, and flashes when it settles
    settle_s: float = 0.8  # the pen rests when nothing came from it for so long
    held_s: float = 10.0  # a pen that is down but still rests, too
    partials: int = 30  # updates without a flash until the budget is spent
    erased_share: float = 0.15  # of the panel's px: erased since the last flash until the budget is spent
    flush_after_s: float = 5.0  # idle until a spent budget flushes
    flush_every_s: float = 60.0  # between two such at least: flashing disturbs more than ghosts
    clean_after_s: float = 600.0  # idle until any ghost is flushed
    daily_s: float = DAY  # between flushes at most
    sleep_after_s: float = 60.0  # idle until the panel sleeps: high voltage that stays on harms it
    patience_s: float = 1.0  # other damage waits for ink no longer
    retry_s: float = 0.25  # after a first failure; doubled for each further
    retry_max_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Damage:
    """These px are wanted now."""

    rect: Rect  # inside the panel
    pixels: bytes  # 8-bit grey, rect.w * rect.h, row by row
    is_ink: bool  # drawn just now by a person: goes first and fast


@dataclass(frozen=True, slots=True)
class PenState:
    """A pen here was put down or lifted."""

    down: bool


@dataclass(frozen=True, slots=True)
class Done:
    """An update stands on the panel."""

    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An update is not on the panel."""

    number: int
    needs_all: bool  # nor is it known any more what is


@dataclass(frozen=True, slots=True)
class Temperature:
    celsius: float


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The panel is there again, and its glass may show anything."""


Event = Damage | PenState | Done | Failed | Temperature | Reconnected
