from edgeboard.storage.settings import Settings

LARGEST_BATCH = 64 * 1024  # docs/formats/oplog.md


def test_the_reserve_holds_several_of_the_largest_batches_and_leaves_most_of_the_queue():
    settings = Settings()
    assert 8 * LARGEST_BATCH <= settings.reserve_bytes <= settings.queue_bytes // 4


def test_attempts_begin_soon_and_never_grow_rare():
    settings = Settings()
    assert 0 < settings.retry_first_s <= settings.retry_last_s <= 10
