"""What panels say of a board: where to come in, and since when it has been alone."""

import pytest
import segno

from edgeboard.clock import Clock
from edgeboard.node.welcome import Host
from edgeboard.testing.cluster import Cluster

NOON = 1_760_097_600_000  # Unix ms, of October 2025


class Time(Clock):
    def __init__(self, wall_ms):
        self.at, self.wall = 0.0, wall_ms

    def now(self):
        return self.at

    def wall_ms(self):
        return self.wall


def host(cluster, time, urls=("http://10.0.0.7:8787",), pin=str):
    return Host(cluster.nodes[0].pipeline, time, lambda: list(urls), pin)


def test_the_address_of_the_room_is_told_with_a_code_that_holds_it():
    welcome = host(Cluster(1), Time(NOON), pin=lambda: "123456").greet("Raum 3")
    assert welcome.facts.url == "http://10.0.0.7:8787/room/Raum%203"
    code = segno.make_qr(welcome.facts.url, error="m").matrix
    assert [list(row) for row in welcome.modules] == [list(row) for row in code]
    assert (welcome.facts.room, welcome.facts.pin) == ("Raum 3", "123456")
    assert (welcome.facts.state, welcome.facts.is_well) == ("This board is on its own", True)


def test_a_board_without_a_network_has_no_address_and_no_code():
    welcome = host(Cluster(1), Time(NOON), urls=()).greet("lobby")
    assert (welcome.facts.url, welcome.modules) == ("", ())
    assert welcome.facts.advice == "This board has no network."


@pytest.mark.parametrize("own", ["http://127.0.0.1:8787", "http://[::1]:8787", "http://localhost:8787"])
def test_nobody_is_invited_to_an_address_that_only_this_machine_reaches(own):
    welcome = host(Cluster(1), Time(NOON), urls=(own,), pin=lambda: "123456").greet("lobby")
    assert (welcome.facts.url, welcome.facts.pin, welcome.modules) == ("", "", ())
    assert "edgeboard run --listen 0.0.0.0:8787" in welcome.facts.advice


def test_a_board_that_has_lost_the_others_says_since_when_and_forgets_it_when_they_are_back():
    cluster = Cluster(2)
    cluster.link(0, 1)
    cluster.run(5.0)
    time = Time(NOON)
    told = host(cluster, time)
    assert told.greet("lobby").facts.state == "2 boards together"
    cluster.cut(0, 1)
    cluster.run(60.0)
    state, is_well = told.greet("lobby").facts[3:5]
    assert state.startswith("No other board since ")
    assert not is_well
    time.wall += 3_600_000
    assert told.greet("lobby").facts.state == state, "it is when it went, and not what time it is"


def test_where_nobody_has_set_the_clock_minutes_are_counted():
    cluster, time = Cluster(2), Time(86_400_000)  # 1970
    cluster.link(0, 1)
    cluster.run(5.0)
    told = host(cluster, time)
    told.greet("lobby")
    cluster.cut(0, 1)
    cluster.run(60.0)
    assert told.greet("lobby").facts.state == "No other board"
    time.at += 150.0
    assert told.greet("lobby").facts.state == "No other board for 2 min"
