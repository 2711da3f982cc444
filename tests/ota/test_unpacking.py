"""What a wheel that was looked into may still get wrong."""

import zipfile

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ota.files import RealDisk
from edgeboard.ota.unpacking import unpack
from tests.ota.releases import digest, make_wheel


def rewrite(wheel, change):
    """The wheel with other entries: `change` takes and gives a dict of them."""
    with zipfile.ZipFile(wheel) as archive:
        entries = change({name: archive.read(name) for name in archive.namelist()})
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return wheel


@pytest.fixture
def wheel(tmp_path):
    return make_wheel(tmp_path, "ink", "1.0", {"ink/__init__.py": "", "ink/pen.py": "WIDTH = 2\n"})


def test_files_lie_where_python_looks_for_them(tmp_path, wheel):
    unpack(RealDisk(), wheel, wheel.name, tmp_path / "site")
    assert (tmp_path / "site" / "ink" / "pen.py").read_text() == "WIDTH = 2\n"
    assert (tmp_path / "site" / "ink-1.0.dist-info" / "METADATA").exists()


FAULTS = {
    "another content": (lambda entries: entries | {"ink/pen.py": b"WIDTH = 3\n"}, "not what its RECORD says"),
    "a file too many": (lambda entries: entries | {"ink/more.py": b""}, "which its RECORD does not name"),
    "a later format": (lambda entries: entries | later(entries), "version '2.0'"),
    "no WHEEL": (lambda entries: {name: entries[name] for name in entries if not name.endswith("WHEEL")}, "damaged"),
    "RECORD twice": (lambda entries: entries | twice(entries), "twice"),
    "outside": (lambda entries: entries | outside(entries), "outside of Python's"),
}
RECORD = "ink-1.0.dist-info/RECORD"


def later(entries):
    text = b"Wheel-Version: 2.0\n"
    return {"ink-1.0.dist-info/WHEEL": text, **record_of(entries, text)}


def outside(entries):
    return {"ink-1.0.data/other/x": b"", **listed(entries, "ink-1.0.data/other/x")}


def record_of(entries, text):
    lines = [line for line in entries[RECORD].decode().splitlines() if "WHEEL" not in line]
    return {RECORD: "\n".join([*lines, f"ink-1.0.dist-info/WHEEL,{digest(text)},{len(text)}"]).encode()}


def twice(entries):
    return {RECORD: entries[RECORD] + entries[RECORD]}


def listed(entries, name):
    return {RECORD: entries[RECORD] + f"{name},{digest(b'')},0\n".encode()}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_its_record_does_not_cover_is_refused(tmp_path, wheel, fault):
    change, words = FAULTS[fault]
    with pytest.raises(DecodeError, match=words):
        unpack(RealDisk(), rewrite(wheel, change), wheel.name, tmp_path / "site")


def test_scripts_and_man_pages_are_left_out_and_packages_beside_the_root_are_not(tmp_path):
    files = {
        "ink/__init__.py": "",
        "ink-1.0.data/scripts/ink": "#!python",
        "ink-1.0.data/data/share/man/ink.1": "ink",
        "ink-1.0.data/purelib/ink/late.py": "",
    }
    wheel = make_wheel(tmp_path, "ink", "1.0", files)
    unpack(RealDisk(), wheel, wheel.name, tmp_path / "site")
    assert sorted(path.name for path in (tmp_path / "site" / "ink").iterdir()) == ["__init__.py", "late.py"]
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == ["ink", "ink-1.0.dist-info"]


def test_every_cut_of_a_wheel_is_refused(tmp_path, wheel):
    data = wheel.read_bytes()
    for length in range(0, len(data), 7):
        wheel.write_bytes(data[:length])
        with pytest.raises(DecodeError, match="damaged"):
            unpack(RealDisk(), wheel, wheel.name, tmp_path / f"site{length}")


def test_two_wheels_may_share_a_file_but_not_disagree_about_it(tmp_path):
    one = make_wheel(tmp_path, "one", "1", {"shared/__init__.py": "", "shared/one.py": ""})
    two = make_wheel(tmp_path, "two", "1", {"shared/__init__.py": "", "shared/two.py": ""})
    three = make_wheel(tmp_path, "three", "1", {"shared/__init__.py": "import os"})
    site = tmp_path / "site"
    for wheel in (one, two):
        unpack(RealDisk(), wheel, wheel.name, site)
    assert (site / "shared" / "two.py").exists()
    with pytest.raises(DecodeError, match="over what another wheel has put there"):
        unpack(RealDisk(), three, three.name, site)
