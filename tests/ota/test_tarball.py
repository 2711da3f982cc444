"""The frame of a bundle (A12 of the table of attacks): a tar of plain files and nothing else that a tar may be."""

import io
import tarfile

import pytest

from edgeboard.errors import VerificationError
from edgeboard.ota.tarball import BLOCK, Entry, read_entries

A, B = f"targets/{'a' * 64}", f"targets/{'b' * 64}"


def tar(*entries, form=tarfile.USTAR_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for entry in entries:
            info, data = entry if isinstance(entry, tuple) else (entry, b"data")
            info = tarfile.TarInfo(info) if isinstance(info, str) else info
            info.size = len(data) if info.isreg() else 0
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def read(data):
    return list(read_entries(lambda at: data[at : at + BLOCK], len(data)))


def header_of(data, at, content):
    """The tar with some bytes of its first header changed, and the checksum made right again."""
    header = bytearray(data[:BLOCK])
    header[at : at + len(content)] = content
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header) + data[BLOCK:]


def special(kind, link=""):
    info = tarfile.TarInfo(A)
    info.type = kind
    info.linkname = link
    return info


def test_plain_files_are_read_where_they_lie():
    data = tar((A, b"x" * 600), ("metadata/1.root.json", b"{}"), (B, b""))
    assert read(data) == [Entry(A, 512, 600), Entry("metadata/1.root.json", 2048, 2), Entry(B, 3072, 0)]
    assert data[512:1112] == b"x" * 600


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../x", "targets/../../x", "metadata/../x", "./metadata/1.root.json", "metadata/", "targets/x",
     "metadata/.hidden", "other/file", "metadata/a b", "metadata/" + "x" * 81, f"targets/{'A' * 64}", A + "x",
     "install.sh", "metadata/1..json"],
)  # fmt: skip
def test_names_that_have_no_place_are_refused(name):
    with pytest.raises(VerificationError, match=r"no place in a bundle|in a way that is not taken") as refused:
        read(tar(name))
    assert refused.value.attack == "unsafe-content"


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE,
     tarfile.GNUTYPE_SPARSE, tarfile.CONTTYPE],
)  # fmt: skip
def test_what_is_no_plain_file_is_refused(kind):
    with pytest.raises(VerificationError, match="no plain file") as refused:
        read(tar(special(kind, "/etc/passwd")))
    assert refused.value.attack == "unsafe-content"


def test_a_plain_file_with_a_link_is_refused():
    with pytest.raises(VerificationError, match="in a way that is not taken"):
        read(header_of(tar(A), 157, b"/etc/passwd"))


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_of_other_forms_are_refused(form):
    with pytest.raises(VerificationError) as refused:
        read(tar(f"metadata/{'x' * 300}", form=form))
    assert refused.value.attack == "unsafe-content"


def test_a_name_in_two_parts_is_refused():
    with pytest.raises(VerificationError, match="in a way that is not taken"):
        read(header_of(tar(A), 345, b"targets"))


def test_one_name_twice_is_refused():
    with pytest.raises(VerificationError, match="twice") as refused:
        read(tar(A, A))
    assert refused.value.attack == "unsafe-content"


def test_a_file_larger_than_any_may_be_is_refused():
    with pytest.raises(VerificationError, match="more than any file may have") as refused:
        read(header_of(tar(A), 124, b"77777777777\0"))
    assert refused.value.attack == "endless-data"


@pytest.mark.parametrize("size", [b"-0000000001\0", b"\x80\0\0\0\0\0\0\0\0\0\0\x09", b"            ", b"0x0000000ff\0"])
def test_a_size_in_another_form_is_refused(size):
    with pytest.raises(VerificationError, match="no size") as refused:
        read(header_of(tar(A), 124, size))
    assert refused.value.attack == "malformed"


def test_more_files_than_any_bundle_has_are_refused(monkeypatch):
    monkeypatch.setattr("edgeboard.ota.tarball.ENTRIES_MAX", 3)
    with pytest.raises(VerificationError, match="more than 3 files") as refused:
        read(tar(*(f"metadata/{number}.root.json" for number in range(1, 5))))
    assert refused.value.attack == "endless-data"


def test_each_truncation_is_a_partial_bundle():
    data = tar((A, b"x" * 1000), (B, b"y" * 1000))
    end = 512 + 1024 + 512 + 1024
    for length in range(0, end + 1, 64):
        with pytest.raises(VerificationError) as refused:
            read(data[:length])
        assert refused.value.attack == "partial-bundle", length


@pytest.mark.parametrize("at", range(0, BLOCK, 7))
def test_no_flipped_bit_of_a_header_goes_unnoticed(at):
    data = bytearray(tar(A))
    data[at] ^= 4
    with pytest.raises(VerificationError):
        read(bytes(data))


@pytest.mark.parametrize("form", ["gz", "bz2", "xz"])
def test_compressed_bundles_are_refused_by_name(form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{form}") as made:
        made.addfile(tarfile.TarInfo(A))
    with pytest.raises(VerificationError, match="compressed") as refused:
        read(out.getvalue() + bytes(BLOCK))
    assert refused.value.attack == "malformed"


@pytest.mark.parametrize("data", [b"hello" * 300, b"\xff" * 2000, b"PK\x03\x04" + bytes(2000)])
def test_other_files_are_no_bundles(data):
    with pytest.raises(VerificationError, match="no tar"):
        read(data)
