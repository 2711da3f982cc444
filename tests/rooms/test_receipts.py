"""Receipts: saved when our disk has an op, safe when a second node has it or there is none."""

from edgeboard.ids import AuthorTag, Origin, op_id
from edgeboard.rooms.receipts import SAFE, SAVED, Grant, Receipts, runs

A, B = AuthorTag(b"author-a"), AuthorTag(b"author-b")
ORIGIN = Origin(77)


def expecting(*counters: int) -> Receipts:
    receipts = Receipts()
    for entry, counter in enumerate(counters):
        receipts.expect(A, entry, op_id(ORIGIN, counter), link=5)
    return receipts


def test_nothing_is_said_before_the_disk_has_it() -> None:
    assert expecting(1, 2).due({}) == []


def test_saved_is_said_when_the_disk_has_it_and_safe_when_another_node_has() -> None:
    receipts = expecting(1, 2, 3)
    receipts.saved(A, 2)
    assert receipts.due({}) == [Grant(5, SAVED, ORIGIN, (1, 2))]
    assert receipts.due({A: 1}) == [Grant(5, SAFE, ORIGIN, (1, 1))]
    receipts.saved(A, 3)
    assert receipts.due({A: 3}) == [Grant(5, SAVED, ORIGIN, (3, 3)), Grant(5, SAFE, ORIGIN, (2, 3))]
    assert len(receipts) == 0


def test_with_no_other_node_an_op_is_safe_as_soon_as_it_is_saved() -> None:
    receipts = expecting(1)
    receipts.saved(A, 1)
    assert receipts.due(None) == [Grant(5, SAVED, ORIGIN, (1, 1)), Grant(5, SAFE, ORIGIN, (1, 1))]


def test_another_node_alone_does_not_make_an_op_safe() -> None:
    assert expecting(1).due({A: 9}) == []


def test_a_resubmitted_op_gets_its_receipt_although_it_was_saved_long_ago() -> None:
    receipts = Receipts()
    receipts.saved(B, 10)
    receipts.expect(B, 4, op_id(ORIGIN, 8), link=6)
    assert receipts.due({B: 10}) == [Grant(6, SAVED, ORIGIN, (8, 8)), Grant(6, SAFE, ORIGIN, (8, 8))]


def test_a_resubmitted_op_behind_a_later_one_does_not_wait_for_it() -> None:
    receipts = Receipts()
    receipts.expect(A, 9, op_id(ORIGIN, 10), link=5)
    receipts.expect(A, 0, op_id(ORIGIN, 1), link=5)
    receipts.saved(A, 1)
    assert receipts.due({}) == [Grant(5, SAVED, ORIGIN, (1, 1))]


def test_a_guest_that_left_is_told_nothing() -> None:
    receipts = expecting(1, 2)
    receipts.forget(5)
    receipts.saved(A, 2)
    assert receipts.due(None) == []


def test_runs_are_inclusive_and_sorted() -> None:
    assert runs({7, 2, 1, 3}) == (1, 3, 7, 7)
    assert runs([]) == ()
