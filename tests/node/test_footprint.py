"""What a process says of itself."""

import importlib.util
import sys

from edgeboard.node import footprint


def test_the_resident_set_is_that_of_a_python_process():
    assert 5 << 20 < footprint.resident_bytes() < 4 << 30


def test_a_system_that_does_not_tell_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setattr(footprint, "STATM", tmp_path / "statm")
    assert footprint.resident_bytes() is None
    (tmp_path / "statm").write_text("1")
    assert footprint.resident_bytes() is None


def test_modules_are_named_in_their_order_and_those_that_wait_are_not(monkeypatch, tmp_path):
    (tmp_path / "waits_for_use.py").write_text("found = 1\n")
    spec = importlib.util.spec_from_file_location("waits_for_use", tmp_path / "waits_for_use.py")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "waits_for_use", module)
    spec.loader.exec_module(module)
    named = footprint.list_imports()["modules"]
    assert named.index("sys") < named.index("edgeboard") < named.index("edgeboard.node.footprint")
    assert "waits_for_use" not in named
    assert module.found == 1
    assert "waits_for_use" in footprint.list_imports()["modules"]
