"""Random histories of a room: ops of every kind and where they lie, small enough to collide all the time."""

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
    Undo,
    Unknown,
    encode_op,
)
from edgeboard.ids import AuthorTag, NodeId, Origin, PersonId, counter_of, op_id
from edgeboard.vectors import Vector

NODES = tuple(NodeId(bytes([number]) * 16) for number in (0xA0, 0xB0, 0xC0))
ADMINS = frozenset(NODES[:1])
AUTHORS = {  # two boots of the first node, one of each other; the last is never introduced
    AuthorTag(b"\x1a" * 8): NODES[0],
    AuthorTag(b"\x2a" * 8): NODES[0],
    AuthorTag(b"\x1b" * 8): NODES[1],
    AuthorTag(b"\x1c" * 8): NODES[2],
    AuthorTag(b"\x1d" * 8): None,
}
TAGS = tuple(AUTHORS)
PEOPLE = tuple(PersonId(bytes([number]) * 16) for number in (1, 2, 3))

PLAIN = ("add",) * 6 + ("further",) * 2 + ("set",) * 4 + ("alive",) * 6 + ("cut",) * 3 + ("clear",) * 2 + ("meta",) * 2
ALL = (*PLAIN, "acl", "acl", "floor", "floor", "fork", "fork", "unknown", "broken")


class History:
    """`steps` are (op, place): what happened, in the order in which it did."""

    def __init__(self, rng, length, kinds=ALL):
        self.rng = rng
        self.kinds = kinds
        self.makers = [Maker(Origin(number)) for number in (1, 2, 2**64 - 1)]
        self.lamport = 0
        self.steps = []
        self.made = []
        self.targets = [op_id(Origin(77), 1)]  # one that nobody makes
        self.floors = []
        self.entries = dict.fromkeys(TAGS, 0)
        for _ in range(length):
            self.step()

    def step(self):
        kind = self.rng.choice(self.kinds)
        op = self.fork() if kind == "fork" and self.made else self.make("add" if kind == "fork" else kind)
        self.made.append(op)
        self.lamport = max(self.lamport, op.lamport)
        for _ in range(self.rng.choice((1, 1, 1, 2))):
            self.log(op)

    def log(self, op):
        author = self.rng.choice(TAGS)
        self.steps.append((op, Place(author, self.entries[author])))
        self.entries[author] += 1

    def make(self, kind):
        rng = self.rng
        seen = self.lamport if rng.random() < 0.5 else rng.randint(0, self.lamport)
        op = rng.choice(self.makers).make(self.body(kind), seen)
        if kind in ("add", "further", "cut", "clear"):
            self.targets.append(op.id)
        if kind == "floor":
            self.floors.append(op.id)
        return op

    def fork(self):
        """Another content under an id that was used."""
        op = self.rng.choice(self.made)
        body = self.body(self.rng.choice([kind for kind in self.kinds if kind != "fork"]))
        return encode_op(op.id, max(op.lamport + self.rng.randint(-1, 1), counter_of(op.id)), body)

    def target(self):
        near = self.targets[-6:] if self.rng.random() < 0.8 else self.targets
        return self.rng.choice(near)

    def context(self):
        rng = self.rng
        base, spared = None, 0.2
        if self.floors and rng.random() < 0.4:
            base, spared = rng.choice(self.floors), 0.6
        late = rng.choice((0, 1, 4))
        near = {tag: max(0, n - rng.randint(0, late)) for tag, n in self.entries.items() if rng.random() > spared}
        if rng.random() < 0.1:
            near[rng.choice(TAGS)] = max(self.entries.values()) + 2  # what is not there yet
        return Context(base, Vector(near))

    def body(self, kind):
        rng = self.rng
        match kind:
            case "add":
                return Add(rng.randint(0, 1), rng.randint(0, 1), 1, bytes([rng.randint(0, 9)]))
            case "further":
                return Add(0, 0, 1, bytes([rng.randint(0, 9)]), self.target(), rng.randint(1, 3))
            case "set":
                register = rng.choice((Register.Z, Register.LAYER, Register.STYLE, 40))
                return Set(self.target(), register, rng.choice(("", "a", "é", [1, 1], None, 7)))
            case "alive":
                return Alive(self.target(), rng.random() < 0.4)
            case "cut":
                start = rng.randint(0, 9)
                middle = start + rng.randint(1, 5)
                return Cut(self.target(), ((start, middle), (middle + rng.randint(0, 3), middle + 4)))
            case "clear":
                return Clear(rng.choice((0, 0, 1, 2)), self.context())
            case "meta":
                return Meta(rng.choice(("name", "é")), rng.choice(("x", 1, None)))
            case "acl":
                return Acl(rng.choice(NODES), rng.choice((0, 1, 1, 2, 4)), self.context())
            case "floor":
                return Floor(self.context())
            case "unknown":
                return Unknown(rng.choice((0, 9, 1000)), bytes([rng.randint(0, 2)]))
            case _:
                return Unknown(rng.choice((1, 3, 4, 5, 7, 8)), rng.choice((b"", b"\x80", b"\0\0")))


def replica(steps, *, make=Document, introduced_at=0):
    """A document that took these steps; authors are introduced after so many of them."""
    document = make(ADMINS)
    for number, (op, place) in enumerate(steps):
        if number == introduced_at:
            introduce(document)
        document.apply(op, place)
    if introduced_at >= len(steps):
        introduce(document)
    return document


def introduce(document):
    for tag, node in AUTHORS.items():
        if node is not None:
            document.introduce(tag, node)


def gesture(rng, maker, bodies, seen, flag=Undo.NONE):
    """Ops of one gesture."""
    made = []
    for number, body in enumerate(bodies):
        made.append(maker.make(body, seen, undo=flag, more=number > 0))
        seen = made[-1].lamport
    return made
