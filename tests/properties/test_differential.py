"""The browser's modules and their Python twins, asked the same things: random canvases, ops, strokes, ink, undo.

Everything random is made here from a seed and goes to one Node process as lines of JSON (tests/js/apply.mjs); what
comes back is compared with what Python makes of it. A failure names the seed.
"""

import itertools
import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgeboard.canvas import undo
from edgeboard.canvas.bodies import (
    Acl,
    Add,
    Alive,
    Clear,
    Context,
    Cut,
    Floor,
    Kind,
    Meta,
    Register,
    Set,
    Undo,
    Unknown,
)
from edgeboard.canvas.document import Document, Place
from edgeboard.canvas.facts import Part, fact_of
from edgeboard.canvas.ink import runs
from edgeboard.canvas.ops import Maker, decode_body, decode_op, encode_op, hash_of
from edgeboard.canvas.refine import refine
from edgeboard.canvas.samples import Stroke
from edgeboard.errors import DecodeError
from edgeboard.ids import AuthorTag, NodeId, Origin, PersonId, op_id, origin_of, show_op, show_origin
from edgeboard.oplog.codec import decode_columns, encode_columns
from edgeboard.vectors import Vector

FILTER = Path(__file__).parent.parent / "js" / "apply.mjs"
NODES = tuple(NodeId(bytes([number]) * 16) for number in (0xA0, 0xB0, 0xC0))
AUTHORS = tuple(  # two boots of the first node, one of each other; the last is never introduced
    (AuthorTag(bytes([number]) * 8), node)
    for number, node in ((0x1A, NODES[0]), (0x2A, NODES[0]), (0x1B, NODES[1]), (0x1C, NODES[2]), (0x1D, None))
)
PEOPLE = tuple(PersonId(bytes([number]) * 16) for number in (1, 2))
ADMINS = frozenset(NODES[:1])
KEYS = (
    "",
    "a",
    "b",
    "00000000000004",
    "000000000000078",
    "é",
    "\uffee",
    "\U0001f600",
)  # the last two are where UTF-8 and UTF-16 order texts differently


@pytest.fixture(scope="module")
def ask(node_path):
    """A function that takes cases and gives the answers of the browser's modules, in order."""

    def ask(cases):
        lines = "".join(json.dumps(case) + "\n" for case in cases)
        done = subprocess.run(
            [node_path, str(FILTER)], input=lines, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(cases)
        for answer in answers:
            assert "broken" not in answer, answer["broken"]
        return answers

    return ask


# ----------------------------------------------------------------------------------------------------- random canvases


class Story:
    """A random history: ops of several origins, and where each lies in the logs of several authors."""

    def __init__(self, seed, length):
        self.rng = random.Random(seed)
        self.makers = [Maker(Origin(self.rng.getrandbits(64) >> shift)) for shift in (0, 0, 48, 56)]
        self.lamport = 0
        self.targets = [op_id(Origin(77), 1)]  # one that nobody ever makes
        self.floors = []
        self.entries = dict.fromkeys((tag for tag, _ in AUTHORS), 0)
        self.steps = []  # (op, place) or (None, place, content hash)
        # A room without acls, floors or forks takes other ways through the code than one that has all of them.
        self.kinds = ["add"] * 6 + ["further"] * 3 + ["set"] * 6 + ["alive"] * 6 + ["cut"] * 4 + ["clear"] * 2
        self.kinds += ["meta"] * 2 + ["unknown", "broken"]
        self.kinds += ["acl"] * self.rng.choice((0, 0, 1, 3)) + ["floor"] * self.rng.choice((0, 1, 2))
        self.kinds += ["fork"] * self.rng.choice((0, 0, 1, 2)) + ["drop"] * self.rng.choice((0, 0, 0, 2))
        if (
            seed % 3 == 0
        ):  # the rarest of meetings: floors that are forked or dropped, acls that arrive before their admin
            self.kinds += ["floor"] * 6 + ["acl", "fork", "drop"] * 3 + ["alive"] * 6
        self.made = []
        for _ in range(length):
            self.step()

    def step(self):
        rng = self.rng
        kind = rng.choice(self.kinds)
        if kind == "drop":
            op = rng.choice(self.made) if self.made and rng.random() < 0.7 else None
            content = hash_of(op) if op else bytes(16)
            self.steps.append((None, self.place(), content))
            return
        op = self.fork() if kind == "fork" and self.made else self.make(kind)
        self.made.append(op)
        self.lamport = max(self.lamport, op.lamport)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            self.steps.append((op, self.place()))

    def place(self):
        tag = self.rng.choice(AUTHORS)[0]
        self.entries[tag] += 1
        return Place(tag, self.entries[tag] - 1)

    def make(self, kind):
        rng = self.rng
        maker = rng.choice(self.makers)
        body = self.body("add" if kind == "fork" else kind)
        op = maker.make(body, rng.randint(0, self.lamport), undo=rng.choice((Undo.NONE, Undo.NONE, Undo.UNDO)))
        if kind in ("add", "further", "cut", "clear", "fork"):
            self.targets.append(op.id)
        if kind == "floor":
            self.floors.append(op.id)
        return op

    def fork(self):
        """Another content under an id that was used."""
        op = self.rng.choice(self.made)
        body = self.body(self.rng.choice([kind for kind in self.kinds if kind not in ("fork", "drop")]))
        if isinstance(body, Floor):
            self.floors.append(op.id)
        return encode_op(op.id, max(op.lamport + self.rng.randint(-2, 2), op.id & 0xFFFFFFFF), body)

    def target(self):
        return self.rng.choice(self.targets[-12:] if self.rng.random() < 0.8 else self.targets)

    def context(self):
        rng = self.rng
        near = {
            tag: rng.randint(max(0, n - rng.choice((1, 8))), n) for tag, n in self.entries.items() if rng.random() < 0.8
        }
        base = None
        if self.floors and rng.random() < 0.5:
            maker = rng.choice(self.makers)
            later = op_id(maker.origin, maker.counter + rng.randint(1, 3))  # this very op, perhaps
            base = rng.choice((*[rng.choice(self.floors)] * 8, later, self.target()))
            near = {tag: n for tag, n in near.items() if rng.random() < 0.4}
        return Context(base, Vector(near))

    def body(self, kind):
        rng = self.rng
        match kind:
            case "add":
                return Add(rng.randint(0, 2), rng.randint(0, 1), rng.choice((1, 1, 2, 9)), rng.randbytes(3))
            case "further":
                return Add(0, 0, 1, rng.randbytes(2), self.target(), rng.randint(1, 4))
            case "set":
                register = rng.choice((Register.Z, Register.Z, Register.LAYER, *Register, 40))
                layer = [rng.randint(0, 2), 1]
                return Set(
                    self.target(), register, rng.choice((*KEYS, layer, [-1, 0], [1.0, 2], [0], None, 2**60, 1.5))
                )
            case "alive":
                return Alive(self.target(), rng.random() < 0.4)
            case "cut":
                start = rng.randint(0, 200)
                middle = start + rng.randint(1, 90)
                return Cut(self.target(), ((start, middle), (middle + rng.randint(0, 20), middle + 64)))
            case "clear":
                return Clear(rng.choice((0, 0, 1, 2)), self.context())
            case "meta":
                return Meta(rng.choice(KEYS), rng.choice(("x", 1, None, [2.5])))
            case "acl":
                return Acl(rng.choice((*NODES, NodeId(bytes(16)))), rng.randint(0, 4), self.context())
            case "floor":
                return Floor(self.context())
            case "unknown":
                return Unknown(rng.choice((0, 9, 1000)), rng.randbytes(4))
            case _:
                return Unknown(rng.choice(tuple(Kind)), rng.choice((b"", b"\x80", b"\0\0", b"\x01\x01\xc1")))


def python_canvas(story):
    document = Document(ADMINS)
    for tag, node in AUTHORS:
        if node is not None:
            document.introduce(tag, node)
    for step in story.steps:
        if step[0] is None:
            document.skip(*step[1:])
        else:
            document.apply(*step)
    return document


def canvas_case(story):
    """The same history for JavaScript, in another order and with repetitions."""
    rng = random.Random(len(story.steps))
    steps = []
    for step in story.steps:
        op, place = step[:2]
        if op is None:
            steps.append(["skip", place.author.hex(), place.entry, step[2].hex()])
        else:
            steps.append(op_step(op, place))
    steps += [["introduce", tag.hex(), node.hex()] for tag, node in AUTHORS if node is not None]
    steps += rng.sample(steps, k=len(steps) // 5)
    # Some ops are there before any host has logged them.
    steps += [op_step(step[0], None) for step in story.steps if step[0] is not None and rng.random() < 0.1]
    if rng.random() < 0.8:
        rng.shuffle(steps)
    return {"do": "canvas", "admins": [node.hex() for node in ADMINS], "steps": steps}


def op_step(op, place):
    where = [None, None] if place is None else [place.author.hex(), place.entry]
    return ["op", show_origin(origin_of(op.id)), op.tail.hex(), *where]


def python_items(document):
    items = []
    for item in document.items():
        z = item.registers.get(Register.Z)
        pieces = [show_op(piece) for piece, _ in item.pieces]
        items.append([show_op(item.id), item.type, item.page, item.layer, z if isinstance(z, str) else "", pieces])
    return items


@pytest.mark.slow
def test_the_same_ops_give_the_same_canvas(ask):
    stories = {seed: Story(seed, 10 + seed % 90) for seed in range(400)}
    answers = ask([canvas_case(story) for story in stories.values()])
    alive = 0
    for (seed, story), answer in zip(stories.items(), answers, strict=True):
        document = python_canvas(story)
        got = answer["answer"]
        assert got["items"] == python_items(document), f"seed {seed}"
        assert got["digest"] == document.digest().hex(), f"seed {seed}"
        assert got["lamport"] == document.lamport, f"seed {seed}"
        assert got["size"] == document.statistics().ops, f"seed {seed}"
        alive += len(got["items"])
    assert alive > 1000, "stories must leave something to compare"


# ----------------------------------------------------------------------------------------------------------------- undo


class Hands(Story):
    """A history of people who draw, erase, undo and redo, each on several devices."""

    def __init__(self, seed, length):
        self.document = Document(ADMINS)
        self.owners = {}
        super().__init__(seed, length)

    def step(self):
        rng = self.rng
        maker = rng.choice(self.makers)
        person = self.owners.setdefault(maker.origin, rng.choice(PEOPLE))
        self.document.own(maker.origin, person)
        step = None
        if rng.random() < 0.4:
            step = rng.choice((undo.undo, undo.undo, undo.redo))(self.document, person)
            flag, bodies = step.flag, step.bodies
        else:
            kinds = [kind for kind in self.kinds if kind not in ("fork", "drop", "broken", "unknown")]
            flag, bodies = Undo.NONE, [self.body(rng.choice(kinds)) for _ in range(rng.choice((1, 1, 2, 3)))]
        for number, body in enumerate(bodies):
            op = maker.make(body, self.document.lamport, undo=flag, more=number > 0)
            self.made.append(op)
            if isinstance(body, Add | Cut | Clear):
                self.targets.append(op.id)
            if isinstance(body, Floor):
                self.floors.append(op.id)
            place = self.place()
            self.document.apply(op, place)
            self.steps.append((op, place))


def submitted(step, document):
    """The ops that a step becomes, from a maker that has made nothing before."""
    maker = Maker(Origin(99))
    return [
        maker.make(body, document.lamport, undo=step.flag, more=number > 0) for number, body in enumerate(step.bodies)
    ]


def said(ops):
    """What ops say: an undo is known again by the first; the others come as the canvas came to know them."""
    words = [(op.undo, op.more, decode_body(op)) for op in ops]
    return words[:1] + sorted(words[1:], key=repr)


@pytest.mark.slow
def test_undo_and_redo_do_the_same(ask):
    stories = [Hands(seed, 4 + seed % 40) for seed in range(400)]
    cases = []
    for story in stories:
        owned = [["own", show_origin(origin), person.hex()] for origin, person in story.owners.items()]
        case = canvas_case(story)
        case.update(do="undo", origin=show_origin(Origin(99)), people=[person.hex() for person in PEOPLE])
        case["steps"] += owned
        cases.append(case)
    shown = 0
    for seed, (story, answer) in enumerate(zip(stories, ask(cases), strict=True)):
        document = python_canvas(story)
        for origin, person in story.owners.items():
            document.own(origin, person)
        for person, both in zip(PEOPLE, answer["answer"], strict=True):
            for step, tails in zip((undo.undo, undo.redo), both, strict=True):
                want = submitted(step(document, person), document)
                got = [decode_op(Origin(99), bytes.fromhex(tail)) for tail in tails]
                assert said(got) == said(want), f"seed {seed}"
                shown += len(want) > 0
    assert shown > 500, "stories must leave something to undo"


# --------------------------------------------------------------------------------------------------------- random bytes


def hurt(rng, data):
    """The bytes with a bit turned, a byte put in or taken out, or their end cut off."""
    changed = bytearray(data)
    at = rng.randint(0, len(data))
    match rng.randint(0, 3):
        case 0 if at < len(data):
            changed[at] ^= 1 << rng.randint(0, 7)
        case 1:
            changed.insert(at, rng.choice((0, 1, 0x7F, 0x80, 0xFF)))
        case 2:
            del changed[at : at + 1]
        case _:
            del changed[at:]
    return bytes(changed)


def test_ops_are_read_and_written_alike_even_when_hurt(ask):
    rng = random.Random(1)
    ops = [op for seed in range(60) for op in Story(seed, 30).made]
    tails = [(origin_of(op.id), op.tail) for op in ops] + [(origin_of(op.id), hurt(rng, op.tail)) for op in ops * 2]
    answers = ask([{"do": "op", "origin": show_origin(origin), "tail": tail.hex()} for origin, tail in tails])
    refused = void = 0
    for (origin, tail), answer in zip(tails, answers, strict=True):
        try:
            op = decode_op(origin, tail)
        except DecodeError:
            assert "refused" in answer, tail.hex()
            refused += 1
            continue
        got = answer["answer"]
        head = [show_op(op.id), op.lamport, op.kind, op.undo, op.more, op.at, hash_of(op).hex()]
        assert [got[name] for name in ("id", "lamport", "kind", "undo", "more", "at", "hash")] == head, tail.hex()
        if fact_of(op, 0)[0].part == Part.VOID:
            assert got["again"] is None or op.kind not in tuple(Kind), tail.hex()
            void += 1
    for op, answer in zip(ops, answers, strict=False):
        if fact_of(op, 0)[0].part != Part.VOID:
            again = encode_op(op.id, op.lamport, decode_body(op), undo=op.undo, more=op.more, at=op.at)
            assert answer["answer"]["again"] == again.tail.hex()
    assert refused > 50
    assert void > 50


def random_stroke(rng):
    count = rng.choice((1, 2, 3, 10, 60, 500, rng.randint(1, 500)))
    step = rng.choice((1, 1, 20, 20, 7))
    stride = rng.choice((0, 1, 8, 300))

    def walk(by):
        values = [rng.randint(-100_000, 100_000)]
        for _ in range(count - 1):
            values.append(values[-1] + step * rng.randint(-by, by))
        return values

    x, y = walk(stride), walk(rng.choice((stride, 0)))
    if rng.random() < 0.1:
        x[-1] = rng.choice((2**28 - 1, 1 - 2**28))
    pressure = t = tilt_x = tilt_y = None
    if rng.random() < 0.6:
        levels = rng.choice((100, 255, 1023, 2047, 4095))
        pressure = [(rng.randint(0, levels) * 8190 + levels) // (2 * levels) for _ in range(count)]
    if rng.random() < 0.6:
        t = list(itertools.accumulate(rng.choice((0, 8, rng.randint(0, 40))) for _ in range(count)))
    if rng.random() < 0.3:
        tilt_x, tilt_y = [rng.randint(-90, 90) for _ in range(count)], [30] * count
    return Stroke(rng.choice((8, 20, 20, 1, 1024, rng.randint(1, 1024))), x, y, pressure, t, tilt_x, tilt_y)


def columns_of(stroke):
    """As the browser's modules name them."""
    columns = (stroke.scale, stroke.x, stroke.y, stroke.pressure, stroke.t, stroke.tilt_x, stroke.tilt_y)
    names = ("scale", "x", "y", "pressure", "time", "tiltX", "tiltY")
    return {
        name: list(column) if isinstance(column, Sequence) else column
        for name, column in zip(names, columns, strict=True)
    }


@pytest.mark.slow
def test_strokes_are_the_same_bytes(ask):
    strokes = [random_stroke(random.Random(seed)) for seed in range(400)]
    answers = ask([{"do": "columns", "columns": columns_of(stroke)} for stroke in strokes])
    for seed, (stroke, answer) in enumerate(zip(strokes, answers, strict=True)):
        assert answer["answer"]["hex"] == encode_columns(stroke).hex(), f"seed {seed}"


@pytest.mark.slow
def test_hurt_strokes_are_read_or_refused_alike(ask):
    rng = random.Random(2)
    whole = [encode_columns(random_stroke(random.Random(seed))) for seed in range(200)]
    texts = [hurt(rng, data) for data in whole for _ in range(4)]
    answers = ask([{"do": "decode columns", "hex": data.hex()} for data in texts])
    refused = 0
    for data, answer in zip(texts, answers, strict=True):
        try:
            stroke, _ = decode_columns(data)
        except DecodeError:
            assert "refused" in answer, data.hex()
            refused += 1
        else:
            assert answer.get("answer") == columns_of(stroke), data.hex()
    assert 100 < refused < len(texts) - 100


# ------------------------------------------------------------------------------------------------------------------ ink


def random_cuts(rng, count):
    cuts, end = [], 0
    for _ in range(rng.choice((0, 0, 1, 3))):
        start = end + rng.randint(0, 64 * count // 2 + 1) + (1 if cuts else 0)
        end = start + rng.randint(1, 200)
        cuts.append((start, end))
    return cuts


@pytest.mark.slow
def test_ink_is_the_same_discs(ask):
    cases = []
    for seed in range(150):
        rng = random.Random(seed)
        stroke = random_stroke(rng)
        cases.append((stroke, rng.randint(1, 400), random_cuts(rng, len(stroke.x))))
    answers = ask(
        [
            {
                "do": "discs",
                "hex": encode_columns(stroke).hex(),
                "width": width,
                "cuts": [n for cut in cuts for n in cut],
            }
            for stroke, width, cuts in cases
        ]
    )
    for seed, ((stroke, width, cuts), answer) in enumerate(zip(cases, answers, strict=True)):
        want = runs(stroke, width, cuts)
        got = answer["answer"]
        assert len(got) == len(want), f"seed {seed}"
        for (xs, ys, rs, _), run in zip(got, want, strict=True):
            flat = [n for disc in zip(xs, ys, rs, strict=True) for n in disc]
            assert flat == pytest.approx([n for disc in run for n in disc], rel=0, abs=1e-9), f"seed {seed}"


@pytest.mark.slow
def test_thinning_keeps_the_same_points(ask):
    strokes = [random_stroke(random.Random(seed)) for seed in range(150)]
    widths = [random.Random(-seed).choice((1.5, 3.0, 12.5)) for seed in range(150)]
    answers = ask(
        [
            {"do": "thin", "columns": columns_of(stroke), "width": width}
            for stroke, width in zip(strokes, widths, strict=True)
        ]
    )
    for seed, (stroke, width, answer) in enumerate(zip(strokes, widths, answers, strict=True)):
        thinned = refine(stroke, width)
        columns = (thinned.x, thinned.y, thinned.pressure, thinned.t)
        assert answer["answer"] == [column and list(column) for column in columns], f"seed {seed}"
