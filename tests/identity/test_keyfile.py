import json
import os
import stat

import pytest

from edgeboard.errors import UserError
from edgeboard.identity import keyfile
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import (
    enrol,
    found,
    keep_departed,
    keep_invitations,
    load_departed,
    load_invitations,
    load_issuer,
    load_mesh,
    load_mesh_key,
    load_or_create_key,
    load_or_found_mesh,
    load_peers,
    next_boot,
    renew_key,
    set_mesh,
    set_peers,
)
from edgeboard.identity.keys import NodeKey
from edgeboard.testing.members import TestMesh

OTHER = TestMesh("other")


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_is_made_once_and_kept(tmp_path):
    state = tmp_path / "state"
    key = load_or_create_key(state)
    assert load_or_create_key(state).public_key == key.public_key
    assert mode_of(state / "node.key") == 0o600
    assert [path.name for path in state.iterdir()] == ["node.key"]


def test_two_nodes_get_two_keys(tmp_path):
    assert load_or_create_key(tmp_path / "a").node_id != load_or_create_key(tmp_path / "b").node_id


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_the_wrong_size_is_refused_and_kept(tmp_path, size):
    path = tmp_path / "node.key"
    path.write_bytes(bytes(size))
    path.chmod(0o600)
    with pytest.raises(UserError, match="instead of 32"):
        load_or_create_key(tmp_path)
    assert path.stat().st_size == size


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_secrets_open_to_others_are_refused_with_the_remedy(tmp_path, mode):
    load_or_create_key(tmp_path)
    load_or_found_mesh(tmp_path, "board")
    for name, load in (("node.key", load_or_create_key), ("mesh.json", load_mesh), ("mesh.key", load_mesh_key)):
        (tmp_path / name).chmod(mode)
        with pytest.raises(UserError, match=f"chmod 600 .*{name}"):
            load(tmp_path)


def test_what_cannot_be_read_or_written_is_said_in_one_line(tmp_path):
    (tmp_path / "node.key").mkdir()
    with pytest.raises(UserError, match=r"cannot read .*node\.key"):
        load_or_create_key(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match=r"cannot (read|write) .*file"):
        load_or_create_key(tmp_path / "file")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    mesh = load_or_found_mesh(tmp_path, "board")
    files = sorted(path.name for path in tmp_path.iterdir())

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfile.os, "fsync", fail)
    with pytest.raises(UserError, match="No space left"):
        set_mesh(tmp_path, OTHER.founded)
    monkeypatch.undo()
    assert load_mesh(tmp_path) == mesh
    assert sorted(path.name for path in tmp_path.iterdir()) == files == ["mesh.json", "mesh.key", "node.key"]


def test_the_mesh_is_made_once_and_can_be_changed(tmp_path):
    mesh = load_or_found_mesh(tmp_path, "kitchen")
    assert (mesh.charter.name, mesh.secret.epoch, mesh.is_private, mesh.grant.role) == ("kitchen", 1, True, Role.UPDATE)
    assert load_or_found_mesh(tmp_path, "kitchen") == mesh
    assert mode_of(tmp_path / "mesh.json") == mode_of(tmp_path / "mesh.key") == 0o600
    other = OTHER.member(load_or_create_key(tmp_path))
    set_mesh(tmp_path, other)
    assert load_or_found_mesh(tmp_path, "kitchen") == other
    assert mode_of(tmp_path / "mesh.json") == 0o600


def test_who_founds_again_keeps_the_key_of_the_mesh_before(tmp_path):
    before = found(tmp_path, "one")
    after = found(tmp_path, "two")
    assert load_mesh_key(tmp_path).public_key == after.charter.mesh_key
    kept = tmp_path / f"mesh-{before.mesh.hex()[:8]}.key"
    assert NodeKey(kept.read_bytes()).public_key == before.charter.mesh_key


def test_who_holds_the_mesh_key_or_is_its_admin_may_sign(tmp_path):
    mesh = load_or_found_mesh(tmp_path / "a", "board")
    assert load_issuer(tmp_path / "a", mesh).most is Role.UPDATE
    roles = {Role.DRAW: None, Role.MODERATE: None, Role.ADMIN: Role.MODERATE, Role.UPDATE: Role.MODERATE}
    for role, most in roles.items():
        state = tmp_path / role.name
        issuer = load_issuer(state, enrol(tmp_path / "a", state, role))
        assert (issuer and issuer.most) == most


def test_an_enrolled_node_is_a_member_and_its_mesh_is_private_no_longer(tmp_path):
    mesh = load_or_found_mesh(tmp_path / "a", "board")
    enrol(tmp_path / "a", tmp_path / "b")
    member = load_mesh(tmp_path / "b")
    assert (member.mesh, member.secret, member.grant.role) == (mesh.mesh, mesh.secret, Role.DRAW)
    assert not load_mesh(tmp_path / "a").is_private
    with pytest.raises(UserError, match="may not let others"):
        enrol(tmp_path / "b", tmp_path / "c")
    with pytest.raises(UserError, match="may not let others"):
        enrol(tmp_path / "nowhere", tmp_path / "c")


def test_a_node_with_a_new_key_is_a_new_node(tmp_path, caplog):
    """The owner of a mesh stays in it; whoever was let in must be let in again."""
    mesh = load_or_found_mesh(tmp_path / "a", "board")
    enrol(tmp_path / "a", tmp_path / "b")
    for name in "ab":
        (tmp_path / name / "node.key").unlink()
    again = load_or_found_mesh(tmp_path / "a", "board")
    assert again.mesh == mesh.mesh
    assert again.grant.public_key == load_or_create_key(tmp_path / "a").public_key != mesh.grant.public_key
    alone = load_or_found_mesh(tmp_path / "b", "b")
    assert alone.is_private
    assert alone.mesh != mesh.mesh
    assert "invite it again" in caplog.text


def test_peers_and_invitations_are_kept(tmp_path, caplog):
    assert load_peers(tmp_path) == ()
    assert load_invitations(tmp_path) is None
    set_peers(tmp_path, ["http://a:1", "http://b:2"])
    keep_invitations(tmp_path, b"{}")
    assert load_peers(tmp_path) == ("http://a:1", "http://b:2")
    assert load_invitations(tmp_path) == b"{}"
    assert mode_of(tmp_path / "invitations.json") == 0o600
    (tmp_path / "peers.json").write_text("[")
    assert load_peers(tmp_path) == ()
    assert "peers.json is of no use" in caplog.text


def good_fields(path):
    set_mesh(path, OTHER.founded)
    return json.loads((path / "mesh.json").read_text())


@pytest.mark.parametrize(
    ("field", "value"),
    [("mesh", "00" * 16), ("secret", "00" * 32), ("charter", "00"), ("grant", ""), ("grant", None), ("secret", None)],
)
def test_a_mesh_file_that_contradicts_itself_is_refused(tmp_path, field, value):
    fields = good_fields(tmp_path)
    (tmp_path / "mesh.json").write_text(json.dumps(fields | {field: value}))
    with pytest.raises(UserError, match="damaged"):
        load_mesh(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"mesh": "00", "epoch": 1, "secret": "00"}', '{"mesh": 1, "epoch": 1, "secret": 2}']
    + [f'{{"mesh": "{bytes(16).hex()}", "epoch": {epoch}, "secret": "{bytes(32).hex()}"}}' for epoch in ("0", "[]")]
    + ["[" * 30_000],
    ids=range(10),
)
def test_a_damaged_mesh_file_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "mesh.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(UserError, match="damaged"):
        load_or_found_mesh(tmp_path, "board")
    assert path.read_text() == content


def test_boots_are_counted(tmp_path):
    assert [next_boot(tmp_path) for _ in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize("torn", [b"", b"3", b"3 ", b"9 00000000\n", b"\xff\xff", b"99999999999 x\n"])
def test_a_torn_boot_file_repeats_no_number(tmp_path, torn):
    given = [next_boot(tmp_path) for _ in range(3)]
    (tmp_path / "boot").write_bytes(torn)
    given.append(next_boot(tmp_path))
    given.append(next_boot(tmp_path))
    assert given == sorted(set(given))
    assert given[-1] == given[-2] + 1


def test_with_both_boot_files_torn_the_count_starts_again(tmp_path):
    for _ in range(3):
        next_boot(tmp_path)
    (tmp_path / "boot").write_bytes(b"?")
    (tmp_path / "boot.before").write_bytes(b"?")
    assert [next_boot(tmp_path), next_boot(tmp_path)] == [1, 2]


def test_a_power_cut_at_any_instant_repeats_no_boot_number(tmp_path, monkeypatch):
    """Every call that changes the disk is, once, the last that happens."""
    count = 0
    cut_at = 0

    class PowerCut(BaseException):
        pass

    def cutting(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == cut_at:
                raise PowerCut
            return real(*args, **kwargs)

        return call

    monkeypatch.setattr(keyfile.os, "fsync", cutting(os.fsync))
    monkeypatch.setattr(keyfile.Path, "replace", cutting(keyfile.Path.replace))
    last = next_boot(tmp_path)
    for cut_at in range(1, 12):
        count = 0
        try:
            number = next_boot(tmp_path)
        except PowerCut:
            cut_at = 0
            number = next_boot(tmp_path)
        assert number > last
        last = number


def test_the_boot_number_wraps(tmp_path):
    next_boot(tmp_path)
    (tmp_path / "boot").write_bytes(keyfile._boot_line(keyfile.BOOT_MAX))
    assert next_boot(tmp_path) == 1


def test_an_unreadable_boot_file_is_an_error_of_the_user(tmp_path):
    (tmp_path / "boot").mkdir()
    with pytest.raises(UserError, match="cannot read"):
        next_boot(tmp_path)


def test_a_new_key_keeps_the_one_before_beside_it(tmp_path):
    before = load_or_create_key(tmp_path)
    kept = renew_key(tmp_path, b"n" * 32)
    assert kept.name == f"node-{before.node_id.hex()[:8]}.key"
    assert NodeKey(kept.read_bytes()).node_id == before.node_id
    assert load_or_create_key(tmp_path).node_id == NodeKey(b"n" * 32).node_id


def test_names_of_boards_that_were_put_out_are_kept(tmp_path):
    assert load_departed(tmp_path) == {}
    keep_departed(tmp_path, {b"n" * 16: "Küche"})
    assert load_departed(tmp_path) == {b"n" * 16: "Küche"}
