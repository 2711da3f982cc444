"""What every test may lean on: hypothesis profiles, and the system's browser and Node.js.

A test that needs a part this machine lacks is skipped with a reason that says what to install; where CI=true nothing
may be missing, so there the same test fails instead.
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# `ci` is also what a developer gets: the same examples every time, so a red test is red for everybody.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)

# `fuzz` looks for what `ci` never tries; ./dev fuzz gives it a fresh seed and prints it.
settings.register_profile(
    "fuzz",
    derandomize=False,
    deadline=None,
    print_blob=True,
    max_examples=int(os.environ.get("EDGEBOARD_FUZZ_EXAMPLES", "2000")),
    suppress_health_check=[HealthCheck.too_slow],  # long examples are the point
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The names that the system's programs go by; `dev` installs them and looks for the same names.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
NODE_NAMES = ("node", "nodejs")


def find_program(what, names, package):
    """The path of the first of these programs; without one the test is skipped, or failed where CI=true."""
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"{what} is not on PATH (looked for {', '.join(names)}); install it: apt-get install -y {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; where CI=true this is a failure, not a skip", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path():
    """The system's Chromium, for playwright's executable_path."""
    return find_program("Chromium", CHROMIUM_NAMES, "chromium")


@pytest.fixture(scope="session")
def node_path():
    """The system's Node.js, which runs the browser's modules without a browser."""
    return find_program("Node.js", NODE_NAMES, "nodejs")
