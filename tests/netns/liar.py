"""A signaling service that lies, run by somebody who knows the mesh id: `python liar.py MESH_ID`, on port 8788.

At first it swaps the fingerprint in every envelope that it carries; after SIGUSR1 it carries them as they are, and
with each of them all that it has carried to that board before. It prints `introducing boards`, as the honest one does.
"""

import asyncio
import re
import signal
import sys

from aiohttp import web

from edgeboard.clock import SystemClock
from edgeboard.errors import DecodeError
from edgeboard.ids import MeshId, NodeId
from edgeboard.signaling.frames import Envelope, decode, encode
from edgeboard.signaling.seal import LobbySeal
from edgeboard.signaling.service import SignalingService

NONCE = bytes(12)
FINGERPRINT = re.compile(rb"(sha-256 )(..)")


class LyingLobby:
    """A lobby that opens what it carries."""

    def __init__(self, lobby, mesh):
        self._lobby = lobby
        self._seal = LobbySeal(mesh)
        self._carried = {}  # addressee to envelopes
        self.swaps = True

    def __getattr__(self, name):
        return getattr(self._lobby, name)

    def receive(self, number, data, now):
        frame = decode(data)
        if not isinstance(frame, Envelope):
            self._lobby.receive(number, data, now)
            return
        to = NodeId(frame.node)
        try:
            envelope = self._seal.open(frame.data, to)
        except DecodeError:
            return
        before = self._carried.setdefault(to, [])
        if self.swaps:
            passed = [FINGERPRINT.sub(lambda found: found[1] + (b"00" if found[2] != b"00" else b"11"), envelope)]
        else:
            passed = [*before, envelope]
        before.append(envelope)
        for each in passed:
            self._lobby.receive(number, encode(Envelope(to, self._seal.close(each, to, NONCE))), now)


async def main(mesh):
    service = SignalingService(SystemClock())
    lobby = service._lobby = LyingLobby(service._lobby, mesh)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: setattr(lobby, "swaps", False))
    runner = web.AppRunner(service.make_app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 8788).start()
    sys.stdout.write("introducing boards\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(MeshId(bytes.fromhex(sys.argv[1]))))
