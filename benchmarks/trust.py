"""Putting a board out, and letting one in: boards of one process in a line, so that news takes a hop for each.

The last of the line is put out by the first, which knows of it by the charter alone; the time runs until its neighbour
has closed the link and every other board has the new epoch.
"""

import asyncio
import contextlib
import logging
import statistics
import tempfile
import time
from pathlib import Path

from edgeboard.config.schema import Config, NodeSection
from edgeboard.config.values import Listen
from edgeboard.discovery.settings import Settings as DiscoverySettings
from edgeboard.identity.invitations import Invitation
from edgeboard.identity.joining import Admitted, Request
from edgeboard.identity.keyfile import enrol, load_or_create_key, load_or_found_mesh
from edgeboard.identity.keys import NodeKey
from edgeboard.node.build import build
from edgeboard.testing.members import TestMesh
from edgeboard.transport.settings import Settings as TransportSettings

BOARDS = 6
ROUNDS = 5
PATIENCE_S = 30.0
MEETINGS = 200


def put_out() -> dict[str, float]:
    """Seconds from the command to the last board that knows: median and worst."""
    took = [asyncio.run(_put_out()) for _ in range(ROUNDS)]
    return {"median_s": statistics.median(took), "worst_s": max(took)}


def let_in() -> dict[str, float]:
    """Processor time of one board for one request to join, both sides of the cryptography, ms."""
    mesh, key = TestMesh("bench"), NodeKey(b"k" * 32)
    invitation = Invitation(mesh.founded.mesh, mesh.founder.node_id, b"t" * 16, ())
    began = time.process_time()
    for number in range(MEETINGS):
        private, nonce = number.to_bytes(32, "big"), number.to_bytes(16, "big")
        request = Request.make(invitation.token_id, invitation.token, key, private, nonce)
        received = Request.from_bytes(request.data)
        received.check(invitation.token)
        member = mesh.member(key)
        answer = Admitted(member, ()).seal(received, invitation.token, (number + 1 << 8).to_bytes(32, "big"))
        Admitted.open(answer, request, invitation.token, private, invitation.mesh, key.public_key)
    return {"both_ms": (time.process_time() - began) / MEETINGS * 1e3}


async def _put_out() -> float:
    with tempfile.TemporaryDirectory() as folder:
        states = [Path(folder) / str(number) for number in range(BOARDS)]
        load_or_found_mesh(states[0], "bench")
        for state in states[1:]:
            enrol(states[0], state)
        async with contextlib.AsyncExitStack() as stack:
            boards = []
            for state in states:
                peers = [f"http://127.0.0.1:{boards[-1].port}"] if boards else []
                boards.append(build(_config(state, peers)))
                await boards[-1].start()
                stack.push_async_callback(boards[-1].stop)
                if len(boards) > 1:
                    await _until(lambda: boards[-1].links.all())
            await asyncio.sleep(1.0)
            gone = load_or_create_key(states[-1]).node_id
            began = time.monotonic()
            await boards[0].admission.revoke(gone)
            await _until(
                lambda: all(
                    board.admission.membership.secret.epoch == 2
                    and all(link.peer is None or link.peer.node != gone for _, link in board.links.all())
                    for board in boards[:-1]
                )
            )
            return time.monotonic() - began


def _config(state: Path, peers: list[str]) -> Config:
    return Config(
        node=NodeSection(name=state.name, state=state, listen=Listen("127.0.0.1", 0)),
        peers=tuple(peers),
        transport=TransportSettings(include_loopback=True, addresses=("127.0.0.1",)),
        discovery=DiscoverySettings(mdns=False),
    )


async def _until(holds) -> None:  # noqa: ANN001 - a question
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    logging.disable()
    print(put_out(), let_in())
