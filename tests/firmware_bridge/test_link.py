import random
from dataclasses import replace

import pytest

from firmware_bridge.framing import Deframer, enframe
from firmware_bridge.link import Closed, Delivered, GivenUp, Link, Opened, Said
from firmware_bridge.packets import Hello, decode_packet, encode_packet
from firmware_bridge.states import CALL_EVERY_S, CALLS, SILENCE_S, State
from tests.firmware_bridge.serial_line import Line

HOST, DEVICE = 0, 1


def pair(seed=1, **ways):
    line = Line(Link(), Link(b"body", is_device=True, window=12, frame=128), seed, **ways)
    line.ends[DEVICE].listen(line.now)
    line.ends[HOST].call(line.now)
    return line


def opened(seed=1, **ways):
    line = pair(seed, **ways)
    assert line.run(3, lambda: all(line.of(side, Opened) for side in (HOST, DEVICE)))
    return line


def messages(line, side):
    return [each.message for each in line.of(side, Delivered)]


def test_a_call_is_answered_and_both_sides_are_open():
    line = opened()
    hello = line.of(HOST, Opened)[0].hello
    assert (hello.body, hello.window, hello.frame) == (b"body", 12, 128)
    assert [end.state for end in line.ends] == [State.OPEN, State.OPEN]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ways", [{}, {"lost": 0.005}, {"flipped": 0.005}, {"lost": 0.005, "flipped": 0.005}])
def test_messages_go_both_ways_whatever_the_line_does(seed, ways):
    line = opened(seed, **ways)
    rng = random.Random(seed)
    sent = [[rng.randbytes(rng.randint(1, 400)) for _ in range(25)] for _ in range(2)]
    for side, end in enumerate(line.ends):
        for message in sent[side]:
            end.send(message, line.now)
    assert line.run(60, lambda: all(end.is_done for end in line.ends))
    line.run(0.2)
    assert messages(line, DEVICE) == sent[HOST]
    assert messages(line, HOST) == sent[DEVICE]
    assert not line.of(HOST, Closed)


def test_nobody_there_is_said_after_the_last_call():
    host = Link()
    host.call(0.0)
    now = 0.0
    while not (told := [output for output in host.drain() if isinstance(output, GivenUp)]):
        now = host.next_timer()
        host.on_timer(now)
    assert now == CALLS * CALL_EVERY_S
    assert "nobody answered 8 hellos" in told[0].why
    assert host.state is State.FAILED
    assert host.next_timer() is None


def test_a_quiet_session_stays_open():
    line = opened()
    line.run(60)
    assert [end.state for end in line.ends] == [State.OPEN, State.OPEN]
    assert not line.of(HOST, Closed)


def test_a_cut_cable_ends_the_session_on_both_sides_and_a_new_one_begins():
    line = opened()
    line.is_cut = True
    assert line.run(2 * SILENCE_S, lambda: line.of(HOST, Closed) and line.of(DEVICE, Closed))
    assert line.ends[DEVICE].state is State.LISTENING
    line.is_cut = False
    assert line.run(3, lambda: len(line.of(HOST, Opened)) == 2)
    line.ends[HOST].send(b"again", line.now)
    line.run(1)
    assert messages(line, DEVICE) == [b"again"]


def test_a_device_that_boots_in_the_middle_of_a_frame_is_called_anew():
    line = opened()
    line.ends[HOST].send(b"x" * 500, line.now)
    line.run(0.02)
    line.ends[DEVICE] = Link(b"second boot", is_device=True)
    line.ends[DEVICE].listen(line.now)
    line.ways[DEVICE].put(b"\x00\x17garbage of a boot loader", line.now)
    assert line.run(2, lambda: len(line.of(HOST, Opened)) == 2)
    assert [closed.why for closed in line.of(HOST, Closed)] == ["the device has restarted"]
    assert line.of(HOST, Opened)[1].hello.body == b"second boot"
    line.run(2)
    assert messages(line, DEVICE) == []  # nothing of the old session


def test_a_device_whose_first_word_was_lost_is_noticed_by_what_it_does_not_know():
    line = opened()
    line.ends[DEVICE] = Link(b"second boot", is_device=True)
    line.ends[DEVICE].listen(line.now)
    line.ends[DEVICE].drain()
    assert line.run(2, lambda: len(line.of(HOST, Opened)) == 2)


def test_a_device_that_has_only_ended_the_session_is_not_said_to_have_restarted():
    line = opened()
    forgets = replace(line.of(HOST, Opened)[0].hello, peer=0)
    line.ends[HOST].receive(enframe(encode_packet(forgets)), line.now)
    assert Closed("the device has ended the session") in line.ends[HOST].drain()


def test_a_host_that_died_calls_and_the_device_is_there():
    line = opened()
    line.ends[DEVICE].send(b"of before", line.now)
    line.ends[HOST] = Link()
    line.ends[HOST].call(line.now + 0.001)
    assert line.run(2, lambda: len(line.of(DEVICE, Opened)) == 2)
    assert line.of(DEVICE, Closed)
    line.ends[DEVICE].send(b"of now", line.now)
    line.run(1)
    assert messages(line, HOST)[-1] == b"of now"


def test_a_device_of_a_later_time_that_dropped_our_version_is_told_of():
    host = Link()
    host.call(0.0)
    host.receive(enframe(encode_packet(Hello(7, lowest=2, highest=3, from_device=True))), 0.1)
    told = [output for output in host.drain() if isinstance(output, GivenUp)]
    assert "versions 2 to 3" in told[0].why
    assert host.state is State.FAILED


def test_a_device_answers_a_host_that_lacks_its_version_and_stays_as_it_is():
    device = Link(is_device=True)
    device.listen(0.0)
    device.drain()
    device.receive(enframe(encode_packet(Hello(7, lowest=2, highest=3))), 0.5)
    (write,) = device.drain()
    hello = decode_packet(Deframer().receive(write.data)[0])
    assert (hello.highest, hello.peer, device.state) == (1, 0, State.LISTENING)


def test_a_line_that_echoes_confuses_nobody():
    host = Link()
    host.call(0.0)
    for write in host.drain():
        host.receive(write.data, 0.01)
    assert host.state is State.CALLING
    assert host.statistics()["echoed"] == 1


def test_text_on_the_line_is_handed_on():
    line = opened()
    line.ways[DEVICE].put(b"[00:01] sensor found\r\n", line.now)
    line.run(0.5)
    assert line.of(HOST, Said) == [Said("[00:01] sensor found")]


def test_a_time_out_repeats_no_session():
    """The answer to a call is lost, the call goes again, and both answers come: one session."""
    line = pair()
    line.pump()
    line.ways[DEVICE].waiting.clear()
    assert line.run(2, lambda: len(line.of(HOST, Opened)) == 1)
    line.run(3)
    assert len(line.of(HOST, Opened)) == len(line.of(DEVICE, Opened)) == 1


@pytest.mark.parametrize("seed", range(30))
def test_noise_that_looks_like_frames_opens_nothing_and_breaks_nothing(seed):
    rng = random.Random(seed)
    line = opened()
    session = line.ends[HOST]._session
    for _ in range(60):
        kind = rng.choice((b"", b"\x00", b"\x06\x09"))
        if rng.random() < 0.5:  # sound frames of nonsense, some of this very session
            packet = bytes([rng.choice((1, 2, 3, 4, 0x32, 0x83, 0xB2, 0x84))])
            packet += session.to_bytes(2, "little") if rng.random() < 0.2 else rng.randbytes(2)
            kind += enframe(packet[:1] + rng.randbytes(rng.randint(2, 30)))
        line.ways[rng.randrange(2)].put(kind + rng.randbytes(rng.randrange(20)), line.now)
        line.run(rng.random() / 20)
    before = len(messages(line, DEVICE))
    assert line.run(10, lambda: all(end.state is State.OPEN for end in line.ends))
    line.ends[HOST].send(b"still here", line.now)
    line.run(5)
    assert messages(line, DEVICE)[before:] == [b"still here"]


@pytest.mark.parametrize("seed", range(10))
def test_restarts_of_either_side_at_any_time_end_in_one_open_session(seed):
    rng = random.Random(seed)
    line = opened(seed, lost=0.002, flipped=0.002)
    for _ in range(12):
        side = rng.randrange(2)
        line.ends[HOST].send(rng.randbytes(300), line.now)
        line.run(rng.random() / 3)
        line.ends[side] = Link(is_device=side == DEVICE)
        (line.ends[side].listen if side == DEVICE else line.ends[side].call)(line.now)
        line.run(rng.random(), lambda: line.ends[HOST].is_open)
        assert line.run(12, lambda: all(end.is_open for end in line.ends))
    line.ends[HOST].send(b"last", line.now)
    assert line.run(10, lambda: messages(line, DEVICE)[-1:] == [b"last"])
