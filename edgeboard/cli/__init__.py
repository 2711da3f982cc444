"""The command line: one verb a file, each with a `--help` that teaches; `main` is where the program begins."""

from edgeboard.cli.entry import main as main
