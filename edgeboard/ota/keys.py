"""The keys that sign releases: ECDSA P-384, each in a file of its own that only its owner can read and a passphrase
opens.

Rules of this file: no private key is ever written without a passphrase, nor to a file that others can read; a file is
named after the public key in it (`targets-3f9a….pem`), so that keys may lie in any folder, such as the three sticks of
three people, and are found again.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from edgeboard.errors import UserError
from edgeboard.ota.files import RealDisk, write_durably

ROLES: Final = ("root", "targets", "snapshot", "timestamp")
PASSPHRASE_LEAST: Final = 8  # bytes
TRIES: Final = 3  # to type the passphrase of a key
SUFFIX: Final = ".pem"
_ID_SHOWN: Final = 16  # hex digits of a key's id in its file name
_SCHEME: Final = "ecdsa-sha2-nistp384"
_FILE_MAX: Final = 16 * 1024  # bytes

Passphrase = Callable[[Path], bytes]  # what opens the key in this file


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key as it lies in a folder, not opened."""

    path: Path
    role: str
    short: str  # the first 16 digits of its id

    def holds(self, keyid: str) -> bool:
        return keyid.startswith(self.short)


def make_key(folder: Path, role: str, passphrase: bytes) -> SSlibKey:
    """A new key in a new file of this folder; returns its public half.

    Raises:
        UserError: the passphrase is too short, or the folder cannot be written.
    """
    check_passphrase(passphrase)
    private = ec.generate_private_key(ec.SECP384R1())
    public = SSlibKey.from_crypto(private.public_key(), scheme=_SCHEME)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    path = folder / f"{role}-{public.keyid[:_ID_SHOWN]}{SUFFIX}"
    disk = RealDisk()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(disk, path, pem, mode=0o600)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}; see who owns the folder") from None
    return public


def check_passphrase(passphrase: bytes) -> None:
    """Raises UserError if it is too short for a key."""
    if len(passphrase) < PASSPHRASE_LEAST:
        raise UserError(f"a passphrase has at least {PASSPHRASE_LEAST} characters, and this one {len(passphrase)}")


def find_keys(folders: Iterable[Path]) -> Iterator[KeyFile]:
    """All keys that lie in these folders; a folder that is not there holds none."""
    for folder in folders:
        for path in sorted(folder.glob(f"*-*{SUFFIX}")):
            role, _, short = path.stem.partition("-")
            if role in ROLES and len(short) == _ID_SHOWN:
                yield KeyFile(path, role, short)


def open_key(file: KeyFile, public: SSlibKey, passphrase: Passphrase) -> CryptoSigner:
    """What signs with the key of a file.

    Raises:
        UserError: others can read it, the passphrase is wrong, or it is another key than its name says.
    """
    try:
        with file.path.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            pem = opened.read(_FILE_MAX)
    except OSError as error:
        raise UserError(f"cannot read {file.path}: {error.strerror or error}") from None
    if mode & 0o077:
        raise UserError(
            f"{file.path} can be read or changed by others (mode {mode:o}): run chmod 600 {file.path}; a "
            "stick with FAT or exFAT knows no owners: mount it with umask=077, or copy the key to a folder of yours"
        )
    private = _open(file.path, pem, passphrase)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP384R1):
        raise UserError(f"{file.path} holds no P-384 key")
    try:
        return CryptoSigner(private, public)
    except ValueError:
        raise UserError(f"{file.path} holds another key than its name says: restore it from a copy") from None


def _open(path: Path, pem: bytes, passphrase: Passphrase) -> PrivateKeyTypes:
    """Whoever mistypes is asked again; who gives the same once more, as a file does, is not."""
    tried: set[bytes] = set()
    while len(tried) < TRIES and (given := passphrase(path)) not in tried:
        try:
            return load_pem_private_key(pem, given or b"\0")  # an empty one would count as none
        except TypeError:
            raise UserError(f"{path} is not encrypted: make a new key with: edgeboard release rotate") from None
        except ValueError:
            tried.add(given)
    raise UserError(f"the passphrase does not open {path}, or the file is damaged")
