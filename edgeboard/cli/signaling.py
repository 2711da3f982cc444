"""`edgeboard signal`: the signaling service, which introduces boards that cannot find each other to one another."""

import argparse
import asyncio
import os
import signal
from contextlib import closing

from edgeboard.cli.run import FORCED, say, set_up_logging
from edgeboard.config.values import SIGNAL_PORT, Listen
from edgeboard.errors import UserError
from edgeboard.runtime.lean import lean_imports
from edgeboard.runtime.notify import Notifier
from edgeboard.web.addresses import board_urls, listen

SHUTDOWN_S = 1.0  # that boards have to hang up


def main(arguments: argparse.Namespace) -> int:
    set_up_logging(arguments.log_level or "info")
    asyncio.run(serve(arguments.listen or Listen(port=SIGNAL_PORT)))
    return 0


async def serve(place: Listen) -> None:
    """Serve until a signal ends it.

    Raises:
        UserError: the port cannot be opened.
    """
    with closing(Notifier.here()) as manager:
        await _serve(place, manager)


async def _serve(place: Listen, manager: Notifier) -> None:
    with lean_imports():
        from aiohttp import web

        from edgeboard.clock import SystemClock
        from edgeboard.node.board import IDLE_S, explain_listen
        from edgeboard.signaling.service import SignalingService

    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(FORCED)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    app = SignalingService(SystemClock()).make_app()
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, keepalive_timeout=IDLE_S, shutdown_timeout=SHUTDOWN_S
    )
    await runner.setup()
    try:
        try:
            opened = listen(place.host, place.port)
        except OSError as error:
            raise UserError(explain_listen(place.host, place.port, error)) from None
        await web.SockSite(runner, opened).start()
        urls = board_urls(place.host, opened.getsockname()[1])
        say(f"introducing boards at {'  '.join(urls)}")
        say(f"on each board: edgeboard run --signal {urls[0]}")
        manager.ready(f"introducing boards at {urls[0]}")
        await stop.wait()
        manager.stopping()
    finally:
        await runner.shutdown()
        await runner.cleanup()
