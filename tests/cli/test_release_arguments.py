"""Readers of arguments of the verbs about releases."""

import pytest

from edgeboard.cli.entry import make_parser
from edgeboard.cli.release_arguments import read_forms, read_libc, read_percent, read_role_number


def test_what_people_write_is_read():
    assert read_libc("2.36") == (2, 36)
    assert read_forms("1,2") == (1, 2)
    assert (read_percent("5"), read_percent("100%")) == (5, 100)
    assert read_role_number("targets=1") == ("targets", 1)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (read_libc, "2"), (read_libc, "new"), (read_libc, "2.-1"), (read_libc, "2.3600"),
        (read_forms, ""), (read_forms, "1,x"), (read_forms, "0"),
        (read_percent, "101"), (read_percent, "-1"), (read_percent, "some"),
        (read_role_number, "owner=1"), (read_role_number, "root"), (read_role_number, "root=0"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(reader, text):
    with pytest.raises(ValueError, match=r"."):
        reader(text)


def test_a_release_is_for_all_boards_unless_said_otherwise():
    parse = make_parser().parse_args
    assert parse(["release", "add", "wheels", "--machine", "aarch64-cp313"]).percent == 100
    assert parse(["release", "publish"]).percent is None, "publishing changes no rollout by itself"
    assert parse(["release", "publish", "--percent", "20"]).percent == 20
    assert parse(["bundle", "build", "--machine", "a", "--machine", "b"]).machine == ["a", "b"]
