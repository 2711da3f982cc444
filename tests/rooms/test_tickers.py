"""The ticker items of a room, followed as it changes; tests/node/test_marquee.py shows what comes of it."""

from edgeboard.canvas.bodies import Add, Alive, ItemType, Register, Set
from edgeboard.canvas.ops import Maker
from edgeboard.canvas.values import pack_value
from edgeboard.ids import MeshId, NodeId, Origin, PersonId, author_id, node_id, room_id
from edgeboard.marquee.items import TICKER_PAGE, TickerItem, content_of, payload_of
from edgeboard.oplog.author import LocalAuthor
from edgeboard.rooms import tickers as tickers_module
from edgeboard.rooms.room import Room, RoomSettings
from edgeboard.rooms.tickers import Tickers
from edgeboard.testing.simulated import stand_in_sign, stand_in_verify

MESH = MeshId(b"m" * 16)


def line(name="a", text="Hello"):
    return Add(TICKER_PAGE, 0, ItemType.TICKER, payload_of(TickerItem(name, text)))


class Board:
    """A room on a board of its own, and its tickers."""

    def __init__(self, number=1):
        key = bytes([number]) * 32
        node = node_id(key)
        self.room = Room(
            MESH, room_id(MESH, "lobby"), "lobby", node=NodeId(node), verify=stand_in_verify,
            make_author=lambda room: LocalAuthor(MESH, room, author_id(node, 1, 1), key, stand_in_sign(key)),
            maker=Maker(Origin(number)), person=PersonId(bytes([number]) * 16), settings=RoomSettings(),
        )  # fmt: skip
        self.room.open(0.0)
        self.tickers = Tickers()
        self.sent = []

    def write(self, *bodies):
        made = self.room.submit(bodies, 0.0)
        outcome = self.room.flush(0)
        self.sent += [batch.data for batch in outcome.batches]
        return made, self.follow(outcome)

    def follow(self, outcome):
        return self.tickers.update(self.room.document, outcome.batches, self.room.log.table, outcome.items)

    def hear(self, other):
        for data in other.sent:
            self.follow(self.room.receive(data)[1])

    def texts(self):
        return {item.id: item.text for item in self.tickers.items()}


def test_items_count_while_they_live():
    board = Board()
    (op,), is_changed = board.write(line())
    assert (is_changed, board.texts()) == (True, {"a": "Hello"})
    assert board.write(Alive(op, False))[1]
    assert board.texts() == {}
    assert board.write(Alive(op, True))[1]
    assert board.texts() == {"a": "Hello"}


def test_ink_is_no_change():
    board = Board()
    board.write(line())
    assert not board.write(Add(0, 0, ItemType.STROKE, bytes(20)))[1]


def test_new_data_stands_in_the_place_of_the_old():
    board = Board()
    (op,), _ = board.write(line())
    assert board.write(Set(op, Register.DATA, content_of(TickerItem("a", "Bye"))))[1]
    assert board.texts() == {"a": "Bye"}


def test_one_item_that_cannot_be_read_is_named_and_takes_no_other_with_it():
    board = Board()
    bad = Add(TICKER_PAGE, 0, ItemType.TICKER, pack_value({"ticker": "b", "text": 5}))
    (op, _), _ = board.write(bad, line())
    assert board.texts() == {"a": "Hello"}
    assert [(fault.op, fault.fault) for fault in board.tickers.faults()] == [(op, "a marquee item has no text")]


def test_of_one_id_on_two_boards_one_wins_everywhere():
    one, other = Board(1), Board(2)
    one.write(line("door", "open"))
    other.write(line("door", "shut"))
    one.hear(other)
    other.hear(one)
    assert one.texts() == other.texts()
    assert len(one.tickers.lines()["door"]) == 2


def test_whoever_has_spoken_last_wins_though_his_item_is_the_older():
    one, other = Board(1), Board(2)
    (op,), _ = one.write(line("door", "open"))
    other.write(line("filler"), line("door", "shut"))
    one.write(*(line(f"filler {n}") for n in range(5)))
    one.write(Set(op, Register.DATA, content_of(TickerItem("door", "open again"))))
    one.hear(other)
    other.hear(one)
    assert one.texts()["door"] == other.texts()["door"] == "open again"


def test_more_items_than_anybody_needs_are_left_out(monkeypatch):
    monkeypatch.setattr(tickers_module, "HELD_MAX", 3)
    board = Board()
    board.write(*(line(f"{n}") for n in range(5)))
    assert (len(board.texts()), board.tickers.left_out) == (3, 2)
