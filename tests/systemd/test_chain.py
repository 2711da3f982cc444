"""From a published release to a board that runs it, by the units alone, on a machine that boots."""

import json
import subprocess

import pytest

from tests.systemd.conftest import WHEELHOUSE, install
from tests.systemd.machine import ROOT, Machine
from tests.systemd.releases import Releases

pytestmark = pytest.mark.soak  # minutes: each release is built on the machine as on any board

ADDRESS = "http://127.0.0.1:8088"
SERVER = """
[Service]
ExecStart=/usr/bin/python3 -m http.server 8088 --bind 127.0.0.1 --directory /updates
[Install]
WantedBy=multi-user.target
"""
# As it is on a board, but sooner: nobody waits for five minutes, or watches for ten.
SOONER = {
    "edgeboard-fetch.timer": "[Timer]\nOnBootSec=\nOnBootSec=1s\nOnUnitInactiveSec=2s\nRandomizedDelaySec=0\n"
    "AccuracySec=100ms\n",
    "edgeboard-activate.service": "[Service]\nExecStart=\nExecStart=/usr/bin/python3 -I /opt/edgeboard/launcher.pyz "
    "activate --start-s 15 --soak-s 3\n",
}
CHAIN_S = 400.0  # for a release to be fetched, built, tried and judged, on a busy machine


def current(board):
    return board.said("readlink", "/opt/edgeboard/current").removeprefix("slots/")


def status(board):
    return json.loads(board.run("edgeboard", "ota", "status", "--json").stdout)


def wait_for_outcome(board, version):
    """How the update to this version has ended."""

    def look():
        found = status(board)
        return found["last"] if found["state"] == "idle" and (found["last"] or {}).get("version") == version else None

    found = board.wait_for(f"an end of the update to {version}", look, CHAIN_S)
    board.wait_until("edgeboard.service", "active", 60.0)
    return found


def runs(board, version):
    """Whether the node that serves is of this version, as it says itself."""
    board.wait_until("edgeboard.service", "active", 60.0)
    said = json.loads(board.run("edgeboard", "status", "--state", "/var/lib/edgeboard", "--json").stdout)
    return said["software"] == version


@pytest.fixture
def releases(debian, tmp_path):
    return Releases(tmp_path / "manager", WHEELHOUSE)


@pytest.fixture
def lone(debian, releases, tmp_path):
    """The root of a machine with the release before all others, which trusts the manager and looks often."""
    root = tmp_path / "root"
    subprocess.run(["cp", "-a", debian, root], check=True, timeout=120)
    with Machine(root, {ROOT: "/src", WHEELHOUSE: "/mnt", releases.root.parent: "/trust"}, lasting=True) as one:
        install(one, "--trust", "/trust/1.root.json", "--no-start")
        write = {
            "/etc/edgeboard/edgeboard.yaml": "node: {state: /var/lib/edgeboard}\n"
            f"updates: {{addresses: ['{ADDRESS}']}}\n",
            "/etc/systemd/system/updates.service": SERVER,
            **{f"/etc/systemd/system/{unit}.d/sooner.conf": text for unit, text in SOONER.items()},
        }
        for path, text in write.items():
            one.write(path, text)
        for command in (("chgrp", "edgeboard"), ("chmod", "0640")):  # an owner whose settings are nobody's business
            one.run(*command, "/etc/edgeboard/edgeboard.yaml")
        one.run("systemctl", "enable", "updates.service")
    return root


def boot(root, releases):
    return Machine(root, {ROOT: "/src", releases.public: "/updates"}, lasting=True)


def test_a_board_renews_itself_by_its_units_alone_and_goes_back_from_what_is_bad(lone, releases):
    with boot(lone, releases) as board:
        assert runs(board, "0.1.0")
        first = current(board)
        assert status(board)["last"] is None, "nothing was armed at the first start"

        second = releases.publish(2)
        found = wait_for_outcome(board, second)
        assert found["result"] == "committed", found
        assert runs(board, second)
        assert current(board) != first
        assert status(board)["floors"]["counter"] == 2

        told = {}
        for counter, bad in enumerate(("crashes", "hangs", "does not say that it is ready"), 3):
            version = releases.publish(counter, bad)
            found = wait_for_outcome(board, version)
            assert found["result"] == "rolled back", found
            assert runs(board, second), f"{version} {bad}"
            told[bad] = found["reason"]
            assert found["reason"] in board.run("edgeboard", "ota", "status").stdout, "a person is told"
        assert "no ink can be read" in told["crashes"]
        assert "is not ready" in told["hangs"]
        assert "READY=1" in told["does not say that it is ready"]

        assert wait_for_outcome(board, releases.publish(6))["result"] == "committed"
        assert len(status(board)["slots"]) == 2, "what was bad takes no room"
        assert board.said("find", "/opt/edgeboard", "!", "-user", "root") == ""
        assert board.said("find", "/opt/edgeboard", "!", "-type", "l", "-perm", "/022") == "/opt/edgeboard/slots"
        assert board.said("systemctl", "--failed", "--no-legend") == ""


# Where power fails, one after the other on one machine: the unit that works, or the state that the journal names.
STEPS = ("edgeboard-fetch.service", "building", "armed", "trial", "committed")


def test_power_that_fails_in_any_step_leaves_the_old_or_the_new_release_and_the_chain_goes_on(lone, releases):
    before = "0.1.0"
    for counter, step in enumerate(STEPS, 2):
        coming = releases.publish(counter)
        with boot(lone, releases) as board:
            board.wait_for(step, lambda board=board, step=step, coming=coming: at(board, step, coming), CHAIN_S, 0.002)
            board.cut()
        with boot(lone, releases) as board:
            assert runs(board, before) or runs(board, coming), f"after a power cut in {step}"
            found = wait_for_outcome(board, coming)
            assert found["result"] == "committed", (step, found)
            assert runs(board, coming)
            assert board.said("systemctl", "--failed", "--no-legend") == ""
        before = coming


def at(board, step, version):
    """Whether the update to this version has come to a step, or just beyond it."""
    if step.endswith(".service"):
        return board.show(step, "ActiveState") == "activating"
    try:
        found = json.loads((board.root / "var/lib/edgeboard-ota/state.json").read_text())
    except (OSError, ValueError):
        return False
    return found["state"] == step or found["last"]["version"] == version
