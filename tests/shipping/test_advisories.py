"""Known vulnerabilities, looked up in a file."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from shipping.advisories import audit
from shipping.steps import ROOT, Trouble

WHEELS = ("aiohttp-3.14.5-cp313-cp313-manylinux_2_28_aarch64.whl", "PyYAML-6.0.3-py3-none-any.whl")
# A real one, of PyPI's database; its text is shortened, and so are the versions that are named one by one.
REAL = Path(__file__).parent / "advisories" / "PYSEC-2024-24.json"


def advisory(name, *events, **more):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges}
    return {"id": "PYSEC-1", "modified": "2026-11-01T00:00:00Z", "affected": [affected], **more}


@pytest.fixture
def house(tmp_path):
    folder = tmp_path / "aarch64-cp313"
    folder.mkdir()
    for name in WHEELS:
        (folder / name).touch()
    return folder


@pytest.fixture
def told(tmp_path, house):
    def ask(*advisories):
        with ZipFile(tmp_path / "all.zip", "w") as archive:
            for number, each in enumerate(advisories):
                archive.writestr(f"{number}.json", json.dumps(each))
        return audit(house, tmp_path / "all.zip")

    return ask


@pytest.mark.parametrize(
    ("events", "is_found"),
    [
        ([{"introduced": "0"}], True),
        ([{"introduced": "0"}, {"fixed": "3.14.5"}], False),
        ([{"introduced": "0"}, {"fixed": "3.14.6"}], True),
        ([{"introduced": "3.15"}], False),
        ([{"introduced": "0"}, {"last_affected": "3.14.5"}], True),
        ([{"introduced": "0"}, {"last_affected": "3.14.4"}], False),
        ([{"introduced": "0"}, {"fixed": "2.0"}, {"introduced": "3.0"}, {"fixed": "4.0"}], True),
        ([{"introduced": "3.0"}, {"fixed": "4.0"}, {"introduced": "0"}, {"fixed": "2.0"}], True),
        ([{"fixed": "3.14.5"}, {"introduced": "0"}], False),
        ([{"introduced": "before versions were numbers"}, {"introduced": "0"}], True),
    ],
)
def test_a_version_lies_between_where_a_flaw_came_in_and_where_it_was_mended(told, events, is_found):
    found = told(advisory("aiohttp", *events)).found
    assert found == ({"aiohttp": ["PYSEC-1"]} if is_found else {})


def test_names_are_compared_as_indexes_do(told):
    assert told(advisory("pyyaml", {"introduced": "0"})).found == {"pyyaml": ["PYSEC-1"]}


def test_advisories_that_were_withdrawn_or_are_of_others_are_none(told):
    withdrawn = advisory("aiohttp", {"introduced": "0"}, withdrawn="2026-11-02T00:00:00Z")
    result = told(withdrawn, advisory("django", {"introduced": "0"}))
    assert result.found == {}
    assert result.line == "no known vulnerabilities of 2 packages, by 1 advisories, the newest of 2026-11-01"


def test_a_release_says_which_day_its_audit_was_of_and_what_was_found(told, house):
    result = told(advisory("aiohttp", {"introduced": "0"}))
    said = json.loads((house / "vulnerabilities.json").read_text())
    assert said["summary"] == result.line
    assert result.line.startswith("KNOWN VULNERABILITIES of 2 packages, by 1 advisories, the newest of 2026-11-01: ")
    assert (said["audited"], said["newest"], said["found"]) == (True, "2026-11-01", {"aiohttp": ["PYSEC-1"]})
    assert said["packages"] == {"aiohttp": "3.14.5", "pyyaml": "6.0.3"}


def test_without_a_database_nothing_is_claimed(house):
    (house / "distribution.txt").write_text("# of Debian\npython3-cryptography>=43.0.0\n")
    assert "NOT looked for" in audit(house, None).line
    said = json.loads((house / "vulnerabilities.json").read_text())
    assert said["audited"] is False
    assert list(said["not_asked_about"]) == ["python3-cryptography>=43.0.0"]


def test_a_database_that_is_none_is_refused(told, house, tmp_path):
    with pytest.raises(Trouble, match="holds no advisories; fetch it anew"):
        told()
    (tmp_path / "all.zip").write_bytes(b"not a zip")
    with pytest.raises(Trouble, match="cannot be read"):
        audit(house, tmp_path / "all.zip")


def test_a_folder_without_wheels_is_refused(tmp_path):
    with pytest.raises(Trouble, match=r"holds no wheels; make a wheelhouse with: \./dev wheelhouse"):
        audit(tmp_path, REAL)


@pytest.mark.parametrize(("version", "is_found"), [("3.9.1", True), ("3.9.2", False), ("1.0.4", False), ("2.3", True)])
def test_a_real_advisory_is_of_the_versions_that_it_says(tmp_path, version, is_found):
    (tmp_path / f"aiohttp-{version}-py3-none-any.whl").touch()
    assert audit(tmp_path, REAL).found == ({"aiohttp": ["PYSEC-2024-24"]} if is_found else {})


def test_pypis_own_database_is_a_folder_of_yaml(house, tmp_path):
    place = tmp_path / "vulns" / "aiohttp"
    place.mkdir(parents=True)
    lines = [
        "id: PYSEC-2", "modified: 2026-10-09T08:07:06Z", "affected:", "- package: {ecosystem: PyPI, name: aiohttp}",
        "  ranges:", "  - type: ECOSYSTEM", "    events: [{introduced: 3.10}, {fixed: 3.20}]",
    ]  # fmt: skip
    (place / "PYSEC-2.yaml").write_text("\n".join(lines))
    result = audit(house, tmp_path / "vulns")
    assert result.found == {"aiohttp": ["PYSEC-2"]}, "3.10 was taken for a number, 3.1"
    assert "the newest of 2026-10-09" in result.line


@pytest.mark.parametrize(("version", "code", "word"), [("3.9.1", 1, "KNOWN VULN"), ("3.14.5", 0, "no known")])
def test_the_command_fails_where_there_is_something_to_mend(tmp_path, version, code, word):
    (tmp_path / f"aiohttp-{version}-py3-none-any.whl").touch()
    words = [sys.executable, "-m", "shipping.advisories", REAL, tmp_path]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert f"{tmp_path.name}: {word}" in done.stdout
