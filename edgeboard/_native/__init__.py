"""C kernels behind typed faces, each with a twin in Python that is its oracle in tests and runs where it does not.

A kernel does one thing that is slow in Python, called with whole strokes, never with single points. What is in C is
built for the stable ABI of CPython 3.11; whether it could be built, `active()` says. `EDGEBOARD_PURE=1` in the
environment asks for the twins.
"""

from edgeboard._native.twins import active, remedy

__all__ = ["active", "remedy"]
