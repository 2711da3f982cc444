"""Undo and redo: a person's own gestures, across reloads, and never what others did.

Nothing is remembered: the gestures of a person are read off the person's own ops, which say what belongs together and
what was an undo or a redo. An undo is a new gesture that gives each register back what it held before, where the
person's own op still wins it; gestures that would change nothing to be seen are passed over. An op that was undone, and
the op that undid it, cancel, whoever made them: what wins without them is what stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as Set_
from dataclasses import dataclass
from typing import Final, NamedTuple, assert_never

from edgeboard.canvas.bodies import Alive, Body, Meta, Set, Undo
from edgeboard.canvas.document import Document
from edgeboard.canvas.facts import Fact, Part, stamp
from edgeboard.canvas.fields import get_meta
from edgeboard.canvas.items import read_value
from edgeboard.canvas.merge import united_cuts
from edgeboard.canvas.ops import decode_op
from edgeboard.ids import OpId, PersonId, origin_of

DEPTH: Final = 200  # gestures
_NIL: Final = b"\xc0"  # a register's default


@dataclass(frozen=True, slots=True)
class Step:
    """What to submit: bodies of one gesture, all marked with `flag`. Nothing is left to do if there are none."""

    flag: Undo
    bodies: tuple[Body, ...]


class AliveKey(NamedTuple):
    """The alive register of an item, a cut or a clear."""

    target: OpId


class SetKey(NamedTuple):
    """A register of an item."""

    item: OpId
    register: int


class MetaKey(NamedTuple):
    """A key of meta."""

    key: str


Key = AliveKey | SetKey | MetaKey


class Gesture:
    """Ops that belong together, by the register they act on."""

    __slots__ = ("facts", "flag", "keys")

    def __init__(self, flag: Undo, facts: list[Fact]) -> None:
        self.flag = flag
        self.facts = facts
        self.keys: dict[Key, list[Fact]] = {}
        for fact in facts:
            key = _key_of(fact)
            if key is not None:
                self.keys.setdefault(key, []).append(fact)

    @property
    def first(self) -> Key | None:
        """The register by which an undo or redo is known: of what follows from it, others may know nothing."""
        return next(iter(self.keys), None)


def undo(document: Document, person: PersonId) -> Step:
    """What undoes the person's last gesture that shows."""
    history = _History(document, person)
    for gesture in reversed(history.done):
        bodies = history.undoing(gesture)
        if bodies:
            return Step(Undo.UNDO, tuple(bodies))
    return Step(Undo.UNDO, ())


def redo(document: Document, person: PersonId) -> Step:
    """What brings back the gesture that the person's last undo took away, if it still shows."""
    history = _History(document, person)
    for gesture, undoing in reversed(history.undone):
        bodies = history.redoing(gesture, undoing)
        if bodies:
            return Step(Undo.REDO, tuple(bodies))
    return Step(Undo.REDO, ())


def gestures(document: Document, person: PersonId) -> list[Gesture]:
    """The person's gestures that count, oldest first."""
    view = document.view
    own = [fact for fact in document.facts.of_origins(document.origins_of(person)) if view.counts(fact)]
    own.sort(key=lambda fact: fact.id)
    found: list[tuple[Undo, list[Fact]]] = []
    for fact in own:
        op = decode_op(origin_of(fact.id), fact.tail)
        if op.more and found and found[-1][1][-1].id == op.id - 1:
            found[-1][1].append(fact)
        else:
            found.append((op.undo, [fact]))
    found.sort(key=lambda each: stamp(each[1][0]))
    return [Gesture(flag, facts) for flag, facts in found]


class _History:
    """Which gestures stand, which were undone, and which ops cancel for that."""

    def __init__(self, document: Document, person: PersonId) -> None:
        self.done: list[Gesture] = []
        self.undone: list[tuple[Gesture, Gesture]] = []  # a gesture, and the one that undid it
        self._document = document
        self._person = person
        self._view = document.view
        self._facts = document.facts
        self._cancelled: set[OpId] = set()
        self._others: dict[PersonId | None, set[OpId]] = {}  # what of theirs cancels
        for gesture in gestures(document, person):
            if gesture.keys:
                self._play(gesture)

    def _play(self, gesture: Gesture) -> None:
        match gesture.flag:
            case Undo.NONE:
                self.done.append(gesture)
                self.undone.clear()
                del self.done[:-DEPTH]
            case Undo.UNDO:
                for standing in reversed(self.done):
                    if gesture.first in standing.keys:
                        self.done.remove(standing)
                        self.undone.append((standing, gesture))
                        self._cancelled |= _ids(gesture.facts) | _ids_on(standing, gesture)
                        break
            case Undo.REDO:
                for pair in reversed(self.undone):
                    standing, undoing = pair
                    if gesture.first in undoing.keys:
                        self.undone.remove(pair)
                        self.done.append(standing)
                        self._cancelled |= _ids(gesture.facts)
                        self._cancelled -= _ids_on(standing, gesture)
                        break
            case _:
                assert_never(gesture.flag)

    # ----------------------------------------------------------------------------------------------------- undo, redo

    def undoing(self, gesture: Gesture) -> list[Body]:
        """What takes a gesture back, as far as its ops still win and it shows."""
        alive: dict[OpId, bool] = {}
        values: list[Body] = []
        for key, facts in reversed(gesture.keys.items()):
            own = _ids(facts)
            standing = self._standing(key)
            before = next((fact for fact in reversed(standing) if fact.id not in own), None)
            if isinstance(key, AliveKey):
                born = any(fact.part != Part.ALIVE for fact in facts)
                if (standing[-1].id in own) if standing else born:
                    alive[key.target] = not born and (before is None or before.about is True)
                    alive |= self._following(key.target, live=False)
            elif standing and standing[-1].id in own:
                values += self._give(key, before)
        return self._shown(alive, values)

    def redoing(self, gesture: Gesture, undoing: Gesture) -> list[Body]:
        """What brings a gesture back, as far as the ops that undid it still win and it shows."""
        alive: dict[OpId, bool] = {}
        values: list[Body] = []
        for key, facts in undoing.keys.items():
            standing = self._standing(key, but=_ids(facts))
            if not standing or standing[-1].id not in _ids(facts) or key not in gesture.keys:
                continue
            last = gesture.keys[key][-1]
            if isinstance(key, AliveKey):
                alive[key.target] = last.about is True if last.part == Part.ALIVE else True
                alive |= self._following(key.target, live=True)
            else:
                values += self._give(key, last)
        return self._shown(alive, values)

    def _following(self, target: OpId, *, live: bool) -> dict[OpId, bool]:
        """When a clear is switched: the items on which ops that cancel are later than it and hide that it was."""
        alive: dict[OpId, bool] = {}
        for clear in self._view.counting(self._facts.contents(target)):
            for item in self._document.under(clear) if clear.part == Part.CLEAR else ():
                acting = [fact for fact in self._acting(AliveKey(item)) if fact is not clear]
                acting = sorted([*acting, clear], key=stamp) if live else acting
                if acting and acting[-1].id in self._cancelled and acting[-1] is not clear:
                    standing = [fact for fact in acting if fact.id not in self._cancelled or fact is clear]
                    alive[item] = not standing or standing[-1].about is True
        return alive

    def _standing(self, key: Key, but: Set_[OpId] = frozenset()) -> list[Fact]:
        """What acts on a register without the ops that cancel, `but` some of them."""
        acting = self._acting(key)
        origins = {origin_of(fact.id) for fact in acting if _flag_of(fact) != Undo.NONE}
        persons = {self._document.person_of(origin) for origin in origins}
        cancelled = self._cancelled.union(*map(self._cancelled_by, persons))
        return [fact for fact in acting if fact.id not in cancelled or fact.id in but]

    def _cancelled_by(self, person: PersonId | None) -> set[OpId]:
        """What of a person's ops cancels."""
        if person is None or person == self._person:
            return self._cancelled
        if person not in self._others:
            self._others[person] = _History(self._document, person)._cancelled
        return self._others[person]

    def _acting(self, key: Key) -> list[Fact]:
        """What acts on a register, sorted by stamp; a clear acts as alive = false."""
        facts, view = self._facts, self._view
        match key:
            case SetKey(item, register):
                return view.counting(facts.sets.get(item, {}).get(register, ()))
            case MetaKey(name):
                return view.counting(facts.metas.get(name, ()))
            case AliveKey(target):
                acting = view.counting(facts.alives.get(target, ()))
                for add in self._adds(target):
                    if add.part == Part.ITEM:
                        acting += [clear for clear in facts.clears if view.clears(clear, add)]
                return sorted(acting, key=stamp)
            case _:
                assert_never(key)

    def _give(self, key: SetKey | MetaKey, source: Fact | None) -> Iterator[Body]:
        """The register gets the value of `source`, or its default, if that is not what it has."""
        acting = self._acting(key)
        value = None if source is None else read_value(source)
        wanted = _NIL if value is None or source is None else source.value()
        if wanted == (acting[-1].value() if acting else _NIL):
            return
        if isinstance(key, SetKey):
            yield Set(key.item, key.register, value)
        else:
            yield Meta(key.key, value)

    def _shown(self, alive: dict[OpId, bool], values: Iterable[Body]) -> list[Body]:
        """Those changes that can be seen; that of a clear also where only what follows from it can."""
        is_alive = self._document.is_alive
        bodies: list[Body] = []
        for target, value in reversed(alive.items()):
            follows = bool(bodies) and self._is_clear(target)
            if is_alive(target) != value and (follows or self._shows(target, alive)):
                bodies.insert(0, Alive(target, value))
        changed = {body.target for body in bodies if isinstance(body, Alive)}
        bodies += [
            body for body in values if not isinstance(body, Set) or body.target in changed or is_alive(body.target)
        ]
        return bodies

    def _is_clear(self, target: OpId) -> bool:
        return any(fact.part == Part.CLEAR for fact in self._facts.contents(target))

    def _shows(self, target: OpId, alive: Mapping[OpId, bool]) -> bool:
        """Whether it can be seen that an item, a cut or a clear has effect, when `alive` has come true."""
        for fact in self._view.counting(self._facts.contents(target)):
            match fact.part:
                case Part.ITEM:
                    return not self._document.is_gone(target)
                case Part.CUT:
                    return self._cut_shows(fact, alive)
                case Part.CLEAR:
                    return any(self._clear_shows(fact, item) for item in self._document.under(fact))
                case _:
                    return False
        return False

    def _cut_shows(self, cut: Fact, alive: Mapping[OpId, bool]) -> bool:
        """Whether a cut takes from an item that lives, or is about to, what no other cut takes."""
        piece, view = cut.target(), self._view
        owners = [add.id if add.part == Part.ITEM else add.target() for add in self._adds(piece)]
        if not any(alive.get(owner) is True or self._document.is_alive(owner) for owner in owners):
            return False
        cuts = [
            other for other in view.counting(self._facts.cuts[piece]) if other is not cut and view.is_live(other.id)
        ]
        taken = united_cuts(cuts)
        return united_cuts([*cuts, cut]) != taken

    def _clear_shows(self, clear: Fact, item: OpId) -> bool:
        """Whether a clear decides if an item is alive."""
        others = [fact for fact in self._acting(AliveKey(item)) if fact is not clear]
        if others and stamp(others[-1]) > stamp(clear):
            return False
        return not others or others[-1].about is True

    def _adds(self, op: OpId) -> list[Fact]:
        adds = self._view.counting(self._facts.contents(op))
        return [fact for fact in adds if fact.part in (Part.ITEM, Part.PIECE)]


def _flag_of(fact: Fact) -> Undo:
    return decode_op(origin_of(fact.id), fact.tail).undo


def _key_of(fact: Fact) -> Key | None:
    match fact.part:
        case Part.ITEM | Part.CUT | Part.CLEAR:
            return AliveKey(fact.id)
        case Part.ALIVE:
            return AliveKey(fact.target())
        case Part.SET:
            assert isinstance(fact.about, int)
            return SetKey(fact.target(), fact.about)
        case Part.META:
            return MetaKey(get_meta(fact.tail, fact.body_at)[0])
        case _:
            return None


def _ids(facts: Iterable[Fact]) -> set[OpId]:
    return {fact.id for fact in facts}


def _ids_on(gesture: Gesture, other: Gesture) -> set[OpId]:
    """The ops of a gesture on the registers that another acts on."""
    return {fact.id for key in other.keys for fact in gesture.keys.get(key, ())}
