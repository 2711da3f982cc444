"""What is told of the content of a wheelhouse."""

import json
from zipfile import ZipFile

import pytest

from shipping import bom
from shipping.steps import ROOT, Trouble

NEEDS = "Requires-Dist: beta>=1\nRequires-Dist: gamma; extra == 'x'\n"


@pytest.fixture
def wheels(tmp_path):
    def make(name, metadata, **files):
        path = tmp_path / f"{name}-1.0-py3-none-any.whl"
        with ZipFile(path, "w") as archive:
            head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
            archive.writestr(f"{name}-1.0.dist-info/METADATA", f"{head}{metadata}\n")
            for file, text in files.items():
                archive.writestr(f"{name}-1.0.dist-info/licenses/{file}", text)
        return path

    return [
        make("Alpha", f"License-Expression: MIT\n{NEEDS}", LICENSE="be kind"),
        make("beta", "Classifier: License :: OSI Approved :: BSD License\n"),
    ]


def test_every_wheel_and_package_is_a_component_with_hash_and_licence(wheels):
    told = json.loads(bom.write("aarch64-cp313", "0.1.0", wheels, ["python3-yaml>=6.0.2", "python3-cffi-backend"], 0))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    assert told["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"
    components = {each["purl"]: each for each in told["components"]}
    assert set(components) == {
        "pkg:pypi/alpha@1.0", "pkg:pypi/beta@1.0", "pkg:deb/debian/python3-yaml", "pkg:deb/debian/python3-cffi-backend",
    }  # fmt: skip
    assert components["pkg:pypi/alpha@1.0"]["licenses"] == [{"expression": "MIT"}]
    assert components["pkg:pypi/beta@1.0"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert len(components["pkg:pypi/alpha@1.0"]["hashes"][0]["content"]) == 64
    depends = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    assert depends["pkg:pypi/alpha@1.0"] == ["pkg:pypi/beta@1.0"]
    assert set(depends["edgeboard-aarch64-cp313"]) == set(components)


def test_the_same_wheels_are_told_in_the_same_bytes(wheels):
    assert bom.write("x", "1", wheels, [], 5) == bom.write("x", "1", wheels, [], 5)
    assert bom.write("x", "1", wheels, [], 5) != bom.write("x", "1", wheels[:1], [], 5)


def test_licences_are_there_in_full_and_without_one_nothing_is_given_away(wheels, tmp_path, monkeypatch):
    monkeypatch.setattr(bom, "KEPT", ROOT / "tests" / "no such folder")
    with pytest.raises(Trouble, match="the wheel of beta holds no text of its licence; put it into tests/no such"):
        bom.licences(wheels)
    monkeypatch.setattr(bom, "KEPT", tmp_path)
    (tmp_path / "beta.txt").write_text("keep this notice")
    text = bom.licences(wheels, ["python3-yaml>=6.0.2"])
    assert "python3-yaml>=6.0.2: of Debian; the text lies on the board: /usr/share/doc/python3-yaml/copyright" in text
    assert "Alpha 1.0: MIT" in text
    assert "be kind" in text
    assert "beta 1.0: BSD License" in text
    assert "keep this notice" in text
