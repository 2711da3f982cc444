"""What is said of a board that cannot be linked."""

from edgeboard.node.outages import REMIND_S, Outage


def test_the_first_attempt_is_news_and_then_one_an_hour():
    outage = Outage()
    said = [now for now in range(0, 3 * int(REMIND_S), 10) if outage.fail(now, refused=False)]
    assert said == [0, REMIND_S, 2 * REMIND_S]


def test_to_refuse_is_other_news_than_to_be_silent():
    outage = Outage()
    assert [outage.fail(now, refused=now in (2, 3)) for now in range(6)] == [True, False, True, False, True, False]


def test_a_link_ends_it_and_tells_how_long_it_took():
    outage = Outage()
    assert outage.end(5.0) == ""
    outage.fail(10.0, refused=False)
    assert outage.end(11.0) == "1 attempt in 1 s"
    for now in (20.0, 30.0, 400.0):
        outage.fail(now, refused=False)
    assert outage.end(740.0) == "3 attempts in 12 min"
    assert outage.fail(741.0, refused=False)
    assert outage.end(741.0 + 5 * 3600) == "1 attempt in 5 h"
