"""The table of attacks A1 to A17, A20 and A22, each against a web server, the mesh and a bundle alike.

After each: the refusal bears the name of the attack, no file of the release has got a name, what the board knows is as
it was, and an honest source beside the attacker completes. A18 (what was verified is swapped
before it runs) and A19 (a node that writes where it must not) are in test_attacks_here.py, A21 in test_publishing.py,
A12 (tar) in test_tarball.py.
"""

import shutil
from dataclasses import replace

import pytest

from edgeboard.errors import SourceError, VerificationError
from edgeboard.ota.client import Found, UpToDate, find
from edgeboard.ota.fetchers import FolderSource
from edgeboard.ota.fetching import fetch_files
from edgeboard.ota.floors import after_commit
from edgeboard.ota.values import Floors, Layout, Target
from tests.ota import attacks
from tests.ota.attacks import Scene
from tests.ota.desk import Crooked, Hand, House

pytestmark = pytest.mark.slow  # real keys, a real repository, real sockets

BOARD = Target("aarch64", "cp313", "stable", (2, 41))


# ------------------------------------------------------------------------------------------------ the board


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    return Scene(House(folder), folder)


class Board:
    """A board that runs the first of two releases."""

    def __init__(self, scene, folder):
        self.layout = Layout.under(folder)
        self.layout.prefix.mkdir(parents=True)
        self.layout.root.write_bytes(scene.house.root)
        self.now = scene.house.seconds
        self.floors = Floors()
        self.upgrade(FolderSource(scene.old))
        self.floors = after_commit(self.floors, 1)

    def copy(self, folder):
        """Another one that is just like it."""
        shutil.copytree(self.layout.prefix.parent.parent, folder, symlinks=True)
        twin = object.__new__(Board)
        twin.layout, twin.now, twin.floors = Layout.under(folder), self.now, self.floors
        return twin

    def upgrade(self, *sources, now=None, clock=None):
        """Find and fetch; returns what was found."""
        words = {} if clock is None else {"clock": clock}
        found = find(self.layout, sources, BOARD, self.floors, now or self.now, **words)
        self.floors = found.floors
        if isinstance(found, Found):
            fetch_files(self.layout, found.manifest, sources, **words)
        return found

    def state(self):
        """All that it knows, and the files that have a name."""
        kept = [*self.layout.cache.rglob("*.json"), *self.layout.metadata.iterdir(), *self.layout.blobs.iterdir()]
        return {(str(path.relative_to(self.layout.state)), path.read_bytes()) for path in kept}


@pytest.fixture(scope="module")
def before(scene, tmp_path_factory):
    return Board(scene, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(scene, before, tmp_path_factory):
    """The same board once it has the second release."""
    board = before.copy(tmp_path_factory.mktemp("after") / "board")
    board.upgrade(FolderSource(scene.new))
    board.floors = after_commit(board.floors, 2)
    return board


@pytest.fixture
def board(before, tmp_path):
    return before.copy(tmp_path / "board")


@pytest.fixture
def folder(scene, tmp_path):
    return shutil.copytree(scene.new, tmp_path / "attacked")


# ------------------------------------------------------------------------------------------------ the table

ROLES = ("root", "targets", "snapshot", "timestamp")
FORGERIES = ("not at all", "flipped", "stranger", "stranger under a known name")
ODD = ("r is 0", "s is 0", "both are 0", "s is the order", "truncated", "with a tail", "empty", "base64")
ODD_JSON = {
    "nothing": b"",
    "NaN": lambda data: data.replace(b'"version": 3', b'"version": NaN'),
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "no UTF-8": lambda data: data.replace(b"timestamp", b"timest\xffmp"),
    "deep": b"[" * 8_000 + b"]" * 8_000,
    "a number of 5,000 digits": lambda data: data.replace(b'"version": 3', b'"version": ' + b"9" * 5_000),
    "a list": b"[]",
    "another role": lambda data: data.replace(b'"timestamp"', b'"snapshot"'),
    "a role called ../x": lambda data: data.replace(b'"timestamp"', b'"../x"'),
    "a version that is text": lambda data: data.replace(b'"version": 3', b'"version": "3"'),
    "a negative version": lambda data: data.replace(b'"version": 3', b'"version": -3'),
}

TABLE = [
    *[
        ("A1", "arbitrary-software", f"{role} signed {how}", attacks.not_signed(role, how))
        for role in ROLES
        for how in FORGERIES
    ],
    ("A2", "arbitrary-software", "targets by 1 of 2", attacks.one_of_two("targets")),
    ("A2", "malformed", "one signature twice", attacks.one_signature_twice),
    ("A2", "arbitrary-software", "one key under two names", attacks.one_key_under_two_names),
    ("A3", "rollback", "timestamp", attacks.older("timestamp")),
    ("A3", "rollback", "snapshot", attacks.older("snapshot")),
    ("A3", "rollback", "targets", attacks.older("targets")),
    ("A3", "rollback", "counter", attacks.older_counter),
    ("A6", "mix-and-match", "old targets under a new name", attacks.old_targets_under_a_new_name),
    ("A6", "mix-and-match", "manifest of another release", attacks.manifest_of_another_release),
    ("A6", "mix-and-match", "wheels of another release", attacks.wheels_of_another_release),
    *[("A8", "endless-data", name, attacks.endless(name)) for name in (*ROLES, "manifest")],
    ("A10", "wrong-software", "machine", attacks.for_another_board(machine="x86_64")),
    ("A10", "wrong-software", "python", attacks.for_another_board(python="cp311")),
    ("A10", "wrong-software", "channel", attacks.for_another_board(channel="beta")),
    ("A10", "wrong-software", "glibc", attacks.for_another_board(libc=(2, 99))),
    ("A11", "mix-and-match", "extra wheel", attacks.extra_wheel),
    ("A11", "unsafe-content", "renamed wheel", attacks.renamed_wheel),
    ("A11", "arbitrary-software", "lock edited", attacks.edited("requirements")),
    ("A11", "arbitrary-software", "wheel edited", attacks.edited("edgeboard")),
    ("A11", "malformed", "sdist", attacks.sdist),
    ("A11", "unsafe-content", ".pth", attacks.spoilt_wheel("evil.pth", b"import os")),
    ("A11", "unsafe-content", "path that leads out", attacks.spoilt_wheel("../../evil.py")),
    ("A14", "arbitrary-software", "one root key", attacks.one_of_two("root")),
    ("A15", "rollback", "a root skipped", attacks.root_of_wrong_number(3)),
    ("A15", "rollback", "a root played again", attacks.root_of_wrong_number(1)),
    ("A15", "arbitrary-software", "new root keys alone", attacks.root_by_new_keys_alone),
    ("A15", "arbitrary-software", "old root keys alone", attacks.root_by_old_keys_alone),
    *[("A16", "malformed", name, attacks.odd_json(data)) for name, data in ODD_JSON.items()],
    *[("A17", "arbitrary-software", how, attacks.odd_signature(how)) for how in ODD],
    ("A17", "arbitrary-software", "a key of another curve", attacks.key_of_another_curve),
]  # fmt: skip


# These are signed by as many as must sign: nothing but content speaks against them, and a board that has seen them
# waits for what the real signers publish next.
SIGNED = {"manifest of another release", "wheels of another release", "machine", "python", "channel", "glibc"} | {
    "extra wheel", "renamed wheel", "sdist", ".pth", "path that leads out",
}  # fmt: skip


@pytest.mark.parametrize(("number", "attack", "name", "change"), TABLE, ids=[f"{row[0]} {row[2]}" for row in TABLE])
def test_each_attack_is_refused_by_name(scene, before, after, tmp_path, folder, carry, number, attack, name, change):
    honest = FolderSource(scene.new)
    board = (after if number == "A3" else before).copy(tmp_path / "board")
    known = board.state()
    change(scene, folder)
    with pytest.raises(VerificationError) as refused:
        board.upgrade(carry(folder))
    assert refused.value.attack == attack, refused.value
    if name in SIGNED:
        lasting = {path for path, _ in after.state() - before.state() if path.startswith("blobs/")}
        assert sum(path in lasting for path, _ in board.state()) <= 2, "no wheel that was not looked into has a name"
        return
    assert board.state() <= known | after.state(), "it leaves nothing behind"
    board.upgrade(carry(folder), honest)
    assert after.state() - board.state() == set(), "and hinders nobody"


# ------------------------------------------------------------------------------------------------ the others


def test_a4_a_wiped_cache_does_not_let_the_old_release_in(scene, after, carry, tmp_path):
    """The client of TUF alone takes it without a word; the floors do not."""
    board = after.copy(tmp_path / "board")
    for wiped in (board.layout.cache, board.layout.metadata):
        shutil.rmtree(wiped)
    with pytest.raises(VerificationError) as refused:
        board.upgrade(carry(scene.old))
    assert refused.value.attack == "rollback"
    assert not board.layout.cache.exists()
    forgotten = find(board.layout, [FolderSource(scene.old)], BOARD, Floors(), board.now)
    assert forgotten.manifest.version == "0.2.0", "so it is the floors that refuse, and nothing else"


@pytest.mark.parametrize("clock", [31 * 86_400, -56 * 365 * 86_400], ids=["in time", "set back to 1970"])
def test_a5_what_is_withheld_for_too_long_is_told(scene, board, carry, clock):
    late = scene.house.seconds + 31 * 86_400
    if clock < 0:  # the board has seen something signed later, and its battery is flat
        board.floors = replace(board.floors, latest_known_time=late)
    with pytest.raises(VerificationError, match="has expired") as refused:
        board.upgrade(carry(scene.new), now=scene.house.seconds + clock)
    assert refused.value.attack == "freeze"


def test_a7_a_number_far_ahead_is_forgotten_with_the_key_that_was_stolen(tmp_path, carry):
    scene = Scene(House(tmp_path), tmp_path)
    board = Board(scene, tmp_path / "board")
    stolen = shutil.copytree(scene.new, tmp_path / "stolen")
    timestamp = scene.load(stolen, "timestamp")
    timestamp.signed.version = 2**31
    scene.store(stolen, scene.sign(timestamp))
    assert board.upgrade(carry(stolen)).floors.timestamp == 2**31, "while the key holds, it is taken"
    with pytest.raises(VerificationError) as refused:
        board.upgrade(carry(scene.new))
    assert refused.value.attack == "rollback"
    publisher = scene.house.publisher()
    publisher.rotate("timestamp", "", scene.house.keys[0], b"correct horse battery")
    assert publisher.publish().done
    healed = shutil.copytree(scene.new, tmp_path / "healed")
    assert board.upgrade(carry(healed)).floors.timestamp == 4
    with pytest.raises(VerificationError):
        board.upgrade(carry(stolen))


def test_a9_a_byte_a_second_is_no_source(scene, board, carry):
    trickle = Crooked(carry(scene.new), lambda name, data: data() if "root" not in name else None, piece=1)
    with pytest.raises(VerificationError) as refused:
        board.upgrade(trickle, clock=Hand(step=1.0))
    assert refused.value.attack == "slow-retrieval"
    assert len(trickle.asked) < 5
    assert board.upgrade(trickle, FolderSource(scene.new), clock=Hand(step=1.0)).manifest.version == "0.3.0"


@pytest.mark.parametrize("answer", [b"garbage", b"", b"{}", b"\x00" * 1000])
@pytest.mark.parametrize("name", ["2.root", "timestamp", "snapshot", "targets"])
def test_a13_garbage_of_a_peer_stops_nobody(scene, board, carry, name, answer):
    def change(asked, data):
        return answer if f"{name}.json" in asked else None

    liar = Crooked(carry(scene.new), change, name="liar")
    with pytest.raises(VerificationError):
        board.upgrade(liar)
    found = board.upgrade(liar, FolderSource(scene.new))
    assert (found.manifest.version, found.trouble[0][0]) == ("0.3.0", "liar")


def test_a13_a_peer_that_changes_its_mind_with_each_chunk_is_dropped(scene, board, carry):
    counted = []

    def change(asked, data):
        if ".whl" not in asked:
            return None
        counted.append(asked)
        return bytes([len(counted)]) + data()[1:]

    liar = Crooked(carry(scene.new), change, name="liar")
    board.upgrade(liar, FolderSource(scene.new))
    assert len(counted) == 1


def test_a15_a_chain_of_twenty_roots_is_followed_offline(tmp_path, carry):
    scene = Scene(House(tmp_path), tmp_path)
    board = Board(scene, tmp_path / "board")
    fresh = board.copy(tmp_path / "fresh")
    publisher = scene.house.publisher()
    for number in range(20):
        role = ("root", "timestamp", "snapshot", "targets")[number % 4]
        keyid = scene.house.repository.root().signed.roles[role].keyids[0]
        publisher.rotate(role, keyid, scene.house.keys[0], b"correct horse battery")
        assert publisher.publish().done
    found = board.upgrade(carry(scene.new))
    assert (found.floors.root, found.manifest.version) == (21, "0.3.0")
    broken = shutil.copytree(scene.new, tmp_path / "broken")
    (broken / "metadata" / "15.root.json").unlink()
    with pytest.raises(VerificationError):
        fresh.upgrade(carry(broken))


def test_a17_what_the_library_takes_for_a_signature_is_one(scene, board, folder, carry):
    """ECDSA has two forms of each signature; both need the key, so neither is an attack."""
    attacks.odd_signature("high s")(scene, folder)
    assert board.upgrade(carry(folder)).manifest.version == "0.3.0"


PARTS = ("timestamp", "snapshot", "targets", "manifest", "requirements", "edgeboard")


@pytest.mark.parametrize("part", PARTS)
def test_a20_a_release_comes_whole_or_not_at_all(scene, board, folder, carry, part):
    attacks.dropped(part)(scene, folder)
    source = carry(folder)
    with pytest.raises(VerificationError if carry.kind == "bundle" else SourceError) as refused:
        board.upgrade(source)
    if carry.kind == "bundle":
        assert refused.value.attack == "partial-bundle"
    assert board.upgrade(source, FolderSource(scene.new)).manifest.version == "0.3.0"


def test_a22_what_nobody_can_serve_is_asked_for_once(board, carry, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    nobody = Crooked(carry(empty), name="nobody")
    with pytest.raises((SourceError, VerificationError)):
        board.upgrade(nobody)
    assert len(nobody.asked) == 2, "the next root, and the timestamp"


def test_an_honest_board_is_up_to_date_afterwards(scene, after, carry, tmp_path):
    assert isinstance(after.copy(tmp_path / "board").upgrade(carry(scene.new)), UpToDate)
