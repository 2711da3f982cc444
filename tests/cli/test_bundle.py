"""`edgeboard bundle` as people type it."""

import json
import zipfile

import pytest

pytestmark = pytest.mark.slow  # each makes eight keys and writes a repository, synced


@pytest.fixture
def published(tmp_path, monkeypatch, run_main):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pw").write_text("correct horse battery\n")
    (tmp_path / "pw").chmod(0o600)
    (tmp_path / "wheels").mkdir()
    info = "edgeboard-0.2.0.dist-info"
    with zipfile.ZipFile(tmp_path / "wheels" / "edgeboard-0.2.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/RECORD", f"{info}/RECORD,,\n")
    for words in (
        ("init", "--machine", "aarch64-cp313", "--passphrase-file", "pw"),
        ("add", "wheels", "--machine", "aarch64-cp313"),
        ("publish", "--passphrase-file", "pw"),
    ):
        code, _, err = run_main("release", *words)
        assert code == 0, err
    return tmp_path


def test_a_bundle_is_called_after_its_version_and_looked_into(published, run_main):
    code, out, _ = run_main("bundle", "build")
    assert (code, "edgeboard ota import edgeboard-0.2.0.ebu" in out) == (0, True)
    code, out, _ = run_main(
        "bundle", "inspect", "edgeboard-0.2.0.ebu", "--root", "releases/public/metadata/1.root.json"
    )
    assert (code, "signed by those who may" in out, "whole" in out) == (0, True, True)
    code, out, _ = run_main("bundle", "inspect", "edgeboard-0.2.0.ebu")
    assert (code, "Hashes alone" in out) == (0, True)


def test_scripts_are_told_in_json(published, run_main):
    built = json.loads(run_main("bundle", "build", "--out", "one.ebu", "--json")[1])
    assert (built["version"], built["counter"], built["machines"]) == ("0.2.0", 1, ["aarch64-cp313"])
    told = json.loads(run_main("bundle", "inspect", "one.ebu", "--json")[1])
    assert told["verified"] is False
    assert told["releases"][0]["wrong"] == []


def test_a_damaged_bundle_is_told_and_fails(published, run_main):
    run_main("bundle", "build", "--out", "one.ebu")
    data = bytearray((published / "one.ebu").read_bytes())
    at = data.rindex(b"edgeboard-0.2.0.dist-info/RECORD")
    data[at] ^= 1
    (published / "one.ebu").write_bytes(bytes(data))
    code, out, _ = run_main("bundle", "inspect", "one.ebu")
    assert (code, "missing, or not what was signed: stable-aarch64-cp313: edgeboard" in out) == (1, True)
    code, out, _ = run_main("bundle", "inspect", "one.ebu", "--json")
    assert (code, json.loads(out)["releases"][0]["wrong"]) == (1, ["edgeboard-0.2.0-py3-none-any.whl"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inspect", "absent.ebu"), "cannot read"),
        (("inspect", "pw"), "copy it again"),
        (("build", "--version", "9"), "is not published"),
        (("build", "--releases", "absent"), "to begin"),
    ],
)
def test_what_cannot_be_done_is_said(published, run_main, words, says):
    code, _, err = run_main("bundle", *words)
    assert (code, says in err) == (1, True), err
