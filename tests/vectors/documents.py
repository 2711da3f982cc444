"""Golden canvases: the ops, where they lie, and what must come of them in every language."""

from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.facts import Part
from edgeboard.canvas.ops import (
    Acl,
    Add,
    Alive,
    Clear,
    Cut,
    Floor,
    ItemType,
    Kind,
    Maker,
    Meta,
    Register,
    Role,
    Set,
    content_hash,
    decode_op,
    encode_op,
)
from edgeboard.ids import AuthorTag, NodeId, OpId, Origin, op_id, origin_of, show_op, show_origin
from tests.vectors.parts import context, tail_of

ANN, BEN, EVE = (AuthorTag(bytes([number]) * 8) for number in (0xA1, 0xB2, 0xE5))
NODES = {ANN: NodeId(b"\xa1" * 16), BEN: NodeId(b"\xb2" * 16), EVE: NodeId(b"\xe5" * 16)}


class Scene:
    """Collects ops and where they lie; `ann`, `ben` and `eve` are makers."""

    def __init__(self):
        self.logged = []  # (origin, tail, place)
        self.next = {}
        self.ann, self.ben, self.eve = Maker(Origin(1)), Maker(Origin(2)), Maker(Origin(2**64 - 1))
        self.lamport = 0

    def log(self, author, op):
        entry = self.next.get(author, 0)
        self.next[author] = entry + 1
        self.logged.append((origin_of(op.id), op.tail, Place(author, entry)))
        self.lamport = max(self.lamport, op.lamport)
        return op.id

    def make(self, author, body, maker=None, lamport=None):
        maker = maker or {ANN: self.ann, BEN: self.ben, EVE: self.eve}[author]
        return self.log(author, maker.make(body, self.lamport if lamport is None else lamport))

    def raw(self, author, tail, origin=1):
        return self.log(author, decode_op(Origin(origin), tail))


def stroke(text, page=0, item=None, index=0):
    return Add(page, 0, ItemType.STROKE, text.encode(), item, index)


def pieces_and_registers(scene):
    item = scene.make(ANN, stroke("first"))
    scene.make(ANN, stroke("third", item=item, index=2))
    scene.make(BEN, stroke("second", item=item, index=1))
    scene.make(BEN, stroke("also second", item=item, index=1))
    scene.make(ANN, Set(item, Register.TRANSFORM, [1, 0, 0, 1, 5, 5]))
    scene.make(ANN, Set(item, Register.STYLE, [8, None, None, None]), lamport=10)
    scene.make(BEN, Set(item, Register.STYLE, [9, None, None, None]), lamport=10)
    scene.make(BEN, Set(item, 77, b"unknown"))
    scene.make(ANN, Set(item, Register.LAYER, [3, 1]))
    scene.make(ANN, Set(op_id(Origin(9), 9), Register.Z, "nobody's"))


def order(scene):
    ids = [scene.make(ANN, stroke(f"item {number}")) for number in range(4)]
    scene.make(BEN, Set(ids[0], Register.Z, "a1"))
    scene.make(BEN, Set(ids[1], Register.Z, "é"))
    scene.make(BEN, Set(ids[2], Register.Z, "\U0001f58a"))
    scene.make(BEN, Set(ids[3], Register.Z, "\uffee"))
    scene.make(EVE, stroke("early, of a high origin"), lamport=0)
    scene.make(BEN, stroke("early, of a low origin"), Maker(Origin(0)), lamport=0)


def erased(scene):
    ids = [scene.make(ANN, stroke(f"item {number}")) for number in range(4)]
    scene.make(BEN, Alive(ids[0], False))
    scene.make(BEN, Alive(ids[1], False))
    scene.make(ANN, Alive(ids[1], True))
    scene.make(ANN, Alive(ids[2], True), lamport=20)
    scene.make(BEN, Alive(ids[2], False), lamport=20)
    scene.make(BEN, stroke("a piece of a dead item", item=ids[0], index=1))


def cuts(scene):
    item = scene.make(ANN, stroke("first"))
    piece = scene.make(ANN, stroke("second", item=item, index=1))
    scene.make(ANN, Cut(item, ((0, 10), (64, 128))))
    scene.make(BEN, Cut(item, ((10, 20), (100, 200), (900, 901))))
    undone = scene.make(BEN, Cut(item, ((300, 400),)))
    scene.make(BEN, Alive(undone, False))
    scene.make(BEN, Cut(piece, ((5, 6),)))
    scene.make(BEN, Cut(op_id(Origin(9), 9), ((5, 6),)))


def clears(scene):
    seen = scene.make(ANN, stroke("seen"))
    scene.make(ANN, stroke("seen, on page 1", page=1))
    scene.make(ANN, stroke("not seen"))
    moved = scene.make(ANN, stroke("moved to page 1, not seen"))
    scene.make(ANN, Set(moved, Register.LAYER, [1, 0]))
    scene.make(BEN, stroke("the clearer's own"))
    scene.make(BEN, Clear(1, context({ANN: 2})))
    scene.make(BEN, stroke("afterwards"))
    scene.make(BEN, Clear(9, context({ANN: 99})))
    undone = scene.make(BEN, Clear(0, context({ANN: 99, BEN: 99})))
    scene.make(BEN, Alive(undone, False))
    scene.make(ANN, Alive(seen, True), Maker(Origin(3)), lamport=3)  # older than the clear
    again = scene.make(ANN, stroke("cleared and back again", page=5))
    scene.make(ANN, stroke("cleared", page=5))
    scene.make(EVE, Clear(6, context({ANN: scene.next[ANN]})), lamport=30)
    scene.make(ANN, Alive(again, True), lamport=40)


def several_places(scene):
    op = scene.ann.make(stroke("in two logs"), 0)
    scene.log(ANN, op)
    scene.make(BEN, Clear(0, context({BEN: 99})))
    scene.log(BEN, op)
    scene.log(BEN, op)


def metas(scene):
    scene.make(ANN, Meta("title", "old"))
    scene.make(BEN, Meta("title", {"text": "new", "n": [1, -2, 2.5, None]}))
    scene.make(ANN, Meta("é", b"\0"))
    scene.make(ANN, Meta("gone", None))
    scene.make(EVE, Meta("late", 1), lamport=99)
    scene.make(ANN, Meta("late", 2), lamport=98)


def admins(scene):
    scene.make(EVE, stroke("still accepted"))
    scene.make(EVE, stroke("refused"))
    both = scene.eve.make(stroke("refused of eve, accepted of ben"), 5)
    scene.log(EVE, both)
    scene.log(BEN, both)
    mine = scene.make(BEN, stroke("ben's"))
    scene.make(EVE, Alive(mine, False), lamport=50)
    scene.make(EVE, Meta("title", "refused"))
    scene.make(ANN, Acl(NODES[EVE], Role.VIEW, context({EVE: 1})))
    scene.make(BEN, Acl(NODES[ANN], Role.NONE, context({})))  # ben is no admin
    scene.make(EVE, Acl(NODES[EVE], Role.ADMIN, context({})))


def pardoned(scene):
    scene.make(EVE, stroke("in between"))
    scene.make(ANN, Acl(NODES[EVE], Role.VIEW, context({})), lamport=5)
    scene.make(ANN, Acl(NODES[EVE], Role.DRAW, context({})), lamport=6)
    scene.make(ANN, Acl(NODES[BEN], Role.MODERATE, context({})), lamport=6)
    scene.make(ANN, Acl(NODES[BEN], 0, context({}, base=op_id(Origin(7), 7))), lamport=7)  # waits for a floor
    scene.make(BEN, stroke("while the acl waits"))


def equivocation(scene):
    one = encode_op(op_id(Origin(1), 1), 1, stroke("one"))
    two = encode_op(op_id(Origin(1), 1), 5, stroke("two"))
    scene.log(ANN, one)
    scene.log(BEN, two)
    first, second = sorted((content_hash(Origin(1), one.tail), one) for one in (
        encode_op(op_id(Origin(2), 1), 1, stroke("an item")), encode_op(op_id(Origin(2), 1), 1, Meta("or", "meta"))
    ))  # fmt: skip
    scene.log(ANN, second[1])
    scene.log(BEN, first[1])
    scene.make(EVE, Set(op_id(Origin(2), 1), Register.LOCK, True))


def equivocation_of_the_refused(scene):
    made = [encode_op(op_id(Origin(1), 1), 1, stroke(text)) for text in ("one", "two", "three")]
    made.sort(key=lambda op: content_hash(Origin(1), op.tail))
    for author, op in zip((EVE, BEN, ANN), made, strict=True):
        scene.log(author, op)
    scene.make(ANN, Acl(NODES[EVE], Role.NONE, context({})))


def floors(scene):
    dead = scene.make(ANN, stroke("dead at the floor, then revived"))
    kept = scene.make(ANN, stroke("dead after the floor, then revived"))
    scene.make(BEN, Alive(dead, False))
    piece = scene.make(BEN, stroke("its piece", item=dead, index=1))
    scene.make(BEN, Cut(piece, ((1, 2),)))
    floor = scene.make(ANN, Floor(context({ANN: 2, BEN: 3})))
    scene.make(BEN, Alive(kept, False))
    scene.make(BEN, Alive(kept, True))
    scene.make(BEN, Alive(dead, True))
    scene.make(BEN, Set(dead, Register.LOCK, True))
    scene.make(ANN, stroke("new"))
    # older than the alive of `kept`, and covers no `new`
    scene.make(BEN, Clear(0, context({ANN: 3}, base=floor)), Maker(Origin(5)), lamport=3)
    unheld = scene.make(ANN, stroke("dead by a floor that waits"))
    scene.make(ANN, Alive(unheld, False))
    scene.make(ANN, Floor(context({ANN: 6, EVE: 1})))
    scene.make(ANN, Alive(unheld, True))


def floors_and_those_refused(scene):
    item = scene.make(BEN, stroke("erased by eve, who was refused within the floor"))
    second = scene.make(BEN, stroke("erased by eve, who was refused after the floor"))
    scene.make(EVE, Alive(item, False))
    scene.make(ANN, Acl(NODES[EVE], Role.NONE, context({})))
    scene.make(ANN, Floor(context({ANN: 1, BEN: 2, EVE: 1})))
    scene.make(EVE, Alive(second, False))
    scene.make(EVE, Floor(context({BEN: 2, EVE: 3})))


def dropped(scene):
    """A log of which a floor has dropped two ops: the node never sees their content, except once at another place."""
    item = scene.ann.make(stroke("dropped here, whole there"), 0)
    scene.log(ANN, item)
    scene.make(ANN, Set(item.id, Register.TEXT, "dropped"))
    scene.make(BEN, Alive(item.id, False))
    scene.make(BEN, Floor(context({ANN: 2, BEN: 1})))
    scene.log(BEN, item)
    scene.make(BEN, Alive(item.id, True))
    scene.make(BEN, stroke("alive"))


def broken_bodies(scene):
    item = scene.make(ANN, stroke("sound"))
    scene.raw(ANN, tail_of(2, 0, Kind.ADD, b"\0\0"))
    scene.raw(ANN, tail_of(3, 0, Kind.ALIVE, b"\2\2"))
    scene.raw(ANN, tail_of(4, 0, Kind.SET, b"\3\1\xc1"))
    scene.raw(ANN, tail_of(5, 0, Kind.META, b"\x92\xa1\xff\xc0"))
    scene.raw(ANN, tail_of(6, 0, 999, b"unknown"))
    scene.raw(ANN, tail_of(7, 0, Kind.SET, b"\6\4\xa1\xff"))  # sound, though its text is not UTF-8
    scene.raw(ANN, tail_of(8, 0, Kind.SET, b"\7\5\xa1x"))  # sound, though it is no page and layer
    scene.raw(ANN, tail_of(9, 0, Kind.META, b"\x92\xa1k\xd9\x01\xff"))
    scene.raw(ANN, tail_of(10, 0, Kind.ALIVE, b"\x09\0later"))
    scene.raw(ANN, tail_of(11, 0, Kind.ALIVE, b"\0" + bytes(7) + b"\1\1\1"))  # a ref in its long form
    assert item


def targets_of_the_wrong_sort(scene):
    item = scene.make(ANN, stroke("item"))
    piece = scene.make(ANN, stroke("piece", item=item, index=1))
    scene.make(ANN, Alive(piece, False))
    scene.make(ANN, Set(piece, Register.LOCK, True))
    scene.make(ANN, stroke("a piece of a piece", item=piece, index=1))
    meta = scene.make(ANN, Meta("k", 1))
    scene.make(ANN, Alive(meta, False))
    scene.make(ANN, Alive(OpId(scene.ann.next_id), False))  # itself


SCENES = [
    ("pieces and registers", pieces_and_registers, []),
    ("paint order", order, []),
    ("erased and back", erased, []),
    ("cuts", cuts, []),
    ("clears", clears, []),
    ("an op in several places", several_places, []),
    ("meta", metas, []),
    ("acl", admins, [ANN]),
    ("acl taken back, and one that waits", pardoned, [ANN]),
    ("equivocation", equivocation, []),
    ("equivocation of somebody refused", equivocation_of_the_refused, [ANN]),
    ("floors", floors, []),
    ("floors and those refused", floors_and_those_refused, [ANN]),
    ("dropped ops", dropped, []),
    ("broken bodies", broken_bodies, []),
    ("targets of the wrong sort", targets_of_the_wrong_sort, []),
]
DROPPED = {"dropped ops": {Place(ANN, 0), Place(ANN, 1)}}


def place_fields(place):
    return [place.author.hex(), place.entry]


def item_fields(document, item):
    winners = document.view.registers(item.id)
    return {
        "id": show_op(item.id),
        "type": item.type,
        "page": item.page,
        "layer": item.layer,
        "lamport": item.lamport,
        "pieces": [{"id": show_op(op), "payload": payload.hex()} for op, payload in item.pieces],
        "registers": [[register, winner.value().hex()] for register, winner in sorted(winners.items())],
        "cuts": [[list(interval) for interval in cut] for cut in item.cuts],
    }


def documents():
    made = []
    for name, play, admin_tags in SCENES:
        scene = Scene()
        play(scene)
        drop = DROPPED.get(name, set())
        document = Document(frozenset(NODES[tag] for tag in admin_tags))
        for tag, node in NODES.items():
            document.introduce(tag, node)
        entries = []
        for origin, tail, place in scene.logged:
            if place in drop:
                document.skip(place, content_hash(origin, tail))
                entries.append({"dropped": content_hash(origin, tail).hex(), "place": place_fields(place)})
            else:
                document.apply(decode_op(origin, tail), place)
                entries.append({"origin": show_origin(origin), "tail": tail.hex(), "place": place_fields(place)})
        document.check()
        facts, view = document.facts, document.view
        made.append({
            "name": name,
            "admins": [NODES[tag].hex() for tag in admin_tags],
            "nodes": [[tag.hex(), node.hex()] for tag, node in NODES.items()],
            "entries": entries,
            "items": [item_fields(document, item) for item in document.items()],
            "metas": [[key, winner.value().hex()] for key in sorted(facts.metas) if (winner := view.meta(key))],
            "gone": [show_op(op) for op in sorted(document.gone)],
            "void": sum(fact.part == Part.VOID for fact in facts.every()),
            "lamport": document.lamport,
            "held": [[tag.hex(), entry] for tag, entry in document.held],
            "digest": document.digest().hex(),
        })  # fmt: skip
    return made
