"""A source at a web address, against a real server that answers as a test says."""

import asyncio
import zlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from edgeboard.errors import SourceError
from edgeboard.sources.mapping import value_of
from edgeboard.sources.remote import RemoteSource
from edgeboard.sources.settings import ANSWER_MAX


@pytest.fixture
async def server():
    hold = asyncio.Event()

    async def temp(request):
        assert "Cookie" not in request.headers
        answer = web.Response(text="61")
        answer.set_cookie("track", "1")
        return answer

    async def large(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(ANSWER_MAX // 1024 + 100):
            await answer.write(b"x" * 1024)
        return answer

    async def silent(request):
        await hold.wait()
        return web.Response()

    async def endless(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:  # a little at a time, and never an end
            await answer.write(b"6")
            await asyncio.sleep(0)

    async def gigabyte(request):
        answer = web.StreamResponse()
        answer.content_length = 1 << 30
        await answer.prepare(request)
        for _ in range(1 << 14):
            await answer.write(bytes(1 << 16))
        return answer

    async def packed(request):
        return web.Response(body=zlib.compress(b"6" * (1 << 24)), headers={"Content-Encoding": "deflate"})

    async def latin(request):
        return web.Response(body="61 °C".encode("latin-1"), headers={"Content-Type": "text/plain; charset=utf-8"})

    async def round_and_round(request):
        raise web.HTTPFound("/round")

    app = web.Application()
    app.add_routes(
        [
            web.get("/temp", temp),
            web.get("/large", large),
            web.get("/silent", silent),
            web.get("/round", round_and_round),
            web.get("/endless", endless),
            web.get("/gigabyte", gigabyte),
            web.get("/packed", packed),
            web.get("/latin", latin),
        ]
    )
    async with TestServer(app) as running:
        yield running
        hold.set()


async def test_an_address_is_asked_and_nothing_is_kept_in_between(server):
    source = RemoteSource(str(server.make_url("/temp")), 5.0)
    assert [await source.read() for _ in range(2)] == [b"61", b"61"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none", "status 404"),
        ("/large", "longer than 64 KiB"),
        ("/gigabyte", "longer than 64 KiB"),
        ("/endless", "longer than 64 KiB|within 5 s"),
        ("/packed", "answers in 'deflate'"),
        ("/round", "more than 3 times"),
    ],
)
async def test_an_answer_that_cannot_be_used_says_why(server, path, why):
    with pytest.raises(SourceError, match=why):
        await RemoteSource(str(server.make_url(path)), 5.0).read()


async def test_an_answer_in_another_charset_than_it_says_is_no_item(server):
    answer = await RemoteSource(str(server.make_url("/latin")), 5.0).read()
    with pytest.raises(SourceError, match="not UTF-8 text"):
        value_of(answer, "")


async def test_who_does_not_answer_is_not_waited_for(server):
    with pytest.raises(SourceError, match=r"within 0.1 s"):
        await RemoteSource(str(server.make_url("/silent")), 0.1).read()


async def test_who_is_not_there_is_told_of_in_words():
    with pytest.raises(SourceError, match=r"cannot be reached: (?!.*ssl)"):
        await RemoteSource("http://127.0.0.1:1/temp", 5.0).read()
