"""Boards by name: found by what people call them, and remembered when they were put out."""

import pytest

from edgeboard.errors import StateError
from edgeboard.identity.keyfile import DEPARTED_FILE
from edgeboard.ids import NodeId
from edgeboard.node.directory import Directory
from edgeboard.wire.members import About, Record

KITCHEN, HALL, OTHER_HALL = (NodeId(bytes([number]) * 16) for number in (0xAB, 0x11, 0x12))


def record(node: NodeId, name: str, grant: bytes = b"") -> Record:
    return Record(node, b"k" * 32, bytes(8), 1, About(name, "", (), (), grant=grant), b"", (1, 1))


@pytest.fixture
def records():
    return [record(KITCHEN, "Kitchen"), record(HALL, "Hall"), record(OTHER_HALL, "hall")]


@pytest.mark.parametrize("text", ["Kitchen", " kitchen ", "ABABAB", "abababab", "ab" * 16])
def test_a_board_is_found_by_its_name_its_id_and_the_beginning_of_that(records, tmp_path, text) -> None:
    assert Directory(lambda: records, tmp_path).find(text).node == KITCHEN


def test_of_several_boards_that_may_be_meant_none_is_chosen(records, tmp_path) -> None:
    with pytest.raises(StateError, match=r"'HALL' may be any of: Hall \(11111111\), hall \(12121212\)"):
        Directory(lambda: records, tmp_path).find("HALL")


@pytest.mark.parametrize("text", ["", "abab", "cellar", "z" * 32])
def test_of_an_unknown_board_the_known_ones_are_named(records, tmp_path, text) -> None:
    with pytest.raises(StateError, match=r"known are: Hall \(11111111\), hall \(12121212\), Kitchen \(abababab\)"):
        Directory(lambda: records, tmp_path).find(text)


def test_a_whole_id_is_enough_also_of_a_board_that_is_not_known(records, tmp_path) -> None:
    found = Directory(lambda: records, tmp_path).find("CD" * 16)
    assert (found.node, found.name, found.grant) == (NodeId(b"\xcd" * 16), "", None)


async def test_the_name_of_a_board_that_was_put_out_is_kept(records, tmp_path) -> None:
    directory = Directory(lambda: records, tmp_path)
    directory.depart(KITCHEN)
    await directory.keep()
    del records[0]
    for each in (directory, Directory(lambda: records, tmp_path)):
        assert str(each.get(KITCHEN)) == "Kitchen (abababab)"
        assert each.find("kitchen").node == each.find("ababab").node == KITCHEN
    records.append(record(NodeId(b"n" * 16), "Kitchen"))  # it has come back, as a new board
    assert directory.find("kitchen").node == NodeId(b"n" * 16)
    assert directory.find("ababab").node == KITCHEN


def test_names_that_cannot_be_read_are_no_names(records, tmp_path) -> None:
    (tmp_path / DEPARTED_FILE).write_text('{"names": ["zz"]}')
    (tmp_path / DEPARTED_FILE).chmod(0o600)
    assert Directory(lambda: [], tmp_path).get(KITCHEN).name == ""
