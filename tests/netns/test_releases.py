"""Releases on real wires: who has one gives it to others, and who went back from one warns them."""

import json

import pytest

from edgeboard.ota import records, slots
from edgeboard.ota.client import find
from edgeboard.ota.fetchers import FolderSource, MeshSource
from edgeboard.ota.fetching import fetch_files
from edgeboard.ota.files import RealDisk
from edgeboard.ota.values import Floors, Layout
from edgeboard.storage.statedir import find_control_socket
from tests.netns.conftest import start_all, until_linked
from tests.ota.desk import BOARD, House
from tests.ota.test_updater import Desk

pytestmark = [pytest.mark.netns, pytest.mark.slow]


def test_a_release_reaches_a_board_whose_way_to_the_first_is_cut(network, eventually, tmp_path):
    house = House(tmp_path / "house")
    house.release("0.2.0")
    layouts, boards = [], []
    for name in ("ann", "bob", "cyd"):
        layout = Layout.under(tmp_path / f"{name}-root")
        layout.prefix.mkdir(parents=True)
        layout.root.write_bytes(house.root)
        layouts.append(layout)
        boards.append(network.board(name, config=f"updates: {{root: {tmp_path / f'{name}-root'}}}\n"))

    def upgrade(number, *sources):
        found = find(layouts[number], sources, BOARD, Floors(), house.seconds)
        return fetch_files(layouts[number], found.manifest, sources)

    def mesh(number):
        return MeshSource(find_control_socket(boards[number].state))

    def told(number):
        return json.loads(boards[number].ask("GET", "/control/releases")[1])["boards"]

    upgrade(0, FolderSource(house.repository.public))
    ann, bob, cyd = start_all(boards)
    until_linked(bob, ann, cyd)
    eventually(lambda: told(1))
    upgrade(1, mesh(1))
    bob.kill()
    bob.start()  # which looks at what it has
    until_linked(bob, ann, cyd)
    ann.machine.unplug()
    eventually(lambda: [each["node"] for each in told(2)] == [bob.node], 60)
    fetched = upgrade(2, mesh(2))
    assert fetched.by_source == {"the mesh": fetched.total}
    assert {path.name for path in layouts[2].blobs.iterdir()} == {path.name for path in layouts[0].blobs.iterdir()}


def test_two_boards_that_went_back_hold_a_release_for_a_third(network, eventually, tmp_path):
    desk = Desk(tmp_path / "desk")
    manifest = desk.publish(2)
    boards = []
    for name in ("ann", "bob", "cyd"):
        layout = Layout.under(tmp_path / f"{name}-root")
        layout.prefix.mkdir(parents=True)
        layout.root.write_bytes(desk.root)
        if name != "cyd":  # as its launcher writes it
            layout.state.mkdir(parents=True)
            bad = records.Bad(slots.digest_of(manifest), manifest.version, 2, "ended with exit code 3", 0)
            records.bar(layout, RealDisk(), bad)
        boards.append(network.board(name, config=f"updates: {{root: {tmp_path / f'{name}-root'}}}\n"))
    ann, bob, cyd = start_all(boards)

    def check():
        words = ("--root", str(tmp_path / "cyd-root"), "--from", str(desk.repository.public), "--json")
        return json.loads(cyd.say("ota", "check", *words))

    assert check()["result"] == "newer"
    until_linked(cyd, ann, bob)
    eventually(lambda: check()["result"] == "held")
    assert "of 2 boards of the mesh that tried it, 2 have gone back" in check()["text"]
