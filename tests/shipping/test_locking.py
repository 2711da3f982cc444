"""What comes from where is reasoned, not listed."""

import pytest
from packaging.requirements import Requirement

from shipping.locking import Known, brought, from_debian, installed, lock_line, read_lock, read_metadata
from shipping.steps import Trouble

INDEX = {
    "aiortc": Known("1.16.0", (Requirement("cryptography>=44"), Requirement("pyee>=13"))),
    "pyopenssl": Known("26.4.0", (Requirement("cryptography<51,>=49"),)),
    "pyee": Known("13.0.1", (Requirement("typing-extensions"),)),
    "aioice": Known("0.13.0", ()),
}
DEBIAN = {
    "aiortc": Known("1.11.0", (Requirement("aioice<1.0.0,>=0.10.1"),)),
    "cryptography": Known("43.0.0", ()),
    "pyopenssl": Known("25.0.0", ()),
}


def test_whoever_needs_more_than_debian_has_comes_from_debian_too():
    assert from_debian(["cryptography"], INDEX, DEBIAN) == {"cryptography", "aiortc", "pyopenssl"}


def test_what_is_new_enough_in_debian_moves_nobody():
    debian = DEBIAN | {"cryptography": Known("50.0.0", ())}
    assert from_debian(["cryptography"], INDEX, debian) == {"cryptography"}


def test_what_nobody_has_must_be_built():
    with pytest.raises(Trouble, match="neither the index nor Debian has pyyaml for this machine; it must be built"):
        from_debian(["pyyaml"], INDEX, DEBIAN)


def test_what_debian_has_must_live_with_what_the_slot_has():
    index = INDEX | {"aioice": Known("1.0.0", ())}
    with pytest.raises(Trouble, match=r"Debian's aiortc needs aioice<1.0.0,>=0.10.1, and the slot has 1.0.0"):
        from_debian(["cryptography"], index, DEBIAN)


def test_requirements_of_extras_and_other_systems_are_none():
    text = (
        'Name: Some_Thing\nVersion: 1.2\nRequires-Dist: a>=1\nRequires-Dist: b; extra == "x"\n'
        'Requires-Dist: c; sys_platform == "win32"\n\nbody\n'
    )
    name, known = read_metadata(text)
    assert (name, known.version, [str(need) for need in known.requires]) == ("some-thing", "1.2", ["a>=1"])


def test_packages_of_a_debian_root_are_read_in_all_three_forms(tmp_path):
    packages = tmp_path / "usr" / "lib" / "python3" / "dist-packages"
    for place, name in (("a-1.dist-info/METADATA", "A"), ("b-1.egg-info/PKG-INFO", "B"), ("c-1.egg-info", "C")):
        (packages / place).parent.mkdir(parents=True, exist_ok=True)
        (packages / place).write_text(f"Name: {name}\nVersion: 1\n\n")
    assert {name: known.version for name, known in installed(tmp_path).items()} == {"a": "1", "b": "1", "c": "1"}


def test_packages_of_debian_are_known_by_what_python_calls_them():
    lines = ["python3-crc32c>=2.7.1", "python3-cffi-backend", "python3-yaml>=6.0.2"]
    assert brought(lines) == {"crc32c": "python3-crc32c", "pyyaml": "python3-yaml"}


def test_a_lock_is_read_as_it_was_written(tmp_path):
    wheel = tmp_path / "x-1-py3-none-any.whl"
    wheel.write_bytes(b"abc")
    lock = tmp_path / "lock.txt"
    lock.write_text("# a comment\n" + lock_line("x", "1", wheel) + "\n")
    assert list(read_lock(lock)) == [("x", "1", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    lock.write_text("x>=1\n")
    with pytest.raises(Trouble, match=r"cannot read 'x>=1'; make it anew with \./dev wheelhouse --relock"):
        list(read_lock(lock))
