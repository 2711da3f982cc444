"""What the owner wants, as the pipeline has it."""

from edgeboard.blobs.values import BlobSettings
from edgeboard.config.load import parse
from edgeboard.node.settings import MEMORY_BLOB_BYTES, pipeline_settings


def settings_of(text: str):
    return pipeline_settings(parse(text, "test.yaml"))


def test_what_is_said_of_guests_reaches_the_pipeline():
    settings = settings_of("guests:\n  most: 9\n  most_per_room: 7\n  messages_per_s: 50\n  live_per_s: 30\n")
    assert (settings.guests_max, settings.guests_per_room_max) == (9, 7)
    assert (settings.messages_per_s, settings.live_per_s) == (50, 30)


def test_batches_are_gathered_as_long_as_live_ink_is():
    settings = settings_of("guests:\n  gather_s: 0.05\n")
    assert settings.live_tick_s == settings.room.gather_s == 0.05


def test_where_nothing_is_kept_on_a_disk_images_take_little_memory():
    assert settings_of("storage:\n  kind: memory\n").blobs == BlobSettings(keep_bytes=MEMORY_BLOB_BYTES)
    assert settings_of("").blobs.keep_bytes > MEMORY_BLOB_BYTES
