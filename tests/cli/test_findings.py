"""Findings as people and scripts see them."""

from edgeboard.cli.findings import Level, lines, ok, problem, summary, warning


def test_a_finding_is_wrapped_and_its_remedy_stands_below():
    found = problem("disk", "it is " + "very " * 30 + "full", "free " * 30 + "some")
    shown = list(lines(found))
    assert max(map(len, shown)) <= 110
    assert shown[0].startswith("  problem   disk      it is very")
    assert sum("-> free" in line for line in shown) == 1
    assert " ".join(" ".join(shown).split()).endswith("free some")


def test_what_is_well_is_one_line():
    assert list(lines(ok("python", "Python 3.13.5"))) == ["  ok        python    Python 3.13.5"]


def test_scripts_get_everything():
    assert warning("sync", "slow", "use another", fsync_s=0.2).as_fields() == {
        "check": "sync", "level": "warning", "text": "slow", "remedy": "use another", "values": {"fsync_s": 0.2},
    }  # fmt: skip


def test_the_summary_counts():
    well, warned, wrong = ok("a", "b"), warning("a", "b", "c"), problem("a", "b", "c")
    assert summary([well]) == "all is well"
    assert summary([well, warned, warned, wrong]) == "1 problem and 2 warnings"
    assert summary([warned]) == "1 warning"
    assert [found.level for found in (well, warned, wrong)] == [Level.OK, Level.WARNING, Level.PROBLEM]
