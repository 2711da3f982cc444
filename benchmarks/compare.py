"""Two revisions side by side, run in turn: `./dev bench --compare REV`.

The other revision is checked out into a worktree of its own, with its own benchmarks and its own C kernels, built as an
installation would; both are removed again whatever happens. What it lacks is said, not guessed.
"""

import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import ROOT, Figure, Missing, RunFailed, prepare, run_child, show

KERNELS = Path("edgeboard") / "_native"
SAY = "import json, edgeboard._native as n; print(json.dumps(n.active()))"


class NoRevision(ValueError):
    """What was named is no revision of this repository."""


@dataclass(frozen=True)
class Side:
    """What one revision did in one figure."""

    values: tuple[float, ...] = ()
    trouble: str = ""  # why there are none

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_fields(self) -> dict[str, object]:
        if not self.values:
            return {"trouble": self.trouble}
        return {
            "median": self.median,
            "lowest": min(self.values),
            "highest": max(self.values),
            "runs": len(self.values),
        }

    def __str__(self) -> str:
        if not self.values:
            return f"– ({self.trouble})"
        return f"{show(self.median)} ({show(min(self.values))}–{show(max(self.values))})"


@dataclass(frozen=True)
class Pair:
    """One figure of both revisions."""

    figure: Figure
    before: Side
    now: Side

    @property
    def ratio(self) -> float | None:
        if not self.before.values or not self.now.values or not self.before.median:
            return None
        return self.now.median / self.before.median

    @property
    def is_within_spread(self) -> bool:
        """Whether the runs of both overlap, so that the difference may be chance."""
        before, now = self.before.values, self.now.values
        return bool(before and now) and max(min(before), min(now)) <= min(max(before), max(now))

    def as_fields(self) -> dict[str, object]:
        return {
            "figure": self.figure.name,
            "unit": self.figure.unit,
            "before": self.before.as_fields(),
            "now": self.now.as_fields(),
            "ratio": self.ratio,
            "within_spread": self.is_within_spread,
        }

    def __str__(self) -> str:
        ratio = (
            "–" if self.ratio is None else f"{self.ratio:.2f}{' (within the spread)' if self.is_within_spread else ''}"
        )
        return f"| {self.figure.name}, {self.figure.unit} | {self.before} | {self.now} | {ratio} |"


@contextmanager
def checked_out(revision: str, root: Path = ROOT) -> Iterator[Path]:
    """A worktree of a revision, with its kernels built; removed at the end, also on Ctrl-C and SIGTERM.

    Raises:
        NoRevision: there is none of that name.
    """
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise NoRevision(f"{revision!r} is no revision here; see: git log --oneline")
    handlers = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    folder = Path(tempfile.mkdtemp(prefix="edgeboard-compare-"))
    tree = folder / "tree"
    try:
        added = _git(root, "worktree", "add", "--detach", str(tree), found.stdout.strip())
        if added.returncode:
            raise RuntimeError(f"git worktree: {added.stderr.strip()[-300:]}")
        share_data(root, tree)
        build_kernels(tree)
        yield tree
    finally:
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)
        _git(root, "worktree", "remove", "--force", str(tree))
        shutil.rmtree(folder, ignore_errors=True)
        _git(root, "worktree", "prune")
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object) -> None:
    for again in (signal.SIGINT, signal.SIGTERM):  # whoever is impatient must not leave half of it
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


def _git(root: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    # In a group of its own, so that Ctrl-C on the terminal does not end git in the middle of its work.
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, start_new_session=True)


def share_data(root: Path, tree: Path) -> None:
    """The generated strokes are the same for all; rooms are not, for the formats may differ."""
    for path in (root / ".bench").glob("synthetic-*.jsonl"):
        (tree / ".bench").mkdir(exist_ok=True)
        (tree / ".bench" / path.name).symlink_to(path)


def build_kernels(tree: Path) -> None:
    """Build the C kernels of a tree in their place, if it has any and there is a compiler.

    It is done beside the tree, without pyproject.toml, which may ask for a newer setuptools than is here.
    """
    if not (tree / "setup.py").exists():
        return
    with tempfile.TemporaryDirectory(prefix="edgeboard-kernels-") as folder:
        shutil.copytree(tree / KERNELS, Path(folder) / KERNELS, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        shutil.copy(tree / "setup.py", folder)
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            print(f"the kernels could not be built: {done.stderr.strip()[-300:]}", file=sys.stderr)
        for path in (Path(folder) / KERNELS).glob("*.so"):
            shutil.copy(path, tree / KERNELS)


def kernels_of(root: Path) -> str:
    """Which twin of each kernel runs in a tree."""
    try:
        active = run_child(sys.executable, ["-c", SAY], root)
    except RunFailed:
        return "no kernels"
    return ", ".join(f"{name} in {twin}" for name, twin in active.items())


def compare(figures: list[Figure], revision: str, root: Path = ROOT) -> Iterator[Pair]:
    """Each figure of `revision` and of this tree, a run of the one and a run of the other in turn.

    Raises:
        NoRevision: there is none of that name.
    """
    with checked_out(revision, root) as tree:
        print(f"{revision}: {kernels_of(tree)}; now: {kernels_of(root)}", file=sys.stderr, flush=True)
        prepare(figures, root)
        prepare(figures, tree)
        runs: dict[tuple[Path, str], list[dict[str, float] | str]] = {}
        for figure in figures:
            for number in range(figure.runs):
                for place in (tree, root):
                    done = runs.setdefault((place, figure.ours), [])
                    if len(done) <= number and not (done and isinstance(done[-1], str)):
                        done.append(_run(place, figure))
            yield Pair(figure, *(_side(runs[place, figure.ours], figure) for place in (tree, root)))


def _run(place: Path, figure: Figure) -> dict[str, float] | str:
    try:
        return run_child(sys.executable, ["-m", "benchmarks.child", figure.ours], place)
    except (Missing, RunFailed) as error:
        return str(error)[:120]


def _side(runs: list[dict[str, float] | str], figure: Figure) -> Side:
    numbers = [run for run in runs if not isinstance(run, str)]
    if len(numbers) < len(runs):
        return Side(trouble=str(runs[-1]))
    if any(figure.key not in run for run in numbers):
        return Side(trouble=f"it does not measure {figure.key}")
    return Side(tuple(run[figure.key] for run in numbers[: figure.runs]))
