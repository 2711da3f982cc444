import random

import pytest

from firmware_bridge.window import MESSAGE_MAX, RTO_FIRST_S, Incoming, Outgoing


def deliver(incoming, sents):
    return [message for sent in sents for message in incoming.take(sent.seq, sent.first, sent.last, sent.payload)]


def test_messages_are_cut_and_come_whole_and_in_order():
    outgoing, incoming = Outgoing(32, 40), Incoming(32)
    messages = [bytes([n]) * (n * 17 + 1) for n in range(10)]
    for message in messages:
        outgoing.add(message)
    assert deliver(incoming, outgoing.packets(0.0)) == messages
    outgoing.take(incoming.ack, incoming.held, 0.1)
    assert outgoing.is_done
    assert outgoing.next_timer() is None


def test_no_more_leaves_than_the_window_holds():
    outgoing = Outgoing(3, 40)
    outgoing.add(bytes(400))
    assert len(list(outgoing.packets(0.0))) == 3
    assert list(outgoing.packets(0.0)) == []
    outgoing.take(2, 0, 0.1)
    assert [sent.seq for sent in outgoing.packets(0.1)] == [3, 4]


def test_a_packet_is_lost_when_one_that_left_later_has_come():
    outgoing, incoming = Outgoing(8, 40), Incoming(8)
    outgoing.add(bytes(200))
    sents = list(outgoing.packets(0.0))
    deliver(incoming, [sents[0], sents[2], sents[3]])
    assert (incoming.ack, incoming.held) == (1, 0b110)
    outgoing.take(1, 0b110, 0.02)
    assert [sent.seq for sent in outgoing.packets(0.02)] == [1]  # 4 left after all that has come
    outgoing.take(1, 0b110, 0.03)
    assert list(outgoing.packets(0.03)) == []  # once is enough
    outgoing.take(4, 0, 0.04)
    assert [sent.seq for sent in outgoing.packets(0.04)] == [4]  # left before the second 1


def test_the_last_of_a_burst_goes_again_after_a_time_out():
    outgoing = Outgoing(8, 40)
    outgoing.add(b"lone")
    assert len(list(outgoing.packets(5.0))) == 1
    assert outgoing.next_timer() == 5.0 + RTO_FIRST_S
    outgoing.on_timer(5.0 + RTO_FIRST_S)
    assert [sent.payload for sent in outgoing.packets(5.4)] == [b"lone"]
    assert outgoing.next_timer() > 5.4 + RTO_FIRST_S  # and waits longer each time


def test_what_waits_behind_one_that_has_just_arrived_is_not_late():
    outgoing = Outgoing(8, 40)
    outgoing.add(bytes(320))
    assert len(list(outgoing.packets(5.0))) == 8
    for number in range(1, 8):  # a slow line: one each 0.1 s, the last after 0.7 s
        outgoing.on_timer(5.0 + 0.1 * number)
        assert list(outgoing.packets(5.0 + 0.1 * number)) == []
        outgoing.take(number, 0, 5.0 + 0.1 * number)
    assert outgoing.retransmitted == 0


def test_a_stale_acknowledgement_changes_nothing():
    outgoing = Outgoing(8, 40)
    outgoing.add(bytes(100))
    list(outgoing.packets(0.0))
    outgoing.take(200, 0xFF, 0.1)
    outgoing.take(4, 0, 0.1)  # one more than has left
    assert not outgoing.is_done
    assert list(outgoing.packets(0.1)) == []


def test_a_piece_without_a_beginning_is_dropped_up_to_the_next_message():
    incoming = Incoming(8)
    assert incoming.take(0, False, True, b"tail") == []
    assert incoming.take(1, True, True, b"whole") == [b"whole"]
    assert incoming.refused == 1


def test_a_message_that_is_too_long_is_dropped_and_the_next_is_not():
    incoming = Incoming(32)
    for seq in range(6):
        assert incoming.take(seq, seq == 0, seq == 5, bytes(100)) == []
    assert incoming.take(6, True, True, b"next") == [b"next"]


@pytest.mark.parametrize("size", [0, MESSAGE_MAX + 1])
def test_a_message_of_no_allowed_length_is_refused(size):
    with pytest.raises(ValueError, match="can be sent"):
        Outgoing(8, 40).add(bytes(size))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("window", [1, 2, 12, 32])
def test_everything_arrives_once_and_in_order_over_a_line_that_loses(seed, window):
    rng = random.Random(seed)
    outgoing, incoming = Outgoing(window, 60), Incoming(window)
    messages = [rng.randbytes(rng.choice((1, 5, 60, 61, 300, 512))) for _ in range(120)]
    for message in messages:
        outgoing.add(message)
    found, now = [], 0.0
    for _ in range(20_000):
        sents = [sent for sent in outgoing.packets(now) if rng.random() > 0.3]
        for sent in sents:
            found += incoming.take(sent.seq, sent.first, sent.last, sent.payload)
            if rng.random() > 0.3:
                outgoing.take(incoming.ack, incoming.held, now)
        if outgoing.is_done:
            break
        now = max(now, outgoing.next_timer()) if not sents else now + 0.01
        outgoing.on_timer(now)
    assert found == messages
