import asyncio

import pytest

from edgeboard.runtime.queues import ByteQueue, Overflow


def make(overflow=Overflow.REFUSE, bytes_max=10):
    return ByteQueue(bytes_max, overflow, len)


def test_items_come_out_as_they_went_in():
    queue = make()
    for item in (b"one", b"two", b"six"):
        assert queue.put(item)
    assert (len(queue), queue.bytes, queue.room_left) == (3, 9, 1)
    assert [queue.take(), queue.take(), queue.take(), queue.take()] == [b"one", b"two", b"six", None]


def test_a_queue_that_refuses_keeps_what_it_has():
    queue = make(Overflow.REFUSE)
    assert queue.put(b"12345678")
    assert not queue.put(b"123")
    assert queue.put(b"12")
    assert list(queue) == [b"12345678", b"12"]
    assert queue.statistics().refused == 1


def test_a_queue_that_drops_keeps_the_newest():
    queue = make(Overflow.DROP_OLDEST)
    for item in (b"1111", b"2222", b"3333", b"44"):
        assert queue.put(item)
    assert list(queue) == [b"2222", b"3333", b"44"]
    assert queue.put(b"666666666")
    assert list(queue) == [b"666666666"]
    assert queue.statistics().dropped == 4


@pytest.mark.parametrize("overflow", Overflow)
def test_what_is_larger_than_the_queue_is_refused_and_nothing_is_dropped(overflow):
    queue = make(overflow)
    queue.put(b"1")
    assert not queue.put(b"12345678901")
    assert list(queue) == [b"1"]


def test_statistics_add_up():
    queue = make(Overflow.DROP_OLDEST)
    for number in range(20):
        queue.put(b"x" * (number % 12))
    taken = sum(queue.take() is not None for _ in range(2))
    statistics = queue.statistics()
    assert statistics.put == statistics.items + statistics.dropped + taken
    assert statistics.put + statistics.refused == 20
    assert statistics.bytes == sum(map(len, queue))
    assert statistics.bytes_max == 10


def test_what_was_read_is_dropped_from_the_front():
    queue = make()
    for item in (b"1", b"2", b"3"):
        queue.put(item)
    queue.drop_first(2)
    assert list(queue) == [b"3"]
    assert queue.bytes == 1


async def test_get_waits_for_an_item():
    queue = make()
    getting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not getting.done()
    queue.put(b"1")
    queue.put(b"2")
    assert await getting == b"1"
    assert await queue.get() == b"2"


async def test_two_who_wait_get_an_item_each():
    queue = make()
    both = [asyncio.create_task(queue.get()) for _ in range(2)]
    await asyncio.sleep(0)
    queue.put(b"1")
    await asyncio.sleep(0)
    queue.put(b"2")
    assert await asyncio.gather(*both) == [b"1", b"2"]
