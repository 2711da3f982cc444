import sys
from types import ModuleType, SimpleNamespace

from edgeboard.transport import fitting
from edgeboard.transport.fitting import Changes, code_of, digest_of, known, sources, uses


class Base:
    size = 1


class Derived(Base):
    def grow(self, by):
        return self.size + by


def test_changes_are_undone_in_order():
    changes = Changes()
    changes.replace(Derived, "size", 2)
    changes.replace(Derived, "size", 3)
    changes.replace(Base, "size", 4)
    assert (Derived.size, Base.size) == (3, 4)
    changes.undo()
    assert (Derived.size, Base.size) == (1, 1)
    assert "size" not in vars(Derived)
    changes.undo()


def test_what_a_function_uses():
    assert uses(Derived.grow, ["size"], ["self", "by"])
    assert not uses(Derived.grow, ["weight"], ["self", "by"])
    assert not uses(Derived.grow, ["size"], ["self"])
    assert not uses(None, [], [])
    assert code_of(len) is None


def test_a_function_is_known_by_its_source():
    here = sys.modules[__name__]
    digest = digest_of(Derived.grow, sources(here))
    assert len(digest) == fitting.DIGEST_CHARS
    assert known(here, "Derived", {"grow": f"0123 {digest}"})
    assert not known(here, "Derived", {"grow": "0123"})
    assert not known(here, "Derived", {"grow": digest, "shrink": digest})
    assert not known(here, "Absent", {"grow": digest})


def test_without_sources_nothing_is_known():
    bare = ModuleType("bare")
    assert sources(bare) == []
    assert sources(SimpleNamespace(__file__="/nowhere/at/all.py")) == []
    assert digest_of(Derived.grow, []) == digest_of(None, ["x"]) == ""
    bare.Derived = Derived
    assert not known(bare, "Derived", {"grow": ""}), "an empty digest is no digest"
