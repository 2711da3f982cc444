"""Whose turn it is, and when a release is held back."""

import pytest

from edgeboard.ota.rollout import bucket, is_due, is_held
from edgeboard.ota.values import Rollout

BOARDS = [number.to_bytes(16, "big") for number in range(4000)]


def test_a_tenth_of_the_boards_is_about_a_tenth_of_them():
    due = sum(is_due(Rollout(10, "first"), board, 0) for board in BOARDS)
    assert 320 <= due <= 480


def test_a_board_that_was_due_stays_due_when_the_percentage_rises():
    for board in BOARDS[:200]:
        turns = [is_due(Rollout(percent, "x"), board, 0) for percent in range(101)]
        assert turns == sorted(turns)
        assert turns[0] is False
        assert turns[100] is True


def test_another_salt_begins_with_other_boards():
    first = {board for board in BOARDS if bucket("one", board) < 10}
    second = {board for board in BOARDS if bucket("two", board) < 10}
    assert len(first & second) < len(first) / 2


def test_nobody_is_due_before_the_time():
    rollout = Rollout(100, "", not_before=1_000)
    assert not is_due(rollout, BOARDS[0], 999)
    assert is_due(rollout, BOARDS[0], 1_000)


def test_the_bucket_of_a_board_is_the_documented_hash():
    # printf 'salt\001\002' | sha256sum, modulo 100
    assert bucket("salt", b"\x01\x02") == 42


@pytest.mark.parametrize(
    ("committed", "gone_back", "held"),
    [(0, 0, False), (0, 1, False), (0, 2, True), (8, 2, False), (7, 2, True), (100, 20, False), (100, 26, True)],
)
def test_a_release_is_held_while_many_went_back(committed, gone_back, held):
    assert is_held([True] * committed + [False] * gone_back) is held
