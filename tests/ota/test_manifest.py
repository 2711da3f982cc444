"""Manifests: one row of bytes each, and nothing in them that breaks a limit."""

import hashlib
import json
from dataclasses import replace

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ota.manifest import check_lock, describe, from_bytes, requirements, to_bytes
from edgeboard.ota.values import CHUNK_BYTES, File, Manifest, Rollout, Schema, Target

WHEEL = describe("edgeboard-0.2.0-py3-none-any.whl", [b"wheel" * 100_000])
OTHER = describe("cffi-2.1.1-cp311-cp311-manylinux_2_28_aarch64.whl", [b"cffi"])
LOCK = (
    f"edgeboard==0.2.0 --hash=sha256:{WHEEL.sha256}\n"
    f"cffi==2.1.1 \\\n    --hash=sha256:{OTHER.sha256} \\\n    --hash=sha256:{'0' * 64}  # another machine's\n"
).encode()
MANIFEST = Manifest(
    version="0.2.0",
    counter=7,
    target=Target("aarch64", "cp311", "stable", (2, 28)),
    files=(describe("requirements.txt", [LOCK]), WHEEL, OTHER),
    lock="requirements.txt",
    min_from_counter=2,
    security_floor=1,
    state_schema=Schema((1, 2), 2),
    distribution=("python3-cryptography>=43",),
)


def changed(path, value):
    """The manifest's bytes with one field changed; `path` like "target.libc"."""
    fields = json.loads(to_bytes(MANIFEST))
    place = fields
    *above, last = path.split(".")
    for name in above:
        place = place[int(name)] if name.isdigit() else place[name]
    place[last] = value
    return json.dumps(fields).encode()


def test_a_manifest_comes_back_from_its_bytes():
    again = from_bytes(to_bytes(MANIFEST))
    assert set(again.files) == set(MANIFEST.files)
    assert replace(again, files=MANIFEST.files) == MANIFEST
    assert to_bytes(again) == to_bytes(MANIFEST)


def test_the_order_of_files_does_not_change_the_bytes():
    assert to_bytes(replace(MANIFEST, files=MANIFEST.files[::-1])) == to_bytes(MANIFEST)


def test_the_rollout_is_not_part_of_the_bytes():
    some = Rollout(5, "salt", 9)
    assert to_bytes(replace(MANIFEST, rollout=some)) == to_bytes(MANIFEST)
    assert from_bytes(to_bytes(MANIFEST), some).rollout == some


def test_what_a_later_release_adds_is_skipped():
    assert from_bytes(changed("later", {"x": 1})).counter == 7


BROKEN = [
    ("format", "zip"),
    ("form", 2),
    ("version", "../../x"),
    ("version", ""),
    ("counter", 0),
    ("counter", 2**60),
    ("counter", True),
    ("counter", 7.0),
    ("counter", "7"),
    ("min_from_counter", 8),
    ("security_floor", 8),
    ("lock", "absent.txt"),
    ("target.machine", "pdp11"),
    ("target.machine", ["aarch64"]),
    ("target.channel", "nightly"),
    ("target.python", "cp27"),
    ("target.libc", [2]),
    ("target.libc", [2, "28"]),
    ("state_schema", {"reads": [1], "writes": 2}),
    ("distribution", ["python3-x; rm -rf /"]),
    ("distribution", "python3-x"),
    ("files", {}),
    ("files", [[]]),
    ("files.0.name", "../x.whl"),
    ("files.0.name", ".hidden.whl"),
    ("files.0.name", "edgeboard-0.2.0.tar.gz"),
    ("files.0.name", "setup.py"),
    ("files.0.name", "x\n.whl"),
    ("files.0.name", "REQUIREMENTS.txt"),
    ("files.0.sha256", "ABC"),
    ("files.0.length", -1),
    ("files.0.length", 2**40),
    ("files.1.sizes", []),
    ("files.1.sizes", [262_144, 237_855]),
    ("files.1.sizes", [262_144, 237_857]),
    ("files.1.sizes", [262_145, 237_855]),
    ("files.1.sizes", [500_000]),
    ("files.1.sizes", [0, 500_000]),
    ("files.1.sizes", [262_144, "237856"]),
    ("files.1.chunks", []),
    ("files.1.chunks", ["0" * 64] * 3),
    ("files.1.chunks", ["x" * 64] * 2),
]


@pytest.mark.parametrize(("path", "value"), BROKEN, ids=lambda part: str(part)[:24])
def test_what_breaks_a_rule_is_no_manifest(path, value):
    with pytest.raises(DecodeError):
        from_bytes(changed(path, value))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
        b'{"format": "edgeboard-release", "format": "edgeboard-release"}',
        b'{"counter": NaN}',
        b'{"counter": Infinity}',
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"counter": ' + b"9" * 5_000 + b"}",
        b" " * (1024 * 1024 + 1),
    ],
    ids=lambda data: str(data[:20]),
)
def test_json_that_readers_take_in_two_ways_is_refused(data):
    with pytest.raises(DecodeError):
        from_bytes(data)


def test_every_truncation_is_refused():
    data = to_bytes(MANIFEST)
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(DecodeError):
            from_bytes(data[:length])


@pytest.mark.parametrize("size", [1, 7, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 10**6])
def test_a_file_is_the_same_in_pieces_of_any_size(size):
    data = bytes(range(256)) * 2_500
    whole = describe("x.whl", [data])
    assert whole.length == len(data)
    assert len(whole.chunks) == 3
    assert describe("x.whl", [data[at : at + size] for at in range(0, len(data), size)]) == whole


def test_chunks_may_have_sizes_that_are_chosen():
    data = bytes(range(256)) * 100
    file = describe("notes.txt", [data[:7], data[7:]], (1, 5_000, 20_599))
    assert [(part.offset, part.size) for part in file.parts] == [(0, 1), (1, 5_000), (5_001, 20_599)]
    for part in file.parts:
        assert hashlib.sha256(data[part.offset : part.offset + part.size]).hexdigest() == part.sha256
    manifest = replace(MANIFEST, files=(*MANIFEST.files, file))
    assert file in from_bytes(to_bytes(manifest)).files
    assert '"sizes"' not in to_bytes(MANIFEST).decode(), "only where they are not as usual"


def test_an_empty_file_has_no_chunks():
    assert describe("notes.txt", []).chunks == ()


# ------------------------------------------------------------------------------------------------ the lock


def test_a_lock_that_names_each_wheel_once_is_right():
    check_lock(LOCK, MANIFEST)
    assert [name for name, _ in requirements(LOCK)] == ["edgeboard==0.2.0", "cffi==2.1.1"]


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (LOCK.splitlines()[0], "does not name cffi"),
        (LOCK + b"six==1.0 --hash=sha256:" + b"1" * 64, "asks for six==1.0"),
        (LOCK.replace(b"==0.2.0", b">=0.2.0"), "a lock has lines like"),
        (b"--index-url https://example.org\n" + LOCK, "a lock has lines like"),
        (b"-e .\n" + LOCK, "a lock has lines like"),
        (b"edgeboard==0.2.0\n", "a lock has lines like"),
        (b"x @ file:///etc --hash=sha256:" + b"1" * 64, "a lock has lines like"),
        ("é".encode(), "ASCII"),
    ],
)
def test_a_lock_that_installs_anything_else_is_refused(lock, says):
    with pytest.raises(DecodeError, match=says):
        check_lock(lock, MANIFEST)


def test_a_release_for_another_board_does_not_serve():
    board = Target("aarch64", "cp311", "stable", (2, 36))
    assert MANIFEST.target.serves(board)
    assert not MANIFEST.target.serves(replace(board, libc=(2, 27)))
    assert not MANIFEST.target.serves(replace(board, python="cp313"))
    assert not MANIFEST.target.serves(replace(board, machine="riscv64"))
    assert not MANIFEST.target.serves(replace(board, channel="beta"))


def test_a_source_is_asked_by_content():
    assert File("a.whl", "ab" * 32, 1, ()).path == f"targets/{'ab' * 32}.a.whl"
