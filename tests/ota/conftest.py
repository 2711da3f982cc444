"""A real repository with real keys, and a board that has trusted its first root."""

import pytest

from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.launch import looking
from edgeboard.ota.values import Layout
from tests.ota.boards import Board
from tests.ota.carriers import CARRIERS, Carrier
from tests.ota.desk import Crooked, Hand, House


@pytest.fixture
def crooked():
    return Crooked


@pytest.fixture(params=CARRIERS)
def carry(request, tmp_path):
    """Carries a folder of releases to a board."""
    carrier = Carrier(request.param, tmp_path)
    yield carrier
    carrier.close()


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def source(house):
    """What is published, read from its folder."""
    return FolderSource(house.repository.public)


@pytest.fixture(scope="session")
def first_house(tmp_path_factory):
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture
def house(tmp_path, first_house):
    return first_house.copy(tmp_path)


@pytest.fixture
def layout(tmp_path, house):
    """A board that was installed with the first root, and has never looked for updates."""
    layout = Layout.under(tmp_path / "board")
    layout.prefix.mkdir(parents=True)
    layout.root.write_bytes(house.root)
    return layout


@pytest.fixture
def make_board(tmp_path, monkeypatch):
    """Boards whose nodes are real processes, stopped with the test."""
    monkeypatch.setattr(looking, "ANSWER_S", 0.5)  # as long as a made-up node is given
    boards = []

    def make(**words):
        board = Board(tmp_path / f"board{len(boards)}", **words)
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.stop()
