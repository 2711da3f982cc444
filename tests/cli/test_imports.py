"""What a running node has loaded, and what it must not have loaded."""

import json
import signal
import subprocess
import sys
import time

import pytest

from edgeboard.cli.imports import STANDARD, sum_up

# What an idle node with a peer has no use for, and what each would cost. FFmpeg, TLS certificates and names in .local
# are kept out by edgeboard/transport/media.py and edgeboard/runtime/lean.py; the rest is imported where it is used.
UNWELCOME = {
    "numpy", "PIL", "xml", "yaml", "segno", "serial", "cbor2", "zeroconf", "unittest", "tkinter", "dns.message",
    "dns.zone", "pylibsrtp._binding", "av._core", "msgpack.fallback", "asyncio.windows_events",
    "edgeboard.rooms.archive", "edgeboard.rooms.chronicle", "edgeboard.render", "edgeboard.config.load",
    "edgeboard.testing", "edgeboard.transport.tier2", "pip", "setuptools", "pytest", "mypy", "tomllib", "curses",
}  # fmt: skip


def imports_of(run_main, state, module):
    """What a node says once it has loaded a module, which it does behind its first page."""
    give_up = time.monotonic() + 20
    while True:
        code, out, err = run_main("status", "--imports", "--json", "--state", state)
        assert (code, err) == (0, "")
        found = json.loads(out)
        if module in found["modules"]:
            return found
        assert time.monotonic() < give_up, f"the node has not loaded {module}"


@pytest.mark.slow
def test_an_idle_node_loads_nothing_that_it_does_not_use(start_node, run_main):
    first = start_node("a")
    invitation = json.loads(run_main("mesh", "invite", "--json", "--state", first.state)[1])["text"]
    run_main("join", invitation, "--state", first.state.parent / "b")
    second = start_node("b", "--peer", first.url)
    second.wait_for("joining -> active")
    modules = set(imports_of(run_main, second.state, "edgeboard.transport.webrtc")["modules"])
    assert {"aiortc", "aiohttp.web", "edgeboard.node.build"} <= modules
    assert modules & (UNWELCOME - {"yaml", "edgeboard.config.load"}) == set(), (
        "import it where it is used: see docs/architecture.md, what an idle board carries"
    )


@pytest.mark.slow
def test_a_node_without_a_configuration_reads_no_yaml(start_node, run_main, tmp_path):
    state = tmp_path / "plain"
    command = [sys.executable, "-m", "edgeboard.cli", "run", "--state", state, "--listen", "127.0.0.1:0"]
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert b"/room/lobby" in process.stdout.readline()
        found = imports_of(run_main, state, "aiortc.rtcpeerconnection")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        process.stdout.close()
    modules = set(found["modules"])
    assert modules & UNWELCOME == set()
    packages = {package["name"]: package for package in found["packages"]}
    assert sum(len(package["modules"]) for package in packages.values()) == len(found["modules"])
    assert packages["edgeboard"]["seconds"] > 0
    assert packages[STANDARD]["bytes"] > 0
    assert found["memory_bytes"] > sum(package["bytes"] for package in packages.values())


def test_costs_are_summed_by_package_the_heaviest_first():
    costs = {"a": [0.1, 10], "a.b": [0.2, 20], "json": [0.5, 100]}
    packages = sum_up(costs, ["a", "a.b", "json", "json.decoder", "__main__"])
    assert [(each.name, each.seconds, each.bytes, len(each.modules)) for each in packages] == [
        (STANDARD, 0.5, 100, 3),
        ("a", 0.3, 30, 2),
    ]


def test_the_table_names_packages_and_the_whole(run_main, fake_node):
    fake_node.table["GET /control/imports"] = (200, {
        "python": "3.11.2", "executable": "/no/such/python", "memory_bytes": 50 << 20, "left_out": False,
        "modules": ["json", "edgeboard.ids", "made_up_by_hand"],
    })  # fmt: skip
    code, out, err = run_main("status", "--imports", "--state", fake_node.state)
    assert (code, err) == (0, "")
    assert "  package             modules  ms  MiB" in out
    assert "3 modules" in out
    assert "the node holds 50.0 MiB now" in out
    assert "made_up_by_hand" in out


def test_no_node_no_list(run_main, tmp_path):
    code, _, err = run_main("status", "--imports", "--state", tmp_path)
    assert code == 1
    assert err.startswith("edgeboard: no node runs on")
