"""Runs figures in fresh processes, ours and those of peers in turn, and makes the table.

A figure names a function of this package, `module:function`, that does one run and returns numbers as a dict; a child
process prints them as one JSON line. Peers run in an environment of their own, so that none of them is ever a
dependency of edgeboard.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".bench" / "peers"  # beside the data, which a new environment must not clear
REQUIREMENTS = Path(__file__).parent / "peers" / "requirements.txt"
COMPILED = frozenset({"pictures"})  # files of peers with requirements of their own, because one has to be compiled
RUN_S = 600  # a single run that takes longer is a fault
LINE_MAX = 300  # characters of what a run says when it fails
PREPARE_S = 3600  # making the data, once
PREPARED = frozenset({"rooms", "joining", "codec", "page"})  # modules of ours that measure on data made once


class Missing(Exception):
    """This machine lacks what a figure takes; the message says what, and how to get it."""


class RunFailed(Exception):
    """A run that gave no numbers; the text is one line."""


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    name: str
    ours: str  # "module:function" of this package
    key: str  # which of its numbers
    unit: str
    target: str  # as the issue says it
    met: Callable[[float, dict[str, float]], bool]  # our median and the peers' medians
    peers: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> ("file:function" in peers/, key); with
    # "" in the place of the function, our own run measures the peer too
    ratio_to: str = ""  # the peer that the ratio is to
    runs: int = 5


@dataclass(frozen=True)
class Row:
    figure: Figure
    value: float
    spread: tuple[float, float]
    peers: dict[str, float]
    missing: str = ""  # why nothing was measured; the value is none then
    failed: str = ""  # likewise, where that is a fault

    @property
    def ratio(self) -> float | None:
        peer = self.peers.get(self.figure.ratio_to)
        return self.value / peer if peer else None

    @property
    def is_measured(self) -> bool:
        return not self.missing and not self.failed

    @property
    def is_met(self) -> bool:
        return self.is_measured and self.figure.met(self.value, self.peers)

    def as_fields(self) -> dict[str, object]:
        if self.missing:
            return {"figure": self.figure.name, "target": self.figure.target, "missing": self.missing}
        if self.failed:
            return {"figure": self.figure.name, "target": self.figure.target, "failed": self.failed}
        return {
            "figure": self.figure.name,
            "value": self.value,
            "lowest": self.spread[0],
            "highest": self.spread[1],
            "unit": self.figure.unit,
            "peers": self.peers,
            "ratio": self.ratio,
            "ratio_to": self.figure.ratio_to,
            "target": self.figure.target,
            "met": self.is_met,
        }


def peer_python(file: str) -> Path:
    """The interpreter of the environment of peers that a file runs in, made when it is first needed.

    Raises:
        Missing: it cannot be made.
    """
    ending = f"-{file}" if file in COMPILED else ""
    place, requirements = PEERS.with_name(f"{PEERS.name}{ending}"), REQUIREMENTS.with_stem(f"requirements{ending}")
    python = place / "bin" / "python"
    stamp = place / "requirements.txt"
    wanted = requirements.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment {place.name} (first time only) ...", file=sys.stderr, flush=True)
        try:
            venv.create(place, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            raise Missing(f"the peers' environment cannot be made, see {requirements.name}: {error}") from None
        stamp.write_text(wanted)
    return python


def prepare(figures: Sequence[Figure], root: Path = ROOT) -> None:
    """Make and keep the data that these figures share, so that no run pays for it; if that fails, the runs say why."""
    if not any(figure.ours.partition(":")[0] in PREPARED for figure in figures):
        return
    data = os.environ.get("EDGEBOARD_DATA", str(ROOT.parent / "shared" / "data"))
    environment = {**os.environ, "PYTHONPATH": str(root), "EDGEBOARD_DATA": data}
    command = [sys.executable, "-m", "benchmarks.data"]
    subprocess.run(command, cwd=root, env=environment, stderr=subprocess.DEVNULL, timeout=PREPARE_S)


def run_child(python: Path | str, arguments: list[str], root: Path = ROOT) -> dict[str, float]:
    """One run in a fresh process; its last line of output is its numbers.

    Raises:
        Missing: it takes something that is not here.
        RunFailed: it gave no numbers.
    """
    data = os.environ.get("EDGEBOARD_DATA", str(ROOT.parent / "shared" / "data"))  # also for a tree elsewhere
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "EDGEBOARD_DATA": data}
    try:
        done = subprocess.run(
            [str(python), *arguments], capture_output=True, text=True, timeout=RUN_S, cwd=root, env=environment
        )
    except subprocess.TimeoutExpired:
        raise RunFailed(f"{' '.join(arguments)} took more than {RUN_S} s") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        name, _, why = last.partition(": ")
        if name == f"{Missing.__module__}.{Missing.__name__}":
            raise Missing(why)
        raise RunFailed(f"{arguments[-1]}: {last[:LINE_MAX] or f'exit code {done.returncode}'}")
    numbers: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return numbers


class Runs:
    """Numbers of each function, run once per round however many figures ask for it."""

    def __init__(self) -> None:
        self._ours: dict[str, list[dict[str, float]]] = {}
        self._peers: dict[str, list[dict[str, float]]] = {}

    def measure(self, figure: Figure) -> Row:
        """Run a figure and its peers in turn, so that a machine whose speed drifts is fair to both."""
        try:
            return self._measure(figure)
        except Missing as missing:
            return Row(figure, math.nan, (math.nan, math.nan), {}, missing=str(missing))
        except RunFailed as failed:
            return Row(figure, math.nan, (math.nan, math.nan), {}, failed=str(failed))

    def _measure(self, figure: Figure) -> Row:
        peers = [target for target, _ in figure.peers.values() if target]
        for number in range(figure.runs):
            if len(self._ours.setdefault(figure.ours, [])) <= number:
                child = ["-m", "benchmarks.child", figure.ours]
                self._ours[figure.ours].append(run_child(sys.executable, child))
            for target in peers:
                if len(self._peers.setdefault(target, [])) <= number:
                    file, _, function = target.partition(":")
                    path = Path(__file__).parent / "peers" / f"{file}.py"
                    self._peers[target].append(run_child(peer_python(file), [str(path), function]))
        ours = self._ours[figure.ours]
        values = [numbers[figure.key] for numbers in ours[: figure.runs]]
        medians = {
            name: statistics.median(
                numbers[key] for numbers in (self._peers[target] if target else ours)[: figure.runs]
            )
            for name, (target, key) in figure.peers.items()
        }
        return Row(figure, statistics.median(values), (min(values), max(values)), medians)


def show(number: float) -> str:
    if number != 0 and abs(number) < 0.01:
        return f"{number:.2g}"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| figure | value | peers | ratio | target | met |", "|---|---|---|---|---|---|"]
    for row in rows:
        if not row.is_measured:
            why = f"skipped: {row.missing}" if row.missing else f"**failed**: {row.failed}"
            lines.append(f"| {row.figure.name} | – | – | – | {row.figure.target} | {why} |")
            continue
        low, high = row.spread
        value = f"{show(row.value)} {row.figure.unit}"
        if high > low * 1.02:
            value += f" ({show(low)}–{show(high)})"
        peers = ", ".join(f"{name} {show(number)}" for name, number in row.peers.items()) or "–"
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}× {row.figure.ratio_to}"
        met = "yes" if row.is_met else "**missed**"
        lines.append(f"| {row.figure.name} | {value} | {peers} | {ratio} | {row.figure.target} | {met} |")
    return "\n".join(lines)
