"""A man in the middle at the signaling service, between real boards: he carries what they say, and gains nothing."""

import signal
import sys
from pathlib import Path

import pytest

from tests.netns.conftest import NO_MULTICAST, start_all, until_linked

pytestmark = [pytest.mark.netns, pytest.mark.slow]

LIAR = [sys.executable, str(Path(__file__).with_name("liar.py"))]


def test_a_service_that_swaps_fingerprints_and_repeats_offers_comes_between_no_boards(network, mesh_secret, eventually):
    service = network.service("service", [*LIAR, mesh_secret.founded.mesh.hex()])
    ann, bob = boards = start_all(
        [network.board(name, "--signal", service.url, config=NO_MULTICAST) for name in ("ann", "bob")]
    )

    def is_said(words):
        return any(words in board.log.read_text() for board in boards)

    eventually(lambda: is_said("the sender does not hold the key that it names"))
    assert ann.neighbours() == bob.neighbours() == {}, "what was swapped is not answered"
    service.process.send_signal(signal.SIGUSR1)
    until_linked(ann, bob)
    eventually(lambda: is_said("this offer was seen before"))
    assert list(ann.neighbours()) == [bob.node]
    assert list(bob.neighbours()) == [ann.node]
