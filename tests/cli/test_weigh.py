"""The scales: each module for itself, without what it imports."""

import json
import subprocess
import sys
from pathlib import Path

import edgeboard.cli

WEIGH = Path(edgeboard.cli.__file__).parent / "weigh.py"


def weigh(path, *modules):
    order = json.dumps({"path": [str(path), *sys.path], "modules": modules, "left_out": False})
    done = subprocess.run([sys.executable, "-P", WEIGH], input=order, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_memory_and_time_go_to_the_module_that_took_them(tmp_path):
    (tmp_path / "outer.py").write_text("import inner\n")
    (tmp_path / "inner.py").write_text("kept = bytearray(b'x') * (16 << 20)\n")
    found = weigh(tmp_path, "outer", "inner", "not_there")
    assert found["before_bytes"] > 1 << 20
    assert found["modules"]["inner"][1] >= 16 << 20
    assert found["modules"]["outer"][1] < 8 << 20
    assert found["modules"]["outer"][0] < found["modules"]["inner"][0]
    assert "not_there" not in found["modules"]


def test_a_module_that_fails_spoils_nothing(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "sound.py").write_text("x = 1\n")
    assert "sound" in weigh(tmp_path, "broken", "sound")["modules"]
