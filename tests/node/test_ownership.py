"""What the owner of a board asks about its mesh."""

import pytest

from edgeboard.errors import DecodeError, StateError
from edgeboard.ids import NodeId
from edgeboard.node.ownership import Ownership
from tests.node.test_admission import door, running

GONE = NodeId(b"\xab" * 16)  # in the roster, and not linked


def of(board) -> Ownership:
    return Ownership(door(board), board.links, lambda: [GONE])


async def test_what_a_board_is_in_its_mesh(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        described = of(board).describe()
        assert described == {
            "mesh": door(board).membership.mesh.hex(), "name": "a", "role": "update", "epoch": 1, "private": True,
            "may_invite": True, "revoked": False, "put_out": "", "revocations": 0, "invitations": 0,
        }  # fmt: skip
        await of(board).invite({})
        await of(board).revoke("ab" * 16)
        described = of(board).describe()
        assert (described["invitations"], described["revocations"], described["epoch"]) == (1, 1, 2)


async def test_an_invitation_is_ended_by_the_beginning_of_its_id(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        made = await of(board).invite({"boards": 3, "role": "moderate", "seconds": 60})
        assert (made["boards"], made["role"], made["left_s"]) == (3, "moderate", 60)
        with pytest.raises(StateError, match="no invitation has the id"):
            await of(board).end_invitation("zz")
        await of(board).end_invitation(made["id"][:6].upper())
        assert [row["state"] for row in door(board).invitations()] == ["revoked"]


@pytest.mark.parametrize("fields", [{"boards": "x"}, {"role": "king"}, {"seconds": None}])
async def test_an_invitation_that_makes_no_sense_is_refused(tmp_path, fields) -> None:
    async with running(tmp_path / "a") as board:
        with pytest.raises(DecodeError):
            await of(board).invite(fields)


async def test_who_is_put_out_is_named_by_a_whole_id_or_the_beginning_of_a_known_one(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        node = NodeId(bytes(range(16)))
        assert await of(board).revoke(node.hex().upper()) == {"node": node.hex(), "news": True, "epoch": 2}
        assert not (await of(board).revoke(node.hex()))["news"]
        assert of(board).revocations() == [{"kind": "node", "target": node.hex(), "by": "the mesh key"}]
        assert (await of(board).revoke("ABABABAB"))["node"] == GONE.hex()
        for name in (node.hex()[:8], "z" * 32, "", "abab"):
            with pytest.raises(StateError, match=f"known are: {GONE.hex()}"):
                await of(board).revoke(name)


@pytest.mark.parametrize("fields", [{}, {"text": 5}, {"text": "x", "peers": [5]}, {"text": "x", "peers": "http://a"}])
async def test_a_wish_to_join_that_makes_no_sense_is_refused(tmp_path, fields) -> None:
    async with running(tmp_path / "a") as board:
        with pytest.raises(DecodeError):
            await of(board).enter(fields)
