"""Boards that discovery finds are dialled until they are linked, and again when their link has ended."""

import asyncio
import random

import pytest

from edgeboard.ids import NodeId
from edgeboard.node import nearby as module
from edgeboard.node.nearby import Nearby

ME, OTHER = NodeId(b"m" * 16), NodeId(b"z" * 16)
URLS = ("http://x:1",)


class World:
    def __init__(self):
        self.linked = set()
        self.dialled = asyncio.Queue()
        self.nearby = Nearby(ME, random.Random(1), self.dial, self.linked.__contains__)
        self.task = asyncio.get_running_loop().create_task(self.nearby.keep_linked())

    def dial(self, node, urls, failed):
        self.dialled.put_nowait((node, urls))


@pytest.fixture
async def world(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    monkeypatch.setattr(module, "YIELD_S", 0.001)
    world = World()
    yield world
    world.task.cancel()


async def test_who_is_found_is_dialled_at_once_and_again_after_a_failure(world):
    world.nearby.found(OTHER, URLS)
    assert await asyncio.wait_for(world.dialled.get(), 5) == (OTHER, URLS)
    world.nearby.failed(OTHER)
    assert await asyncio.wait_for(world.dialled.get(), 5) == (OTHER, URLS)


async def test_who_was_linked_is_dialled_again_and_who_said_goodbye_is_not(world):
    world.linked.add(OTHER)
    world.nearby.found(OTHER, URLS)
    world.linked.discard(OTHER)
    assert await asyncio.wait_for(world.dialled.get(), 5) == (OTHER, URLS)
    world.nearby.gone(OTHER)
    world.nearby.failed(OTHER)
    assert world.nearby._neighbours == {}
