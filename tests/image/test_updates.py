"""A board from its image takes a signed release over the network by itself, and goes back from a broken one."""

import json
import subprocess
import sys
import time

import pytest

from shipping.bases import BOARDS as KINDS
from shipping.guests import PATIENT_NODE
from tests.image.conftest import ADDRESS, IMAGES, NETWORK, ask_from, patiently, plug_in
from tests.image.releases import Manager
from tests.image.test_virtual import BOARDS, WAIT_S

pytestmark = pytest.mark.image
PORT = 8000
# Its own units, looking oftener, and more patient with a slow computer.
DROP_INS = {
    "edgeboard.service": PATIENT_NODE,
    "edgeboard-fetch.timer": (
        "[Timer]\nOnBootSec=\nOnUnitActiveSec=\nOnBootSec=60\nOnUnitInactiveSec=90\nRandomizedDelaySec=0\nAccuracySec=1\n"
    ),
    "edgeboard-activate.service": (
        "[Service]\nExecStart=\nExecStart=/usr/bin/python3 -I /opt/edgeboard/launcher.pyz activate "
        "--start-s 1200 --soak-s 10 --silence-s 300\n"
    ),
}
STATUS = "/usr/local/bin/edgeboard ota status --json"


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_takes_a_signed_release_and_goes_back_from_a_broken_one(board, cards, network, tmp_path):
    guest = cards.flash(
        board,
        network=NETWORK,
        node=f"node: {{name: Kitchen}}\nupdates: {{addresses: ['http://10.77.0.1:{PORT}']}}\n",
    )
    guest.drop_ins = DROP_INS
    folder = IMAGES / "try" / board
    manager = Manager(folder, KINDS[board], folder / "wheels")
    counter = int(time.time()) - 1_700_000_000  # the repository has seen those of earlier runs
    good, bad = f"0.2.{counter}", f"0.2.{counter + 1}"
    office = network.machine("office")
    words = ["-m", "http.server", str(PORT), "--bind", office.ipv4, "--directory", str(manager.public)]
    server = subprocess.Popen(
        ["ip", "netns", "exec", office.namespace, sys.executable, *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def software():
        """What the board says of itself to others on its network."""
        told = ask_from(office, f"http://{ADDRESS}:8787/api/mesh")
        return [each["software"] for each in json.loads(told)["boards"]] if told else []

    def last():
        """How the last update ended, as the launcher has written it."""
        told = guest.ask("cat /var/lib/edgeboard-ota/state.json 2>/dev/null || echo {}")
        return json.loads(told).get("last") or {}

    try:
        manager.publish(good, counter, tmp_path / "good")
        guest.start(plug_in(network, guest))
        began = time.monotonic()
        (old,) = patiently(software, WAIT_S)
        sys.stderr.write(f"{board}: {old} shows its page after {time.monotonic() - began:.0f} s, emulated\n")
        began = time.monotonic()
        patiently(lambda: last().get("result") == "committed", 3 * WAIT_S)
        sys.stderr.write(f"{board}: from page to commit {time.monotonic() - began:.0f} s, emulated: {last()}\n")
        assert software() == [f"edgeboard {good}"]
        told = json.loads(guest.ask(STATUS, 300))
        assert (told["current"]["version"], told["floors"]["counter"]) == (good, counter)
        assert told["previous"]["version"] == old.removeprefix("edgeboard ")
        began = time.monotonic()
        manager.publish(bad, counter + 1, tmp_path / "bad", is_broken=True)
        patiently(lambda: last().get("version") == bad and last()["result"] == "rolled back", 3 * WAIT_S)
        sys.stderr.write(f"{board}: from release to return {time.monotonic() - began:.0f} s, emulated: {last()}\n")
        assert patiently(software, WAIT_S) == [f"edgeboard {good}"]
        told = json.loads(guest.ask(STATUS, 300))
        assert (told["current"]["version"], told["bad"][0]["version"]) == (good, bad)
        assert "this release was made to fail" in told["last"]["reason"]
    finally:
        server.kill()
        server.wait()
