"""The kernel on its own: C against tables and hostile bytes under sanitizers, and compiled for the boards."""

import random
import shutil
import subprocess
import sys

import pytest

from edgeboard.oplog.batch import Slot, encode_batch
from edgeboard.varints import put_uvarint
from tests._native import golden, workshop
from tests._native.test_batches import draw_batch
from tests._native.workshop import CHECKS, PURE, SANITIZERS, SHIPPED, SOURCES, STRICT

pytestmark = pytest.mark.slow

EVERY_STATUS = 0x3FF1F  # of eb_strokes.h, but for EB_NO_ROOM, which the checks demand where it has to be


@pytest.mark.parametrize("options", [SANITIZERS, SHIPPED], ids=["sanitized", "as shipped"])
def test_tables(options, tmp_path):
    sources = [CHECKS / "strokes_checks.c", CHECKS / "strokes_table.c"]
    program = workshop.build_program(tmp_path / "table", *sources, options=options)
    count = golden.write_table(tmp_path / "golden")
    assert workshop.run(program, tmp_path / "golden") == f"0 failures; golden {count}\n"


def test_a_failure_in_a_table_fails(tmp_path):
    program = workshop.build_program(
        tmp_path / "table", CHECKS / "strokes_checks.c", CHECKS / "strokes_table.c", options=SHIPPED
    )
    golden.write_table(tmp_path / "golden")
    text = (tmp_path / "golden").read_text()
    (tmp_path / "golden").write_text(text[:-1] + str(int(text[-1]) ^ 1))
    done = subprocess.run([program, tmp_path / "golden"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "golden bytes: wanted 0" in done.stdout


def test_hostile_bytes_under_sanitizers(tmp_path):
    sources = [CHECKS / "strokes_checks.c", CHECKS / "strokes_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    corpus = golden.write_corpus(tmp_path / "corpus")
    assert workshop.run(program, 1, 4000, corpus) == f"4000 rounds; seen {EVERY_STATUS}\n"


# Of eb_batches.h, but for EB_BATCH_LARGE, which takes more than an entry of the corpus holds.
EVERY_FAULT = 0x7FFF & ~(1 << 1)


def test_hostile_batches_under_sanitizers(tmp_path):
    sources = [CHECKS / "strokes_checks.c", CHECKS / "batches_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    rng = random.Random(1)
    late = bytearray(b"\1")
    put_uvarint(late, 2**53 - 1)  # a Lamport number beyond the last
    entries = [draw_batch(rng) for _ in range(300)]
    entries += [encode_batch(b"author-t", 1, 0, None, 0, (), [Slot(0, bytes(late) + b"\x10\0\0\2")], bytes(64))] * 30
    (tmp_path / "corpus").write_bytes(b"".join(len(data).to_bytes(2, "big") + data for data in entries))
    assert workshop.run(program, 1, 20000, tmp_path / "corpus") == f"20000 rounds; seen {EVERY_FAULT}\n"


EVERY_REFUSAL = 15  # of raster_fuzz.c: discs and corners refused, nothing drawn, something drawn


def test_drawing_with_any_numbers_under_sanitizers(tmp_path):
    sources = [CHECKS / "strokes_checks.c", CHECKS / "raster_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    assert workshop.run(program, 1, 4000) == f"4000 rounds; seen {EVERY_REFUSAL}\n"


EVERY_CURVE = 31  # of curve_fuzz.c: whole, cut, of one point, with pressure, as long as any


def test_curves_of_any_strokes_under_sanitizers(tmp_path):
    sources = [CHECKS / "strokes_checks.c", CHECKS / "curve_fuzz.c"]
    program = workshop.build_program(tmp_path / "fuzz", *sources, options=SANITIZERS)
    assert workshop.run(program, 1, 4000) == f"4000 rounds; seen {EVERY_CURVE}\n"


GLUE = """
import random, sys
import pytest
from tests._native.test_strokes import decode, encode, draw_stroke, outcome, wound
from edgeboard.oplog.batch import Slot, encode_batch
from edgeboard.varints import put_uvarint
from tests._native import golden, workshop
kernel = workshop.load_extension(sys.argv[1])
rng, rounds = random.Random(1), int(sys.argv[2])
for stroke, data in golden.golden_strokes():
    assert encode(kernel, stroke) == data
    assert decode(kernel, data) == (stroke, len(data))
for _ in range(5 * rounds):
    outcome(encode, kernel, draw_stroke(rng))
    outcome(decode, kernel, wound(rng.choice(golden.all_bytes()), rng))
from tests._native.test_batches import agree, draw_batch, wound as wound_batch
for _ in range(3 * rounds):
    agree(kernel, draw_batch(rng))
    agree(kernel, wound_batch(draw_batch(rng), rng))
from edgeboard.render.values import PixelFormat
from tests._native import test_dither, test_raster, test_tiles
for seed in range(rounds):
    test_raster.agree(kernel, pytest.MonkeyPatch(), seed)
    test_tiles.agree(kernel, seed)
    for format in PixelFormat:
        test_dither.agree(kernel, format, seed)
outcome(kernel.encode, 20, (1, 2.5), (1, 2), None, None, None, None)
outcome(kernel.decode, data, 0, int)
print("sound")
"""


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_the_extension_under_sanitizers(tmp_path, rounds):
    extension = workshop.build_extension(tmp_path / "_kernels.abi3.so", *SANITIZERS)
    runtime = subprocess.run(
        [workshop.compiler(), "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not runtime.startswith("/"):
        pytest.skip("this compiler has no libasan.so that could be loaded before Python")
    environment = {
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself leaves things behind; test_nothing_is_kept_behind looks
        "PYTHONMALLOC": "malloc",  # so that every object has its own guarded memory
    }
    assert workshop.run(sys.executable, "-c", GLUE, extension, rounds, environment=environment) == "sound\n"


@pytest.mark.parametrize("target", ["aarch64-linux-gnu", "riscv64-linux-gnu"])
def test_it_compiles_for_the_boards(target, tmp_path):
    program = shutil.which(f"{target}-gcc")
    if program is None:
        pytest.skip(f"{target}-gcc is not on PATH; install it: apt-get install -y gcc-{target}")
    for source in workshop.KERNEL:
        command = [program, *STRICT, *PURE, *SHIPPED, "-I", SOURCES, "-c", source, "-o", tmp_path / f"{source.stem}.o"]
        workshop.compile_c(command)
