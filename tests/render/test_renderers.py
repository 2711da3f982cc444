"""What a renderer must have to be taken."""

from edgeboard.render.painter import House
from edgeboard.render.renderers import Left, checked


class Whole:
    name = "whole"
    priority = 3

    def supports(self, context):
        return True

    def open(self, context, means):
        raise NotImplementedError


class Needy(Whole):
    def __init__(self, something):
        self.something = something


class Nameless(Whole):
    name = None


class Part:
    name = "part"
    priority = 1


def test_a_renderer_is_taken_as_an_object_or_as_a_class():
    made = Whole()
    assert checked("w", made) is made
    assert isinstance(checked("w", Whole), Whole)
    assert isinstance(checked("house", House), House)


def test_what_is_no_renderer_is_left_out_with_the_reason():
    assert checked("part", Part) == Left("part", "it has no supports and no open")
    assert checked("needy", Needy).why.startswith("it cannot be made: ")
    assert checked("nameless", Nameless).why == "its name is no text, or its priority no whole number"
    assert isinstance(checked("number", 5), Left)
