"""The canvas, rule by rule; that any order gives the same is proven in tests/properties."""

import json
from pathlib import Path

import pytest

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.ops import (
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    Maker,
    Meta,
    Register,
    Set,
    Unknown,
    content_hash,
    decode_op,
    encode_op,
    hash_of,
)
from edgeboard.ids import AuthorTag, NodeId, Origin, PersonId, op_id, parse_op
from edgeboard.vectors import Vector
from tests.vectors.documents import item_fields

GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "documents.json").read_text())
ANN, BEN = AuthorTag(b"\xaa" * 8), AuthorTag(b"\xbb" * 8)
PERSON = PersonId(b"p" * 16)


class Board:
    """A document and two makers who see it."""

    def __init__(self, admins=frozenset()):
        self.document = Document(admins)
        self.makers = {ANN: Maker(Origin(1)), BEN: Maker(Origin(2))}
        self.next = {ANN: 0, BEN: 0}

    def do(self, author, body, **options):
        op = self.makers[author].make(body, self.document.lamport, **options)
        return op.id, self.log(author, op)

    def log(self, author, op):
        place = Place(author, self.next[author])
        self.next[author] += 1
        return self.document.apply(op, place)

    def ids(self):
        return [item.id for item in self.document.items()]


@pytest.fixture
def board():
    made = Board()
    yield made
    made.document.check()


def item(text=b"", **options):
    return Add(options.pop("page", 0), 0, 1, text, **options)


def seen(entries):
    return Context(None, Vector(entries))


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden_canvases(case, backwards):
    document = Document(frozenset(NodeId(bytes.fromhex(node)) for node in case["admins"]))
    for tag, node in case["nodes"]:
        document.introduce(AuthorTag(bytes.fromhex(tag)), NodeId(bytes.fromhex(node)))
    for entry in reversed(case["entries"]) if backwards else case["entries"]:
        place = Place(AuthorTag(bytes.fromhex(entry["place"][0])), entry["place"][1])
        if "dropped" in entry:
            document.skip(place, bytes.fromhex(entry["dropped"]))
        else:
            document.apply(decode_op(Origin(int(entry["origin"], 16)), bytes.fromhex(entry["tail"])), place)
    document.check()
    assert [item_fields(document, each) for each in document.items()] == case["items"]
    assert document.digest().hex() == case["digest"]
    assert document.gone == {parse_op(text) for text in case["gone"]}
    assert [[tag.hex(), n] for tag, n in document.held] == case["held"]
    assert document.lamport == case["lamport"]


def test_an_item_is_there_with_all_that_was_said_of_it(board):
    board.document.own(Origin(1), PERSON)
    op, change = board.do(ANN, item(b"ink", page=2))
    assert change == (True, (op,), False)
    board.do(BEN, item(b"more", item=op, index=1))
    board.do(BEN, Set(op, Register.STYLE, [1, None]))
    board.do(BEN, Cut(op, ((3, 5),)))
    found = board.document.item(op)
    assert board.document.items() == [found]
    assert (found.page, found.layer, found.type, found.person, found.origin, found.lamport) == (2, 0, 1, PERSON, 1, 1)
    assert [payload for _, payload in found.pieces] == [b"ink", b"more"]
    assert (found.registers, found.cuts) == ({Register.STYLE: [1, None]}, (((3, 5),), ()))


def test_applying_again_changes_nothing_and_another_place_is_added(board):
    op = board.makers[ANN].make(item(), 0)
    board.log(ANN, op)
    before = board.document.digest()
    assert board.document.apply(op, Place(ANN, 0)) == (False, (), False)
    assert board.log(BEN, op) == (False, (), False)
    assert board.document.places(op.id) == (Place(ANN, 0), Place(BEN, 0))
    assert board.document.digest() == before
    assert board.document.knows(op.id)
    assert not board.document.knows(op_id(9, 9))
    assert board.document.places(op_id(9, 9)) == ()


def test_what_is_set_before_its_item_comes_is_there_when_it_does(board):
    later = board.makers[ANN].make(item(b"late"), 0)
    board.do(BEN, Set(later.id, Register.LOCK, True))
    board.do(BEN, item(b"piece", item=later.id, index=1))
    assert board.document.items() == []
    assert board.log(ANN, later).items == (later.id,)
    assert board.document.item(later.id).registers == {Register.LOCK: True}


def test_erase_and_revive(board):
    op, _ = board.do(ANN, item())
    assert board.do(BEN, Alive(op, False))[1].items == (op,)
    assert (board.ids(), board.document.is_alive(op), board.document.item(op)) == ([], False, None)
    board.do(BEN, Alive(op, True))
    assert board.document.is_alive(op)
    assert not board.document.is_alive(op_id(9, 9))


def test_a_clear_spares_what_its_maker_had_not_seen(board):
    first, _ = board.do(ANN, item())
    second, _ = board.do(ANN, item())
    clear, change = board.do(BEN, Clear(0, seen({ANN: 1})))
    assert change.items == (first,)
    assert board.ids() == [second]
    assert board.document.is_alive(clear)
    assert board.do(BEN, Alive(clear, False))[1].items == (first,)
    assert board.ids() == [first, second]
    assert not board.document.is_alive(clear)


def test_a_cut_can_be_undone(board):
    op, _ = board.do(ANN, item())
    cut, change = board.do(BEN, Cut(op, ((0, 9),)))
    assert change.items == (op,)
    assert board.document.is_alive(cut)
    assert board.do(BEN, Alive(cut, False))[1].items == (op,)
    assert board.document.item(op).cuts == ((),)
    assert board.document.item(cut) is None


def test_meta_is_by_key(board):
    assert board.document.meta("title") is None
    board.do(ANN, Meta("title", "one"))
    board.do(BEN, Meta("title", "two"))
    board.do(BEN, Meta("gone", None))
    assert board.document.meta("title") == "two"
    assert board.document.metas() == {"title": "two"}


def test_a_broken_body_is_kept_as_void_and_counted(board):
    op, change = board.do(ANN, Unknown(1, b"\xff"))
    assert change == (True, (), False)
    board.do(ANN, Unknown(99, b""))
    assert board.document.knows(op)
    assert board.document.statistics().void == 2
    assert board.document.item(op) is None
    assert not board.document.is_alive(op)


def test_equivocation_is_told_and_the_lower_hash_wins(board):
    pair = [encode_op(op_id(1, 1), 1, item(text)) for text in (b"one", b"two")]
    pair.sort(key=hash_of)
    assert not board.log(ANN, pair[1]).equivocation
    assert board.log(BEN, pair[0]) == (True, (op_id(1, 1),), True)
    assert board.log(BEN, pair[0]) == (False, (), False)
    assert board.document.item(op_id(1, 1)).pieces[0][1] == (b"one" if pair[0].tail.endswith(b"one") else b"two")
    assert board.document.statistics().forks == 1
    assert len(board.document.places(op_id(1, 1))) == 3


def test_an_acl_of_an_admin_refuses_what_it_does_not_cover():
    nodes = {ANN: NodeId(b"a" * 16), BEN: NodeId(b"b" * 16)}
    board = Board(frozenset([nodes[ANN]]))
    board.document.introduce(BEN, nodes[BEN])
    kept, _ = board.do(BEN, item())
    refused, _ = board.do(BEN, item())
    board.do(ANN, Acl(nodes[BEN], 1, seen({BEN: 1})))
    assert board.ids() == [kept, refused], "who ann is was not said yet"
    board.document.introduce(ANN, nodes[ANN])
    board.document.introduce(ANN, nodes[ANN])
    assert board.ids() == [kept]
    board.do(BEN, item())
    assert board.ids() == [kept]
    assert board.do(ANN, Acl(nodes[BEN], 2, seen({})))[1].items
    assert len(board.ids()) == 3
    board.document.check()


def test_a_floor_ends_what_is_dead_for_good(board):
    dead, _ = board.do(ANN, item())
    alive, _ = board.do(ANN, item())
    board.do(BEN, Alive(dead, False))
    board.do(BEN, Floor(seen({ANN: 2, BEN: 1})))
    assert board.document.gone == {dead}
    assert board.document.is_gone(dead)
    assert board.document.ended() == [Vector({ANN: 2, BEN: 1})]
    assert board.do(BEN, Alive(dead, True))[1] == (True, (), False)
    assert board.do(BEN, Set(dead, 1, 1))[1].items == ()
    assert board.ids() == [alive]
    assert board.document.statistics().gone == 1


def test_a_floor_waits_until_its_context_is_held(board):
    dead, _ = board.do(ANN, item())
    board.do(BEN, Alive(dead, False))
    board.do(BEN, Floor(seen({ANN: 2, BEN: 1})))
    board.do(BEN, Alive(dead, True))
    assert board.document.statistics().waiting_floors == 1
    assert board.ids() == [dead]
    assert board.do(ANN, Meta("k", 1))[1].items == (dead,)
    assert board.ids() == []


def test_a_dropped_op_is_void_in_its_other_places(board):
    op = board.makers[ANN].make(item(b"content"), 0)
    content = content_hash(Origin(1), op.tail)
    board.log(BEN, op)
    assert board.document.skip(Place(ANN, 0), content) == (False, (op.id,), False)
    board.next[ANN] += 1
    assert board.ids() == []
    assert board.document.unexplained() == [Place(ANN, 0)]
    board.log(BEN, op)
    board.do(BEN, Floor(seen({ANN: 1})))
    assert board.document.unexplained() == []
    assert board.document.held == Vector({ANN: 1, BEN: 3})
    assert board.document.statistics().struck == 1


def test_a_dropped_op_is_void_wherever_it_comes_later(board):
    op = board.makers[ANN].make(item(b"content"), 0)
    board.document.skip(Place(ANN, 0), hash_of(op))
    board.next[ANN] += 1
    assert board.log(BEN, op) == (True, (), False)
    assert board.ids() == []
    assert board.document.statistics().items == 0


def test_a_dropped_floor_or_acl_is_as_if_it_never_was(board):
    dead, _ = board.do(ANN, item())
    board.do(BEN, Alive(dead, False))
    floor = board.makers[BEN].make(Floor(seen({ANN: 1, BEN: 1})), 5)
    board.log(BEN, floor)
    broken = board.makers[BEN].make(Unknown(1, b""), 5)
    board.log(BEN, broken)
    assert board.document.gone == {dead}
    board.document.skip(Place(ANN, 1), hash_of(floor))
    board.document.skip(Place(ANN, 2), hash_of(broken))
    board.document.skip(Place(ANN, 3), hash_of(floor))
    assert board.document.gone == frozenset()


def test_the_first_claim_of_an_origin_stays(board):
    board.document.own(Origin(1), PERSON)
    board.document.own(Origin(1), PERSON)
    board.document.own(Origin(1), PersonId(b"q" * 16))
    assert board.document.person_of(Origin(1)) == PERSON
    assert board.document.person_of(Origin(2)) is None
    assert board.document.statistics().claims_refused == 1


def test_statistics_count_what_is_held(board):
    op, _ = board.do(ANN, item())
    board.do(ANN, Alive(op, False))
    statistics = board.document.statistics()
    assert (statistics.ops, statistics.items, statistics.void, statistics.waiting_floors) == (2, 1, 0, 0)
