"""Two real nodes and a pen: the host dies at a named place, comes back, and nothing is lost or doubled."""

import random
import signal

import pytest

from edgeboard.runtime.failpoints import NAMES, VARIABLE
from tests.crash.evidence import assert_kept, carriers, digest_of, ops_in, ops_on_disk
from tests.crash.hosted import HostedGuest, canvas_of

SEED = 20_26
DICE = random.Random(SEED)
FAILPOINTS = [f"{name}:{DICE.randint(2, 12)}" for name in sorted(NAMES)]


@pytest.fixture
def make_pair(make_node, mesh_secret, eventually):
    """Two linked nodes; the host dials, so that it is back as soon as it is up again."""

    def make(**environment):
        peer = make_node("peer", secret=mesh_secret).start()
        host = make_node("host", "--peer", peer.url, secret=mesh_secret, environment=environment).start()
        eventually(lambda: carriers(host) == carriers(peer) == ["webrtc"])
        return host, peer

    return make


@pytest.mark.slow
@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_ink_outlives_a_host_that_dies_at(failpoint, make_pair, loop, eventually):
    host, peer = make_pair(**{VARIABLE: failpoint})
    pen = HostedGuest(loop, host.state, SEED)
    eventually(lambda: pen.is_linked)
    pen.draw_until(lambda: host.process.poll() is not None)
    assert host.process.returncode == -signal.SIGKILL
    for _ in range(5):
        pen.draw()  # the pen does not care

    assert_kept(pen.saved, ops_on_disk(host.state), pen.drawn)
    assert_kept(pen.safe, ops_in(peer), pen.drawn)

    host.environment = {}
    host.start()
    eventually(lambda: pen.is_all_safe and carriers(host) == ["webrtc"], 60)
    eventually(lambda: digest_of(host) == digest_of(peer) == canvas_of(pen), 30)
    assert ops_in(host) == ops_in(peer) == pen.drawn
    assert pen.guest.refused == {}
    assert host.status()["alarms"] == peer.status()["alarms"] == []
