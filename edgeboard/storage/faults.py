"""What SQLite's errors mean for a person, and which of them mean that the file is damaged."""

import errno
import sqlite3
from pathlib import Path

from edgeboard.errors import StoreError

_PRIMARY = 0xFF  # the low byte of an extended error code


class InconsistentError(sqlite3.DatabaseError):
    """Damage that SQLite did not notice and we did; is treated like its own."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not a database, or no whole one."""
    if 'near "STRICT"' in str(error):
        return False  # whole, and made where SQLite was newer
    if str(error) == "unsupported file format":
        return True  # one byte of the header; SQLite has no code for it
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_passing(error: sqlite3.Error) -> bool:
    """Whether the connection may be kept; after any other error it is opened anew."""
    return _code(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def explain(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """The StoreError that says what has happened to the database at `path` and what to do."""
    if isinstance(error, OSError):
        return StoreError(_explain_system(error, path))
    match _code(error):
        case sqlite3.SQLITE_FULL:
            text = "the disk is full; free some space"
        case sqlite3.SQLITE_READONLY:
            text = "it is read-only; make the file, its directory and the disk writable"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = "another program holds it locked; end that program"
        case sqlite3.SQLITE_CANTOPEN:
            text = "it cannot be opened; make the directory exist and let this user write there"
        case sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            text = "this user may not use it; give it to the user that runs edgeboard"
        case sqlite3.SQLITE_IOERR:
            text = f"the disk fails ({error}); check its free space and the kernel's log, then the disk itself"
        case sqlite3.SQLITE_NOMEM:
            text = "memory has run out"
        case _ if 'near "STRICT"' in str(error):
            text = f"it needs SQLite 3.37 or newer, and this is {sqlite3.sqlite_version}; install a newer SQLite"
        case _:
            text = str(error)
    return StoreError(f"cannot use {path}: {text}")


def _explain_system(error: OSError, path: Path) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            text = "the disk is full; free some space"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            text = "this user may not write there; make the file, its directory and the disk writable"
        case _:
            text = error.strerror or str(error)
    return f"cannot use {path}: {text}"


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY
