"""Live items: gathered for a tick, packed into frames of one packet, and the first to be dropped."""

from edgeboard.ids import Origin, RoomId
from edgeboard.mesh.live import PENDING_MAX, LiveOutbox, packets
from edgeboard.wire.live import LIVE_ITEMS_MAX, LIVE_MAX, Cursor, Further, LiveItem, LiveKind, decode_live, live_item

ROOM = RoomId(b"r" * 16)
HANDLES = {(1, ROOM): 3, (2, ROOM): 4}
ORIGIN = Origin(5)


def cursor(sequence: int, origin: Origin = ORIGIN) -> LiveItem:
    return live_item(Cursor(origin, sequence, 10.0, 20.0, 1))


def preview(first: int, size: int = 30) -> LiveItem:
    return live_item(Further((7, 7), first, b"p" * size))


def items_of(frames: list[tuple[int, bytes]], link: int) -> list[LiveItem]:
    return [item for number, data in frames for item in decode_live(data).items if number == link]


def test_only_the_newest_cursor_of_an_origin_goes_out() -> None:
    outbox = LiveOutbox(0.033)
    for sequence in range(5):
        outbox.put(1, ROOM, cursor(sequence), 0.0)
    assert items_of(outbox.frames(HANDLES), 1) == [cursor(4)]


def test_cursors_of_two_origins_both_go_out() -> None:
    outbox = LiveOutbox(0.033)
    for number in (1, 2):
        outbox.put(1, ROOM, cursor(1, Origin(number)), 0.0)
    assert len(items_of(outbox.frames(HANDLES), 1)) == 2


def test_every_preview_goes_out_in_order() -> None:
    outbox = LiveOutbox(0.033)
    sent = [preview(sequence) for sequence in range(40)]
    for item in sent:
        outbox.put(1, ROOM, item, 0.0)
    frames = outbox.frames(HANDLES)
    assert items_of(frames, 1) == sent
    assert all(len(data) <= LIVE_MAX for _, data in frames)
    assert len(frames) == 2
    assert {decode_live(data).handle for _, data in frames} == {3}


def test_a_tick_after_the_first_item_everything_is_due_and_then_nothing() -> None:
    outbox = LiveOutbox(0.033)
    assert outbox.next_timer() is None
    outbox.put(1, ROOM, cursor(1), 5.0)
    outbox.put(2, ROOM, cursor(2), 5.01)
    assert outbox.next_timer() == 5.033
    outbox.frames(HANDLES)
    assert outbox.next_timer() is None


def test_what_waits_is_bounded_and_the_oldest_gives_way() -> None:
    outbox = LiveOutbox(0.033)
    for sequence in range(PENDING_MAX + 10):
        outbox.put(1, ROOM, preview(sequence, 2), 0.0)
    assert outbox.dropped == 10
    assert items_of(outbox.frames(HANDLES), 1)[0] == preview(10, 2)


def test_a_link_that_has_not_joined_gets_nothing() -> None:
    outbox = LiveOutbox(0.033)
    outbox.put(9, ROOM, cursor(1), 0.0)
    assert outbox.frames(HANDLES) == []


def test_an_item_that_fits_no_packet_is_dropped_and_counted() -> None:
    outbox = LiveOutbox(0.033)
    outbox.put(1, ROOM, preview(1, LIVE_MAX), 0.0)
    outbox.put(1, ROOM, preview(2), 0.0)
    assert len(items_of(outbox.frames(HANDLES), 1)) == 1
    assert outbox.dropped == 1


def test_a_frame_holds_no_more_items_than_a_reader_takes() -> None:
    small = LiveItem(LiveKind.PROBE, 0, b"")
    assert [len(part) for part in packets([small] * (LIVE_ITEMS_MAX + 1))] == [LIVE_ITEMS_MAX, 1]
    assert packets([]) == []
