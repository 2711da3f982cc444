import random

import pytest

from firmware_bridge.sim.cable import BACKLOG_MAX, FIFO_BYTES, KINDS, Cable

DATA = bytes(range(200))


def carry(cable, data=DATA, now=0.0, baud=115_200):
    """Everything that arrives at the host, and when each piece does."""
    cable.send_up(data, now, baud)
    return run_dry(cable)


def run_dry(cable):
    arrived = []
    while (now := cable.next_timer()) is not None:
        arrived += [(now, piece) for _, piece in cable.arrived_up(now)]
        arrived += [(now, piece) for _, piece in cable.arrived_down(now)]
    return arrived


def joined(arrived):
    return b"".join(piece for _, piece in arrived)


@pytest.mark.parametrize("kind", ["perfect", "byte", "late"])
@pytest.mark.parametrize("is_timed", [True, False])
def test_a_sound_cable_carries_everything_in_order(kind, is_timed):
    cable = Cable(KINDS[kind], random.Random(1), is_timed=is_timed)
    cable.send_up(DATA[:50], 0.0, 9_600)
    cable.send_up(DATA[50:], 0.01, 9_600)
    assert joined(run_dry(cable)) == DATA


def test_a_byte_takes_ten_bits_of_time():
    arrived = carry(Cable(KINDS["byte"], random.Random(1)), b"abc", 5.0, 9_600)
    assert [piece for _, piece in arrived] == [b"a", b"b", b"c"]
    assert [when for when, _ in arrived] == pytest.approx([5 + 10 / 9_600, 5 + 20 / 9_600, 5 + 30 / 9_600])


def test_a_write_waits_until_the_one_before_is_carried():
    cable = Cable(KINDS["perfect"], random.Random(1))
    cable.send_up(bytes(100), 0.0, 1_000)
    cable.send_up(b"x", 0.5, 1_000)
    assert run_dry(cable)[-1] == (pytest.approx(1.01), b"x")


def test_a_driver_is_handed_pieces_of_a_fifo():
    arrived = carry(Cable(KINDS["perfect"], random.Random(1)))
    assert [len(piece) for _, piece in arrived] == [FIFO_BYTES] * 12 + [8]


def test_both_directions_are_carried_apart():
    cable = Cable(KINDS["perfect"], random.Random(1))
    cable.send_up(b"up", 0.0, 9_600)
    cable.send_down(b"down", 0.0, 19_200)
    assert cable.backlog_down == 4
    assert cable.arrived_up(1.0) == [(9_600, b"up")]
    assert cable.arrived_down(1.0) == [(19_200, b"down")]
    assert cable.backlog_down == 0


def test_a_lossy_cable_loses_bytes_and_counts_them():
    cable = Cable(KINDS["lossy"], random.Random(7))
    arrived = joined(carry(cable, bytes(10_000)))
    assert 0 < cable.statistics()["lost"] == 10_000 - len(arrived) < 300


def test_a_noisy_cable_flips_one_bit_of_some_bytes():
    cable = Cable(KINDS["noisy"], random.Random(7))
    data = bytes(range(256)) * 40
    arrived = joined(carry(cable, data))
    changes = [one ^ other for one, other in zip(data, arrived, strict=True) if one != other]
    assert len(changes) == cable.statistics()["flipped"] > 0
    assert {change.bit_count() for change in changes} == {1}


def test_a_late_cable_delays_but_never_turns_the_order_round():
    cable = Cable(KINDS["late"], random.Random(3), is_timed=False)
    for number in range(50):
        cable.send_up(bytes([number]), number * 0.001, 9_600)
    arrived = run_dry(cable)
    assert joined(arrived) == bytes(range(50))
    assert max(when - number * 0.001 for number, (when, _) in enumerate(arrived)) > 0.05


def test_a_cut_cable_stops_in_both_directions_until_it_is_mended():
    cable = Cable(KINDS["cut"], random.Random(5))
    arrived = joined(carry(cable, bytes(5_000)))
    assert cable.is_cut
    assert 20 <= len(arrived) <= 2_000
    cable.send_down(b"anyone?", 10.0, 9_600)
    assert cable.next_timer() is None
    cable.mend()
    assert joined(carry(cable, b"again", 20.0)) == b"again"


def test_the_same_seed_damages_the_same_bytes():
    one, other = (carry(Cable(KINDS["noisy"], random.Random(11)), bytes(5_000)) for _ in range(2))
    assert one == other


def test_a_cable_nobody_empties_stays_bounded():
    cable = Cable(KINDS["perfect"], random.Random(1))
    for _ in range(10):
        cable.send_down(bytes(10_000), 0.0, 300)
    assert cable.backlog_down == BACKLOG_MAX
    assert cable.statistics()["overrun"] == 100_000 - BACKLOG_MAX
