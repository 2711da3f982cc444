"""Live items: gathered for a tick, packed into frames of one packet, and the first to be dropped."""

from edgeboard.ids import RoomId
from edgeboard.mesh.live import PENDING_MAX, LiveOutbox
from edgeboard.wire.messages import LIVE_MAX, Channel, Live, decode

ROOM = RoomId(b"r" * 16)
HANDLES = {(1, ROOM): 3, (2, ROOM): 4}


def cursor(origin: bytes, sequence: int) -> list[object]:
    return [origin, sequence, 1, 1, 10.0, 20.0, 1]


def preview(origin: bytes, sequence: int, size: int = 30) -> list[object]:
    return [origin, sequence, 1, 2, 7, sequence, b"p" * size, None]


def items_of(frames: list[tuple[int, bytes]], link: int) -> list[object]:
    found: list[object] = []
    for number, data in frames:
        message = decode(Channel.LIVE, data)
        assert isinstance(message, Live)
        if number == link:
            found += message.items
    return found


def test_only_the_newest_cursor_of_an_origin_goes_out() -> None:
    outbox = LiveOutbox(0.033)
    for sequence in range(5):
        outbox.put(1, ROOM, cursor(b"o" * 8, sequence), 0.0)
    assert items_of(outbox.frames(HANDLES), 1) == [cursor(b"o" * 8, 4)]


def test_every_preview_goes_out_in_order() -> None:
    outbox = LiveOutbox(0.033)
    sent = [preview(b"o" * 8, sequence) for sequence in range(40)]
    for item in sent:
        outbox.put(1, ROOM, item, 0.0)
    frames = outbox.frames(HANDLES)
    assert items_of(frames, 1) == sent
    assert all(len(data) <= LIVE_MAX for _, data in frames)
    assert len(frames) == 2


def test_a_tick_after_the_first_item_everything_is_due_and_then_nothing() -> None:
    outbox = LiveOutbox(0.033)
    assert outbox.next_timer() is None
    outbox.put(1, ROOM, cursor(b"o" * 8, 1), 5.0)
    outbox.put(2, ROOM, cursor(b"o" * 8, 2), 5.01)
    assert outbox.next_timer() == 5.033
    outbox.frames(HANDLES)
    assert outbox.next_timer() is None


def test_what_waits_is_bounded_and_the_oldest_gives_way() -> None:
    outbox = LiveOutbox(0.033)
    for sequence in range(PENDING_MAX + 10):
        outbox.put(1, ROOM, preview(b"o" * 8, sequence, 2), 0.0)
    assert outbox.dropped == 10
    assert items_of(outbox.frames(HANDLES), 1)[0] == preview(b"o" * 8, 10, 2)


def test_a_link_that_has_not_joined_gets_nothing() -> None:
    outbox = LiveOutbox(0.033)
    outbox.put(9, ROOM, cursor(b"o" * 8, 1), 0.0)
    assert outbox.frames(HANDLES) == []


def test_an_item_that_fits_no_packet_is_dropped_and_counted() -> None:
    outbox = LiveOutbox(0.033)
    outbox.put(1, ROOM, preview(b"o" * 8, 1, LIVE_MAX), 0.0)
    outbox.put(1, ROOM, preview(b"o" * 8, 2), 0.0)
    assert len(items_of(outbox.frames(HANDLES), 1)) == 1
    assert outbox.dropped == 1
