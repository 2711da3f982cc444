import random

import pytest

from firmware_bridge.timestamps import DeviceClock


def test_a_stamp_before_any_exchange_is_now():
    assert DeviceClock().translate(12345, 7.0) == 7.0


def test_a_stamp_is_told_on_the_hosts_clock():
    clock = DeviceClock()
    clock.learn(100.0, 100.01, 5_000_000)
    assert clock.translate(5_500_000, 101.0) == pytest.approx(100.505)
    assert clock.translate(4_500_000, 101.0) == pytest.approx(99.505)


def test_a_stamp_is_never_of_the_future():
    clock = DeviceClock()
    clock.learn(100.0, 100.01, 5_000_000)
    assert clock.translate(9_000_000, 101.0) == 101.0


def test_the_clock_wraps():
    clock = DeviceClock()
    clock.learn(100.0, 100.01, 2**32 - 1_000_000)
    assert clock.translate(500_000, 102.0) == pytest.approx(101.505)
    clock.learn(160.0, 160.01, 59_000_000)
    assert clock.translate(2**32 - 500_000, 161.0) == pytest.approx(100.505, abs=0.02)


def test_the_shortest_round_trip_counts():
    clock = DeviceClock()
    clock.learn(100.0, 100.2, 1_190_000)  # the answer came at once, the question was late: off by 90 ms
    clock.learn(101.0, 101.002, 2_001_000)
    clock.learn(102.0, 102.3, 3_010_000)
    assert clock.translate(2_501_000, 103.0) == pytest.approx(101.501, abs=1e-6)
    assert clock.trip == pytest.approx(0.002)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("drift", [-200e-6, 0.0, 200e-6])
def test_stamps_stay_true_over_hours_of_drift_wraps_and_uneven_delays(drift, seed):
    rng = random.Random(seed)
    clock, worst = DeviceClock(), 0.0
    for second in range(0, 3 * 3600, 2):
        sent = 1000.0 + second
        there, back = 0.001 + rng.expovariate(200), 0.001 + rng.expovariate(200)
        device = (sent + there) * (1 + drift) + 4000.0
        clock.learn(sent, sent + there + back, round(device * 1e6) % 2**32)
        if second > 60:
            moment = sent + 0.9
            stamp = round((moment * (1 + drift) + 4000.0) * 1e6) % 2**32
            worst = max(worst, abs(clock.translate(stamp, moment + 0.1) - moment))
    assert worst < 0.008  # each way takes 6 ms, often 20


def test_an_answer_before_its_question_is_dropped():
    clock = DeviceClock()
    clock.learn(100.0, 99.0, 1)
    assert not clock.is_set
