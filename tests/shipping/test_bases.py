"""Which Debian each kind of board has, and what this computer needs to make it."""

import pytest

from shipping import bases
from shipping.bases import BOARDS
from shipping.steps import Trouble


def test_boards_of_one_machine_share_a_base_and_others_do_not():
    assert BOARDS["rpi"].base == BOARDS["arm64-virt"].base
    assert BOARDS["riscv64-virt"].base != BOARDS["rpi"].base


def test_what_the_index_lacks_comes_into_the_base_from_debian():
    assert "python3-cryptography" in BOARDS["riscv64-virt"].packages
    assert "python3-cryptography" not in BOARDS["arm64-virt"].packages
    assert "linux-image-riscv64" in BOARDS["riscv64-virt"].packages


def test_a_missing_program_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(bases.shutil, "which", lambda name, path=None: None)
    with pytest.raises(
        Trouble, match=r"apt-get install --no-install-recommends arch-test bubblewrap dosfstools .*mtools"
    ):
        bases.check(BOARDS["arm64-virt"])


def test_who_is_not_root_is_told_to_be(monkeypatch):
    monkeypatch.setattr(bases.shutil, "which", lambda name, path=None: name)
    monkeypatch.setattr(bases, "is_root", lambda: False)
    with pytest.raises(Trouble, match="sudo"):
        bases.check(BOARDS["arm64-virt"])


def test_a_base_that_is_there_is_not_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr(bases, "CACHE", tmp_path)
    monkeypatch.setattr(bases, "run_quietly", lambda *_, **__: pytest.fail("made again"))
    base = BOARDS["rpi"].base
    base.parent.mkdir()
    base.touch()
    assert bases.ensure(BOARDS["rpi"]) == base
