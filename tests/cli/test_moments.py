"""Times as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from edgeboard.cli.entry import joined
from edgeboard.cli.moments import read_moment

NOW = datetime(2026, 7, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
DAY_MS = 86_400_000
NOW_MS = round(NOW.timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-90min", NOW_MS - 90 * 60_000),
        ("-1.5h", NOW_MS - 90 * 60_000),
        ("-45s", NOW_MS - 45_000),
        ("-2 d", NOW_MS - 2 * DAY_MS),
        ("14:30", NOW_MS),
        ("9:05", NOW_MS - (5 * 60 + 25) * 60_000),
        ("14:30:01", NOW_MS - DAY_MS + 1000),
        ("23:59", NOW_MS - DAY_MS + (9 * 60 + 29) * 60_000),
        ("2026-07-01T12:30Z", NOW_MS),
        ("2026-07-01 14:30+02:00", NOW_MS),
        ("2026-06-30T14:30:00.250+02:00", NOW_MS - DAY_MS + 250),
    ],
)
def test_a_moment_is_read_in_each_of_its_forms(text, expected):
    assert read_moment(text, NOW) == expected


def test_a_time_without_a_zone_is_local():
    assert read_moment("2026-07-01T14:30", NOW) == round(datetime(2026, 7, 1, 14, 30).timestamp() * 1000)
    assert abs(read_moment("-0s") - datetime.now(UTC).timestamp() * 1000) < 60_000


@pytest.mark.parametrize(
    "text", ["", "now", "-90", "90min", "-3 weeks", "25:00", "2026-13-01", "1969-01-01T00:00Z", "-999999999d", "12"]
)
def test_what_is_no_time_is_said_with_the_forms(text):
    with pytest.raises(ValueError, match=r"is not a time; write 2026|lies before 1970"):
        read_moment(text, NOW)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["log", "x", "--at", "-90min"], ["log", "x", "--at=-90min"]),
        (["log", "x", "--at", "-90min", "--json"], ["log", "x", "--at=-90min", "--json"]),
        (["log", "x", "--at", "--json"], ["log", "x", "--at", "--json"]),
        (["log", "x", "--at"], ["log", "x", "--at"]),
        (["set", "x", "--view", "-1,-2,640"], ["set", "x", "--view=-1,-2,640"]),
        (["log", "x", "--at", "14:30"], ["log", "x", "--at", "14:30"]),
    ],
)
def test_a_time_ago_is_no_option(words, expected):
    assert joined(words) == expected


@pytest.mark.slow
def test_a_room_as_it_was_from_a_node_and_without_one(run_main, start_node, tmp_path):
    node = start_node("a")
    (tmp_path / "t.csv").write_text("1,1\n90,90\n")
    assert run_main("import", "notes", tmp_path / "t.csv", "--state", node.state)[0] == 0
    soon = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 60, UTC).isoformat()

    def look(at):
        picture = run_main("export", "notes", "--svg", "-", "--at", at, "--state", node.state)
        log = run_main("log", "notes", "--at", at, "--state", node.state)
        assert (picture[0], log[0], log[2]) == (0, 0, "")
        strokes = picture[1].count("<path")
        assert ("page 1 of notes is empty at" in picture[2]) == (strokes == 0)
        return strokes, log[1].splitlines()[0].partition(": ")[2].split(" ops")[0]

    for _ in range(2):  # asked of the node, then read from its store
        assert look(soon) == (1, "1 items from 1")
        assert look("-1h") == (0, "0 items from 0")
        node.stop()
