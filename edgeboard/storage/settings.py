"""What an owner may change about storage, with unit and reason."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the writer and of the stores."""

    group_s: float = 0.05  # a batch waits at most this long for company; 0 commits at once
    queue_bytes: int = 8 * MIB  # of ink kept in memory while the disk is slow or full: minutes of drawing
    reserve_bytes: int = 1 * MIB  # of these, the last for ink that was under way when room_left reached 0
    retry_first_s: float = 0.5  # after a failure; doubles ..
    retry_last_s: float = 10.0  # .. up to here, so that a freed disk is noticed soon
    close_s: float = 2.0  # how long close() waits for a disk; systemd gives a stop 90 s, people do not
    idle_s: float = 30.0  # without a write until the WAL moves into the database; sooner would wear SD cards
    wal_bytes: int = 2 * MIB  # of WAL until a checkpoint: about 0.2 s on an SD card, between commits
    busy_s: float = 5.0  # how long to wait for another program that reads the database
    blob_bytes: int = 256 * MIB  # of images; what nobody shows any more goes first, the oldest before the others
    history_bytes: int = 32 * MIB  # of erased ink kept for replay, compressed; the oldest goes first
