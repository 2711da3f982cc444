"""The log takes every batch once, in order, and only under a good signature."""

import json
import random
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeboard.canvas.document import Place
from edgeboard.canvas.leaves import hash_slots
from edgeboard.canvas.ops import Add, Maker, Meta
from edgeboard.errors import DecodeError, LimitError, SignatureError
from edgeboard.ids import MeshId, Origin, PersonId, RoomId, author_id, node_id
from edgeboard.oplog import log as module
from edgeboard.oplog.author import LocalAuthor
from edgeboard.oplog.batch import Slot, decode_batch, encode_batch, reduce_batch, signed_bytes
from edgeboard.oplog.log import WAITING_BATCHES_MAX, Log, Offer, Status
from edgeboard.vectors import Range, Vector

MESH, ROOM = MeshId(b"m" * 16), RoomId(b"r" * 16)
PERSON = PersonId(b"p" * 16)
GOLDEN = json.loads((Path(__file__).parents[1] / "vectors" / "batches.json").read_text())


def verify(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class Writer:
    """A node with a key, an author and a pen."""

    def __init__(self, seed, room=ROOM, origin=None):
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.key.public_key().public_bytes_raw()
        self.node = node_id(self.public)
        self.local = LocalAuthor(MESH, room, author_id(self.node, 1, 1), self.public, self.key.sign)
        self.maker = Maker(Origin(seed if origin is None else origin))
        self.tag = self.local.tag

    def ops(self, count, text="k"):
        return [(self.maker.make(Meta(text, number), 0), PERSON) for number in range(count)]

    def batch(self, count=1, text="k"):
        return self.local.batch(self.ops(count, text), 1000)


@pytest.fixture
def log():
    made = Log(MESH, ROOM, verify)
    yield made
    made.check()


@pytest.fixture
def ann():
    return Writer(1)


def test_a_batch_is_taken_once_and_gives_its_entries_in_order(log, ann):
    ops = ann.ops(2)
    data = ann.local.batch(ops, 5)
    offer = log.offer(data)
    assert offer.status == Status.NEW
    assert [(entry.op, entry.place, entry.person) for entry in offer.entries] == [
        (op, Place(ann.tag, entry), PERSON) for entry, (op, _) in enumerate(ops)
    ]
    assert [(accepted.batch.data, accepted.node, accepted.dropped) for accepted in offer.accepted] == [
        (data, ann.node, ())
    ]
    assert log.offer(data) == Offer(Status.DUPLICATE)
    assert log.vector() == Vector({ann.tag: 2})
    assert log.vector_digest() == log.vector().digest()
    assert (log.node_of(ann.tag), log.person_of(Origin(1)), log.authors()) == (ann.node, PERSON, {ann.tag: ann.node})
    assert (log.node_of(b"somebody"), log.person_of(Origin(9))) == (None, None)
    assert log.sizes() == {ann.tag: (2, len(data))}


def test_what_is_ahead_waits_and_is_released_in_order(log, ann):
    batches = [ann.batch(count) for count in (1, 3, 2, 1)]
    for data in (batches[3], batches[1], batches[2], batches[1]):
        assert log.offer(data) == Offer(Status.WAITING)
    assert log.statistics().waiting == 3
    offer = log.offer(batches[0])
    assert [accepted.batch.data for accepted in offer.accepted] == batches
    assert [entry.place.entry for entry in offer.entries] == [*range(7)]
    assert log.statistics().waiting == log.statistics().waiting_bytes == 0


def test_reading_gives_whole_batches_that_overlap(log, ann):
    batches = [ann.batch(count) for count in (2, 3, 1)]
    for data in batches:
        log.offer(data)
    for first in range(7):
        for end in range(8):
            wanted = [
                data for data, (a, b) in zip(batches, ((0, 2), (2, 5), (5, 6)), strict=True) if a < end and first < b
            ]
            assert list(log.read(Range(ann.tag, first, end))) == (wanted if first < end else [])
    assert list(log.read(Range(b"somebody", 0, 9))) == []
    assert list(log.batches()) == batches


def test_what_is_missing_is_what_they_have_and_we_lack(log, ann):
    log.offer(ann.batch(2))
    theirs = Vector({ann.tag: 5, b"somebody": 1})
    assert set(log.missing(theirs)) == {Range(ann.tag, 2, 5), Range(b"somebody", 0, 1)}
    assert log.missing(Vector({ann.tag: 1})) == []


@pytest.mark.parametrize("waits", [False, True])
def test_a_forged_batch_changes_nothing(log, ann, waits):
    first = ann.batch(1, "first")
    data = bytearray(ann.batch(1, "one"))
    genuine = bytes(data)
    data[-70] ^= 1
    if waits:
        assert log.offer(bytes(data)).status == Status.WAITING
        assert log.offer(genuine).status == Status.WAITING
        assert [accepted.batch.data for accepted in log.offer(first).accepted] == [first, genuine]
    else:
        log.offer(first)
        with pytest.raises(SignatureError):
            log.offer(bytes(data))
        assert log.vector() == Vector({ann.tag: 1})
        assert log.offer(genuine).status == Status.NEW


def test_a_batch_of_another_room_does_not_hold(log):
    with pytest.raises(SignatureError):
        log.offer(Writer(1, room=RoomId(b"x" * 16)).batch())
    assert log.vector() == Vector()


def test_an_author_is_who_its_tag_and_its_key_say(log, ann):
    batch = decode_batch(ann.batch())
    stranger = Writer(2)
    for introduction in ((ann.local.author, stranger.public), (stranger.local.author, ann.public)):
        data = encode_batch(batch.author, 0, 0, introduction, 0, batch.origins, batch.slots, batch.signature)
        with pytest.raises(SignatureError):
            log.offer(data)


@pytest.mark.parametrize("slots", [[Slot(1, b"\1\0\x30\1\1")], [Slot(0, b"")], [Slot(0, b"\0")]])
def test_an_op_that_cannot_be_read_refuses_its_batch(log, ann, slots):
    origins = [(Origin(1), PERSON)]
    message = signed_bytes(MESH, ROOM, ann.local.author, ann.public, 0, 0, 0, origins, b"?" * 16)
    data = encode_batch(ann.tag, 0, 0, (ann.local.author, ann.public), 0, origins, slots, ann.key.sign(message))
    with pytest.raises(DecodeError):
        log.offer(data)
    with pytest.raises(DecodeError):
        log.offer(b"no batch")
    assert log.statistics().authors == 0


def test_origins_continue_the_table_of_their_author(log, ann):
    log.offer(ann.batch())
    assert log.table(ann.tag) == ((Origin(1), PERSON),)
    assert log.table(b"somebody") == ()
    origins = [(Origin(9), PERSON)]
    for row in (0, 2):
        message = signed_bytes(MESH, ROOM, ann.local.author, ann.public, 1, 0, row, origins, b"h" * 16)
        slots = [Slot(0, b"", b"h" * 16)]
        with pytest.raises(DecodeError):
            log.offer(encode_batch(ann.tag, 1, 0, None, row, origins, slots, ann.key.sign(message)))
    assert log.vector() == Vector({ann.tag: 1})


def test_a_fork_is_kept_out_and_its_signer_named(log, ann):
    log.offer(ann.batch(2))
    double = Writer(1, origin=77)
    other = double.batch(2)
    assert log.offer(other) == Offer(Status.FORK, (), (ann.node,))
    assert log.statistics().forks == 1
    forged = other[:-1] + bytes([other[-1] ^ 1])
    with pytest.raises(SignatureError):
        log.offer(forged)
    assert log.vector() == Vector({ann.tag: 2})


def test_a_fork_that_waited_is_named_when_its_place_is_filled(log, ann):
    double = Writer(1)
    first = ann.batch()
    assert double.batch() == first, "up to here they are the same"
    one, other, after = ann.batch(1, "one"), double.batch(1, "other"), ann.batch()
    for data in (one, other, after):
        assert log.offer(data).status == Status.WAITING
    offer = log.offer(first)
    assert [accepted.batch.data for accepted in offer.accepted] == [first, one, after]
    assert offer.alarms == (ann.node,)
    log.check()


def test_the_same_content_signed_again_is_no_fork(log, ann):
    batch = decode_batch(ann.batch())
    log.offer(batch.data)
    table = list(batch.origins)
    reduced = reduce_batch(batch, {0: hash_slots(batch.data, batch.heads, table)[:16]})
    assert log.offer(reduced.data).status == Status.DUPLICATE


def test_a_reduced_batch_is_taken_and_says_what_was_dropped(log, ann):
    batch = decode_batch(ann.batch(3))
    hashes = hash_slots(batch.data, batch.heads, batch.origins)
    reduced = reduce_batch(batch, {1: hashes[16:32]})
    (accepted,) = log.offer(reduced.data).accepted
    assert accepted.dropped == ((Place(ann.tag, 1), hashes[16:32]),)
    assert [entry.place.entry for entry in accepted.entries] == [0, 2]
    assert log.offer(batch.data).status == Status.DUPLICATE


def test_a_log_lets_go_of_ops_in_place(log, ann):
    op = ann.maker.make(Add(0, 0, 1, bytes(100)), 0)
    log.offer(ann.batch(2))
    log.offer(ann.local.batch([(op, PERSON)], 0))
    before = log.sizes()[ann.tag][1]
    reduced = log.reduce(ann.tag, 2, {2})
    assert list(log.read(Range(ann.tag, 2, 3))) == [reduced]
    assert decode_batch(reduced).slots[0].dropped is not None
    assert log.sizes()[ann.tag][1] < before - 80


def test_what_comes_from_our_own_store_is_not_checked_again(ann):
    checked = []
    log = Log(MESH, ROOM, lambda *_: checked.append(1) or True)
    log.offer(ann.batch(), trusted=True)
    assert checked == []
    log.offer(ann.batch())
    assert checked == [1]


def test_the_waiting_room_is_bounded_and_forgets_the_oldest(log, ann, monkeypatch):
    first = ann.batch()
    batches = [ann.batch() for _ in range(WAITING_BATCHES_MAX + 3)]
    for data in batches:
        log.offer(data)
    statistics = log.statistics()
    assert (statistics.waiting, statistics.overflowed) == (WAITING_BATCHES_MAX, 3)
    assert len(log.offer(first).accepted) == 1
    monkeypatch.setattr(module, "WAITING_BYTES_MAX", 3 * len(batches[-1]))
    big = Writer(4)
    big.batch()
    log.offer(big.batch())
    assert log.statistics().waiting <= 3


def test_there_is_an_end_to_authors(log, ann, monkeypatch):
    log.offer(ann.batch())
    monkeypatch.setattr(module, "AUTHORS_MAX", 1)
    with pytest.raises(LimitError):
        log.offer(Writer(2).batch())
    assert log.offer(ann.batch()).status == Status.NEW


def test_the_golden_batches_are_a_log():
    log = Log(MeshId(bytes.fromhex(GOLDEN["mesh"])), RoomId(bytes.fromhex(GOLDEN["room"])), verify)
    statuses = [log.offer(bytes.fromhex(case["hex"])).status for case in GOLDEN["batches"]]
    assert statuses == [Status.NEW, Status.NEW, Status.DUPLICATE, Status.NEW, Status.NEW]
    log.check()


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_any_order_and_repetition_gives_the_same_log(seed):
    rng = random.Random(seed)
    writers = [Writer(number) for number in (1, 2)]
    batches = [writer.batch(rng.randint(1, 3)) for writer in writers for _ in range(rng.randint(1, 6))]
    again = [*batches, *rng.choices(batches, k=3)]
    rng.shuffle(again)
    log = Log(MESH, ROOM, lambda *_: True)
    given_out = [entry.place for data in again for entry in log.offer(data).entries]
    assert sorted(log.batches()) == sorted(batches)
    for writer in writers:
        assert [place.entry for place in given_out if place.author == writer.tag] == [*range(writer.local.next)]
    assert log.statistics().waiting == 0
    assert log.statistics().duplicates + log.statistics().batches <= len(again)


@settings(max_examples=60)
@given(st.data())
def test_a_mutated_batch_never_changes_the_log(dice):
    ann, log = Writer(1), Log(MESH, ROOM, verify)
    log.offer(ann.batch())
    data = bytearray(ann.batch(2))
    genuine = bytes(data)
    data[dice.draw(st.integers(0, len(data) - 1))] ^= dice.draw(st.integers(1, 255))
    before = log.vector()
    try:
        offer = log.offer(bytes(data))
    except (DecodeError, SignatureError):
        offer = None
    assert offer is None or offer.status == Status.WAITING
    assert log.vector() == before
    assert log.offer(genuine).status == Status.NEW


def test_whose_news_a_batch_brings_is_told_before_it_is_taken(log, ann):
    first, second = ann.batch(), ann.batch()
    assert log.signer_of_news(first) == ann.node
    assert log.signer_of_news(second) is None, "of an author that nobody has introduced nobody can tell"
    log.offer(first)
    assert log.signer_of_news(first) is None, "it is known"
    assert log.signer_of_news(second) == ann.node
