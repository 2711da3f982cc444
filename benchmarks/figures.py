"""The table: which figures there are, what they are held against, and what is asked of them."""

from benchmarks.harness import Figure

PYCRDT = {"pycrdt": ("crdts:pycrdt_room", "ops_per_s")}
PYCRDT_MIB = {"pycrdt": ("crdts:pycrdt_memory", "mib")}
PYCRDT_LOAD = {"pycrdt": ("crdts:pycrdt_load", "seconds")}

FIGURES = [
    Figure(
        "apply remote batches, signatures aside, 100,000 strokes",
        "rooms:apply",
        "ops_per_s",
        "ops/s",
        ">= 4x pycrdt",
        lambda value, peers: value >= 4 * peers["pycrdt"],
        PYCRDT,
        "pycrdt",
    ),
    Figure(
        "the same, every batch verified: time beyond verification",
        "rooms:apply_verified",
        "beyond_verification",
        "of the plain time",
        "<= 0.25",
        lambda value, peers: value <= 0.25,
    ),
    Figure(
        "memory of 100,000 strokes in a live room",
        "rooms:memory",
        "mib",
        "MiB",
        "<= 0.25x pycrdt",
        lambda value, peers: value <= 0.25 * peers["pycrdt"],
        PYCRDT_MIB,
        "pycrdt",
    ),
    Figure(
        "cold load of that room from SQLite",
        "rooms:load",
        "seconds",
        "s",
        "<= 0.6x pycrdt's snapshot",
        lambda value, peers: value <= 0.6 * peers["pycrdt"],
        PYCRDT_LOAD,
        "pycrdt",
    ),
    Figure(
        "bytes a point of a stroke's payload, exactly as recorded, handwriting",
        "sizes:payload",
        "bytes_per_point",
        "B",
        "<= 3.0",
        lambda value, peers: value <= 3.0,
        runs=1,
    ),
    Figure(
        "the whole log, signed, thinned at 0.5 px, one batch a stroke, per recorded point",
        "sizes:whole_log",
        "bytes_per_point",
        "B",
        "<= 6",
        lambda value, peers: value <= 6,
        runs=1,
    ),
    Figure(
        "live bytes a point, 8-point pieces, framing included",
        "sizes:live",
        "bytes_per_point",
        "B",
        "<= 4.5",
        lambda value, peers: value <= 4.5,
        runs=1,
    ),
    Figure(
        "codec, encode, a stroke a call",
        "codec:speed",
        "encode_ns",
        "ns/point",
        "<= 90",
        lambda value, peers: value <= 90,
    ),
    Figure(
        "codec, decode, a stroke a call",
        "codec:speed",
        "decode_ns",
        "ns/point",
        "<= 90",
        lambda value, peers: value <= 90,
    ),
    Figure(
        "start of the process to a board that is served",
        "start:served",
        "seconds",
        "s",
        "<= 0.9",
        lambda value, peers: value <= 0.9,
    ),
    Figure(
        "memory of an idle node",
        "start:served",
        "mib",
        "MiB",
        "<= 75 (with five links)",
        lambda value, peers: value <= 75,
    ),
]
