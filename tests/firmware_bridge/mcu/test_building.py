"""The firmware is built as a maker builds it: its tables under sanitizers, and for the RP2040."""

import re
import shutil
import subprocess

import pytest

from firmware_bridge.sim.mcu import COMPILERS, SOURCES
from tests.conftest import ARM_COMPILER_NAMES, find_program
from tests.firmware_bridge.mcu.core import make

CODE_BYTES = 16 * 1024
RAM_BYTES = 4 * 1024


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_its_tables_hold_under_sanitizers(compiler, tmp_path):
    if compiler == "clang" and not shutil.which("clang"):
        pytest.skip("clang is not installed; gcc has run the same tables")
    find_program("A C compiler", (compiler,), "gcc libc6-dev")
    assert re.search(r"^\d+ tables, 0 failures$", make(tmp_path, "check", CC=compiler), re.MULTILINE)


def test_every_warning_is_an_error_and_there_is_none(tmp_path):
    find_program("A C compiler", COMPILERS, "gcc libc6-dev")
    make(tmp_path, "all")
    assert (tmp_path / "eb_host").exists()


@pytest.mark.slow
def test_it_fits_the_smallest_boards(tmp_path, record_property):
    """Core: link, pen and panel; its RAM is one struct, which the map of symbols shows."""
    find_program("The compiler for ARM microcontrollers", ARM_COMPILER_NAMES, "gcc-arm-none-eabi")
    said = make(tmp_path, "rp2040")
    core = [line.split() for line in said.splitlines() if re.match(r"\s*\d.*/rp2040/eb_", line)]
    assert len(core) == 8, said
    code = sum(int(words[0]) for words in core)
    assert sum(int(words[1]) + int(words[2]) for words in core) == 0, "the core has globals"
    ram = int(re.search(r"^eb_device takes (\d+) bytes", said, re.MULTILINE)[1])
    record_property("sizes", f"{code} bytes of code, {ram} bytes of RAM")
    print(f"core on a Cortex-M0+: {code} bytes of code, {ram} bytes of RAM")  # noqa: T201 - what was asked for
    assert code <= CODE_BYTES
    assert ram <= RAM_BYTES
    assert (tmp_path / "eb_rp2040.elf").read_bytes()[:4] == b"\x7fELF"


def symbols(image):
    """Kind and address by name."""
    said = subprocess.run(["arm-none-eabi-nm", image], capture_output=True, text=True, check=True).stdout
    return {words[2]: (words[1], int(words[0], 16)) for words in map(str.split, said.splitlines())}


@pytest.mark.slow
def test_a_board_of_ones_own_is_linked_in_and_left_out_again(tmp_path):
    """The one that the README shows."""
    find_program("The compiler for ARM microcontrollers", ARM_COMPILER_NAMES, "gcc-arm-none-eabi")
    board, image = tmp_path / "board.c", tmp_path / "eb_rp2040.elf"
    example = re.search(
        r"^```c\n(.*?)^```", (SOURCES / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    board.write_text(example[1])
    for variables, kind, count in (({}, "W", 0), ({"BOARD": board}, "T", 1), ({}, "W", 0)):
        make(tmp_path, "rp2040", **variables)
        found = symbols(image)
        assert [found[name][0] for name in ("board_start", "board_refresh", "board_progress")] == [kind] * 3
        assert found["board_rest"][0] == "W"
        assert image.read_bytes().count(b"panel at the door") == count
        assert found["start"] == ("T", 0x20000000), "the boot ROM enters an image in RAM at its first byte"


def test_the_core_knows_no_platform():
    """No header but the compiler's own and ours, no allocation, no global that could change."""
    for path in sorted((SOURCES / "src").glob("*.c")) + sorted((SOURCES / "include").glob("*.h")):
        source = path.read_text(encoding="utf-8")
        for header in re.findall(r"#include [<\"]([^>\"]+)", source):
            assert header.startswith("eb_") or header in ("stdbool.h", "stddef.h", "stdint.h"), f"{path.name}: {header}"
        assert not re.search(r"\b(malloc|calloc|realloc|free)\b", source), path.name
        assert len(source.splitlines()) <= 400, f"{path.name} is two modules"
        assert not re.search(r"^static (?!const|inline|bool|void|u?int|size_t|enum|struct)", source, re.MULTILINE)


def test_no_line_is_longer_than_those_of_python():
    for path in sorted(SOURCES.rglob("*.[ch]")):
        lengths = [len(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert max(lengths) <= 120, f"{path.name}:{lengths.index(max(lengths)) + 1}"
