"""The page of the mesh, and who may see it."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edgeboard.web.app import make_app
from tests.web.test_app import doors

PATHS = ("/mesh", "/api/mesh", "/api/mesh.svg")


async def test_people_on_the_network_see_the_mesh_as_a_page_as_json_and_as_a_picture() -> None:
    async with TestClient(TestServer(make_app(doors(), control=False))) as client:
        page, survey, picture = [await client.get(path) for path in PATHS]
        assert 'src="/static/v-' in await page.text()
        assert await survey.json() == {"boards": []}
        assert (picture.content_type, await picture.text()) == ("image/svg+xml", "<svg/>")
        assert {each.headers["Cache-Control"] for each in (survey, picture)} == {"no-store"}


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_from_elsewhere_sees_it_and_no_page_of_others_reads_it(path) -> None:
    asked = []

    def is_near(source: str) -> bool:
        asked.append(source)
        return False

    async with TestClient(TestServer(make_app(doors(is_near=is_near), control=False))) as client:
        assert (await client.get(path)).status == 403
        assert asked == ["127.0.0.1"]
    async with TestClient(TestServer(make_app(doors(), control=False))) as client:
        assert (await client.get(path, headers={"Host": "board.example:8787"})).status == 403
        answer = await client.get(path, headers={"Origin": "http://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
    async with TestClient(TestServer(make_app(doors(is_near=is_near), control=True))) as client:
        assert (await client.get(path)).status == 200  # the owner of the state directory
