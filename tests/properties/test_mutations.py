"""Faults planted into the merge rules, each of which the properties must find: a suite that cannot fail proves nothing.

A mutant is a copy of edgeboard/canvas under another name with one piece of its source replaced.
"""

import importlib
import random
import sys
from itertools import count
from pathlib import Path

import pytest

from tests.properties.histories import ALL, PLAIN, History
from tests.properties.test_canvas import prove

pytestmark = pytest.mark.slow

CANVAS = Path(__file__).resolve().parents[2] / "edgeboard" / "canvas"
HISTORIES = 600  # tried before a mutant counts as alive; most die within ten
NUMBERS = count()

# fmt: off
MUTANTS = [
    ("the lower Lamport number wins", "facts.py", "return fact.lamport, fact.id", "return -fact.lamport, fact.id"),
    ("the stamp forgets the op id", "facts.py", "return fact.lamport, fact.id", "return fact.lamport, 0"),
    ("a late fact is filed as the last", "facts.py", "insort(facts, fact, key=stamp)", "facts.append(fact)"),
    ("a second place is forgotten", "document.py", "rival.places = (*rival.each_place(), fact.places)", "pass"),
    ("the higher hash wins", "merge.py", "rival.hash() < own", "rival.hash() > own"),
    ("the first content wins", "merge.py", "return not any(\n", "return rivals[0] is fact or not any(\n"),
    ("who is refused still competes", "merge.py",
     "rival.hash() < own and self._is_accepted(rival)", "rival.hash() < own"),
    ("acls of anybody count", "merge.py", "nodes[place & AUTHOR_MASK] in self._admins", "True"),
    ("a barred node draws on", "merge.py", "return still is None or still", "return True or still"),
    ("a barred node loses what it drew before", "merge.py",
     "return still is None or still.covers", "return still is None or Vector().covers"),
    ("view may draw", "merge.py", "acl.role < Role.DRAW", "acl.role < Role.VIEW"),
    ("the first acl wins", "merge.py", "for fact in reversed(acls):", "for fact in acls:"),
    ("an erase beats any revival", "merge.py",
     "winner is not None and winner.about is False", "any(each.about is False for each in ops or ())"),
    ("a clear beats a later revival", "merge.py", "if stamp(clear) < least:", "if False:"),
    ("an undone clear still clears", "merge.py",
     "not self.counts(clear) or not self.is_live(clear.id)", "not self.counts(clear)"),
    ("a clear spares nothing", "merge.py",
     "if item.id < clear.id and", "return True\n        if item.id < clear.id and"),
    ("a clear spares its maker's own", "merge.py", "if item.id < clear.id and", "if False and"),
    ("a clear counts pages from 1", "merge.py", "body.scope - 1 != item.page()", "body.scope != item.page()"),
    ("a clear looks at the first place alone", "merge.py",
     "for place in self.places(item))\n\n", "for place in list(self.places(item))[:1])\n\n"),
    ("a base is left out", "merge.py", "chain.append(floor.about)", "break"),
    ("a base goes over what is newer", "merge.py", "for link in reversed(chain):", "for link in chain:"),
    ("pieces come as they came", "merge.py", "key=lambda piece: (piece.about, piece.id)", "key=stamp"),
    ("undone cuts still cut", "merge.py", "self.counts(cut) and self.is_live(cut.id)", "self.counts(cut)"),
    ("touching cuts stay two", "merge.py", "start <= united[-1][1]", "start < united[-1][1]"),
    ("a contained cut shortens", "merge.py", "if end > united[-1][1]:", "if True:"),
    ("a floor does not wait", "floors.py", "if held[tag] < n", "if False"),
    ("a floor that waits for entries is forgotten", "floors.py", "self._due.append(heappop(heap)[2])", "heappop(heap)"),
    ("a floor that waits for its base is forgotten", "floors.py", "self._baseless.append(floor)", "pass"),
    ("a floor looks at everything", "floors.py", "View(facts, admins, context)", "View(facts, admins)"),
    ("a floor sees places outside", "merge.py", "if limits is None:\n            yield", "if True:\n            yield"),
    ("gone items come back", "floors.py", "self.gone |= gone", "pass"),
    ("an acl does not reach back", "document.py",
     "if fact.part in (Part.ACL, Part.FLOOR):\n            self._view = None",
     "if fact.part in (Part.ACL, Part.FLOOR):\n            pass"),
    ("an introduction is not looked at", "document.py",
     "self._facts.nodes[number] = node\n        self._view = None", "pass"),
    ("what is behind a gap is forgotten", "holdings.py", "while entry in ahead:", "while False:"),
]
# fmt: on


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """A function that makes the `Document` of a mutant."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(file, before, after):
        name = f"mutant_{next(NUMBERS)}"
        (tmp_path / name).mkdir()
        for source in CANVAS.glob("*.py"):
            text = source.read_text()
            if source.name == file:
                assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {file}"
                text = text.replace(before, after)
            (tmp_path / name / source.name).write_text(text.replace("edgeboard.canvas", name))
        return importlib.import_module(f"{name}.document").Document

    yield make
    for name in [name for name in sys.modules if name.startswith("mutant_")]:
        del sys.modules[name]


def survives(make):
    """Whether no history shows the fault."""
    for seed in range(HISTORIES):
        rng = random.Random(seed)
        history = History(rng, rng.randint(5, 40), rng.choice((ALL, ALL, PLAIN)))
        try:
            prove(rng, history, make=make)
        except AssertionError:
            return False
    return True


@pytest.mark.parametrize(
    ("file", "before", "after"), [mutant[1:] for mutant in MUTANTS], ids=[mutant[0] for mutant in MUTANTS]
)
def test_a_fault_in_the_rules_is_found(plant, file, before, after):
    assert not survives(plant(file, before, after))


def test_the_rules_as_they_are_survive(plant):
    make = plant("merge.py", "from typing import", "from typing import")
    rng = random.Random(1)
    prove(rng, History(rng, 30), make=make)
