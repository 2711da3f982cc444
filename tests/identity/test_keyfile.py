import os
import stat

import pytest

from edgeboard.errors import UserError
from edgeboard.identity import keyfile
from edgeboard.identity.keyfile import load_or_create_key, load_or_create_mesh, next_boot, set_mesh
from edgeboard.identity.trust import MeshSecret
from edgeboard.ids import MeshId


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
    load_or_create_mesh(tmp_path)
    for name, load in (("node.key", load_or_create_key), ("mesh.json", load_or_create_mesh)):
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
    mesh = load_or_create_mesh(tmp_path)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfile.os, "fsync", fail)
    with pytest.raises(UserError, match="No space left"):
        set_mesh(tmp_path, MeshSecret(MeshId(bytes(16)), 2, bytes(32)))
    monkeypatch.undo()
    assert load_or_create_mesh(tmp_path) == mesh
    assert [path.name for path in tmp_path.iterdir()] == ["mesh.json"]


def test_the_mesh_is_made_once_and_can_be_changed(tmp_path):
    mesh = load_or_create_mesh(tmp_path)
    assert mesh.epoch == 1
    assert load_or_create_mesh(tmp_path) == mesh
    assert mode_of(tmp_path / "mesh.json") == 0o600
    other = MeshSecret(MeshId(bytes(16)), 9, bytes(range(32)))
    set_mesh(tmp_path, other)
    assert load_or_create_mesh(tmp_path) == other
    assert mode_of(tmp_path / "mesh.json") == 0o600


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
        load_or_create_mesh(tmp_path)
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
