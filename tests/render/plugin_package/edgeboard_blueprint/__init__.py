"""A renderer of somebody else: panels in colour show white ink on blue.

It uses only what docs/renderers.md tells.
"""

from array import array

from edgeboard.canvas.bodies import ItemType
from edgeboard.canvas.ink import discs
from edgeboard.render.dither import dither
from edgeboard.render.strokes import strips_of, transform_of
from edgeboard.render.surface import Surface

BLUE, WHITE = 0x1B3A6B, 0xFFFFFF


class Blueprint:
    name = "blueprint"
    priority = 10

    def supports(self, context):
        return context.format.is_colour and context.theme == "paper"

    def open(self, context, means):
        return Draughtsman(context)


class Draughtsman:
    def __init__(self, context):
        self._format = context.format
        self.surface = Surface(context.width, context.height, context.format.channels)
        self.surface.fill(BLUE)

    def paint(self, area, view, items):
        self.surface.fill(BLUE, area)
        for sight in items:
            item = sight.read()
            ink = None if item is None or item.type != ItemType.STROKE else strips_of(item)
            if ink is not None:
                self._ink(ink.runs, view.matrix.after(transform_of(item)), area)
            yield None
        yield area

    def ink(self, view, pen, points, pressures, clip=None):
        runs = [
            array("d", [number for disc in run for number in disc]) for run in discs(points, pen.width / 8, pressures)
        ]
        return self._ink(runs, view.matrix, clip or self.surface.area)

    def moved(self, before, after):
        return [self.surface.area]

    def pixels(self, area, *, is_still):
        return dither(self.surface, area, self._format, is_still=is_still)

    def _ink(self, runs, matrix, clip):
        return self.surface.ink(runs, WHITE, clip, matrix=tuple(matrix.to_list()))
