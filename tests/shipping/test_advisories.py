"""Known vulnerabilities, looked up in a file."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from shipping.advisories import audit
from shipping.steps import Trouble

WHEELS = [Path("aiohttp-3.14.5-cp313-cp313-manylinux_2_28_aarch64.whl"), Path("PyYAML-6.0.3-py3-none-any.whl")]


def advisory(name, *events, **more):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}]
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges}
    return {"id": "PYSEC-1", "modified": "2026-11-01T00:00:00Z", "affected": [affected], **more}


@pytest.fixture
def told(tmp_path):
    def ask(*advisories):
        with ZipFile(tmp_path / "all.zip", "w") as archive:
            for number, each in enumerate(advisories):
                archive.writestr(f"{number}.json", json.dumps(each))
        return audit(WHEELS, tmp_path / "all.zip")

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
    assert result.line == "no known vulnerabilities (of 1 advisories, the newest of 2026-11-01)"


def test_without_a_database_nothing_is_claimed():
    result = audit(WHEELS, None)
    assert "NOT looked for" in result.line
    assert json.loads(result.text)["audited"] is False


def test_a_database_that_is_none_is_refused(told, tmp_path):
    with pytest.raises(Trouble, match="holds no advisories; fetch it anew"):
        told()
    (tmp_path / "all.zip").write_bytes(b"not a zip")
    with pytest.raises(Trouble, match="cannot be read"):
        audit(WHEELS, tmp_path / "all.zip")
