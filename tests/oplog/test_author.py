"""The author of this boot introduces itself once, and each origin when it is first needed."""

import pytest

from edgeboard.canvas.ops import Add, Maker, Meta
from edgeboard.errors import LimitError
from edgeboard.ids import MeshId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import OPS_MAX, decode_batch

KEY = b"k" * 32
ANN, BEN = PersonId(b"a" * 16), PersonId(b"b" * 16)


def author(sign=lambda message: bytes(64)):
    return LocalAuthor(MeshId(bytes(16)), RoomId(bytes(16)), author_id(node_id(KEY), 1, 2), KEY, sign)


def test_introductions_come_once_and_origins_when_first_needed():
    local, one, other = author(), Maker(Origin(1)), Maker(Origin(2))
    batches = [
        decode_batch(local.batch([(maker.make(Meta("k", 1), 0), person) for maker, person in pairs], 512))
        for pairs in ([(one, ANN)], [(one, ANN), (other, BEN), (other, BEN)], [(other, BEN)], [(one, BEN)])
    ]
    assert [batch.introduction is not None for batch in batches] == [True, False, False, False]
    assert [batch.origins for batch in batches] == [((1, ANN),), ((2, BEN),), (), ((1, BEN),)]
    assert [batch.row for batch in batches] == [0, 1, 0, 2]
    assert [[slot.row for slot in batch.slots] for batch in batches] == [[0], [0, 1, 1], [1], [2]]
    assert [batch.first for batch in batches] == [0, 1, 4, 5]
    assert (local.next, {batch.author for batch in batches}, batches[0].time) == (6, {local.tag}, 500)


def test_what_does_not_fit_logs_nothing_and_signs_nothing():
    signed = []
    local, maker = author(lambda message: signed.append(message) or bytes(64)), Maker(Origin(1))
    op = maker.make(Add(0, 0, 1, bytes(16_000)), 0)
    for ops in ([], [(op, ANN)] * 5, [(maker.make(Meta("k", 1), 0), ANN)] * (OPS_MAX + 1)):
        with pytest.raises(LimitError):
            local.batch(ops, 0)
    assert (local.next, signed) == (0, [])
    assert decode_batch(local.batch([(op, ANN)], 0)).origins == ((1, ANN),)


def test_a_signature_of_another_length_is_refused():
    with pytest.raises(LimitError):
        author(lambda message: b"short").batch([(Maker(Origin(1)).make(Meta("k", 1), 0), ANN)], 0)
