"""What `edgeboard ota` may ask of the mesh over the control socket."""

import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edgeboard.errors import StateError
from edgeboard.web.app import make_app
from edgeboard.web.releases import ReleaseDoors
from tests.web.test_app import doors

CHUNK = "ab" * 32


class Mesh:
    def __init__(self):
        self.wanted = []

    def describe(self):
        return {"boards": [], "outcomes": {}}

    async def metadata(self, name, board):
        return f"{name} of {board or 'any'}".encode()

    async def content(self, sha256):
        if sha256 != CHUNK:
            raise StateError("no board of the mesh has given it")
        return b"0123456789"

    def want(self, wanted):
        self.wanted += wanted

    def doors(self):
        return ReleaseDoors(self.describe, self.metadata, self.content, self.want)


@pytest.fixture
def mesh():
    return Mesh()


async def ask(mesh, path, *, method="GET", control=True, **words):
    server = TestServer(make_app(doors(releases=mesh.doors()), control=control))
    async with TestClient(server) as client, client.request(method, path, **words) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_metadata_is_asked_of_any_board_or_of_one(mesh) -> None:
    assert (await ask(mesh, "/control/release/metadata/timestamp.json"))[1] == b"timestamp.json of any"
    assert (await ask(mesh, "/control/release/metadata/timestamp.json?board=0f"))[1] == b"timestamp.json of 0f"


async def test_a_chunk_comes_whole_or_from_an_offset_on(mesh) -> None:
    path = f"/control/release/targets/{CHUNK}.chunk"
    assert (await ask(mesh, path))[:2] == (200, b"0123456789")
    status, body, headers = await ask(mesh, path, headers={"Range": "bytes=4-"})
    assert (status, body, headers["Content-Range"]) == (206, b"456789", "bytes 4-9/10")
    assert (await ask(mesh, path, headers={"Range": "bytes=10-"}))[0] == 416


async def test_what_nobody_has_is_not_found(mesh) -> None:
    assert (await ask(mesh, f"/control/release/targets/{'cd' * 32}.chunk"))[0] == 404


async def test_a_wish_is_a_list_of_hashes(mesh) -> None:
    path = "/control/release/want"
    assert (await ask(mesh, path, method="POST", data=json.dumps([CHUNK])))[0] == 200
    assert mesh.wanted == [CHUNK]
    for body in ("{", "{}", '["x"]', json.dumps([CHUNK] * 4097)):
        assert (await ask(mesh, path, method="POST", data=body))[0] == 400
    assert mesh.wanted == [CHUNK]


@pytest.mark.parametrize("path", ["/control/releases", f"/control/release/targets/{CHUNK}.chunk"])
async def test_nobody_asks_over_the_network(mesh, path) -> None:
    assert (await ask(mesh, path, control=False))[0] == 404
