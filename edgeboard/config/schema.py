"""Every setting of a node, in sections; `Config()` is what a node runs with when nobody says anything.

Rules of this file: values are frozen; a package's own `Settings` are taken over whole, with their defaults; what the
pipeline is to be told stands here as plain fields, because `node` is above us and translates. `SHAPES` says how the
file writes a field; what is not in it follows the type of the field.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from edgeboard.config.values import (
    Listen,
    default_name,
    default_state,
    read_address,
    read_ice_server,
    read_listen,
    read_name,
    read_number,
    read_path,
    read_peer,
    read_room,
    read_signaling,
    read_updates,
    read_whole,
)
from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.marquee.settings import RATE_LEAST, RATE_MOST
from edgeboard.marquee.settings import Settings as MarqueeSettings
from edgeboard.peripherals.panels import PanelSettings, check_name, name_of, read_driver
from edgeboard.peripherals.settings import Settings as DeviceSettings
from edgeboard.peripherals.settings import read_url, read_view
from edgeboard.rooms.compaction import CompactionSettings
from edgeboard.sources.settings import (
    SOURCES_MAX,
    read_condition,
    read_icon,
    read_id,
    read_line,
    read_pointer,
    read_source,
    read_text,
)
from edgeboard.sources.settings import Settings as SourceSettings
from edgeboard.storage.settings import Settings as StorageSettings
from edgeboard.transport.settings import Settings as TransportSettings

ROOMS_MAX = 64  # as many as a link can join (docs/formats/wire.md)
PEERS_MAX = 256
DEVICES_MAX = 32
PANELS_MAX = 16

Level = Literal["debug", "info", "warning", "error"]
AdmitRule = Literal["draw", "view", "pin", "token"]


@dataclass(frozen=True, slots=True)
class NodeSection:
    name: str = field(default_factory=default_name)
    state: Path = field(default_factory=default_state)
    listen: Listen = Listen()
    join_file: Path = Path("/boot/firmware/edgeboard-join.txt")  # an invitation for a board that has no mesh yet
    pair_at_panel: bool = False  # whoever stands at the board's own panel may let another board in


@dataclass(frozen=True, slots=True)
class GuestsSection:
    """What one board does for browsers."""

    most: int = 128  # people this board is host to
    most_per_room: int = 64
    messages_per_s: float = 400.0  # of one link; a burst may be four times that
    live_per_s: float = 120.0  # frames of previews and cursors of one link; what is above is dropped
    gather_s: float = 0.033  # outgoing work is gathered this long; 0 sends at once
    admit: AdmitRule = "draw"  # what browsers are asked for, and may do
    failover: bool = True  # browsers of another board may come here when theirs dies


@dataclass(frozen=True, slots=True)
class StorageSection:
    kind: Literal["sqlite", "memory"] = "sqlite"
    settings: StorageSettings = StorageSettings()


@dataclass(frozen=True, slots=True)
class MarqueeSection:
    settings: MarqueeSettings = MarqueeSettings()
    sources: tuple[SourceSettings, ...] = ()  # what this board reads by itself, or in turn with others


@dataclass(frozen=True, slots=True)
class UpdatesSection:
    """Where `edgeboard ota` looks, beside the boards of the mesh."""

    addresses: tuple[str, ...] = ()  # of folders that `edgeboard release` publishes, as https://HOST/PATH
    channel: Literal["stable", "beta"] = "stable"
    root: Path = Path("/")  # below which releases lie, in opt/edgeboard and var/lib/edgeboard-ota


@dataclass(frozen=True, slots=True)
class LoggingSection:
    level: Level = "info"


@dataclass(frozen=True, slots=True)
class Config:
    """All of it."""

    node: NodeSection = field(default_factory=NodeSection)
    rooms: tuple[str, ...] = ("lobby",)  # open from the start; others open when somebody enters them
    peers: tuple[str, ...] = ()  # boards to link to, as http://HOST:PORT
    signaling: tuple[str, ...] = ()  # services that introduce boards to each other, as http://HOST:PORT
    devices: tuple[DeviceSettings, ...] = (DeviceSettings(),)  # pens and panels: what is plugged in, unless named
    panels: tuple[PanelSettings, ...] = (PanelSettings(),)  # what shows rooms: what is found, unless named
    discovery: DiscoverySettings = DiscoverySettings()
    transport: TransportSettings = TransportSettings()
    guests: GuestsSection = GuestsSection()
    storage: StorageSection = StorageSection()
    compaction: CompactionSettings = CompactionSettings()
    marquee: MarqueeSection = MarqueeSection()
    updates: UpdatesSection = UpdatesSection()
    logging: LoggingSection = LoggingSection()


@dataclass(frozen=True, slots=True)
class Shape:
    """How the file writes a field.

    Attributes:
        read: one scalar, or one element of a list.
        most: elements of a list.
        least: elements of a list.
        word: a word that stands for the empty list.
        section: the key that one value stands for where elements are sections; empty: they are not.
    """

    read: Callable[[str], object]
    most: int = 64
    least: int = 0
    word: str = ""
    section: str = ""  # elements may be sections, too; one value stands for this key of a section


_QUEUE = partial(read_whole, least=64 * 1024, most=1 << 30)  # bytes
_COUNT = partial(read_whole, least=1, most=1024)
_SECONDS = partial(read_number, least=0.0, most=3600.0)

SHAPES: Mapping[tuple[type, str], Shape] = {
    (NodeSection, "name"): Shape(read_name),
    (NodeSection, "state"): Shape(read_path),
    (NodeSection, "listen"): Shape(read_listen),
    (NodeSection, "join_file"): Shape(read_path),
    (Config, "rooms"): Shape(read_room, most=ROOMS_MAX, least=1),
    (Config, "peers"): Shape(read_peer, most=PEERS_MAX),
    (Config, "signaling"): Shape(read_signaling, most=8),
    (Config, "devices"): Shape(read_url, most=DEVICES_MAX, section="url"),
    (DeviceSettings, "url"): Shape(read_url),
    (DeviceSettings, "room"): Shape(read_room),
    (DeviceSettings, "view"): Shape(read_view),
    (DeviceSettings, "colour"): Shape(partial(read_whole, least=0, most=15)),
    (DeviceSettings, "width"): Shape(partial(read_number, least=0.125, most=256.0)),
    (Config, "panels"): Shape(read_driver, most=PANELS_MAX, section="driver"),
    (PanelSettings, "driver"): Shape(read_driver),
    (PanelSettings, "name"): Shape(check_name),
    (PanelSettings, "room"): Shape(read_room),
    (PanelSettings, "view"): Shape(read_view),
    (UpdatesSection, "root"): Shape(read_path),
    (UpdatesSection, "addresses"): Shape(read_updates, most=8),
    (MarqueeSettings, "room"): Shape(read_room),
    (MarqueeSettings, "fallback"): Shape(read_line),
    (MarqueeSettings, "rate"): Shape(partial(read_number, least=RATE_LEAST, most=RATE_MOST)),
    (MarqueeSection, "sources"): Shape(read_source, most=SOURCES_MAX, section="url"),
    (SourceSettings, "url"): Shape(read_source),
    (SourceSettings, "id"): Shape(read_id),
    (SourceSettings, "pointer"): Shape(read_pointer),
    (SourceSettings, "text"): Shape(read_text),
    (SourceSettings, "scale"): Shape(partial(read_number, least=-1e12, most=1e12)),
    (SourceSettings, "healthy"): Shape(read_condition),
    (SourceSettings, "warning"): Shape(read_condition),
    (SourceSettings, "critical"): Shape(read_condition),
    (SourceSettings, "every_s"): Shape(partial(read_number, least=0.5, most=86_400.0)),
    (SourceSettings, "timeout_s"): Shape(partial(read_number, least=0.1, most=60.0)),
    (SourceSettings, "keep_s"): Shape(partial(read_number, least=1.0, most=7 * 86_400.0)),
    (SourceSettings, "priority"): Shape(partial(read_whole, least=-1_000, most=1_000)),
    (SourceSettings, "order"): Shape(partial(read_whole, least=-1_000, most=1_000)),
    (SourceSettings, "interval_s"): Shape(partial(read_number, least=1.0, most=3_600.0)),
    (SourceSettings, "icon"): Shape(read_icon),
    (DiscoverySettings, "interfaces"): Shape(read_address, word="auto"),
    (TransportSettings, "addresses"): Shape(read_address, word="auto"),
    (TransportSettings, "ice_servers"): Shape(read_ice_server, most=8),
    (TransportSettings, "open_s"): Shape(partial(read_number, least=0.1, most=60.0)),
    (TransportSettings, "knock_s"): Shape(partial(read_number, least=0.05, most=10.0)),
    (TransportSettings, "linger_s"): Shape(partial(read_number, least=0.0, most=10.0)),
    (TransportSettings, "close_s"): Shape(partial(read_number, least=0.0, most=10.0)),
    (TransportSettings, "half_open_nodes"): Shape(_COUNT),
    (TransportSettings, "half_open_guests"): Shape(_COUNT),
    (TransportSettings, "half_open_relay"): Shape(_COUNT),
    (TransportSettings, "send_max"): Shape(_QUEUE),
    (TransportSettings, "live_max"): Shape(partial(read_whole, least=4 * 1024, most=1 << 30)),
    (TransportSettings, "receive_max"): Shape(partial(read_whole, least=512 * 1024, most=1 << 30)),
    (GuestsSection, "most"): Shape(partial(read_whole, least=0, most=4096)),
    (GuestsSection, "most_per_room"): Shape(partial(read_whole, least=0, most=4096)),
    (GuestsSection, "messages_per_s"): Shape(partial(read_number, least=10.0, most=100_000.0)),
    (GuestsSection, "live_per_s"): Shape(partial(read_number, least=1.0, most=100_000.0)),
    (GuestsSection, "gather_s"): Shape(partial(read_number, least=0.0, most=1.0)),
    (StorageSettings, "group_s"): Shape(partial(read_number, least=0.0, most=10.0)),
    (StorageSettings, "queue_bytes"): Shape(_QUEUE),
    (StorageSettings, "reserve_bytes"): Shape(_QUEUE),
    (StorageSettings, "retry_first_s"): Shape(partial(read_number, least=0.01, most=3600.0)),
    (StorageSettings, "retry_last_s"): Shape(partial(read_number, least=0.01, most=3600.0)),
    (StorageSettings, "close_s"): Shape(_SECONDS),
    (StorageSettings, "idle_s"): Shape(_SECONDS),
    (StorageSettings, "busy_s"): Shape(_SECONDS),
    (StorageSettings, "history_bytes"): Shape(partial(read_whole, least=0, most=1 << 40)),
    (StorageSettings, "blob_bytes"): Shape(partial(read_whole, least=4 << 20, most=1 << 40)),
    (CompactionSettings, "undo_window_s"): Shape(partial(read_number, least=1.0, most=366 * 86_400.0)),
    (CompactionSettings, "dead_least"): Shape(partial(read_whole, least=1, most=1 << 30)),
    (CompactionSettings, "dead_share"): Shape(partial(read_number, least=0.0, most=1.0)),
    (CompactionSettings, "stand_in_s"): Shape(partial(read_number, least=0.0, most=86_400.0)),
}

# Sections whose keys stand in the section around them, so that a file says storage.group_s.
FLAT: frozenset[tuple[type, str]] = frozenset({(StorageSection, "settings"), (MarqueeSection, "settings")})


def _are_apart(panels: Sequence[PanelSettings]) -> bool:
    """Whether each has a name of its own: it is part of the address of its page."""
    names = [each.name or name_of(each.driver) for each in panels]
    return len(set(names)) == len(names)


# What holds between the values of one section: (section, the key to look at, whether it holds, what is wrong).
RULES: Sequence[tuple[type, str, Callable[[Any], bool], str]] = (
    (SourceSettings, "url", lambda source: bool(source.url), "is missing; a source needs an address or a file"),
    (
        SourceSettings,
        "keep_s",
        lambda source: source.keep_s >= 2 * source.every_s,
        "is less than two times every_s; the item would come and go",
    ),
    (
        MarqueeSection,
        "sources",
        lambda section: len({source.name for source in section.sources}) == len(section.sources),
        "has two sources with one id; give each an id of its own",
    ),
    (
        StorageSection,
        "reserve_bytes",
        lambda section: section.settings.reserve_bytes <= section.settings.queue_bytes,
        "is more than queue_bytes; the reserve is a part of the queue",
    ),
    (
        Config,
        "panels",
        lambda config: _are_apart(config.panels),
        "has two panels of one name or one driver; give each a name of its own",
    ),
    (
        StorageSection,
        "retry_last_s",
        lambda section: section.settings.retry_first_s <= section.settings.retry_last_s,
        "is less than retry_first_s; the pauses grow from the first to the last",
    ),
)
