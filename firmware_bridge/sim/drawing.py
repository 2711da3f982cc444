"""Shapes drawn into the memory of a panel: a byte for each pixel, what falls outside is left out.

Each method returns how many pixels it set, which is what a slow processor's time goes into.
"""

from typing import final


@final
class Raster:
    """A picture of `width` x `height` px, one byte each, row by row from the upper left."""

    def __init__(self, width: int, height: int, value: int) -> None:
        self.width, self.height = width, height
        self.pixels = bytearray([value]) * (width * height)

    def clear(self, value: int) -> int:
        self.pixels[:] = bytes([value]) * len(self.pixels)
        return len(self.pixels)

    def pixel(self, x: int, y: int, value: int) -> int:
        if 0 <= x < self.width and 0 <= y < self.height:
            self.pixels[y * self.width + x] = value
            return 1
        return 0

    def row(self, x0: int, x1: int, y: int, value: int) -> int:
        """From x0 to x1, both set, in any order."""
        x0, x1 = max(min(x0, x1), 0), min(max(x0, x1), self.width - 1)
        if x1 < x0 or not 0 <= y < self.height:
            return 0
        start = y * self.width
        self.pixels[start + x0 : start + x1 + 1] = bytes([value]) * (x1 - x0 + 1)
        return x1 - x0 + 1

    def column(self, x: int, y0: int, y1: int, value: int) -> int:
        y0, y1 = max(min(y0, y1), 0), min(max(y0, y1), self.height - 1)
        if y1 < y0 or not 0 <= x < self.width:
            return 0
        first = y0 * self.width + x
        self.pixels[first : y1 * self.width + x + 1 : self.width] = bytes([value]) * (y1 - y0 + 1)
        return y1 - y0 + 1

    def line(self, x0: int, y0: int, x1: int, y1: int, value: int) -> int:
        """Bresenham's, both ends set."""
        if y0 == y1:
            return self.row(x0, x1, y0, value)
        if x0 == x1:
            return self.column(x0, y0, y1, value)
        step_x, step_y = (1 if x1 > x0 else -1), (1 if y1 > y0 else -1)
        far_x, far_y = abs(x1 - x0), -abs(y1 - y0)
        error, count = far_x + far_y, 0
        while True:
            count += self.pixel(x0, y0, value)
            if (x0, y0) == (x1, y1):
                return count
            doubled = 2 * error
            if doubled >= far_y:
                error += far_y
                x0 += step_x
            if doubled <= far_x:
                error += far_x
                y0 += step_y

    def rectangle(self, x0: int, y0: int, x1: int, y1: int, value: int) -> int:
        """Its edges; both corners belong to it."""
        return (
            self.row(x0, x1, y0, value)
            + self.row(x0, x1, y1, value)
            + self.column(x0, y0, y1, value)
            + self.column(x1, y0, y1, value)
        )

    def fill_rectangle(self, x0: int, y0: int, x1: int, y1: int, value: int) -> int:
        top, bottom = max(min(y0, y1), 0), min(max(y0, y1), self.height - 1)
        return sum(self.row(x0, x1, y, value) for y in range(top, bottom + 1))

    def circle(self, x: int, y: int, radius: int, value: int) -> int:
        """The midpoint circle."""
        count, across, down, error = 0, radius, 0, 1 - radius
        while across >= down:
            for one, other in ((across, down), (down, across)):
                for sign_x in (1, -1):
                    for sign_y in (1, -1):
                        count += self.pixel(x + sign_x * one, y + sign_y * other, value)
            down += 1
            if error < 0:
                error += 2 * down + 1
            else:
                across -= 1
                error += 2 * (down - across) + 1
        return count

    def fill_circle(self, x: int, y: int, radius: int, value: int) -> int:
        count, across, down, error = 0, radius, 0, 1 - radius
        while across >= down:
            for half, off in ((across, down), (down, across)):
                count += self.row(x - half, x + half, y + off, value) + self.row(x - half, x + half, y - off, value)
            down += 1
            if error < 0:
                error += 2 * down + 1
            else:
                across -= 1
                error += 2 * (down - across) + 1
        return count

    def triangle(self, points: tuple[tuple[int, int], ...], value: int) -> int:
        return sum(self.line(*points[corner - 1], *points[corner], value) for corner in range(3))

    def fill_triangle(self, points: tuple[tuple[int, int], ...], value: int) -> int:
        """Row by row between its edges, edges included."""
        count = self.triangle(points, value)
        top, bottom = min(y for _, y in points), max(y for _, y in points)
        for y in range(max(top, 0), min(bottom, self.height - 1) + 1):
            crossings = []
            for corner in range(3):
                (x0, y0), (x1, y1) = points[corner - 1], points[corner]
                if y0 == y1:
                    crossings += [x0, x1] if y == y0 else []
                elif min(y0, y1) <= y <= max(y0, y1):
                    crossings.append(round(x0 + (x1 - x0) * (y - y0) / (y1 - y0)))
            count += self.row(min(crossings), max(crossings), y, value)
        return count
