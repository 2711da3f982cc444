from firmware_bridge.panel.patience import Patience


def test_waits_double_up_to_a_bound_and_begin_anew_after_a_success():
    patience = Patience(0.25, 60.0)
    waits = []
    for _ in range(10):
        patience.fail(100.0)
        waits.append(patience.until - 100.0)
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    patience.succeed()
    patience.fail(100.0)
    assert patience.until == 100.25


def test_to_be_unplugged_once_costs_nothing_and_again_and_again_does():
    patience = Patience(0.25, 60.0)
    patience.lose(100.0)
    assert patience.until < 100.0
    patience.lose(101.0)
    assert patience.until == 101.5


def test_failures_without_end_do_no_harm():
    patience = Patience(0.25, 60.0)
    for _ in range(5000):
        patience.fail(0.0)
    assert patience.until == 60.0
