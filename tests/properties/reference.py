"""The rules of docs/formats/oplog.md, "Merge", once more: slowly, from the page, sharing nothing with merge.py.

A canvas here is computed from the whole set of ops at once. What the real one does step by step is held against it.
"""

import hashlib

import msgpack

from edgeboard.canvas.ops import Acl, Add, Alive, Clear, Cut, Floor, Meta, Set, content_hash, decode_body
from edgeboard.errors import DecodeError
from edgeboard.ids import origin_of


class Content:
    """One content of an op id, as far as its places are seen."""

    def __init__(self, op, places):
        self.op, self.places = op, places
        self.stamp = (op.lamport, op.id)
        self.hash = content_hash(origin_of(op.id), op.tail)
        try:
            self.body = decode_body(op)
        except DecodeError:
            self.body = None
            # values are not looked into: only Python cannot read them
            if op.kind in (2, 6):
                raise

    @property
    def rank(self):
        return type(self.body).__name__ if isinstance(self.body, Acl | Floor) else ""


class Sight:
    """The canvas by the contents that have a place where `sees` says yes."""

    def __init__(self, steps, nodes, admins, sees=lambda place: True):
        places = {}
        for op, place in steps:
            if sees(place):
                places.setdefault((op.id, op.tail), (op, set()))[1].add(place)
        self.contents = [Content(op, seen) for op, seen in places.values()]
        self.nodes, self.admins = nodes, admins
        self.barred = {}
        self.barred = self.find_barred()

    def of(self, *kinds):
        return [content for content in self.contents if isinstance(content.body, kinds) and self.counts(content)]

    # rules 1 and 7

    def accepted(self, content):
        if isinstance(content.body, Acl):
            return any(self.nodes.get(place.author) in self.admins for place in content.places)
        if isinstance(content.body, Floor):
            return True
        return any(self.welcome(place) for place in content.places)

    def welcome(self, place):
        node = self.nodes.get(place.author)
        return node not in self.barred or self.barred[node].get(place.author, 0) > place.entry

    def counts(self, content):
        rivals = [c for c in self.contents if c.op.id == content.op.id and c.rank == content.rank and self.accepted(c)]
        return content in rivals and content.hash == min(rival.hash for rival in rivals)

    def find_barred(self):
        winners = {}
        for content in self.of(Acl):
            vector = self.resolve(content, content.body.context)
            if vector is not None:
                subject = content.body.subject
                if subject not in winners or content.stamp > winners[subject][0]:
                    winners[subject] = content.stamp, content.body.role, vector
        return {subject: vector for subject, (_, role, vector) in winners.items() if role < 2}

    def resolve(self, content, context, seen=()):
        if context.base is None:
            return dict(context.vector)
        floors = [c for c in self.contents if isinstance(c.body, Floor) and c.op.id == context.base]
        if not floors or context.base in (content.op.id, *seen):
            return None
        floor = min(floors, key=lambda floor: floor.hash)
        below = self.resolve(content, floor.body.context, (*seen, context.base))
        return None if below is None else below | dict(context.vector)

    # rules 2 to 6

    def live(self, target):
        words = [content for content in self.of(Alive) if content.body.target == target]
        return not words or max(words, key=lambda word: word.stamp).body.alive

    def dead(self, item):
        words = [(c.stamp, c.body.alive) for c in self.of(Alive) if c.body.target == item.op.id]
        words += [(c.stamp, False) for c in self.of(Clear) if self.live(c.op.id) and self.covers(c, item)]
        return bool(words) and not max(words)[1]

    def covers(self, clear, item):
        vector = self.resolve(clear, clear.body.context)
        if vector is None or clear.body.scope not in (0, item.body.page + 1):
            return False
        before = origin_of(item.op.id) == origin_of(clear.op.id) and item.op.id < clear.op.id
        return before or any(vector.get(place.author, 0) > place.entry for place in item.places)

    def items(self):
        return [content for content in self.of(Add) if content.body.item is None]

    def pieces(self, item):
        further = [content for content in self.of(Add) if content.body.item == item.op.id]
        return [item, *sorted(further, key=lambda piece: (piece.body.index, piece.op.id))]

    def registers(self, item):
        winners = {}
        for content in sorted(self.of(Set), key=lambda content: content.stamp):
            if content.body.target == item.op.id:
                winners[content.body.register] = msgpack.packb(content.body.value)
        return winners

    def cut_out(self, piece):
        cells = set()
        for cut in self.of(Cut):
            if cut.body.piece == piece.op.id and self.live(cut.op.id):
                cells.update(cell for start, end in cut.body.intervals for cell in range(start, end))
        edges = [cell for cell in sorted(cells) if cell - 1 not in cells]
        return [
            edge for start in edges for edge in (start, next(end for end in range(start, 10**9) if end not in cells))
        ]

    def metas(self):
        winners = {}
        for content in sorted(self.of(Meta), key=lambda content: content.stamp):
            winners[content.body.key] = msgpack.packb(content.body.value)
        return winners


def canvas(steps, nodes, admins):
    """[items, metas], as the digest is taken over them, and the items that are gone."""
    sight = Sight(steps, nodes, admins)
    held = {}
    for place in {place for _, place in steps}:
        held.setdefault(place.author, set()).add(place.entry)
    gone = set()
    for floor in [content for content in sight.contents if isinstance(content.body, Floor)]:
        limits = sight.resolve(floor, floor.body.context)
        if limits is None or any(not set(range(n)) <= held.get(author, set()) for author, n in limits.items()):
            continue
        inside = Sight(steps, nodes, admins, lambda place, limits=limits: place.entry < limits.get(place.author, 0))
        gone |= {item.op.id for item in inside.items() if inside.dead(item)}
    items = []
    for item in sorted(sight.items(), key=lambda item: item.op.id):
        if item.op.id not in gone and not sight.dead(item):
            pieces = sight.pieces(item)
            cuts = [[number, cut] for number, piece in enumerate(pieces) if (cut := sight.cut_out(piece))]
            registers = [list(pair) for pair in sorted(sight.registers(item).items())]
            items.append([item.op.id.to_bytes(12), [piece.hash for piece in pieces], registers, cuts])
    return [items, [list(pair) for pair in sorted(sight.metas().items())]], gone


def digest(canonical):
    return hashlib.sha256(msgpack.packb(canonical)).digest()[:16]
