"""Rows of the table: what our own run measures of a peer, and what this machine lacks."""

import math
import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import harness
from benchmarks.harness import ROOT, Figure, Missing, Row, RunFailed, Runs, prepare, run_child, table


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
    with pytest.raises(RunFailed, match="ZeroDivisionError"):
        run_child(sys.executable, ["-c", "1 / 0"])


def test_what_fails_is_told_and_the_rest_is_measured(monkeypatch):
    def run(_, arguments):
        if arguments[-1] == "a:fails":
            raise RunFailed("it broke")
        return {"ms": 5.0}

    monkeypatch.setattr(harness, "run_child", run)
    runs = Runs()
    rows = [runs.measure(figure("a:fails")), runs.measure(figure("a:works"))]
    assert [row.is_measured for row in rows] == [False, True]
    assert "| **failed**: it broke |" in table(rows)
    assert rows[0].as_fields()["failed"] == "it broke"
    assert command.exit_code(rows) == 1


def test_a_skipped_row_is_no_failure_unless_all_are_skipped():
    measured, skipped = Row(figure(), 5.0, (5.0, 5.0), {}), Row(figure(), math.nan, (5.0, 5.0), {}, missing="no x")
    assert command.exit_code([measured, skipped]) == 0
    assert command.exit_code([skipped]) == 1


def bench(*words, data):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "EDGEBOARD_DATA": str(data)},
    )  # fmt: skip


@pytest.mark.slow
def test_without_the_handwriting_one_sentence_names_it_and_how_to_give_it(tmp_path):
    done = bench("sizes:payload", data=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    sentence = f"./dev bench: there is no handwriting.jsonl in {tmp_path}; set EDGEBOARD_DATA to the folder that has it"
    assert done.stderr.splitlines()[-1] == sentence
    assert "Traceback" not in done.stderr


def test_help_says_what_figures_are_measured_on(tmp_path):
    text = bench("--help", data=tmp_path).stdout
    assert "EDGEBOARD_DATA" in text
    assert "handwriting.jsonl" in text


def test_data_is_made_only_for_figures_that_share_it(monkeypatch):
    made = []
    monkeypatch.setattr(harness.subprocess, "run", lambda command, **_: made.append(command))
    prepare([figure("sizes:payload"), figure("disk:environment")])
    assert made == []
    prepare([figure("sizes:payload"), figure("rooms:apply")])
    assert len(made) == 1


def test_the_table_is_kept_only_when_all_was_measured(monkeypatch, capsys):
    kept = []
    rows = [Row(figure(), 5.0, (5.0, 5.0), {}), Row(figure(), math.nan, (5.0, 5.0), {}, missing="no x")]
    monkeypatch.setattr(command, "keep", kept.append)
    monkeypatch.setattr(command, "run", lambda _: rows)
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert command.main() == 0
    assert kept == []
    assert "docs/figures.md stays as it is" in capsys.readouterr().err
    rows.pop()
    assert command.main() == 0
    assert kept == [rows]
