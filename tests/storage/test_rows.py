import pytest

from edgeboard.storage.rows import read_batch_row, read_room_row, to_batch_row, to_room_row
from tests.storage.examples import HALL, batch


def test_rows_come_back():
    assert read_batch_row(to_batch_row(batch(7))) == batch(7)
    assert read_room_row(to_room_row(HALL)) == HALL


@pytest.mark.parametrize("column", range(6))
@pytest.mark.parametrize("value", [None, 1, -1, 2.5, "text", b"", b"other", 1 << 62])
def test_a_batch_row_with_any_column_altered_is_damaged(column, value):
    row = list(to_batch_row(batch(7)))
    row[column] = value if row[column] != value else value + 1
    assert read_batch_row(row) is None


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("value", [None, 1, 2.5, "text", b"", b"other"])
def test_a_room_row_with_any_column_altered_is_damaged(column, value):
    row = list(to_room_row(HALL))
    row[column] = value
    assert read_room_row(row) is None


def test_every_flipped_bit_of_the_data_is_noticed():
    row = list(to_batch_row(batch(7, size=50)))
    for position in range(50):
        for bit in range(8):
            data = bytearray(row[5])
            data[position] ^= 1 << bit
            assert read_batch_row([*row[:5], bytes(data)]) is None


@pytest.mark.parametrize("row", [(), (1, 2), ("a",) * 9])
def test_a_row_of_another_shape_is_none_of_ours(row):
    assert read_batch_row(row) is None
    assert read_room_row(row) is None
