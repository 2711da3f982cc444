"""What the owner of a board asks about its mesh."""

import hashlib

import pytest

from edgeboard.errors import CloseCode, DecodeError, StateError
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import load_or_create_key, set_mesh
from edgeboard.identity.keys import NodeKey
from edgeboard.ids import NodeId
from edgeboard.node.directory import Directory
from edgeboard.node.ownership import Ownership
from edgeboard.testing.members import TestMesh
from tests.node.test_admission import door, running
from tests.node.test_directory import record

GONE = NodeId(b"\xab" * 16)  # known, and not linked
MESH = TestMesh("m")
MESH_SEED = hashlib.sha256(b"mesh m").digest()


def of(board, *records) -> Ownership:
    known = records or (record(GONE, "Kitchen"),)
    return Ownership(door(board), board.links, Directory(lambda: known, door(board)._state))


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


async def test_who_is_put_out_is_named_by_a_name_a_whole_id_or_the_beginning_of_a_known_one(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        node = NodeId(bytes(range(16)))
        done = await of(board).revoke(node.hex().upper())
        assert done == {
            "node": node.hex(),
            "name": "",
            "news": True,
            "epoch": 2,
            "falls": [],
            "doubt": "",
            "sure": True,
        }
        assert not (await of(board).revoke(node.hex()))["news"]
        assert of(board).revocations() == [
            {"kind": "node", "target": node.hex(), "name": "", "by": "the mesh key", "by_name": "", "counts": True}
        ]
        done = await of(board).revoke("kitchen")
        assert (done["node"], done["name"], done["news"]) == (GONE.hex(), "Kitchen", True)
        assert not (await of(board).revoke("ABABABAB"))["news"]
        assert {row["name"] for row in of(board).revocations()} == {"", "Kitchen"}
        for name in (node.hex()[:8], "z" * 32, "", "abab"):
            with pytest.raises(StateError, match=r"known are: Kitchen \(abababab\)"):
                await of(board).revoke(name)


async def test_a_board_of_which_others_say_that_it_was_put_out_says_so_beside_what_may_not_count(tmp_path) -> None:
    async with running(tmp_path / "a") as board:
        word = f"board {load_or_create_key(tmp_path / 'a').node_id.hex()[:8]} was put out of the mesh a"
        board.links._hear(CloseCode.REVOKED, word)
        assert (await of(board).invite({}))["doubt"] == word
        assert (await of(board).revoke("kitchen"))["doubt"] == word


async def test_who_falls_with_a_board_is_named(tmp_path) -> None:
    """Those whom it has let in, and no others."""
    set_mesh(tmp_path / "a", MESH.member(load_or_create_key(tmp_path / "a"), Role.UPDATE))
    (tmp_path / "a" / "mesh.key").write_bytes(MESH_SEED)
    (tmp_path / "a" / "mesh.key").chmod(0o600)
    admin, invited = NodeKey(b"1" * 32), NodeKey(b"2" * 32)
    by_admin = MESH.member(invited, Role.DRAW, MESH.admin(admin)).grant.to_bytes()
    known = (
        record(admin.node_id, "Office", MESH.member(admin, Role.ADMIN).grant.to_bytes()),
        record(invited.node_id, "Hall", by_admin),
        record(GONE, "Kitchen", MESH.member(NodeKey(b"3" * 32)).grant.to_bytes()),
    )
    async with running(tmp_path / "a") as board:
        done = await of(board, *known).revoke("office")
        assert done["falls"] == [{"node": invited.node_id.hex(), "name": "Hall"}]


async def test_an_admin_cannot_put_out_whom_the_mesh_key_has_made_one_and_does_not_say_that_it_has(tmp_path) -> None:
    set_mesh(tmp_path / "a", MESH.member(load_or_create_key(tmp_path / "a"), Role.ADMIN))
    founder, draws = MESH.founder.node_id, NodeKey(b"3" * 32)
    known = (
        record(founder, "Office", MESH.founded.grant.to_bytes()),
        record(draws.node_id, "Kitchen", MESH.member(draws).grant.to_bytes()),
    )
    async with running(tmp_path / "a") as board:
        owner = of(board, *known)
        with pytest.raises(
            StateError, match=r"Office \(.*an admin cannot put it out: do that on a board with that key"
        ):
            await owner.revoke("office")
        assert owner.revocations() == []
        assert (await owner.revoke("kitchen"))["sure"]
        unknown = await of(board).revoke(founder.hex())  # nobody here knows what that board is
        assert not unknown["sure"]
        assert [row["counts"] for row in of(board, *known).revocations() if row["target"] == founder.hex()] == [False]


@pytest.mark.parametrize("fields", [{}, {"text": 5}, {"text": "x", "peers": [5]}, {"text": "x", "peers": "http://a"}])
async def test_a_wish_to_join_that_makes_no_sense_is_refused(tmp_path, fields) -> None:
    async with running(tmp_path / "a") as board:
        with pytest.raises(DecodeError):
            await of(board).enter(fields)
