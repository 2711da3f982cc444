"""`edgeboard run`: a board, from the command line to its clean stop.

What is said on the command line wins over the file, the file over the defaults. The first Ctrl-C (or SIGTERM) stops
with everything saved; the second leaves at once.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from edgeboard.config.schema import Config
from edgeboard.errors import StateError, UserError
from edgeboard.peripherals.panels import PanelSettings, name_of, read_driver
from edgeboard.peripherals.settings import Settings as DeviceSettings
from edgeboard.peripherals.settings import read_url
from edgeboard.runtime.lean import lean_imports
from edgeboard.runtime.notify import Notifier
from edgeboard.web.addresses import board_urls

MISTAKE = 78  # EX_CONFIG of sysexits.h, told to a service manager: another release would not mend it
FORCED = 130  # the exit code after a second Ctrl-C
SLOW_START_S = 600.0  # a start that takes longer hangs; many full rooms on an SD card take minutes
MORE_S = 60.0  # what a start asks the service manager for, again and again
BUILD_S = 180.0  # and before the parts are loaded, which leaves no moment to ask again
QUIET = ("aioice", "aiortc", "aiohttp", "asyncio")  # they say at level info what nobody asked

if TYPE_CHECKING:
    from edgeboard.node.board import Board

_log = logging.getLogger(__name__)


def main(arguments: argparse.Namespace) -> int:
    is_service = "NOTIFY_SOCKET" in os.environ
    try:
        config = config_of(arguments)
        set_up_logging(config.logging.level)
        asyncio.run(serve(config, tuple(arguments.peer or ())))
    except UserError as error:
        if not is_service:
            raise
        print(f"edgeboard: {error}", file=sys.stderr)
        return MISTAKE
    return 0


def config_of(arguments: argparse.Namespace) -> Config:
    """The file, and over it what the command line says."""
    config = Config()
    if arguments.config is not None:
        from edgeboard.config.load import load  # YAML

        config = load(arguments.config)
    node = config.node
    if arguments.name is not None:
        node = replace(node, name=arguments.name)
    if arguments.state is not None:
        node = replace(node, state=arguments.state)
    if arguments.listen is not None:
        node = replace(node, listen=arguments.listen)
    discovery = replace(config.discovery, mdns=False) if arguments.no_discovery else config.discovery
    logs = config.logging if arguments.log_level is None else replace(config.logging, level=arguments.log_level)
    return replace(
        config,
        node=node,
        rooms=_unique(arguments.room) or config.rooms,
        peers=_unique([*config.peers, *(arguments.peer or ())]),
        signaling=_unique([*config.signaling, *(arguments.signal or ())]),
        devices=_devices(arguments.device) if arguments.device else config.devices,
        panels=_panels(arguments.panel) if arguments.panel else config.panels,
        discovery=discovery,
        logging=logs,
    )


def _devices(urls: Iterable[str]) -> tuple[DeviceSettings, ...]:
    """The devices that were named, with usual settings.

    Raises:
        UserError: one of them is no URL of a device.
    """
    try:
        return tuple(DeviceSettings(read_url(url)) for url in _unique(urls) if url != "none")
    except ValueError as error:
        raise UserError(f"--device {error}") from None


def _panels(urls: Iterable[str]) -> tuple[PanelSettings, ...]:
    """The panels that were named, with usual settings; a file is meant from where this runs.

    Raises:
        UserError: one of them is no URL of a panel, or two have one name.
    """
    named = [url for url in urls if url != "none"]
    whole = [f"png:{Path(url[4:]).absolute()}" if url.startswith("png:") and url != "png:" else url for url in named]
    try:
        panels = tuple(PanelSettings(read_driver(url)) for url in whole)
    except ValueError as error:
        raise UserError(f"--panel {error}") from None
    name, times = max(Counter(name_of(each.driver) for each in panels).items(), key=itemgetter(1), default=("", 0))
    if times > 1:
        raise UserError(f"--panel: two panels are named {name}; name one otherwise, or give names in edgeboard.yaml")
    return panels


def _unique(words: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words or ()))


def set_up_logging(level: str) -> None:
    """Log lines on stderr; without a time where the journal adds its own."""
    stamp = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
    logging.basicConfig(level=level.upper(), format=f"{stamp}%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    if level != "debug":
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)


async def serve(config: Config, required_peers: tuple[str, ...]) -> None:
    """Run a board until a signal stops it.

    Raises:
        UserError: it cannot start, or a peer that was named on the command line refuses to link.
    """
    with closing(Notifier.here()) as manager:
        await _serve(config, required_peers, manager)


async def _serve(config: Config, required_peers: tuple[str, ...], manager: Notifier) -> None:
    manager.starting(BUILD_S)
    with lean_imports():
        from edgeboard.node.build import build

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(FORCED)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    while await _serve_once(board := build(config, required_peers=required_peers), config, stop, manager):
        say("starting anew, in the mesh that was joined")
        listen = replace(config.node.listen, port=board.port)  # the pages that are open shall find it again
        config = replace(config, node=replace(config.node, listen=listen))
        required_peers = ()  # whoever was named belongs to the mesh before, perhaps
        manager.alive()


async def _serve_once(board: "Board", config: Config, stop: asyncio.Event, manager: Notifier) -> bool:
    """Run a board until it or a signal ends it; whether it is to begin anew."""
    started = asyncio.create_task(_start(board, manager), name="start")
    stopped = asyncio.create_task(stop.wait(), name="wait for a signal")
    try:
        await asyncio.wait({started, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            await asyncio.wait({started})
        if not started.cancelled():
            started.result()
            announce(config, board.port)
            say(board.standing())
            if config.guests.admit == "pin":
                say(f"guests say the PIN {board.guest_pin()}")
            manager.ready(board.summary())
            if manager.beat_s:
                board.spawn(_beat(board, manager), name="feed the watchdog")
            served = asyncio.create_task(board.run_until_stopped(), name="serve")
            await asyncio.wait({served, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if served.done():
                served.result()
            else:
                say("stopping; Ctrl-C again stops at once")
                board.request_stop()
                await served
    finally:
        stopped.cancel()
        if not board.is_restarting or stop.is_set():
            manager.stopping()
        await board.stop()
    return board.is_restarting and not stop.is_set()


async def _start(board: "Board", manager: Notifier) -> None:
    """Start it; meanwhile the service manager is asked for more time, up to a limit."""

    async def ask_for_more() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SLOW_START_S):
                while True:
                    manager.starting(MORE_S)
                    await asyncio.sleep(MORE_S / 4)

    asking = asyncio.create_task(ask_for_more(), name="ask for time to start")
    try:
        await board.start()
    finally:
        asking.cancel()


async def _beat(board: "Board", manager: Notifier) -> None:
    """Tell the service manager that the board is alive, each time after it has served a caller."""
    while True:
        try:
            await board.prove(manager.beat_s)
        except StateError as error:
            _log.error("the service manager is not told that all is well: %s", error)
        else:
            manager.alive()
            manager.status(board.summary())
        await asyncio.sleep(manager.beat_s)


def announce(config: Config, port: int) -> None:
    """Say where the board is."""
    room = config.rooms[0]
    urls = [f"{url}/room/{room}" for url in board_urls(config.node.listen.host, port)]
    if not urls:
        raise UserError(f"the board listens on {config.node.listen.host}, which no browser can be sent to")
    say(f"{config.node.name} is at {'  '.join(urls)}")


def say(line: str) -> None:
    """On stdout, for people; whoever has closed it wants no more."""
    try:
        print(line, flush=True)
    except OSError:
        _log.debug("nobody reads the standard output")
