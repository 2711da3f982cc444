import signal
import subprocess
import sys

import pytest

from edgeboard.errors import UserError
from edgeboard.runtime import failpoints

PROGRAM = """
import sys
from edgeboard.runtime import failpoints
failpoints.arm(sys.argv[1])
for number in range(1, 6):
    failpoints.hit("after_send")
    failpoints.hit("before_commit")
    print(number, flush=True)
"""


def run_program(value):
    return subprocess.run([sys.executable, "-c", PROGRAM, value], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("value", "passed"), [("before_commit:1", 0), ("before_commit:3", 2), ("before_commit:5,after_send:2", 1)]
)
def test_the_process_dies_at_the_named_hit(value, passed):
    done = run_program(value)
    assert done.returncode == -signal.SIGKILL
    assert len(done.stdout.split()) == passed


def test_nothing_happens_unless_armed():
    failpoints.hit("before_commit")
    assert run_program("").returncode == 0


@pytest.mark.parametrize("value", ["before_commit", "before_comit:1", "before_commit:0", "after_send:x", "a,,", ":1"])
def test_a_value_that_names_no_place_is_refused_in_one_line(value):
    with pytest.raises(UserError, match="name one of after_commit") as caught:
        failpoints.arm(value)
    assert "\n" not in str(caught.value)
