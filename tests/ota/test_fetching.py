"""Files come chunk by chunk, from whoever has them, and only what was signed is kept."""

import errno
import shutil
from dataclasses import replace

import pytest

from edgeboard.errors import MissingError, SourceError, StoreError, VerificationError
from edgeboard.ota import files
from edgeboard.ota.client import find
from edgeboard.ota.fetching import fetch_files
from edgeboard.ota.files import RealDisk
from edgeboard.ota.manifest import from_bytes, to_bytes
from edgeboard.ota.values import CHUNK_BYTES, Floors, Target
from tests.ota.desk import Crooked, noise

pytestmark = pytest.mark.slow  # each writes a repository, synced

BOARD = Target("aarch64", "cp313", "stable", (2, 41))


@pytest.fixture
def found(house, layout, source):
    house.release("0.2.0")
    return find(layout, [source], BOARD, Floors(), house.seconds)


@pytest.fixture
def native(found):
    """The one file of several chunks."""
    (file,) = [file for file in found.manifest.files if file.name.startswith("native")]
    assert len(file.chunks) == 3
    return file


def crooked_at(name, change):
    return lambda asked, data: change(data()) if asked == name else None


def blobs(layout):
    return {path.name for path in layout.blobs.iterdir()}


def test_all_files_come_under_their_hashes(layout, found, source):
    told = []
    fetched = fetch_files(layout, found.manifest, [source], told.append)
    assert blobs(layout) == {file.sha256 for file in found.manifest.files} | {found.digest}
    assert fetched.by_source == {source.name: found.manifest.length}
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert told[-1].done == told[-1].total == found.manifest.length
    assert list(layout.incoming.iterdir()) == []


def test_what_is_there_does_not_travel_again(house, layout, found, source):
    fetch_files(layout, found.manifest, [source])
    assert fetch_files(layout, found.manifest, []).reused == found.manifest.length
    house.release("0.3.0")
    newer = find(layout, [source], BOARD, Floors(counter=1), house.seconds)
    fetched = fetch_files(layout, newer.manifest, [source])
    assert sum(fetched.by_source.values()) < 0.1 * newer.manifest.length, "one wheel of our own, and the lock"


@pytest.mark.parametrize("cut", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 599_999])
def test_a_download_goes_on_where_it_was_cut(layout, found, source, crooked, native, cut):
    broken = crooked(source, crooked_at(native.path, lambda data: data[:cut]), piece=1000)
    with pytest.raises(SourceError, match="what has come so far is kept"):
        fetch_files(layout, found.manifest, [broken])
    fetched = fetch_files(layout, found.manifest, [source])
    lost = sum(fetched.by_source.values()) + cut - native.length - _others(found, native)
    assert lost < CHUNK_BYTES, "at most a piece of one chunk travels twice"
    assert native.sha256 in blobs(layout)


def _others(found, native):
    """Bytes of the files that come after the one that was cut."""
    names = [file.name for file in found.manifest.files]
    return sum(file.length for file in found.manifest.files[names.index(native.name) + 1 :])


def test_another_source_goes_on_where_one_broke_off(layout, found, source, crooked, native):
    broken = crooked(source, crooked_at(native.path, lambda data: data[: CHUNK_BYTES + 5]), name="broken")
    good = crooked(source, name="good")
    fetched = fetch_files(layout, found.manifest, [broken, good])
    assert (native.path, CHUNK_BYTES) in good.asked
    assert fetched.dropped == {}


def test_a_source_that_breaks_off_is_asked_again_while_it_brings_something(layout, found, source, crooked, native):
    asked = []

    def in_thirds(name, data):
        if name != native.path:
            return None
        asked.append(name)
        return data()[: len(asked) * CHUNK_BYTES]

    radio = crooked(source, in_thirds, name="radio")
    radio.is_complete = False
    fetch_files(layout, found.manifest, [radio])
    assert len(asked) == 3


@pytest.mark.parametrize("at", [0, CHUNK_BYTES - 1, CHUNK_BYTES, 599_999])
def test_one_flipped_bit_costs_a_source_its_place(layout, found, source, crooked, native, at):
    def flip(data):
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    liar = crooked(source, crooked_at(native.path, flip), name="liar")
    good = crooked(source, name="good")
    fetched = fetch_files(layout, found.manifest, [liar, good])
    assert "not what was signed" in fetched.dropped["liar"]
    later = [name for name, _ in liar.asked][liar.asked.index((native.path, 0)) + 1 :]
    assert later == [], "it is not asked for anything after that"
    assert native.sha256 in blobs(layout)


def test_only_a_liar_is_a_refusal_that_names_it(layout, found, source, crooked, native):
    liar = crooked(source, crooked_at(native.path, lambda data: bytes(len(data))))
    with pytest.raises(VerificationError, match="not what was signed") as refused:
        fetch_files(layout, found.manifest, [liar])
    assert refused.value.attack == "arbitrary-software"
    assert native.sha256 not in blobs(layout)


def test_a_source_without_end_is_left_at_the_signed_length(layout, found, source, crooked, native):
    asked = []

    def endless(name, data):
        if name != native.path:
            return None
        asked.append(name)
        return data() + bytes(10_000_000)

    fetched = fetch_files(layout, found.manifest, [crooked(source, endless)])
    assert sum(fetched.by_source.values()) == found.manifest.length


def test_a_source_that_trickles_is_given_up_for_another(layout, found, source, crooked, clock, native):
    slow = crooked(source, lambda name, data: data(), name="slow", piece=1)
    clock.step = 1.0  # a byte a second
    good = crooked(source, name="good")
    fetched = fetch_files(layout, found.manifest, [slow, good], clock=clock)
    assert "bytes a second" in fetched.dropped["slow"]
    assert fetched.by_source["slow"] < 100


def test_only_a_trickle_is_a_refusal_that_says_so(layout, found, source, crooked, clock):
    clock.step = 1.0
    with pytest.raises(VerificationError, match="bytes a second") as refused:
        fetch_files(layout, found.manifest, [crooked(source, lambda name, data: data(), piece=1)], clock=clock)
    assert refused.value.attack == "slow-retrieval"


def lacks(name):
    def change(asked, data):
        if asked == name:
            raise MissingError(f"no {asked}")

    return change


def test_a_bundle_without_one_of_its_files_is_a_partial_one(layout, found, source, crooked, native):
    with pytest.raises(VerificationError, match=r"lacks native.*copy it again") as refused:
        fetch_files(layout, found.manifest, [crooked(source, lacks(native.path))])
    assert refused.value.attack == "partial-bundle"


def test_a_board_that_has_not_all_of_it_yet_is_no_attack(layout, found, source, crooked, native):
    peer = crooked(source, lacks(native.path), name="peer")
    peer.is_complete = False
    with pytest.raises(SourceError, match="cannot be had"):
        fetch_files(layout, found.manifest, [peer])
    fetch_files(layout, found.manifest, [peer, crooked(source)])
    assert native.sha256 in blobs(layout)


def test_a_source_that_lacks_two_files_is_asked_last_from_then_on(layout, found, source, crooked):
    def has_nothing(name, data):
        raise MissingError(f"nobody has {name}")

    mesh = crooked(source, has_nothing, name="mesh")
    mesh.is_complete = False
    fetch_files(layout, found.manifest, [mesh, crooked(source)])
    assert len(found.manifest.files) > 2
    assert len(mesh.asked) == 2, "each question costs seconds"


def test_no_source_at_all_is_said(layout, found):
    with pytest.raises(SourceError, match="cannot be had"):
        fetch_files(layout, found.manifest, [])


def test_a_part_that_somebody_has_changed_is_fetched_again(layout, found, source, native):
    part = layout.incoming / f"{native.sha256}.part"
    part.write_bytes(bytes(native.length + 77))
    fetch_files(layout, found.manifest, [source])
    assert native.sha256 in blobs(layout)


def test_a_link_in_incoming_is_not_followed(layout, found, source, native, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (layout.incoming / f"{native.sha256}.part").symlink_to(victim)
    with pytest.raises(StoreError, match="cannot keep the update"):
        fetch_files(layout, found.manifest, [source])
    assert victim.read_text() == "precious"


def test_a_blob_that_somebody_has_changed_is_fetched_again(layout, found, source, native, tmp_path):
    fetch_files(layout, found.manifest, [source])
    blob = layout.blobs / native.sha256
    blob.write_bytes(bytes(native.length))
    assert sum(fetch_files(layout, found.manifest, [source]).by_source.values()) == native.length
    elsewhere = blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(elsewhere)
    fetch_files(layout, found.manifest, [source])
    assert not blob.is_symlink()


def test_chunks_that_do_not_make_the_file_are_refused(house, layout, found, source):
    (lock,) = [file for file in found.manifest.files if file.name == found.manifest.lock]
    other = replace(lock, sha256="0" * 64)
    files = tuple(other if file == lock else file for file in found.manifest.files)
    shutil.copy(house.repository.public / lock.path, layout.incoming / f"{other.sha256}.part")
    with pytest.raises(VerificationError, match="do not make the file") as refused:
        fetch_files(layout, replace(found.manifest, files=files), [source])
    assert refused.value.attack == "malformed"
    assert other.sha256 not in blobs(layout)
    assert list(layout.incoming.iterdir()) == []


def test_content_is_synced_before_it_has_a_name(layout, found, source, native):
    steps = []

    class Noted(RealDisk):
        def sync(self, path):
            steps.append(("sync", path.name))
            super().sync(path)

        def rename(self, old, new):
            steps.append(("rename", new.name))
            super().rename(old, new)

    fetch_files(layout, found.manifest, [source], disk=Noted())
    at = steps.index(("rename", native.sha256))
    assert steps[at - 1] == ("sync", f"{native.sha256}.part")
    assert steps[at + 1] == ("sync", "blobs")


def test_what_does_not_fit_beside_ink_is_not_begun(layout, found, source, monkeypatch):
    monkeypatch.setattr(files, "RESERVE", 1 << 60)
    with pytest.raises(files.SpaceError, match=r"MiB free, and the release takes .* free some space"):
        fetch_files(layout, found.manifest, [source])
    assert not list(layout.incoming.iterdir()), "nothing was written that had no room"
    monkeypatch.undo()
    assert fetch_files(layout, found.manifest, [source]).by_source


def test_a_full_disk_is_said_and_what_came_is_kept(layout, found, source, native):
    class Full(RealDisk):
        def sync(self, path):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with pytest.raises(StoreError, match="No space left") as failed:
        fetch_files(layout, found.manifest, [source], disk=Full())
    assert failed.value.__cause__.errno == errno.ENOSPC
    assert fetch_files(layout, found.manifest, [source]).reused > 0


# ------------------------------------------------------------------------------------------------ little changes


class Seeking(Crooked):
    """A web server that knows ranges."""

    seeks = True

    def __init__(self, *words, **named):
        super().__init__(*words, **named)
        self.is_complete = False

    def can_seek(self, name):
        return self.seeks


@pytest.fixture
def newer(house, layout, source):
    """A board that runs 0.2.0 is offered 0.3.0, in which one module of two hundred is another."""
    house.modules = {f"edgeboard/module{number}.py": noise(number, 4_000) for number in range(200)}
    house.release("0.2.0")
    found = find(layout, [source], BOARD, Floors(), house.seconds)
    fetch_files(layout, found.manifest, [source])
    slot = layout.slots / "1-0"
    slot.mkdir(parents=True)
    (slot / "release.json").write_bytes(to_bytes(found.manifest))
    layout.current.symlink_to("slots/1-0")
    house.modules["edgeboard/module7.py"] = noise("changed", 5_000)
    house.release("0.3.0")
    return find(layout, [source], BOARD, Floors(counter=1), house.seconds).manifest


def own(manifest):
    (file,) = [file for file in manifest.files if file.name.startswith("edgeboard")]
    return file


def test_of_a_wheel_that_changes_little_little_travels(layout, newer, source):
    server = Seeking(source)
    told = []
    fetched = fetch_files(layout, newer, [server], told.append)
    assert own(newer).sha256 in blobs(layout)
    assert sum(fetched.by_source.values()) < 60_000, "the list of the wheel, its RECORD, one module, the lock"
    assert fetched.reused + sum(fetched.by_source.values()) == newer.length
    assert told[-1].done == told[-1].total
    assert fetched.dropped == {}


def test_of_a_wheel_that_changes_little_little_travels_from_boards_too(layout, newer, source):
    """Boards hand each other chunks, and are told beforehand of those that are not here."""
    told = []

    class Board(Crooked):
        def expect(self, files, known):
            told.extend(chunk for file in files for chunk in file.chunks if chunk not in known)

    board = Board(source)
    fetched = fetch_files(layout, newer, [board])
    assert sum(fetched.by_source.values()) < 60_000
    changed = [chunk for chunk in own(newer).parts if chunk.sha256 in told]
    assert len(told) <= len(changed) + 1, "and the lock"
    assert sum(chunk.size for chunk in changed) < 60_000


def manifest_blob(layout, counter):
    """The manifest of a release among the blobs."""
    (found,) = [each for each in layout.blobs.iterdir() if f'"counter":{counter},'.encode() in each.read_bytes()]
    return found


def test_another_place_on_this_board_is_asked_before_anybody_else(layout, newer, source, tmp_path):
    """As of the unit that fetches, which keeps what it brings apart from what runs, and forgets it after a while."""
    apart = replace(layout, state=tmp_path / "apart")
    fetched = fetch_files(apart, newer, [Seeking(source)], beside=[layout])
    assert sum(fetched.by_source.values()) < 60_000
    assert {file.sha256 for file in newer.files} <= {path.name for path in apart.blobs.iterdir()}


@pytest.mark.parametrize("how", ["no slot", "no manifest"])
def test_the_release_before_is_known_by_its_slot_or_by_its_manifest(layout, newer, source, how):
    if how == "no slot":
        layout.current.unlink()
    else:
        manifest_blob(layout, 1).unlink()
    fetched = fetch_files(layout, newer, [Seeking(source)])
    assert sum(fetched.by_source.values()) < 60_000


@pytest.mark.parametrize("how", ["no ranges", "no blob", "nothing says what it is"])
def test_without_the_wheel_before_or_ranges_all_of_it_travels(layout, newer, source, how):
    server = Seeking(source)
    server.seeks = how != "no ranges"
    if how == "no blob":
        before = own(from_bytes((layout.current / "release.json").read_bytes()))
        (layout.blobs / before.sha256).unlink()
    elif how == "nothing says what it is":
        (layout.current / "release.json").write_bytes(b"{}")
        manifest_blob(layout, 1).unlink()
    fetched = fetch_files(layout, newer, [server])
    assert own(newer).sha256 in blobs(layout)
    assert sum(fetched.by_source.values()) > 0.9 * own(newer).length


@pytest.mark.parametrize("at", ["head", "middle", "list", "end"])
def test_a_wheel_before_or_an_end_that_lies_costs_time_and_nothing_else(layout, newer, source, at):
    size = own(newer).length
    place = {"head": 10, "middle": size // 2, "list": size - 5_000, "end": size - 3}[at]
    before = layout.blobs / own(from_bytes((layout.current / "release.json").read_bytes())).sha256
    if at in ("head", "middle"):
        spoilt = bytearray(before.read_bytes())
        spoilt[place] ^= 1
        before.write_bytes(bytes(spoilt))

    def change(name, data):
        if name != own(newer).path or at in ("head", "middle"):
            return None
        return data()[:place] + bytes([data()[place] ^ 1]) + data()[place + 1 :]

    liar = Seeking(source, change, name="liar")
    fetched = fetch_files(layout, newer, [liar, Seeking(source, name="good")])
    assert own(newer).sha256 in blobs(layout)
    assert set(fetched.dropped) == (set() if at in ("head", "middle") else {"liar"})
