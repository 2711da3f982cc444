"""`./dev bench [NAME ...]`: run figures, print the table, keep it in docs/figures.md when all were run."""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import FIGURES
from benchmarks.harness import PEERS, ROOT, Figure, Row, Runs, prepare, show, table

KEPT = ROOT / "docs" / "figures.md"
EPILOG = """\
examples:
  ./dev bench                     all figures; the table goes into docs/figures.md
  ./dev bench apply codec         the figures whose name or function contains one of these words
  ./dev bench --json out.json     also as JSON
  ./dev bench --compare HEAD~5    this tree and an earlier revision side by side, in turn
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="words of the figures to run; all without any")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON too")
    parser.add_argument("--compare", metavar="REV", help="run an earlier revision beside this tree")
    parser.add_argument("--list", action="store_true", help="name the figures and end")
    arguments = parser.parse_args()
    figures = [figure for figure in FIGURES if matches(figure, arguments.names)]
    if arguments.list or not figures:
        for figure in FIGURES:
            print(f"{figure.ours:24} {figure.name}")
        return 0 if arguments.list else 2
    if arguments.compare:
        return compare(figures, arguments.compare)
    rows = run(figures)
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_fields() for row in rows], indent=1) + "\n")
    if not arguments.names:
        keep(rows)
    return 0


def matches(figure: Figure, words: list[str]) -> bool:
    return not words or any(word in figure.name or word in figure.ours for word in words)


def run(figures: list[Figure]) -> list[Row]:
    prepare()
    runs = Runs()
    rows = []
    for number, figure in enumerate(figures, 1):
        print(f"{number}/{len(figures)} {figure.name} ...", file=sys.stderr, flush=True)
        rows.append(runs.measure(figure))
    return rows


def keep(rows: list[Row]) -> None:
    """Write docs/figures.md, between its marks; what stands around them is for people to write."""
    text = KEPT.read_text() if KEPT.exists() else "# Figures\n\n<!-- table -->\n<!-- /table -->\n"
    head, _, rest = text.partition("<!-- table -->")
    _, _, tail = rest.partition("<!-- /table -->")
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    about = f"Medians of fresh processes, peers in the same run ({machine}; the machine is shared: ratios count)."
    KEPT.write_text(f"{head}<!-- table -->\n{about}\n\n{table(rows)}\n<!-- /table -->{tail}")


def compare(figures: list[Figure], revision: str) -> int:
    """Two revisions side by side, run in turn."""
    other = PEERS.parent / ".bench-compare"
    subprocess.run(["git", "worktree", "remove", "--force", str(other)], cwd=ROOT, capture_output=True)
    subprocess.run(["git", "worktree", "add", "--detach", str(other), revision], cwd=ROOT, check=True)
    try:
        print(f"| figure | {revision} | now | ratio |\n|---|---|---|---|")
        theirs, ours = Runs(other), Runs()
        for figure in figures:
            alone = Figure(figure.name, figure.ours, figure.key, figure.unit, "", lambda value, peers: True)
            before, now = theirs.measure(alone), ours.measure(alone)
            cells = (
                f"{show(row.value)} {figure.unit} ({show(row.spread[0])}–{show(row.spread[1])})"
                for row in (before, now)
            )
            print(f"| {figure.name} | {' | '.join(cells)} | {now.value / before.value:.2f} |", flush=True)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(other)], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
