"""`edgeboard doctor`: is this machine fit to be a board, and if not, what to do."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from edgeboard.cli import reach, surroundings, trials
from edgeboard.cli.control import NoNode, ask_json
from edgeboard.cli.findings import Finding, Level, lines, ok, problem, summary, warning
from edgeboard.cli.multicast import check_multicast
from edgeboard.cli.panel_checks import check_fonts, check_panels
from edgeboard.cli.reports import show_membership
from edgeboard.cli.run import config_of
from edgeboard.config.schema import Config
from edgeboard.errors import EdgeboardError
from edgeboard.identity.keyfile import load_peers

MEMORY_LITTLE = 96 * 1024 * 1024  # bytes: a node takes 60 MiB
OLDEST_PYTHON = (3, 11)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0, or 1 if there is a problem; warnings alone do no harm."""
    config = config_of(arguments)
    findings = []
    for found in examine(config):
        findings.append(found)
        if not arguments.json:
            print("\n".join(lines(found)), flush=True)
    if arguments.json:
        counts = {f"{level.value}s": sum(1 for found in findings if found.level is level) for level in Level}
        print(json.dumps({**counts, "findings": [found.as_fields() for found in findings]}))
    else:
        print(f"\n{summary(findings)}")
    return 1 if any(found.level is Level.PROBLEM for found in findings) else 0


def examine(config: Config) -> Iterator[Finding]:
    """Every check, in the order in which a person would look."""
    state, listen = config.node.state, config.node.listen
    status: dict[str, Any] = {}

    def ask() -> Iterator[Finding]:
        nonlocal status
        try:
            status = ask_json(state, "/control/status")
        except NoNode:
            yield ok("node", f"none runs on {state} at the moment")
            return
        except EdgeboardError as error:
            yield problem("node", str(error), "see who runs it: ps -ef | grep edgeboard; look into its log")
            return
        yield from check_node(status)

    def webrtc_and_speed() -> Iterator[Finding]:
        if config.transport.mode == "websocket":
            link = None
            yield ok("webrtc", "switched off in the configuration")
        else:
            found, link = trials.check_webrtc(config.transport)
            yield found
        yield trials.check_speed(trials.measure_speed(), None if link is None else link.message_s)

    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("node", ask),
        ("python", check_python),
        ("state", lambda: surroundings.check_state(state)),
        ("disk", lambda: surroundings.check_disk(surroundings.existing(state))),
        ("keys", lambda: surroundings.check_keys(state)),
        ("mesh", lambda: surroundings.check_mesh(state, is_running=bool(status))),
        ("database", lambda: surroundings.check_database(state)),
        ("clock", surroundings.check_clock),
        ("port", lambda: reach.check_port(listen.host, listen.port, status.get("port"))),
        ("network", lambda: reach.check_addresses(listen.host, status.get("port") or listen.port)),
        ("multicast", lambda: check_multicast(config.discovery, listen.host, status)),
        (
            "peers",
            lambda: reach.check_peers(
                config.peers, status.get("links", ()), status.get("refused_by", {}), load_peers(state)
            ),
        ),
        ("ice", lambda: reach.check_servers(config.transport.ice_servers)),
        ("panels", lambda: check_panels(config.panels)),
        ("fonts", lambda: check_fonts(has_panels=bool(config.panels))),
        ("kernels", lambda: [trials.check_kernels()]),
        ("webrtc", webrtc_and_speed),
    ]
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:  # one check that fails must not hide what the others find
            if os.environ.get("EDGEBOARD_TRACEBACK"):
                raise
            text = f"could not be checked: {type(error).__name__}: {error!s:.200}"
            yield problem(name, text, "please report it with what EDGEBOARD_TRACEBACK=1 shows")


def check_node(status: dict[str, Any]) -> Iterator[Finding]:
    """What a running node says of itself."""
    yield ok("node", f"{status['name']} runs, with {len(status['rooms'])} rooms and {len(status['links'])} links")
    if status["store_failed"]:
        yield problem(
            "node", f"it cannot save: {status['store_failed']}", "mend the disk; what was drawn waits in memory"
        )
    member = status.get("membership", {})
    if member.get("revoked"):
        yield problem(
            "mesh",
            f"this board was put out of the mesh {member['name']}",
            "ask for an invitation, into this mesh or another, and say here: edgeboard join INVITATION",
        )
    elif member:
        yield ok("mesh", f"it is {show_membership(member)}")
    for alarm in status["alarms"]:
        yield warning("node", f"alarm: {alarm}", "see: edgeboard status")


def check_python() -> Iterator[Finding]:
    """The interpreter, and the memory of the machine."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield problem("python", f"Python {version} is too old", "install Python 3.11 or newer")
    else:
        yield ok("python", f"Python {version}")
    try:
        with open("/proc/meminfo", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
            fields = dict(line.split(":", 1) for line in file)
        available = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return
    text = f"{available / 1024 / 1024:,.0f} MiB of memory are available"
    if available < MEMORY_LITTLE:
        yield warning(
            "memory", text, "a node takes 60 MiB and a large room more: stop what is not needed", bytes=available
        )
    else:
        yield ok("memory", text, bytes=available)
