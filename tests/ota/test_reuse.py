"""Most of a new wheel follows from the one before; whatever is guessed is checked by whoever uses it."""

import io
import random
import zipfile

import pytest

from edgeboard.errors import DecodeError
from edgeboard.ota.reuse import ASKED_MAX, TAIL_BYTES, draft, find_list, read_list

WHEN = (2026, 1, 1, 0, 0, 0)


def wheel(members, when=WHEN, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, when)
            info.compress_type = method
            info.external_attr = 0o644 << 16
            made.writestr(info, data)
    return out.getvalue()


def modules(count, seed=0):
    """Source that compresses as source does."""
    rng = random.Random(seed)
    words = ["def", "return", "self", "board", "ink", "=", "(", ")", ":", "\n    ", "panel", "room", "None"]
    return {
        f"edgeboard/module{number}.py": " ".join(rng.choices(words, k=rng.randint(200, 3000))).encode()
        for number in range(count)
    }


def put_together(new, old):
    """The wheel as a board makes it, and the bytes that it asks for."""
    offset, size = find_list(new[-TAIL_BYTES:], len(new))
    made = draft(new[offset : offset + size], offset, len(new), old)
    made.fill(offset, new[offset:])
    for at, length in made.asked:
        made.fill(at, new[at : at + length])
    return bytes(made.data), made


def test_a_wheel_is_put_together_from_the_one_before():
    old = modules(200)
    new = {**old, "edgeboard/module7.py": b"changed = 1\n", "edgeboard/new.py": b"x = 2\n" * 900}
    del new["edgeboard/module9.py"]
    data = wheel(new, (2026, 2, 2, 0, 0, 0))
    made, told = put_together(data, wheel(old))
    assert made == data, "to the last bit, although all times differ"
    assert sum(length for _, length in told.asked) < 1_000
    assert told.copied > 0.9 * sum(info.compress_size for info in zipfile.ZipFile(io.BytesIO(data)).infolist())


def test_a_member_that_moved_or_has_another_name_is_the_same():
    old = modules(50)
    new = {f"other/{name}": data for name, data in reversed(old.items())}
    made, told = put_together(wheel(new), wheel(old))
    assert made == wheel(new)
    assert told.asked == []


def test_nothing_in_common_asks_for_everything():
    made, told = put_together(wheel(modules(50, 1)), wheel(modules(50, 2)))
    assert made == wheel(modules(50, 1))
    assert told.copied == 0


def test_changes_all_over_are_asked_for_in_few_pieces():
    old = modules(600)
    new = {name: data + b"#" if number % 3 == 0 else data for number, (name, data) in enumerate(old.items())}
    made, told = put_together(wheel(new), wheel(old))
    assert made == wheel(new)
    assert len(told.asked) <= ASKED_MAX


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_packed_and_unpacked_members_are_copied(method):
    new = {**modules(20), "edgeboard/x.py": b"x"}
    made, told = put_together(wheel(new, method=method), wheel(modules(20), method=method))
    assert made == wheel(new, method=method)
    assert told.copied > 0


def test_a_wheel_that_was_streamed_is_asked_for():
    """Its lengths stand behind the data, so its heads do not follow from its list."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, data):
            self.parts.append(bytes(data))
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as made:
        for name, data in modules(5).items():
            made.writestr(name, data)
    data = b"".join(pipe.parts)
    made, told = put_together(data, wheel(modules(5)))
    assert made == data
    assert told.copied == 0


def test_an_empty_wheel_is_none():
    with pytest.raises(DecodeError, match="without members"):
        put_together(wheel({}), wheel(modules(3)))
    assert put_together(wheel(modules(3)), wheel({}))[0] == wheel(modules(3))


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 22, b"x" * 5000])
def test_what_is_no_wheel_is_said(data):
    with pytest.raises(DecodeError):
        find_list(data, len(data))
    with pytest.raises(DecodeError):
        draft(b"", 0, 22, data)


def test_a_list_that_lies_never_costs_more_than_an_error():
    """Each byte of a list changed: an error, or a draft of the right length, whatever is in it."""
    data, old = wheel(modules(3)), wheel(modules(3))
    offset, size = find_list(data, len(data))
    listed = data[offset : offset + size]
    outcomes = set()
    for at in range(len(listed)):
        for changed in (0, 1, 0x7F, 0xFF):
            lie = listed[:at] + bytes([changed]) + listed[at + 1 :]
            try:
                made = draft(lie, offset, len(data), old)
            except DecodeError:
                outcomes.add("refused")
                continue
            outcomes.add("drafted")
            assert len(made.data) == len(data), at
            assert all(start >= 0 and start + length <= offset for start, length in made.asked), at
    assert outcomes == {"refused", "drafted"}


@pytest.mark.parametrize("cut", range(0, 150, 7))
def test_a_list_that_is_cut_is_said(cut):
    data = wheel(modules(3))
    offset, size = find_list(data, len(data))
    listed = data[offset : offset + size]
    with pytest.raises(DecodeError):
        read_list(listed[: size - 1 - cut])


def test_the_list_is_where_the_end_says():
    data = wheel(modules(3))
    with pytest.raises(DecodeError, match="not where it is said"):
        find_list(data, len(data) + 1)
    with pytest.raises(DecodeError, match="no plain zip"):
        find_list(data[:-1], len(data) - 1)
