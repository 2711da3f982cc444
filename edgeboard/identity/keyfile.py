"""What a node keeps of its identity in its state directory: keys, its mesh, invitations, and `boot`.

Rules of this file: a file is replaced whole or not at all, and is on the disk before the caller goes on (a power cut
at any instant leaves the old one or the new one); secrets are readable by their owner only, and a file that others
can read is refused with the command that mends it; a damaged secret is never silently replaced by a new one, because
that would be another node.
"""

import hashlib
import json
import logging
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edgeboard.errors import EdgeboardError, UserError
from edgeboard.identity.charter import NAME_MAX, Charter, mesh_id
from edgeboard.identity.grants import Grant, Role
from edgeboard.identity.keys import SEED_BYTES, NodeKey
from edgeboard.identity.membership import Issuer, Membership, found_mesh
from edgeboard.identity.trust import SECRET_BYTES, MeshSecret
from edgeboard.ids import MeshId

KEY_FILE = "node.key"
MESH_FILE = "mesh.json"
MESH_KEY_FILE = "mesh.key"  # on the board where the mesh was made
INVITATIONS_FILE = "invitations.json"  # that this node has given
PEERS_FILE = "peers.json"  # where the boards were that let this one in
BOARDS_FILE = "boards.json"  # that this one has met
BOOT_FILE = "boot"
GUESTS_FILE = "guests.json"
TIME_FILE = "meshtime"  # how far it had come
TIME_MAX_S = float(1 << 33)  # 2242
DEPARTED_FILE = "departed.json"  # what boards were called that were put out
BOOT_MAX = 0xFFFF_FFFF

_FILE_MAX = 64 * 1024  # bytes; none of these files has more than a few hundred
_logger = logging.getLogger(__name__)


def load_or_create_key(state_dir: Path) -> NodeKey:
    """The key of this node, made at the first start.

    Raises:
        UserError: unreadable, of the wrong size, or open to others.
    """
    return _load_key(state_dir / KEY_FILE, "remove it to make this a new node") or _make_key(state_dir / KEY_FILE)


def renew_key(state_dir: Path, seed: bytes) -> Path:
    """Make this a new node with the key of this seed (32 bytes); the file where the key before is kept.

    Raises:
        UserError: unreadable, or cannot be written.
    """
    path = state_dir / KEY_FILE
    before = _load_key(path, "remove it to make this a new node")
    kept = state_dir / f"node-{before.node_id.hex()[:8]}.key" if before is not None else path
    if before is not None:
        _replace(kept, _read_secret(path) or b"")
    _replace(path, seed)
    return kept


def load_mesh_key(state_dir: Path) -> NodeKey | None:
    """The key of the mesh, if this node holds it; raises as `load_or_create_key`."""
    return _load_key(state_dir / MESH_KEY_FILE, "remove it, if another board of this mesh can invite")


def load_or_found_mesh(state_dir: Path, name: str) -> Membership:
    """What this node holds of its mesh; at the first start a mesh of its own, called `name`.

    Raises:
        UserError: unreadable, damaged, or open to others.
    """
    membership = load_mesh(state_dir)
    if membership is not None:
        key, mesh_key = load_or_create_key(state_dir), load_mesh_key(state_dir)
        if membership.grant.public_key == key.public_key:
            return membership
        if mesh_key is not None and mesh_key.public_key == membership.charter.mesh_key:
            grant = Issuer(membership.mesh, mesh_key, None).admit(key.public_key, Role.UPDATE, secrets.randbits(64))
            membership = replace(membership, grant=grant)
            set_mesh(state_dir, membership)
            return membership
        _logger.warning(
            "this board has a new key, so it is a new board, and no member of the mesh %s; invite it again",
            membership.charter.name,
        )
    return found(state_dir, name, is_private=True)


def found(state_dir: Path, name: str, *, is_private: bool = False) -> Membership:
    """Make a new mesh whose key is kept here, and this node its first member; raises as `load_or_found_mesh`."""
    key, before = load_or_create_key(state_dir), load_mesh_key(state_dir)
    if before is not None:  # whoever has a key shall not lose it by a word
        kept = f"mesh-{mesh_id(before.public_key).hex()[:8]}.key"
        try:
            (state_dir / MESH_KEY_FILE).replace(state_dir / kept)
        except OSError as error:
            raise _cannot("write", state_dir / kept, error) from None
    mesh_key = _make_key(state_dir / MESH_KEY_FILE)
    membership = found_mesh(
        mesh_key,
        name[:NAME_MAX],
        key.public_key,
        secrets.token_bytes(SECRET_BYTES),
        secrets.randbits(64),
        is_private=is_private,
    )
    set_mesh(state_dir, membership)
    return membership


def load_mesh(state_dir: Path) -> Membership | None:
    """What this node holds of its mesh; None before its first start.

    Raises:
        UserError: unreadable, damaged, or open to others.
    """
    path = state_dir / MESH_FILE
    data = _read_secret(path)
    if data is None:
        return None
    try:
        fields = json.loads(data)
        mesh = MeshId(bytes.fromhex(fields["mesh"]))
        charter = Charter.from_bytes(bytes.fromhex(fields["charter"]), mesh)
        secret = MeshSecret(mesh, charter.epoch.epoch, bytes.fromhex(fields["secret"]))
        grant = Grant.from_bytes(bytes.fromhex(fields["grant"]))
        return Membership(charter, secret, grant, fields.get("private") is True)
    except (ValueError, KeyError, TypeError, RecursionError, EdgeboardError):
        raise UserError(
            f"{path} is damaged: remove it, and join again with an invitation that `edgeboard mesh invite` makes on "
            "another board"
        ) from None


def set_mesh(state_dir: Path, membership: Membership) -> None:
    """Make this node a member from its next start on.

    Raises:
        UserError: cannot be written.
    """
    fields = {
        "mesh": membership.mesh.hex(),
        "name": membership.charter.name,  # for people; the charter has the one that counts
        "private": membership.is_private,
        "secret": membership.secret.secret.hex(),
        "grant": membership.grant.to_bytes().hex(),
        "charter": membership.charter.to_bytes().hex(),
    }
    _replace(state_dir / MESH_FILE, json.dumps(fields, indent=2).encode() + b"\n")


def load_issuer(state_dir: Path, membership: Membership) -> Issuer | None:
    """What this node may sign for its mesh with; None if it is no admin. Raises as `load_or_create_key`."""
    mesh_key = load_mesh_key(state_dir)
    if mesh_key is not None and mesh_key.public_key == membership.charter.mesh_key:
        return Issuer(membership.mesh, mesh_key, None)
    if membership.grant.role >= Role.ADMIN and membership.grant.issuer_grant is None:
        return Issuer(membership.mesh, load_or_create_key(state_dir), membership.grant)
    return None


def enrol(state_dir: Path, other: Path, role: Role = Role.DRAW) -> Membership:
    """Make the node of another state directory on this machine a member of the mesh of this one.

    Raises:
        UserError: as above, or this node may not admit others.
    """
    membership = load_mesh(state_dir)
    issuer = None if membership is None else load_issuer(state_dir, membership)
    if membership is None or issuer is None:
        raise UserError(f"the node of {state_dir} may not let others into a mesh")
    grant = issuer.admit(load_or_create_key(other).public_key, role, secrets.randbits(64))
    set_mesh(state_dir, membership.inhabited())
    admitted = Membership(membership.charter, membership.secret, grant)
    set_mesh(other, admitted)
    return admitted


def set_peers(state_dir: Path, urls: Sequence[str]) -> None:
    """Remember where other boards of the mesh are; raises as `set_mesh`."""
    _replace(state_dir / PEERS_FILE, json.dumps({"peers": list(urls)}, indent=2).encode() + b"\n")


def load_peers(state_dir: Path) -> tuple[str, ...]:
    """Where the boards were that let this one in; none if that is not known."""
    try:
        fields = json.loads(_read_secret(state_dir / PEERS_FILE) or b"{}")
        return tuple(str(url) for url in fields.get("peers", ()))
    except (ValueError, AttributeError, TypeError, RecursionError, UserError) as error:
        _logger.warning("%s is of no use: %s", state_dir / PEERS_FILE, error)
        return ()


def keep_boards(state_dir: Path, data: bytes) -> None:
    """Keep what `node.acquaintances` knows of boards that were met; raises as `set_mesh`."""
    _replace(state_dir / BOARDS_FILE, data)


def load_boards(state_dir: Path) -> bytes | None:
    """What `keep_boards` kept; None if nothing was, or it cannot be read: boards are met again."""
    try:
        return _read_secret(state_dir / BOARDS_FILE)
    except UserError as error:
        _logger.warning("%s is of no use: %s", state_dir / BOARDS_FILE, error)
        return None


def keep_time(state_dir: Path, mesh_s: float) -> None:
    """Write down that mesh time has come so far; raises as `set_mesh`."""
    _replace(state_dir / TIME_FILE, f"{mesh_s:.3f}\n".encode())


def load_time(state_dir: Path) -> float:
    """What `keep_time` wrote; 0 if nothing was, or it is of no use: a board without a clock begins in 1970 then."""
    try:
        mesh_s = float(_read_secret(state_dir / TIME_FILE) or b"0")
    except (ValueError, UserError) as error:
        _logger.warning("%s is of no use: %s", state_dir / TIME_FILE, error)
        return 0.0
    return mesh_s if 0.0 <= mesh_s < TIME_MAX_S else 0.0


def keep_invitations(state_dir: Path, data: bytes) -> None:
    """Keep the book of `invitations`; raises as `set_mesh`."""
    _replace(state_dir / INVITATIONS_FILE, data)


def load_invitations(state_dir: Path) -> bytes | None:
    """What `keep_invitations` kept; None if nothing was. Raises UserError as `load_mesh`."""
    return _read_secret(state_dir / INVITATIONS_FILE)


def keep_guests(state_dir: Path, data: bytes) -> None:
    """Write down how guests are let in: the PIN, and the tokens that hold.

    Raises:
        UserError: cannot be written.
    """
    _replace(state_dir / GUESTS_FILE, data)


def load_guests(state_dir: Path) -> bytes | None:
    """What `keep_guests` has written, or None.

    Raises:
        UserError: unreadable, or open to others.
    """
    return _read_secret(state_dir / GUESTS_FILE)


def keep_departed(state_dir: Path, names: Mapping[bytes, str]) -> None:
    """Keep what boards were called that were put out, by node id; raises as `set_mesh`."""
    fields = {node.hex(): name for node, name in names.items()}
    _replace(state_dir / DEPARTED_FILE, json.dumps({"names": fields}, indent=1).encode() + b"\n")


def load_departed(state_dir: Path) -> dict[bytes, str]:
    """What `keep_departed` kept; without a file that is of use, nothing."""
    try:
        fields = json.loads(_read_secret(state_dir / DEPARTED_FILE) or b"{}").get("names", {})
        return {bytes.fromhex(node): str(name) for node, name in fields.items()}
    except (ValueError, AttributeError, TypeError, RecursionError, UserError) as error:
        _logger.warning("%s is of no use: %s", state_dir / DEPARTED_FILE, error)
        return {}


def next_boot(state_dir: Path) -> int:
    """The number of this boot, one above the last; on the disk before it is returned.

    The number before it stays in a second file, so that one torn file neither repeats a number nor starts again.

    Raises:
        UserError: cannot be written.
    """
    path, before = state_dir / BOOT_FILE, state_dir / f"{BOOT_FILE}.before"
    last = _read_boot(path)
    if last:
        _replace(before, _boot_line(last))
    elif last := _read_boot(before):
        last += 1  # the torn file may have held this one
    number = last % BOOT_MAX + 1
    _replace(path, _boot_line(number))
    return number


def _load_key(path: Path, remedy: str) -> NodeKey | None:
    seed = _read_secret(path)
    if seed is not None and len(seed) != SEED_BYTES:
        raise UserError(f"{path} has {len(seed)} bytes instead of {SEED_BYTES}: restore it from a copy, or {remedy}")
    return None if seed is None else NodeKey(seed)


def _make_key(path: Path) -> NodeKey:
    seed = secrets.token_bytes(SEED_BYTES)
    _replace(path, seed)
    return NodeKey(seed)


def _read_boot(path: Path) -> int:
    """The number in a boot file; 0 if there is none, or none that can be trusted."""
    try:
        with path.open("rb") as file:
            line = file.read(_FILE_MAX)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise _cannot("read", path, error) from None
    digits = line.partition(b" ")[0]
    if digits.isdigit() and len(digits) <= 10 and 0 < int(digits) <= BOOT_MAX and line == _boot_line(int(digits)):
        return int(digits)
    _logger.warning("%s is damaged and is made again", path)
    return 0


def _boot_line(number: int) -> bytes:
    return f"{number} {hashlib.sha256(str(number).encode()).hexdigest()[:8]}\n".encode()


def _read_secret(path: Path) -> bytes | None:
    """The content of a file that only its owner may read; None if there is no such file."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(_FILE_MAX)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot("read", path, error) from None
    if mode & 0o077:
        raise UserError(f"{path} can be read or changed by others (mode {mode:o}): run chmod 600 {path}")
    return data


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file, all or nothing, and wait until the disk has it."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise _cannot("write", path, error) from None


def _cannot(what: str, path: Path, error: OSError) -> UserError:
    return UserError(f"cannot {what} {path}: {error.strerror or error}; see who owns the directory and what is free")
