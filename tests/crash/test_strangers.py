"""Nodes that must not link: copies of another, and those without the mesh's secret."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import load_or_create_key, set_mesh
from edgeboard.identity.membership import Issuer, found_mesh
from edgeboard.node.links import CLONE_TEXT
from edgeboard.testing.members import TestMesh
from tests.conftest import LOOPBACK
from tests.crash.evidence import carriers, digest_of, ops_in
from tests.crash.hosted import HostedGuest

OTHER_MESH = TestMesh("quite another mesh")


def run_until_it_ends(node, *more):
    """`edgeboard run` on that node's state directory, which is expected to end by itself."""
    command = [sys.executable, "-m", "edgeboard.cli", "run", "--state", str(node.state), "--listen", "127.0.0.1:0"]
    return subprocess.run([*command, *node.arguments, *more], capture_output=True, text=True, timeout=60, check=False)


def one_clear_line(done):
    """What it said on stderr, beside its log."""
    lines = [line for line in done.stderr.splitlines() if not line[:4].isdigit()]
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def linked(make_node, mesh_secret, loop, eventually):
    """A board, another that is linked to it, and ink on both."""
    first = make_node("first", secret=mesh_secret).start()
    second = make_node("second", "--peer", first.url, secret=mesh_secret).start()
    eventually(lambda: carriers(first) == carriers(second) == ["webrtc"])
    ana = HostedGuest(loop, second.state, 5)
    eventually(lambda: ana.is_linked)
    for _ in range(5):
        ana.draw()
    eventually(lambda: ana.is_all_safe)
    return first, second, ana


def assert_undisturbed(linked, eventually):
    first, second, ana = linked
    assert carriers(first) == carriers(second) == ["webrtc"]
    ana.draw()
    eventually(lambda: ana.is_all_safe and digest_of(first) == digest_of(second))
    assert ops_in(first) == ops_in(second) == ana.drawn
    assert first.status()["alarms"] == second.status()["alarms"] == []


def copy_of(make_node, node, **how):
    """The state directory of a node that runs, as it is copied to a second machine."""
    copied = make_node("copied", **how)
    shutil.copytree(node.state, copied.state, ignore=shutil.ignore_patterns("control.sock", "*.lock"))
    return copied


@pytest.mark.slow
def test_the_copy_of_a_state_directory_is_refused_and_told_the_remedy(make_node, mesh_secret, linked, eventually):
    first, second, _ = linked
    copied = copy_of(make_node, second)
    told = one_clear_line(run_until_it_ends(copied, "--peer", first.url))
    assert CLONE_TEXT in told
    assert "remove node.key" in told
    assert CLONE_TEXT in first.log.read_text()
    assert_undisturbed(linked, eventually)

    (copied.state / "node.key").unlink()  # the remedy
    mesh_secret.admit(copied.state)
    copied.arguments = (*copied.arguments, "--peer", first.url)
    copied.start()
    eventually(lambda: len(carriers(first)) == 2)
    eventually(lambda: digest_of(copied) == digest_of(first) == digest_of(second))


@pytest.mark.slow
def test_a_copy_whose_peers_stand_in_its_file_runs_on_alone_and_says_why(make_node, linked, eventually):
    first, second, _ = linked
    copied = copy_of(make_node, second, config_text=f"{LOOPBACK}peers: ['{first.url}']\n").start()
    eventually(lambda: copied.status()["refused_by"].get(first.url) == CLONE_TEXT)
    assert carriers(copied) == []
    assert_undisturbed(linked, eventually)


class Uninvited:
    """Not a mesh: gives a node all of one that others can hear, and a grant that the node has signed itself."""

    def __init__(self, mesh):
        self._mesh = mesh

    def admit(self, state):
        key = load_or_create_key(state)
        own = found_mesh(key, "own", key.public_key, bytes(32), 0)
        grant = Issuer(own.mesh, key, None).admit(key.public_key, Role.DRAW, 1)
        set_mesh(state, replace(self._mesh.founded, grant=grant))


STRANGERS = {
    "uninvited": (Uninvited, "webrtc", "grant"),
    "uninvited-over-a-websocket": (Uninvited, "websocket", "grant"),
    "other-mesh": (None, "webrtc", "mesh"),
    "other-mesh-over-a-websocket": (None, "websocket", "mesh"),
}


@pytest.mark.slow
def test_nobody_links_without_a_grant_whoever_dials(make_node, mesh_secret):
    first = make_node("first", secret=mesh_secret).start()
    dialled = make_node("dialled", secret=Uninvited(mesh_secret)).start()
    strangers = [
        make_node(name, secret=kind(mesh_secret) if kind else OTHER_MESH, config_text=f"{LOOPBACK}  mode: {mode}\n")
        for name, (kind, mode, _) in STRANGERS.items()
    ]
    with ThreadPoolExecutor() as pool:
        ends = [pool.submit(run_until_it_ends, stranger, "--peer", first.url) for stranger in strangers]
        ours = pool.submit(run_until_it_ends, make_node("ours", secret=mesh_secret), "--peer", dialled.url)
    for end, (_, _, reason) in zip(ends, STRANGERS.values(), strict=True):
        told = one_clear_line(end.result())
        assert first.url in told
        assert reason in told
    assert dialled.url in one_clear_line(ours.result())
    for node in (first, dialled):
        assert node.status()["links"] == []
        assert node.status()["transport"]["opened"] == {}
