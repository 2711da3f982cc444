"""`edgeboard release` as a release manager types it, from the first key to a board that has the release."""

import json
import os
import pty
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeboard.cli.release import Passphrases
from edgeboard.errors import UserError
from edgeboard.ota.client import Found, fetch, find
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.keys import find_keys
from edgeboard.ota.values import Floors, Layout, Target

pytestmark = pytest.mark.slow  # each makes eight keys and writes a repository, synced

MACHINES = ("aarch64-cp313", "riscv64-cp313")
BOARD = Target("riscv64", "cp313", "stable", (2, 41))


def make_wheel(folder, name):
    project, version = name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    entries = {f"{project}/__init__.py": version, f"{info}/WHEEL": "Wheel-Version: 1.0\n"}
    entries[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*entries, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for path, text in entries.items():
            wheel.writestr(path, text)


@pytest.fixture
def desk(tmp_path, monkeypatch, run_main):
    """A folder with wheelhouses and a passphrase; called, it runs `edgeboard release` there and gives its JSON."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pw").write_text("correct horse battery\n")
    (tmp_path / "pw").chmod(0o600)
    for version in ("0.2.0", "0.3.0"):
        for machine in MACHINES:
            folder = tmp_path / f"{machine}-{version}"
            folder.mkdir()
            make_wheel(folder, f"edgeboard-{version}-py3-none-any.whl")
            make_wheel(folder, f"native-1.0-cp313-cp313-manylinux_2_31_{machine.partition('-')[0]}.whl")

    def run(*words, code=0, secret=True):
        done, out, err = run_main("release", *words, "--json", *(["--passphrase-file", "pw"] if secret else []))
        assert done == code, err
        return json.loads(out) if out else err

    run.folder = tmp_path
    return run


def begin(desk):
    return desk("init", "--machine", MACHINES[0], "--machine", MACHINES[1])


def add(desk, version, **words):
    more = [word for key, value in words.items() for word in (f"--{key.replace('_', '-')}", value)]
    return [desk("add", f"{machine}-{version}", "--machine", machine, *more, secret=False) for machine in MACHINES]


def test_from_the_first_key_to_a_board_that_has_the_release(desk, run_main, tmp_path):
    assert {role: len(keys) for role, keys in begin(desk)["keys"].items()} == {
        "root": 3, "targets": 3, "snapshot": 1, "timestamp": 1,
    }  # fmt: skip
    assert [(told["counter"], told["libc"]) for told in add(desk, "0.2.0")] == [(1, "2.31")] * 2
    assert desk("publish")["released"] == ["stable 0.2.0 (counter 1)"]
    layout = Layout.under(tmp_path / "board")
    layout.prefix.mkdir(parents=True)
    layout.root.write_bytes((tmp_path / "releases/public/metadata/1.root.json").read_bytes())
    source = FolderSource(tmp_path / "releases/public")
    found = find(layout, [source], BOARD, Floors(), 0)
    assert isinstance(found, Found)
    fetch(layout, found, [source])
    listed = desk("keys", secret=False)
    assert listed["releases"] == [{"channel": "stable", "counter": 1, "version": "0.2.0", "percent": 100}]
    assert all(path for role in listed["roles"].values() for path in role["keys"].values())


def test_two_people_sign_one_after_the_other(desk, tmp_path):
    begin(desk)
    for number, file in enumerate(
        file for file in list(find_keys([tmp_path / "releases/keys"])) if file.role == "targets"
    ):
        (tmp_path / f"person{number}").mkdir()
        file.path.rename(tmp_path / f"person{number}" / file.path.name)
    add(desk, "0.2.0")
    told = desk("publish", "--keys", "person0", code=1)
    assert told["missing"] == {"targets": 1}
    assert ["stable 0.2.0 (counter 1), let out to 100 %" in line for line in told["staged"]] == [True]
    assert desk("keys", secret=False)["staged"] == told["staged"]
    told = desk("publish", "--keys", "person2", "--keys", "releases/keys")
    assert told["released"] == ["stable 0.2.0 (counter 1)"]


def test_a_key_is_replaced_and_the_release_goes_on(desk):
    begin(desk)
    add(desk, "0.2.0")
    desk("publish")
    told = desk("rotate", "timestamp")
    assert told["staged"] == "root"
    assert desk("publish")["versions"]["root"] == 2
    desk("rotate", "--renew")
    assert desk("publish")["versions"]["root"] == 3
    add(desk, "0.3.0")
    assert desk("publish")["released"] == ["stable 0.3.0 (counter 2)"]


def test_a_release_is_let_out_further(desk):
    begin(desk)
    add(desk, "0.2.0", percent="5")
    desk("publish")
    desk("publish", "--percent", "50", "--not-before", "2026-12-24T02:00")
    targets = json.loads((desk.folder / "releases/public/metadata/3.targets.json").read_bytes())
    rollouts = [entry["custom"]["rollout"] for entry in targets["signed"]["targets"].values()]
    assert {(rollout["percent"], rollout["salt"]) for rollout in rollouts} == {(50, "0.2.0")}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "aarch64-cp313-0.2.0", "--machine", "x86_64-cp313"), "releases here are for"),
        (("add", "riscv64-cp313-0.2.0", "--machine", "aarch64-cp313"), "does not say which glibc it needs"),
        (("add", "absent", "--machine", "aarch64-cp313"), "no folder of wheels"),
        (("add", "--machine", "aarch64-cp313"), "name a folder of wheels"),
        (("publish", "--not-before", "2026-12-24T02:00"), "comes with --percent"),
        (("publish", "--percent", "20"), "stable has no release yet"),
        (("rotate",), "say which role"),
        (("rotate", "targets"), "say which one goes"),
        (("rotate", "targets", "--renew"), "say which role"),
        (("init", "--machine", "aarch64-cp313"), "holds a repository already"),
        (("init", "--releases", "other", "--machine", "aarch64"), "no machine with its Python"),
        (("init", "--releases", "other", "--machine", "aarch64-cp313", "--threshold", "root=4"), "4 of 3 keys"),
        (("keys", "--releases", "other"), "to begin: edgeboard release init --machine"),
    ],
    ids=lambda part: " ".join(part[:3]) if isinstance(part, tuple) else "",
)
def test_what_cannot_be_done_is_said_with_the_remedy(desk, words, says):
    begin(desk)
    assert says in desk(*words, code=1, secret=words[0] != "add")


def test_a_wheel_that_boards_would_refuse_is_refused(desk):
    begin(desk)
    with zipfile.ZipFile(desk.folder / "aarch64-cp313-0.2.0" / "edgeboard-0.2.0-py3-none-any.whl", "a") as wheel:
        wheel.writestr("evil.pth", "import os")
    words = ("add", "aarch64-cp313-0.2.0", "--machine", "aarch64-cp313")
    assert "boards would refuse this: edgeboard-0.2.0-py3-none-any.whl holds evil.pth" in desk(
        *words, code=1, secret=False
    )


def test_a_staged_release_is_dropped(desk):
    begin(desk)
    add(desk, "0.2.0")
    assert desk("add", "--drop", secret=False) == {"dropped": True}
    assert desk("add", "--drop", secret=False) == {"dropped": False}


@pytest.mark.parametrize(
    ("mode", "text", "says"), [(0o644, "correct horse", "chmod 600"), (0o600, "short", "at least 8")]
)
def test_a_passphrase_file_is_for_its_owner_and_long_enough(desk, mode, text, says):
    (desk.folder / "pw").write_text(text)
    (desk.folder / "pw").chmod(mode)
    assert says in desk("init", "--machine", MACHINES[0], code=1)
    assert not (desk.folder / "releases").exists(), "one can begin again"


def test_who_signs_is_told_what_and_whether_it_was_signed(desk, run_main):
    begin(desk)
    add(desk, "0.2.0", percent="5")
    people = [desk.folder / name for name in ("anna", "ben", "nobody")]
    for folder in people:
        folder.mkdir()
    for file, owner in zip(
        [file for file in find_keys([desk.folder / "releases/keys"]) if file.role == "targets"],
        people[:2],
        strict=False,
    ):
        file.path.rename(owner / file.path.name)

    def sign(name):
        return run_main("release", "publish", "--keys", name, "--passphrase-file", "pw")[1]

    said = [sign(name) for name in ("nobody", "anna", "ben")]
    assert all(
        one.startswith(f"to sign: stable 0.2.0 (counter 1), let out to 5 %; for {', '.join(MACHINES)}\n")
        for one in said
    ), said
    assert "Nothing was signed" in said[0]
    assert "1 more of the targets keys must sign" in said[1]
    assert "Bring releases to the release machine, and there: edgeboard release publish" in said[2]
    assert "released: stable 0.2.0 (counter 1)" in sign("releases/keys")


def test_without_anybody_to_ask_a_passphrase_file_is_named(desk, monkeypatch):
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        with pytest.raises(UserError, match="--passphrase-file"):
            Passphrases(None)(desk.folder / "key.pem")


def test_at_a_terminal_each_key_is_asked_for_and_enter_means_the_same(desk, monkeypatch):
    typed = iter(["first one", "", "second one", "first one", "other one"])
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: (asked.append(prompt), next(typed))[1])
    _, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        passphrases = Passphrases(None)
        keys = [desk.folder / f"root-{number}.pem" for number in range(3)]
        assert [passphrases(key) for key in keys] == [b"first one", b"first one", b"second one"]
        assert "same as before" not in asked[0]
        assert "same as before" in asked[1]
        with pytest.raises(UserError, match="differ"):
            passphrases.new("all keys")


def test_who_mistypes_a_passphrase_is_asked_again_and_told_why(desk, monkeypatch):
    begin(desk)
    add(desk, "0.2.0")
    right = "correct horse battery"
    typed = iter(["", right, "", "wrong once", "wrong twice", "wrong thrice"])
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: (asked.append(prompt), next(typed))[1])
    _, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert "the passphrase does not open releases/keys/snapshot-" in desk("publish", code=1, secret=False)
    assert [prompt.partition("passphrase of ")[0] for prompt in asked] == [
        "", "that does not open it; ", "", "", "that does not open it; ", "that does not open it; ",
    ]  # fmt: skip
    assert next(typed, None) is None, "three tries are all"


def test_what_needs_people_soon_is_said_in_time(desk, run_main, monkeypatch):
    begin(desk)
    desk("publish")
    later = datetime.now(UTC) + timedelta(days=200)
    monkeypatch.setattr("edgeboard.cli.release._now", lambda: later)
    machine = desk.folder / "machine"
    machine.mkdir()
    for file in find_keys([desk.folder / "releases/keys"]):
        if file.role in ("snapshot", "timestamp"):
            file.path.rename(machine / file.path.name)
    assert "targets expired" in desk("publish", "--keys", "machine", code=1)
    later = datetime.now(UTC) + timedelta(days=100)
    code, out, err = run_main("release", "publish", "--keys", "machine", "--passphrase-file", "pw")
    assert (code, err) == (0, "")
    assert "Soon: renew the targets" in out
    assert "renew the root" not in out


def test_adding_says_what_lacks_and_then_who_signs(desk, run_main):
    begin(desk)
    said = [run_main("release", "add", f"{machine}-0.2.0", "--machine", machine)[1] for machine in MACHINES]
    assert "Not there yet: riscv64-cp313." in said[0]
    assert "It is there for all machines." in said[1]


def test_how_far_a_release_is_let_out_is_told(desk):
    begin(desk)
    for machine in MACHINES:
        desk("add", f"{machine}-0.2.0", "--machine", machine, "--percent", "5", secret=False)
    desk("publish")
    assert desk("keys", secret=False)["releases"][0]["percent"] == 5
    assert desk("publish", "--percent", "50")["let out"] == "the newest of stable to 50 % of the boards"
    assert desk("keys", secret=False)["releases"][0]["percent"] == 50


@pytest.mark.parametrize("words", [("publish",), ("rotate", "targets")])
def test_a_stick_that_is_not_there_is_said(desk, words):
    begin(desk)
    assert "see whether the stick is in" in desk(*words, "--keys", "stick", code=1)
