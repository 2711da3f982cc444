"""Rows of the table: what our own run measures of a peer, and what this machine lacks."""

import math
import sys

import pytest

from benchmarks import harness
from benchmarks.harness import Figure, Missing, Runs, run_child, table


def figure(ours="thing:speed", **how):
    return Figure("the thing", ours, "ms", "ms", "<= 0.5x theirs", lambda value, peers: value <= 5, **how)


def test_a_peer_that_our_own_run_measures(monkeypatch):
    runs = iter([{"ms": 4.0, "theirs": 9.0}, {"ms": 3.0, "theirs": 8.0}, {"ms": 5.0, "theirs": 7.0}])
    monkeypatch.setattr(harness, "run_child", lambda *_: next(runs))
    row = Runs().measure(figure(peers={"them": ("", "theirs")}, ratio_to="them", runs=3))
    assert (row.value, row.peers, row.ratio, row.is_met) == (4.0, {"them": 8.0}, 0.5, True)


def test_what_is_missing_skips_the_row_and_says_why(monkeypatch):
    def lacks(*_):
        raise Missing("Chromium is not on PATH")

    monkeypatch.setattr(harness, "run_child", lacks)
    row = Runs().measure(figure())
    assert not row.is_met
    assert math.isnan(row.value)
    assert row.as_fields() == {
        "figure": "the thing", "target": "<= 0.5x theirs", "missing": "Chromium is not on PATH",
    }  # fmt: skip
    assert table([row]).splitlines()[-1].endswith("| <= 0.5x theirs | skipped: Chromium is not on PATH |")


def test_a_run_tells_what_it_lacks_from_what_went_wrong():
    lacking = "from benchmarks.harness import Missing; raise Missing('no: such program')"
    with pytest.raises(Missing, match=r"^no: such program$"):
        run_child(sys.executable, ["-c", lacking])
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_child(sys.executable, ["-c", "1 / 0"])
