"""The program as a whole: help, wrong words, and every error as one line."""

import subprocess
import sys

import pytest

import edgeboard.cli.entry as entry
from edgeboard.cli.arguments import VERBS
from edgeboard.errors import DecodeError, StoreError, UserError

NAMES = [verb.name for verb in VERBS]


def one_line(err):
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("code", "unwelcome"),
    [
        (
            "import edgeboard.cli.entry",
            {"msgpack", "aiohttp", "asyncio", "edgeboard.wire.messages"},
        ),
        ("import edgeboard.cli.reports", {"msgpack", "aiohttp", "edgeboard.canvas", "edgeboard.node"}),
        ("import edgeboard.cli.transfer", {"msgpack", "aiohttp", "edgeboard.canvas", "edgeboard.node"}),
    ],
)
def test_a_verb_loads_only_what_it_uses(code, unwelcome):
    script = f"{code}; import sys; print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.split())
    assert not loaded & unwelcome


def test_help_names_every_verb(run_main):
    code, out, err = run_main("--help")
    assert (code, err) == (0, "")
    assert all(f"\n    {name} " in out for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_every_verb_teaches_with_examples(run_main, name):
    code, out, err = run_main(name, "--help")
    assert (code, err) == (0, "")
    assert f"\n    edgeboard {name}" in out
    assert max(map(len, out.splitlines())) <= 110


def test_the_version_is_that_of_the_package(run_main):
    code, out, _ = run_main("--version")
    assert code == 0
    assert out.startswith("edgeboard 0.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "edgeboard: the following arguments are required: VERB; see: edgeboard --help"),
        (["fly"], "edgeboard: argument VERB: invalid choice: 'fly'"),
        (["run", "--listen", "8787"], "edgeboard run: argument --listen: '8787' is not HOST:PORT; write for example"),
        (["run", "--peer", "ftp://x"], "edgeboard run: argument --peer: 'ftp://x' is not an address"),
        (["run", "--room", "a/b"], "edgeboard run: argument --room: 'a/b' is not a room name"),
        (["run", "--loglevel", "x"], "unrecognized arguments: --loglevel x"),
        (["export", "lobby"], "edgeboard export: one of the arguments --svg --png --json --excalidraw is required"),
        (["export", "lobby", "--svg", "a", "--json", "b"], "not allowed with argument"),
        (["export", "lobby", "--svg", "a", "--page", "0"], "'0' is not allowed; write a whole number from 1"),
        (["replay", "x.csv"], "edgeboard replay: the following arguments are required: --room"),
        (["replay", "x.csv", "--room", "r", "--speed", "-1"], "write a number from 0 to 1000"),
        (["replay", "x.csv", "--room", "r", "--colour", "red"], "'red' is not a colour; write 0 to 15"),
        (["mesh", "password"], "edgeboard mesh: argument WHAT: invalid choice: 'password'"),
        (["status", "extra"], "unrecognized arguments: extra"),
    ],
)
def test_wrong_words_are_answered_with_one_line_and_exit_code_2(run_main, words, message):
    code, out, err = run_main(*words)
    assert (code, out) == (2, "")
    assert message in one_line(err)


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        (UserError("the port is taken"), 1, "edgeboard: the port is taken\n"),
        (StoreError("the disk\nis full"), 1, "edgeboard: the disk is full\n"),
        (DecodeError("not a room"), 1, "edgeboard: not a room\n"),
        (KeyboardInterrupt(), 130, "edgeboard: interrupted\n"),
        (ZeroDivisionError("division"), 1, "edgeboard: a fault of edgeboard itself: ZeroDivisionError: division; "
         "please report it with what EDGEBOARD_TRACEBACK=1 shows\n"),
    ],
)  # fmt: skip
def test_whatever_a_verb_raises_is_one_line(run_main, monkeypatch, raised, code, line):
    def verb(module):
        def run(arguments):
            raise raised

        return run

    monkeypatch.setattr(entry, "verb", verb)
    assert run_main("rooms") == (code, "", line)


def test_a_traceback_is_shown_to_who_asks_for_it(run_main, monkeypatch):
    monkeypatch.setenv("EDGEBOARD_TRACEBACK", "1")
    monkeypatch.setattr(entry, "verb", lambda module: lambda arguments: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run_main("rooms")


def test_a_verb_is_imported_when_it_runs_and_returns_its_code(run_main, monkeypatch):
    monkeypatch.setattr("edgeboard.cli.reports.main", lambda arguments: 7 if arguments.word == "rooms" else 0)
    assert run_main("rooms")[0] == 7


@pytest.mark.slow
def test_help_does_not_wait_for_what_is_heavy():
    heavy = "aiortc aiohttp cryptography asyncio yaml edgeboard.node edgeboard.canvas.document"
    script = (
        "import sys, edgeboard.cli as cli\n"
        "code = cli.main(['run', '--help'])\n"
        f"print([name for name in {heavy.split()!r} if name in sys.modules], file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.slow
def test_a_reader_that_has_had_enough_is_no_error():
    script = (
        "import sys, edgeboard.cli.entry as entry\n"
        "entry.verb = lambda module: lambda arguments: [print('x' * 100) for _ in range(9999)] and 0\n"
        "sys.exit(entry.main(['rooms']))"
    )
    command = f'"{sys.executable}" -c "$0" | head -c 10; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (141, "x" * 10, "")


@pytest.mark.slow
def test_the_module_is_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "edgeboard.cli", "fly"], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("edgeboard: argument VERB: invalid choice")
