"""Running programs of other machines: what is asked of the computer, and what the sandbox is told."""

import platform
from pathlib import Path

import pytest

from shipping import roots
from shipping.roots import Root
from shipping.steps import Trouble

FOREIGN = "riscv64" if platform.machine() != "riscv64" else "aarch64"


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setattr(roots.shutil, "which", lambda name: None)
    monkeypatch.setattr(roots, "CACHE", tmp_path)
    with pytest.raises(Trouble, match=r"apt-get install .* mmdebstrap arch-test bubblewrap qemu-user-static"):
        roots.ensure(Root(FOREIGN, "trixie", ("python3",)))
    assert "qemu-user-static" not in roots.missing(platform.machine())


def test_a_root_that_is_there_is_not_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr(roots, "CACHE", tmp_path)
    monkeypatch.setattr(roots, "run_quietly", lambda *_: pytest.fail("made again"))
    root = Root(FOREIGN, "trixie", ("python3",))
    root.path.mkdir(parents=True)
    assert roots.ensure(root) == root.path
    assert Root(FOREIGN, "trixie", ("python3", "python3-yaml")).path != root.path


def test_a_program_of_another_machine_is_given_to_qemu_without_a_network(monkeypatch):
    monkeypatch.setattr(roots.shutil, "which", lambda name: f"/usr/bin/{name}")
    words = roots.command(Root(FOREIGN, "trixie", ()), ["/usr/bin/python3", "-V"], {Path("/a"): "/opt/a"}, {"X": "1"})
    assert words[-3:] == ["/opt/qemu", "/usr/bin/python3", "-V"]
    text = " ".join(words)
    assert f"--ro-bind /usr/bin/qemu-{FOREIGN}-static /opt/qemu" in text
    assert "--ro-bind /a /opt/a" in text
    assert "--setenv X 1" in text
    assert "--unshare-all" in words
    assert "--clearenv" in words


def test_a_program_of_this_machine_runs_as_it_is():
    words = roots.command(Root(platform.machine(), "trixie", ()), ["/usr/bin/python3"], {})
    assert words[-1] == "/usr/bin/python3"
    assert "/opt/qemu" not in words
