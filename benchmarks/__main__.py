"""`./dev bench [NAME ...]`: run figures, print the table, keep it in docs/figures.md when all were run."""

import argparse
import json
import platform
import re
import sys
from difflib import get_close_matches
from pathlib import Path

from benchmarks.compare import NoRevision, compare
from benchmarks.figures import FIGURES
from benchmarks.harness import ROOT, Figure, Row, Runs, prepare, table

KEPT = ROOT / "docs" / "figures.md"
EPILOG = """\
examples:
  ./dev bench                     all figures; the table goes into docs/figures.md
  ./dev bench apply codec         the figures whose name or function contains one of these words
  ./dev bench --json out.json     also as JSON
  ./dev bench --compare HEAD~5    this tree and an earlier revision side by side, in turn

Most figures are measured on strokes that are no part of the repository: handwriting.jsonl and generate_strokes.py,
in the folder that EDGEBOARD_DATA names (else ../shared/data). Where they are missing, these figures are skipped.
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
    if arguments.list:
        for figure in FIGURES:
            print(f"{figure.ours:24} {figure.name}")
        return 0
    if not figures:
        print(explain_no_match(arguments.names), file=sys.stderr)
        return 2
    if arguments.compare:
        return show_comparison(figures, arguments.compare, arguments.json)
    rows = run(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_fields() for row in rows], indent=1) + "\n")
    if any(row.is_measured for row in rows):
        print(table(rows))
    for trouble in dict.fromkeys(row.missing or row.failed for row in rows if not row.is_measured):
        print(f"./dev bench: {trouble}", file=sys.stderr)
    if not arguments.names:
        if not all(row.is_measured for row in rows):
            print(f"./dev bench: {KEPT.relative_to(ROOT)} stays as it is: not all was measured", file=sys.stderr)
        else:
            keep(rows)
    return exit_code(rows)


def exit_code(rows: list[Row]) -> int:
    """1 if a figure failed, or if all were skipped."""
    return 1 if any(row.failed for row in rows) or not any(row.is_measured for row in rows) else 0


def matches(figure: Figure, words: list[str]) -> bool:
    return not words or any(word in figure.name or word in figure.ours for word in words)


def run(figures: list[Figure]) -> list[Row]:
    prepare(figures)
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


def show_comparison(figures: list[Figure], revision: str, out: Path | None) -> int:
    print(f"| figure | {revision} | now | ratio |\n|---|---|---|---|", flush=True)
    pairs = []
    try:
        for pair in compare(figures, revision):
            pairs.append(pair)
            print(pair, flush=True)
    except NoRevision as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the other revision's tree is removed", file=sys.stderr)
        return 130
    finally:
        if out and pairs:
            out.write_text(json.dumps([pair.as_fields() for pair in pairs], indent=1) + "\n")
    return 0


def explain_no_match(words: list[str]) -> str:
    """What to say where no figure has one of these words."""
    known = {word.strip(",:;") for figure in FIGURES for word in re.split(r"[ :]", f"{figure.name} {figure.ours}")}
    near = [match for word in words for match in get_close_matches(word, known, 3)]
    hint = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
    return f"no figure has {' or '.join(map(repr, words))} in its name{hint} ./dev bench --list names them all"


if __name__ == "__main__":
    sys.exit(main())
