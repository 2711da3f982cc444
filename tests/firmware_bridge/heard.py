"""Whoever listens to a line: remembers what came, and can be waited with."""

import asyncio


class Heard:
    def __init__(self):
        self.data = bytearray()
        self.lost = None
        self._news = asyncio.Event()

    def on_data(self, data):
        self.data += data
        self._news.set()

    def on_lost(self, why):
        self.lost = why
        self._news.set()

    async def until(self, holds):
        async with asyncio.timeout(10):
            while not holds(self):
                self._news.clear()
                await self._news.wait()
