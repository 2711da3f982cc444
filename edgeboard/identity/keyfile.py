"""What a node keeps of its identity in its state directory: `node.key`, `mesh.json` and `boot`.

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
from pathlib import Path

from edgeboard.errors import UserError
from edgeboard.identity.keys import SEED_BYTES, NodeKey
from edgeboard.identity.trust import MESH_ID_BYTES, SECRET_BYTES, MeshSecret
from edgeboard.ids import MeshId

KEY_FILE = "node.key"
MESH_FILE = "mesh.json"
BOOT_FILE = "boot"
BOOT_MAX = 0xFFFF_FFFF

_FILE_MAX = 64 * 1024  # bytes; none of these files has more than a few hundred
_logger = logging.getLogger(__name__)


def load_or_create_key(state_dir: Path) -> NodeKey:
    """The key of this node, made at the first start.

    Raises:
        UserError: unreadable, of the wrong size, or open to others.
    """
    path = state_dir / KEY_FILE
    seed = _read_secret(path)
    if seed is None:
        seed = secrets.token_bytes(SEED_BYTES)
        _replace(path, seed)
    if len(seed) != SEED_BYTES:
        raise UserError(
            f"{path} has {len(seed)} bytes instead of {SEED_BYTES}: restore it from a copy, or remove it to make "
            "this a new node"
        )
    return NodeKey(seed)


def load_or_create_mesh(state_dir: Path) -> MeshSecret:
    """The mesh that this node belongs to; a new one of its own at the first start.

    Raises:
        UserError: unreadable, damaged, or open to others.
    """
    mesh = load_mesh(state_dir)
    if mesh is None:
        mesh = MeshSecret(MeshId(secrets.token_bytes(MESH_ID_BYTES)), 1, secrets.token_bytes(SECRET_BYTES))
        set_mesh(state_dir, mesh)
    return mesh


def load_mesh(state_dir: Path) -> MeshSecret | None:
    """The mesh that this node belongs to; None before its first start.

    Raises:
        UserError: unreadable, damaged, or open to others.
    """
    path = state_dir / MESH_FILE
    data = _read_secret(path)
    if data is None:
        return None
    try:
        fields = json.loads(data)
        return MeshSecret(MeshId(bytes.fromhex(fields["mesh"])), int(fields["epoch"]), bytes.fromhex(fields["secret"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            f"{path} is damaged: join again with the secret that `edgeboard mesh secret` prints on another board, or "
            "remove it to start a new mesh"
        ) from None


def set_mesh(state_dir: Path, mesh: MeshSecret) -> None:
    """Make this node one of `mesh` from its next start on.

    Raises:
        UserError: cannot be written.
    """
    fields = {"mesh": mesh.mesh.hex(), "epoch": mesh.epoch, "secret": mesh.secret.hex()}
    _replace(state_dir / MESH_FILE, json.dumps(fields, indent=2).encode() + b"\n")


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
