"""What is held of blobs, in memory and on the disk."""

from edgeboard.blobs.shelf import Shelf

A, B, C = (bytes([number]) * 32 for number in range(3))


def test_a_blob_is_held_once_it_is_written():
    shelf = Shelf(1000, 100, lambda content: False)
    shelf.keep(A, b"x" * 10)
    assert shelf.is_known(A)
    assert A not in shelf
    assert (shelf.keeping, shelf.read(A)) == (1, b"x" * 10)
    assert shelf.kept(A, ok=True)
    assert (A in shelf, shelf.size(A), shelf.held_bytes, shelf.keeping) == (True, 10, 10, 0)
    assert not shelf.kept(A, ok=True)


def test_a_blob_that_could_not_be_written_is_not_held():
    shelf = Shelf(1000, 100, lambda content: False)
    shelf.keep(A, b"x")
    assert shelf.kept(A, ok=False)
    assert not shelf.is_known(A)
    assert shelf.read(A) is None


def test_memory_is_bounded_and_what_was_used_last_stays():
    shelf = Shelf(1000, 25, lambda content: False)
    shelf.restore([(A, 10), (B, 10), (C, 10)])
    shelf.cache(A, b"a" * 10)
    shelf.cache(B, b"b" * 10)
    shelf.read(A)
    shelf.cache(C, b"c" * 10)
    assert (shelf.read(A), shelf.read(B), shelf.read(C)) == (b"a" * 10, None, b"c" * 10)


def test_room_is_made_oldest_first_and_only_of_what_nobody_needs():
    needed = {A}
    shelf = Shelf(30, 100, lambda content: content not in needed)
    shelf.restore([(A, 10), (B, 10), (C, 10), (A, 10)])
    assert shelf.held_bytes == 30
    assert list(shelf.make_room(5)) == [B]
    assert shelf.has_room(10)
    assert list(shelf.make_room(25)) == [C]
    assert not shelf.has_room(25)
    assert len(shelf) == 1
    shelf.lose(A)
    assert shelf.held_bytes == 0
