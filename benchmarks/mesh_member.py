"""Members of a mesh without a board, who hold links to a real one: as many as are wanted, or one who floods.

Each has a key and a grant of its own, and its links are real WebRTC. They say that they are alive and nothing else. A
process of them is asked by lines of JSON, as in `mesh_boards`.
"""

import argparse
import asyncio
import os
import time
from typing import Any, final

from benchmarks.mesh_boards import serve

PING_S = 1.0
PORTION_S = 0.01  # between two portions of a flood
PACE_S = 0.21  # between two offers: a board takes five a second from one address
AGAIN_S = 0.25  # before one who was cut off tries to come back
BUSY = 512 * 1024  # bytes that wait to be sent, above which a flood is as fast as it can be
FLOODER = 10_000  # which member floods


@final
class Members:
    """The members of this process and their links to one board."""

    def __init__(self) -> None:
        self._transports: dict[int, tuple[Any, Any]] = {}  # with what introduces them
        self._links: list[tuple[int, Any]] = []
        self._offered = 0.0  # when
        self._pinging: asyncio.Task[None] | None = None

    async def start(self) -> int:
        from edgeboard.runtime.lean import lean_imports

        with lean_imports():
            from edgeboard.testing.members import TestMesh
        self._mesh = TestMesh("benchmark")
        self._pinging = asyncio.create_task(self._ping())
        return os.getpid()

    async def _ping(self) -> None:
        from edgeboard.wire.messages import Channel, Ping, encode

        ping = encode(Ping(0, {}))
        while True:
            await asyncio.sleep(PING_S)
            for _, link in self._links:
                link.send(Channel.CTL, ping)

    def _transport(self, number: int) -> Any:  # noqa: ANN401 - a transport
        from edgeboard.identity.keys import NodeKey
        from edgeboard.signaling.client import SignalingClient
        from edgeboard.transport.dialer import LinkTransport
        from edgeboard.transport.settings import Settings

        if number not in self._transports:
            key = NodeKey(f"member {number}".encode().ljust(32, b"."))
            credentials = self._mesh.credentials(key)
            client = SignalingClient(credentials)
            settings = Settings(mode="webrtc", include_loopback=True, addresses=("127.0.0.1",))
            made = LinkTransport(settings, credentials, client.introduce, lambda link: None)
            self._transports[number] = made, client
        return self._transports[number][0]

    async def _link(self, number: int, url: str) -> Any:  # noqa: ANN401 - a link
        await asyncio.sleep(max(0.0, self._offered + PACE_S - time.monotonic()))
        self._offered = time.monotonic()
        link = await self._transport(number).connect(url)
        link.attach(lambda channel, data: None, lambda code, text: None)
        self._links.append((number, link))
        return link

    async def link(self, url: str, first: int, count: int) -> int:
        """Link so many further members, one after the other."""
        for number in range(first, first + count):
            await self._link(number, url)
        return len(self._links)

    async def cycle(self, url: str, count: int) -> None:
        """Link a member and end its link, so many times."""
        from edgeboard.errors import CloseCode

        for _ in range(count):
            link = await self._link(0, url)
            self._links.pop()
            link.close(CloseCode.NORMAL, "enough")

    async def flood(self, url: str, seconds: float, per_s: float, channel: str, data: str) -> dict[str, float]:
        """Say the same so often on one link; if that is cut, come back and go on.

        Returns:
            How many were handed over, how often it was cut off, and after how many seconds the first time.
        """
        from edgeboard.errors import EdgeboardError
        from edgeboard.wire.messages import Channel

        to, content, sent, cuts, first = Channel[channel], bytes.fromhex(data), 0, 0, -1.0
        os.nice(5)  # on a network this is a machine of its own, and takes no processor from ours
        began = time.monotonic()
        link: Any = None
        while (now := time.monotonic()) - began < seconds:
            if link is None or not link.is_open:
                if link is not None:
                    cuts += 1
                    first = now - began if first < 0 else first
                    self._links = [each for each in self._links if each[1] is not link]
                    await asyncio.sleep(AGAIN_S)
                try:
                    link = await self._link(FLOODER, url)
                except EdgeboardError:
                    link = None
                    await asyncio.sleep(AGAIN_S)
                continue
            for _ in range(round(per_s * PORTION_S)):
                if not link.is_open or link.buffered > BUSY:
                    break
                sent += link.send(to, content)
            await asyncio.sleep(max(0.0, PORTION_S - (time.monotonic() - now)))
        if link is not None and link.is_open:
            link.close(1, "enough")
        return {"sent": sent, "cuts": cuts, "first_cut_s": first}

    async def stop(self) -> None:
        if self._pinging is not None:
            self._pinging.cancel()
        for transport, client in self._transports.values():
            await transport.close()
            await client.close()


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m benchmarks.mesh_member", description=__doc__).parse_args()
    asyncio.run(serve(Members()))
