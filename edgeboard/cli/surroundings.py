"""What `edgeboard doctor` looks at on the machine itself: the state directory, its disk, the keys, the database, the
clock. Nothing that a running node uses is changed; what is written for a trial is removed again."""

import os
import sqlite3
import stat
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import edgeboard
from edgeboard.cli.findings import Finding, ok, problem, warning
from edgeboard.errors import UserError
from edgeboard.identity.grants import Role
from edgeboard.identity.keyfile import KEY_FILE, MESH_FILE, MESH_KEY_FILE, load_mesh
from edgeboard.identity.keys import SEED_BYTES, NodeKey
from edgeboard.storage.schema import APPLICATION_ID
from edgeboard.storage.statedir import DATABASE

MIB = 1024 * 1024
FREE_MIN = 32 * MIB  # below it a board stops saving soon
FREE_LITTLE = 256 * MIB
INODES_LITTLE = 1_000
SYNC_WRITES = 15
SYNC_SLOW_S = 0.1  # a commit waits so long for the disk: a tired SD card
SYNC_DEAD_S = 1.0
WATCH_S = 0.25  # how long the clocks are watched
STEP_S = 0.05  # of the wall clock against the monotonic one; slewing changes 0.0005 in a second

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs")
FLEETING = ("tmpfs", "ramfs")
LAWLESS = ("vfat", "exfat", "msdos")  # no owners, no permissions

MOUNTS = Path("/proc/self/mounts")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def check_state(state: Path) -> Iterator[Finding]:
    """The directory itself."""
    if not state.exists():
        place = existing(state)
        if os.access(place, os.W_OK | os.X_OK) and place.is_dir():
            yield ok("state", f"{state} does not exist yet; the first start makes it")
        else:
            yield problem("state", f"{state} does not exist, and this user cannot make it in {place}", _other(state))
        return
    if not state.is_dir():
        yield problem("state", f"{state} is not a directory", "move that file away, or name a directory with --state")
        return
    status = state.stat()
    if not os.access(state, os.W_OK | os.X_OK):
        yield problem("state", f"this user may not write in {state}", _other(state))
    elif status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        yield warning("state", f"others may look into {state} (mode {mode:o})", f"run chmod 700 {state}")
    else:
        yield ok("state", f"{state} is this user's alone and can be written")


def _other(state: Path) -> str:
    return f"run this as the user that runs the node, give it the directory (chown -R USER {state}), or say --state DIR"


def existing(path: Path) -> Path:
    """The path, or the nearest above it that exists."""
    while not path.exists():
        path = path.parent
    return path


def check_disk(place: Path) -> Iterator[Finding]:
    """Space, the file system, how long a commit waits, and whether SQLite's WAL works; `place` exists."""
    yield _space(place)
    kind, options = filesystem(place)
    if "ro" in options:
        yield problem(
            "disk", f"{place} is on a disk that is mounted read-only", "mount it writable, or say --state DIR"
        )
        return
    if kind in NETWORK:
        yield problem(
            "disk",
            f"{place} is on a network file system ({kind}), where SQLite's locks and shared memory do not hold",
            "put the state on a disk of this machine with --state DIR",
        )
    elif kind in FLEETING:
        yield warning(
            "disk",
            f"{place} is in memory ({kind}): what only this board has is gone with the power",
            "put the state on a disk with --state DIR",
        )
    elif kind in LAWLESS:
        yield warning(
            "disk",
            f"{place} is on {kind}, which knows no owners: everybody on this machine can read the keys",
            "put the state on ext4, f2fs or btrfs with --state DIR",
        )
    try:
        with tempfile.TemporaryDirectory(prefix="doctor-", dir=place) as folder:
            yield _sync(Path(folder), kind)
            yield _wal(Path(folder), kind)
    except OSError as error:
        yield problem("disk", f"cannot write in {place}: {error.strerror or error}", _other(place))


def _space(place: Path) -> Finding:
    disk = os.statvfs(place)
    free = disk.f_bavail * disk.f_frsize
    text = f"{free / MIB:,.0f} MiB are free on the disk of {place}"
    if free < FREE_MIN:
        return problem("space", text, "free some: without space nothing can be saved", free_bytes=free)
    if free < FREE_LITTLE:
        return warning(
            "space", text, "free some before it runs out: a busy room takes a few MiB a day", free_bytes=free
        )
    if disk.f_files and disk.f_favail < INODES_LITTLE:
        few = f"the disk of {place} has room for {disk.f_favail} more files"
        return warning("space", few, "remove what is not needed: it is full of small files", free_bytes=free)
    return ok("space", text, free_bytes=free)


def filesystem(place: Path) -> tuple[str, tuple[str, ...]]:
    """The kind and the mount options of the file system that holds an existing place; empty if unknown."""
    found: tuple[int, str, tuple[str, ...]] = (0, "", ())
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", ()
    path = place.resolve()
    for line in mounts:
        fields = line.split()
        if len(fields) < 4:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))  # spaces stand as \040
        if path.is_relative_to(point) and len(point.parts) >= found[0]:  # the last one lies on top
            found = (len(point.parts), fields[2], tuple(fields[3].split(",")))
    return found[1], found[2]


def _sync(folder: Path, kind: str) -> Finding:
    """How long a small write takes to be on the disk: what every commit waits for."""
    times = []
    file = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(SYNC_WRITES):
            os.write(file, bytes(4096))
            began = time.perf_counter()
            os.fsync(file)
            times.append(time.perf_counter() - began)
    finally:
        os.close(file)
    middle, worst = statistics.median(times), max(times)
    disk = f"the disk ({kind})" if kind else "the disk"
    text = f"a write is on {disk} after {middle * 1000:.1f} ms, at worst {worst * 1000:.0f}"
    values = {"fsync_s": middle, "fsync_worst_s": worst}
    if middle > SYNC_DEAD_S:
        return problem("sync", text, "this disk is failing or overloaded: exchange the SD card", **values)
    if middle > SYNC_SLOW_S:
        return warning("sync", text, "pens draw on, but saving lags: use a better SD card or an SSD", **values)
    return ok("sync", text, **values)


def _wal(folder: Path, kind: str) -> Finding:
    """A database with a write-ahead log that a second connection reads, and a checkpoint."""
    path = folder / "trial.db"
    remedy = "put the state on a disk of this machine with an ordinary file system, with --state DIR"
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            (mode,) = writer.execute("PRAGMA journal_mode = WAL").fetchone()
            writer.execute("PRAGMA synchronous = FULL")
            writer.execute("CREATE TABLE trial (ink BLOB)")
            writer.execute("INSERT INTO trial VALUES (x'00')")
            with closing(sqlite3.connect(path)) as reader:
                (count,) = reader.execute("SELECT count(*) FROM trial").fetchone()
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        return problem("wal", f"SQLite's write-ahead log does not work on {kind or 'this disk'}: {error}", remedy)
    if mode != "wal" or count != 1:
        return problem("wal", f"SQLite has no write-ahead log on {kind or 'this disk'} (it uses {mode})", remedy)
    return ok("wal", "SQLite's write-ahead log works there")


def check_database(state: Path) -> Iterator[Finding]:
    """Whether every page and index is sound; reads only."""
    path = state / DATABASE
    if not path.exists():
        yield ok("database", "there is none yet")
        return
    # Without a log beside it nobody has it open and nothing is missing, so no file need be made to read it.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    mends = (
        "keep a copy of the directory, then start the node: it sets the damaged file aside, saves what can be read, "
        "and fetches the rest from other boards"
    )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=2.0)) as database:
            database.text_factory = bytes
            (application,) = database.execute("PRAGMA application_id").fetchone()
            if application not in (0, APPLICATION_ID):
                other = "it belongs to another program"
                yield problem("database", f"{path} is not ours: {other}", "move it away, or say --state DIR")
                return
            (answer,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if answer != b"ok":
                yield problem("database", f"{path} is damaged: {answer.decode(errors='replace')[:200]}", mends)
                return
            (rooms,) = database.execute("SELECT count(*) FROM rooms").fetchone()
            (batches,) = database.execute("SELECT count(*) FROM batches").fetchone()
            (aside,) = database.execute("SELECT count(*) FROM quarantine").fetchone()
    except sqlite3.OperationalError as error:
        again = "stop what else uses it, or ask again when the board is less busy"
        yield warning("database", f"{path} could not be read: {error}", again)
        return
    except sqlite3.DatabaseError as error:
        yield problem("database", f"{path} is damaged: {error}", mends)
        return
    size = path.stat().st_size
    yield ok("database", f"sound: {rooms} rooms, {batches} batches, {size / MIB:.1f} MiB", bytes=size, batches=batches)
    kept = sorted(state.glob(f"{DATABASE}.damaged-*"))
    if aside or kept:
        yield warning(
            "database",
            f"{aside} damaged rows and {len(kept)} damaged files were set aside in the past",
            "the disk may be failing: check it, and exchange the SD card if this number grows; what is missing comes "
            "back from other boards",
            rows=aside,
        )


def check_keys(state: Path) -> Iterator[Finding]:
    """Whether the secrets are the owner's alone, and whole."""
    named = ((KEY_FILE, "the node's key"), (MESH_FILE, "the mesh secret"), (MESH_KEY_FILE, "the key of the mesh"))
    for name, what in named:
        path = state / name
        try:
            status = path.stat()
        except FileNotFoundError:
            if name != MESH_KEY_FILE:  # most boards have none
                yield ok("keys", f"{what} is made at the first start")
            continue
        except OSError as error:
            yield problem("keys", f"{path}: {error.strerror or error}", _other(state))
            continue
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            yield problem(
                "keys", f"{path} can be read or changed by others (mode {mode:o}); no node starts with it",
                f"run chmod 600 {path}; if others were there, make new ones: remove it",
            )  # fmt: skip
        elif not os.access(path, os.R_OK):
            yield problem("keys", f"this user may not read {path}", _other(state))
        elif name != MESH_FILE and status.st_size != SEED_BYTES:
            text = f"{path} has {status.st_size} bytes instead of {SEED_BYTES}"
            yield problem("keys", text, "restore it from a copy, or remove it and be invited anew")
        else:
            yield ok("keys", f"{what} is its owner's alone")


def check_mesh(state: Path, *, is_running: bool = False) -> Iterator[Finding]:
    """Whether what this board holds of its mesh can be read and belongs together; how a running one is, it says itself.

    What is wrong with the files as such is for `check_keys`.
    """
    for name in (MESH_FILE, MESH_KEY_FILE, KEY_FILE):
        path = state / name
        if path.exists() and (path.stat().st_mode & 0o077 or not os.access(path, os.R_OK)):
            return
    try:
        member = load_mesh(state)
    except UserError as error:
        what, damaged, remedy = str(error).partition(" is damaged: ")
        yield problem("mesh", f"{what}{' is damaged; no node starts with it' if damaged else ''}", remedy)
        return
    if member is None:
        return
    name, public_keys = member.charter.name, []
    for file in (KEY_FILE, MESH_KEY_FILE):
        seed = (state / file).read_bytes() if (state / file).exists() else b""
        public_keys.append(NodeKey(seed).public_key if len(seed) == SEED_BYTES else None)
    own, mesh_key = public_keys
    owns = mesh_key == member.charter.mesh_key
    if own is not None and own != member.grant.public_key and not owns:
        yield warning(
            "mesh", f"node.key is another one than the mesh {name} has let in, so this board is no member of it",
            "put the key back, or ask for an invitation and say: edgeboard join INVITATION",
        )  # fmt: skip
    elif member.is_out and not is_running:
        yield problem(
            "mesh", f"this board was put out of the mesh {name}",
            "ask for an invitation, into this mesh or another, and say here: edgeboard join INVITATION",
        )  # fmt: skip
    elif not is_running:
        yield ok("mesh", f"it is in the mesh {name} as {member.grant.role.name.lower()}")
    if mesh_key is None or owns:
        return
    if member.grant.role is Role.UPDATE:
        yield warning(
            "mesh", f"mesh.key is that of another mesh, and not of {name}, which this board may have made",
            f"put the mesh.key of {name} back from its copy; without it nobody can make admins, or put them out",
        )  # fmt: skip
    else:
        yield ok("mesh", f"mesh.key is that of another mesh, which this board was in before; it says nothing in {name}")


def check_clock(
    wall: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Finding]:
    """Whether the clock is set, and runs without steps; boards only take labels from it."""
    earliest = Path(edgeboard.__file__).stat().st_mtime
    now = wall()
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(max(0, now)))
    set_it = "install and start systemd-timesyncd or chrony, or fit a clock chip; ink is safe, but times are wrong"
    if now < earliest:
        yield warning("clock", f"it says {date}, which is before edgeboard was installed: it is not set", set_it)
    elif SYNCHRONISED.parent.exists() and not SYNCHRONISED.exists():
        yield warning("clock", f"it says {date}, and has not been set by the network since the start", set_it)
    else:
        yield ok("clock", f"it is set: {date}")
    offsets, last, went_back = [], monotonic(), False
    for _ in range(25):
        sleep(WATCH_S / 25)
        at = monotonic()
        went_back, last = went_back or at < last, at
        offsets.append(wall() - at)
    stepped = max(offsets) - min(offsets)
    if went_back:
        yield problem(
            "clock", "the monotonic clock went back, so no pause or round trip can be measured",
            "this is a fault of the machine or its kernel: update it",
        )  # fmt: skip
    elif stepped > STEP_S:
        yield warning(
            "clock", f"the wall clock jumped by {stepped:.2f} s while it was watched",
            "something sets it in steps: run one time service only; links are not hurt by it", step_s=stepped,
        )  # fmt: skip
