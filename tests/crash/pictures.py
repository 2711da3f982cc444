"""Images that guests of real nodes add and fetch."""

import hashlib
import random

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40"


def picture(seed, size=300_000):
    return PNG + random.Random(seed).randbytes(size - len(PNG))


def name_of(data):
    return hashlib.sha256(data).digest()


def add_image(loop, guest, data):
    async def do():
        return guest.guest.add_image(data)

    loop.run(do())


def fetch(loop, guest, content):
    async def do():
        guest.guest.fetch(content)

    loop.run(do())
