"""Whole boards over loopback: one has a release, the others fetch and verify it through their own nodes."""

import asyncio
from functools import partial

import pytest

from edgeboard.errors import SourceError
from edgeboard.node.build import build
from edgeboard.ota.client import find
from edgeboard.ota.fetchers import FolderSource, MeshSource
from edgeboard.ota.fetching import fetch_files
from edgeboard.ota.values import Floors, Layout
from edgeboard.storage.statedir import find_control_socket
from tests.node.test_build import config_of, same_mesh, until
from tests.ota.desk import BOARD, Crooked, House

pytestmark = pytest.mark.slow  # three boards, a repository, real signatures


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"))
    house.release("0.2.0")
    return house


def installed(folder, house):
    layout = Layout.under(folder)
    layout.prefix.mkdir(parents=True)
    layout.root.write_bytes(house.root)
    return layout


def upgrade(layout, sources, house):
    """As `edgeboard ota fetch` does it."""
    found = find(layout, sources, BOARD, Floors(), house.seconds)
    return found, fetch_files(layout, found.manifest, sources)


def blobs(layout):
    return {path.name for path in layout.blobs.iterdir()}


async def test_boards_get_a_release_from_each_other_with_its_source_cut_off_half_way(tmp_path, house) -> None:
    states = [tmp_path / name for name in ("kitchen", "study", "attic")]
    same_mesh(*states)
    layouts = [installed(tmp_path / f"{state.name}-updates", house) for state in states]
    first = build(config_of(states[0]), updates=layouts[0])
    await first.start()
    url = f"http://127.0.0.1:{first.port}"
    others = [build(config_of(state, url), updates=each) for state, each in zip(states[1:], layouts[1:], strict=True)]
    try:
        for board in others:
            await board.start()
        await until(lambda: all(board.node.pipeline.mesh.statistics().links for board in (first, *others)))
        web = FolderSource(house.repository.public)
        found, _ = await asyncio.to_thread(upgrade, layouts[0], [web], house)
        half = Crooked(web, lambda name, data: data()[:300_000] if "native" in name else None)
        with pytest.raises(SourceError, match="what has come so far is kept"):
            await asyncio.to_thread(upgrade, layouts[1], [half], house)
        for board in (first, *others):
            await board.renewing.look()
        for board, state, layout in zip(others, states[1:], layouts[1:], strict=True):
            await until(lambda board=board: board.renewing.describe()["boards"])
            mesh = MeshSource(find_control_socket(state), first.node.pipeline.identity.node.hex())
            again, fetched = await asyncio.to_thread(upgrade, layout, [mesh], house)
            assert again.digest == found.digest
            assert blobs(layout) == blobs(layouts[0])
            assert not fetched.dropped
    finally:
        for board in (*others, first):
            await board.stop()


async def test_a_board_without_others_says_that_nobody_has_it(tmp_path, house, monkeypatch) -> None:
    monkeypatch.setattr("edgeboard.node.renewing.OFFER_S", 0.05)
    state = tmp_path / "alone"
    same_mesh(state)
    layout = installed(tmp_path / "updates", house)
    board = build(config_of(state), updates=layout)
    await board.start()
    try:
        mesh = MeshSource(find_control_socket(state))
        with pytest.raises(SourceError):
            await asyncio.to_thread(partial(find, layout, [mesh], BOARD, Floors(), house.seconds))
        with pytest.raises(SourceError):
            await asyncio.to_thread(lambda: b"".join(mesh.read(f"targets/{'ab' * 32}.x", 0, 10)))
    finally:
        await board.stop()
