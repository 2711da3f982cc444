"""Speed of the stroke codec, one stroke a call."""

import time
from collections.abc import Callable

from benchmarks.data import handwriting, synthetic
from edgeboard.oplog.codec import Stroke, decode_columns, decode_in_python, encode_columns, encode_in_python


def _per_point(work: Callable[[], None], points: int) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best / points * 1e9


def _speed(
    strokes: list[Stroke],
    encode: Callable[[Stroke], bytes] = encode_columns,
    decode: Callable[[bytes], tuple[Stroke, int]] = decode_columns,
) -> dict[str, float]:
    points = sum(len(stroke.x) for stroke in strokes)
    encoded = [encode_columns(stroke) for stroke in strokes]

    def encode_all() -> None:
        for stroke in strokes:
            encode(stroke)

    def decode_all() -> None:
        for data in encoded:
            decode(data)

    return {"encode_ns": _per_point(encode_all, points), "decode_ns": _per_point(decode_all, points)}


def twin() -> dict[str, float]:
    """The same of the twin in Python, on 300 synthetic strokes and on the handwriting."""
    numbers = _speed([stroke for _, stroke in synthetic(10_000)[:300]], encode_in_python, decode_in_python)
    others = _speed(handwriting(), encode_in_python, decode_in_python)
    return {**numbers, **{f"handwriting_{key}": value for key, value in others.items()}}


def speed() -> dict[str, float]:
    """On 2,000 synthetic strokes, 70 points each, and on the handwriting, 20 points each."""
    numbers = _speed([stroke for _, stroke in synthetic(10_000)[:2000]])
    return {**numbers, **{f"handwriting_{key}": value for key, value in _speed(handwriting()).items()}}
