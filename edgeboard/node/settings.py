"""What the owner wants, as the settings of the pipeline."""

from edgeboard.blobs.values import BlobSettings
from edgeboard.config.schema import Config
from edgeboard.node.values import PipelineSettings
from edgeboard.rooms.room import RoomSettings

MEMORY_BLOB_BYTES = 32 << 20  # of images where nothing is kept on a disk


def pipeline_settings(config: Config) -> PipelineSettings:
    """Those of a board with this configuration."""
    guests, blob_bytes = config.guests, config.storage.settings.blob_bytes
    if config.storage.kind == "memory":
        blob_bytes = min(blob_bytes, MEMORY_BLOB_BYTES)
    return PipelineSettings(
        marquee=config.marquee.settings,
        guests_max=guests.most,
        guests_per_room_max=guests.most_per_room,
        messages_per_s=guests.messages_per_s,
        live_per_s=guests.live_per_s,
        live_tick_s=guests.gather_s,
        room=RoomSettings(gather_s=guests.gather_s),
        compaction=config.compaction,
        blobs=BlobSettings(keep_bytes=blob_bytes),
    )
