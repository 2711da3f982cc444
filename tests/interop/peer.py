"""One end of a link between two versions of aiortc: run by the interpreter that has the version, told what to do on the
command line, and joined to the other end by lines of JSON on its standard input and output.

    peer.py ROLE TIER MESSAGES WINDOW    ROLE is offer or answer; WINDOW messages go beyond the last credit
"""

import asyncio
import json
import sys
from hashlib import sha256

from edgeboard.errors import CloseCode
from edgeboard.transport import patches
from edgeboard.transport.addresses import local_addresses
from edgeboard.transport.link import OpenLink
from edgeboard.transport.settings import Settings
from edgeboard.transport.tasks import Tasks
from edgeboard.wire.messages import Channel

SIZES = 64, 1200  # bytes: many to a packet, and more than one chunk in some versions
PATIENCE_S = 150.0
CREDIT = 20  # messages taken, after which the other side hears of it: less than any window


def made(role, count):
    """What one end sends on log, and is expected there by the other."""
    return [
        f"{role} {size} {n} ".encode().ljust(size, b".")
        for n in range(count)
        for size in SIZES
    ]  # fmt: skip


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


async def hear():
    return json.loads(await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline))


async def main(role, tier, count, window):
    loopback = () if local_addresses(Settings()) else ("127.0.0.1",)  # which stock does not know
    settings = Settings(mode="webrtc", patches=tier, addresses=loopback)
    patches.apply(settings)
    import aioice
    import aiortc

    from edgeboard.transport.webrtc import WebRtcCarrier

    tasks = Tasks()
    carrier = WebRtcCarrier("the other", settings, tasks)
    if role == "offer":
        say(sdp=await carrier.offer())
        await carrier.accept((await hear())["sdp"])
    else:
        say(sdp=await carrier.answer((await hear())["sdp"]))
    loop = asyncio.get_running_loop()
    complete, closed = loop.create_future(), loop.create_future()
    credit, more = 0, asyncio.Event()
    expected = made({"offer": "answer", "answer": "offer"}[role], count)
    heard = {channel: [] for channel in Channel}

    def on_message(channel, data):
        nonlocal credit
        heard[channel].append(data)
        if channel is Channel.LOG and len(heard[channel]) % CREDIT == 0:
            link.send(Channel.CTL, str(len(heard[channel])).encode())
        if channel is Channel.LOG and len(heard[channel]) == len(expected):
            complete.set_result(None)
        if channel is Channel.CTL:
            credit = int(data)
            more.set()

    async def credited(most):
        """Wait until the other side has taken all but `most` of what we sent."""
        while credit < most:
            more.clear()
            await more.wait()

    async with asyncio.timeout(PATIENCE_S):
        await carrier.opened()
        link = OpenLink(carrier, None, settings)
        link.attach(on_message, lambda code, text: closed.set_result((int(code), text)))
        for at, message in enumerate(made(role, count)):
            await credited(at - window)
            if not link.send(Channel.LOG, message):
                raise RuntimeError(f"not sent: {closed}")
            if at % 20 == 0:
                link.send(Channel.LIVE, f"{role} {at}".encode())
                await asyncio.sleep(0)
        await complete
        await credited(len(expected))
        if role == "offer":
            link.close(CloseCode.NORMAL, "all there")
        code, text = await closed
    await tasks.end(5.0)
    same = heard[Channel.LOG] == expected
    say(
        versions=[aiortc.__version__, aioice.__version__],
        patches=sorted(patches.active()),
        same=same,
        digest=sha256(b"".join(heard[Channel.LOG])).hexdigest(),
        live=len(heard[Channel.LIVE]),
        live_sent=len(range(0, len(expected), 20)),
        farewell=[code, text],
        left=len(tasks),
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
