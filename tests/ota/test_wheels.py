"""What a wheel may hold, and on what it runs (A11 of the table of attacks)."""

import stat
import tracemalloc
import zipfile
from contextlib import suppress

import pytest

from edgeboard.errors import VerificationError
from edgeboard.ota.values import Target
from edgeboard.ota.wheels import ENTRY_MAX, check_wheel, fits, read_entry, read_name

BOARD = Target("aarch64", "cp313", "stable", (2, 36))
INFO = "thing-1.0.dist-info"
PLAIN = {"thing/__init__.py": b"x = 1\n", f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n"}


def wheel(folder, entries, name="thing-1.0-py3-none-any.whl", record=None):
    path = folder / name
    listed = [*dict(entries), f"{INFO}/RECORD"] if record is None else record
    with zipfile.ZipFile(path, "w") as out:
        for entry, data in [*entries, (f"{INFO}/RECORD", "".join(f"{line},,\n" for line in listed).encode())]:
            out.writestr(entry, data)
    return path


def test_an_ordinary_wheel_is_fine(tmp_path):
    check_wheel(wheel(tmp_path, PLAIN.items()), "thing-1.0-py3-none-any.whl", BOARD)


def test_it_may_lie_under_another_name(tmp_path):
    path = wheel(tmp_path, PLAIN.items()).rename(tmp_path / "blob")
    check_wheel(path, "thing-1.0-py3-none-any.whl", BOARD)


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "/etc/cron.d/evil",
        "thing/../../evil.py",
        "thing\\..\\evil.py",
        "C:evil.py",
        "thing//x.py",
        "thing/two\nlines.py",
        f"thing/{'x' * 300}.py",
        "./x.py",
    ],
)
def test_paths_that_reach_out_are_refused(tmp_path, path):
    with pytest.raises(VerificationError, match="holds the path") as refused:
        check_wheel(wheel(tmp_path, [*PLAIN.items(), (path, b"")]), "thing-1.0-py3-none-any.whl", BOARD)
    assert refused.value.attack == "unsafe-content"


@pytest.mark.parametrize(
    "path",
    [
        "evil.pth",
        "thing-1.0.data/purelib/evil.pth",
        "sitecustomize.py",
        "usercustomize.py",
        "sitecustomize/__init__.py",
        "sitecustomize.cpython-313-aarch64-linux-gnu.so",
        "thing-1.0.data/platlib/sitecustomize.abi3.so",
    ],
)
def test_what_python_runs_unasked_is_refused(tmp_path, path):
    with pytest.raises(VerificationError, match="at every start") as refused:
        check_wheel(wheel(tmp_path, [*PLAIN.items(), (path, b"")]), "thing-1.0-py3-none-any.whl", BOARD)
    assert refused.value.attack == "unsafe-content"


def test_a_record_that_reaches_out_is_refused(tmp_path):
    path = wheel(tmp_path, PLAIN.items(), record=[*PLAIN, "../../../bin/sh"])
    with pytest.raises(VerificationError, match="holds the path"):
        check_wheel(path, path.name, BOARD)


def test_a_record_of_what_is_not_there_is_refused(tmp_path):
    path = wheel(tmp_path, PLAIN.items(), record=[*PLAIN, "thing/other.py"])
    with pytest.raises(VerificationError, match="which is not there"):
        check_wheel(path, path.name, BOARD)


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("thing/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(VerificationError, match="no plain file"):
        check_wheel(
            wheel(tmp_path, [*PLAIN.items(), (link, b"/etc/passwd")], record=[*PLAIN]),
            "thing-1.0-py3-none-any.whl",
            BOARD,
        )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_path_twice_is_refused(tmp_path):
    with pytest.raises(VerificationError, match="twice"):
        check_wheel(wheel(tmp_path, [*PLAIN.items(), ("thing/__init__.py", b"")]), "thing-1.0-py3-none-any.whl", BOARD)


def test_a_wheel_under_the_name_of_another_is_refused(tmp_path):
    path = wheel(tmp_path, PLAIN.items(), "other-1.0-py3-none-any.whl")
    with pytest.raises(VerificationError, match=r"calls itself thing_1\.0"):
        check_wheel(path, path.name, BOARD)


def test_a_zip_without_a_record_is_refused(tmp_path):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("thing.py", b"")
    with pytest.raises(VerificationError, match="0 files RECORD"):
        check_wheel(path, path.name, BOARD)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(100), b"#!/bin/sh\nrm -rf /\n"])
def test_what_is_no_zip_is_refused(tmp_path, data):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    with pytest.raises(VerificationError, match="is no wheel") as refused:
        check_wheel(path, path.name, BOARD)
    assert refused.value.attack == "malformed"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = wheel(tmp_path, PLAIN.items())
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")  # the directory's last entry: its unpacked size
    data[at + 24 : at + 28] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(VerificationError, match="more than a slot") as refused:
        check_wheel(path, path.name, BOARD)
    assert refused.value.attack == "endless-data"


def test_a_file_that_asks_for_much_memory_is_refused(tmp_path):
    path = wheel(tmp_path, PLAIN.items())
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (ENTRY_MAX + 1).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(VerificationError, match="has more than") as refused:
        check_wheel(path, path.name, BOARD)
    assert refused.value.attack == "endless-data"


def test_a_file_that_is_longer_than_it_says_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("zeros", bytes(50_000_000))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with zipfile.ZipFile(path) as archive, pytest.raises(zipfile.BadZipFile):
            read_entry(archive, archive.infolist()[0])
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_another_way_is_refused(tmp_path, kind):
    path = wheel(tmp_path, PLAIN.items())
    with zipfile.ZipFile(path, "a", kind) as out:
        out.writestr("thing/more.py", b"x" * 1000)
    with pytest.raises(VerificationError, match="packed in a way that no wheel is"):
        check_wheel(path, path.name, BOARD)


def test_a_path_that_is_a_file_and_a_folder_is_refused(tmp_path):
    path = wheel(tmp_path, [*PLAIN.items(), ("thing/a", b""), ("thing/a/b.py", b"")])
    with pytest.raises(VerificationError, match="thing/a as a file and as a folder"):
        check_wheel(path, path.name, BOARD)


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"' + b"x" * 200_000, b"a\x00b,,"])
def test_a_record_that_cannot_be_read_is_refused(tmp_path, content):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{INFO}/RECORD", content)
    with pytest.raises(VerificationError, match=r"is no wheel|holds"):
        check_wheel(path, path.name, BOARD)


def test_every_damaged_byte_of_a_wheel_is_met_with_a_refusal_or_nothing(tmp_path):
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for entry, data in [*PLAIN.items(), (f"{INFO}/RECORD", "".join(f"{line},,\n" for line in PLAIN).encode())]:
            out.writestr(entry, data)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with suppress(VerificationError):
            check_wheel(path, path.name, BOARD)


@pytest.mark.parametrize(
    ("tags", "runs"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("py311-none-any", True),
        ("py314-none-any", False),
        ("py2-none-any", False),
        ("cp313-cp313-manylinux_2_28_aarch64", True),
        ("cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64", True),
        ("cp313-cp313-manylinux2014_aarch64", True),
        ("cp313-cp313-linux_aarch64", True),
        ("cp311-abi3-manylinux_2_34_aarch64", True),
        ("cp314-abi3-manylinux_2_28_aarch64", False),
        ("cp311-cp311-manylinux_2_28_aarch64", False),
        ("cp313-cp313t-manylinux_2_28_aarch64", False),
        ("cp313-cp313-manylinux_2_39_aarch64", False),
        ("cp313-cp313-manylinux_2_28_x86_64", False),
        ("cp313-cp313-musllinux_1_2_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
        ("pp310-pypy310_pp73-manylinux_2_28_aarch64", False),
    ],
)
def test_tags_say_where_a_wheel_runs(tags, runs):
    assert fits(read_name(f"thing-1.0-{tags}.whl"), BOARD) is runs


def test_the_wheel_of_another_machine_is_refused_by_name(tmp_path):
    path = wheel(tmp_path, PLAIN.items(), "thing-1.0-cp313-cp313-manylinux_2_28_riscv64.whl")
    with pytest.raises(VerificationError, match=r"does not run on aarch64 with cp313 and glibc 2\.36") as refused:
        check_wheel(path, path.name, BOARD)
    assert refused.value.attack == "wrong-software"


@pytest.mark.parametrize(
    "name", ["thing.whl", "thing-1.0.tar.gz", "../thing-1.0-py3-none-any.whl", "a-1-py3-none-any.whl\n"]
)
def test_what_is_not_the_name_of_a_wheel_is_refused(name):
    with pytest.raises(VerificationError, match="not the name of a wheel"):
        read_name(name)


def test_a_wheel_with_a_build_number_is_read():
    assert read_name("my_thing-1.0-2-py3-none-any.whl").requirement == "my-thing==1.0"
