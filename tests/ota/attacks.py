"""What somebody does to a repository who has some of its keys, or none: each changes a copy of what is published.

An attack is a function of a `Scene` and of the folder to change. `Scene.chain` stands for a release machine that was
taken over: it has the keys of snapshot and timestamp, and signs whatever targets it is given.
"""

import base64
import hashlib
import json
import shutil
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from securesystemslib.signer import CryptoSigner, Key, Signature, SSlibKey
from tuf.api.metadata import Metadata, TargetFile

from edgeboard.ota import manifest as manifests
from edgeboard.ota.keys import find_keys, open_key
from edgeboard.ota.repository import custom_of, meta_of, to_bytes
from edgeboard.ota.values import Target
from edgeboard.ota.wheelhouse import make_lock, read_wheelhouse
from tests.ota.desk import PASSPHRASE, make_wheel

ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
NAME = "stable-aarch64-cp313-2.json"  # of the newest release for the board


class Scene:
    """A house with two releases: what was published with the first, and what with the second."""

    def __init__(self, house, folder):
        self.house = house
        house.release("0.2.0")
        self.old = folder / "old"
        shutil.copytree(house.repository.public, self.old)
        house.after(hours=1).release("0.3.0")
        self.new = house.repository.public
        self.root = house.repository.root()

    # -------------------------------------------------------------------------------------------- reading and writing

    def load(self, folder, role):
        """The newest metadata of a role in a folder."""
        if role == "timestamp":
            return Metadata.from_file(str(folder / "metadata" / "timestamp.json"))
        versions = sorted(int(path.name.split(".")[0]) for path in (folder / "metadata").glob(f"*.{role}.json"))
        return Metadata.from_file(str(folder / "metadata" / f"{versions[-1]}.{role}.json"))

    def store(self, folder, metadata, version=None):
        signed = metadata.signed
        name = "timestamp.json" if signed.type == "timestamp" else f"{version or signed.version}.{signed.type}.json"
        (folder / "metadata" / name).write_bytes(to_bytes(metadata))

    # -------------------------------------------------------------------------------------------- signing

    def signers(self, role):
        """All keys of a role, opened."""
        for keyid in sorted(self.root.signed.roles[role].keyids):
            for file in find_keys(self.house.keys):
                if file.holds(keyid):
                    yield open_key(file, self.root.signed.keys[keyid], lambda path: PASSPHRASE)

    def sign(self, metadata, role=None, count=None):
        """With the real keys, or with so many of them."""
        metadata.signatures.clear()
        for signer in list(self.signers(role or metadata.signed.type))[:count]:
            metadata.sign(signer, append=True)
        return metadata

    def chain(self, folder, targets):
        """Store targets, and a snapshot and a timestamp that name them, signed with the real keys of these two."""
        self.store(folder, targets)
        snapshot, timestamp = self.load(folder, "snapshot"), self.load(folder, "timestamp")
        snapshot.signed.version += 1
        snapshot.signed.meta["targets.json"] = meta_of(targets)
        self.store(folder, self.sign(snapshot))
        timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = meta_of(snapshot)
        self.store(folder, self.sign(timestamp))

    def next_targets(self, folder):
        targets = self.load(folder, "targets")
        targets.signed.version += 1
        targets.signatures.clear()
        return targets

    def next_root(self, folder):
        root = Metadata.from_bytes(self.root.to_bytes())
        root.signed.version += 1
        root.signatures.clear()
        return root

    # -------------------------------------------------------------------------------------------- releases

    def wheels(self, version="0.3.0", machine="aarch64"):
        """A fresh copy of a wheelhouse, to be spoilt."""
        made = self.house.wheelhouse(version, machine)
        folder = self.house.folder / "spoilt"
        shutil.rmtree(folder, ignore_errors=True)
        return shutil.copytree(made, folder)

    def offer(self, folder, manifest, data=None, custom=None):
        """Let two of three sign a manifest as the newest release: operators who err, or are two thieves."""
        data = manifests.to_bytes(manifest) if data is None else data
        sha256 = hashlib.sha256(data).hexdigest()
        (folder / "targets" / f"{sha256}.{NAME}").write_bytes(data)
        targets = self.next_targets(folder)
        told = {"custom": custom_of(manifest) | (custom or {})}
        targets.signed.targets[NAME] = TargetFile(len(data), {"sha256": sha256}, NAME, told)
        self.chain(folder, self.sign(targets))

    def manifest(self, folder):
        """That of the newest release."""
        entry = self.load(folder, "targets").signed.targets[NAME]
        return manifests.from_bytes((folder / "targets" / f"{entry.hashes['sha256']}.{NAME}").read_bytes())

    def put(self, folder, name, data):
        """A file, as the manifest names it."""
        file = manifests.describe(name, [data])
        (folder / file.path).write_bytes(data)
        return file


def stranger(keyid=None):
    """Somebody's own key, under the name of another if that is given."""
    private = ec.generate_private_key(ec.SECP384R1())
    public = SSlibKey.from_crypto(private.public_key(), keyid=keyid, scheme="ecdsa-sha2-nistp384")
    return CryptoSigner(private, public)


# ------------------------------------------------------------------------------------------------ A1, A2, A14, A17


def not_signed(role, how):
    """Metadata of a role without signatures, with wrong ones, or with a stranger's."""

    def attack(scene, folder):
        metadata = scene.next_root(folder) if role == "root" else scene.load(folder, role)
        if role != "root":
            metadata.signed.version += 1
        scene.sign(metadata)
        real = list(metadata.signatures.values())
        metadata.signatures.clear()
        for signature in real:
            if how == "flipped":
                at = len(signature.signature) // 2
                flipped = f"{int(signature.signature[at], 16) ^ 1:x}"
                changed = signature.signature[:at] + flipped + signature.signature[at + 1 :]
                metadata.signatures[signature.keyid] = Signature(signature.keyid, changed)
            elif how == "stranger":
                metadata.sign(stranger(), append=True)
            elif how == "stranger under a known name":
                metadata.sign(stranger(signature.keyid), append=True)
        if role == "targets":
            scene.chain(folder, metadata)
        else:
            scene.store(folder, metadata)
            if role == "snapshot":
                timestamp = scene.load(folder, "timestamp")
                timestamp.signed.version += 1
                timestamp.signed.snapshot_meta = meta_of(metadata)
                scene.store(folder, scene.sign(timestamp))

    return attack


def one_of_two(role):
    def attack(scene, folder):
        if role == "root":
            scene.store(folder, scene.sign(scene.next_root(folder), count=1))
        else:
            scene.chain(folder, scene.sign(scene.next_targets(folder), count=1))

    return attack


def one_signature_twice(scene, folder):
    targets = scene.sign(scene.next_targets(folder), count=1)
    fields = targets.to_dict()
    fields["signatures"] *= 2
    scene.chain(folder, targets)
    path = folder / "metadata" / f"{targets.signed.version}.targets.json"
    path.write_bytes(json.dumps(fields).encode())
    renamed(scene, folder, path.read_bytes())


def renamed(scene, folder, data):
    """Snapshot and timestamp that name targets of exactly these bytes."""
    snapshot, timestamp = scene.load(folder, "snapshot"), scene.load(folder, "timestamp")
    meta = snapshot.signed.meta["targets.json"]
    meta.length, meta.hashes = len(data), {"sha256": hashlib.sha256(data).hexdigest()}
    scene.store(folder, scene.sign(snapshot))
    timestamp.signed.snapshot_meta = meta_of(snapshot)
    scene.store(folder, scene.sign(timestamp))


def one_key_under_two_names(scene, folder):
    """A root that real people sign, in which one person has two votes."""
    root = scene.next_root(folder)
    role = root.signed.roles["targets"]
    kept = root.signed.keys[role.keyids[0]]
    twin = Key.from_dict("f" * 64, kept.to_dict())
    for keyid in role.keyids[1:]:
        root.signed.revoke_key(keyid, "targets")
    root.signed.keys[twin.keyid] = twin
    role.keyids.append(twin.keyid)
    scene.store(folder, scene.sign(root))


def odd_signature(how):
    """A signature that is right but for its form."""

    def attack(scene, folder):
        timestamp = scene.load(folder, "timestamp")
        timestamp.signed.version += 1
        scene.sign(timestamp)
        ((keyid, signature),) = timestamp.signatures.items()
        der = bytes.fromhex(signature.signature)
        r, s = decode_dss_signature(der)
        changed = {
            "r is 0": encode_dss_signature(0, s),
            "s is 0": encode_dss_signature(r, 0),
            "both are 0": encode_dss_signature(0, 0),
            "s is the order": encode_dss_signature(r, ORDER),
            "truncated": der[:-3],
            "with a tail": der + b"\0",
            "empty": b"",
            "base64": base64.b64encode(der),
            "high s": encode_dss_signature(r, ORDER - s),
        }[how]
        timestamp.signatures[keyid] = Signature(keyid, changed.hex())
        scene.store(folder, timestamp)

    return attack


def key_of_another_curve(scene, folder):
    """A root in which the timestamp's key is P-256 while it says P-384."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = SSlibKey.from_crypto(private.public_key(), scheme="ecdsa-sha2-nistp256")
    fields = public.to_dict() | {"scheme": "ecdsa-sha2-nistp384"}
    root = scene.next_root(folder)
    root.signed.revoke_key(root.signed.roles["timestamp"].keyids[0], "timestamp")
    root.signed.add_key(Key.from_dict(public.keyid, fields), "timestamp")
    scene.store(folder, scene.sign(root))
    timestamp = scene.load(folder, "timestamp")
    timestamp.signed.version += 1
    timestamp.signatures.clear()
    signer = CryptoSigner(private, public)
    timestamp.sign(signer)
    scene.store(folder, timestamp)


# ------------------------------------------------------------------------------------------------ A3, A6


def older(role):
    """Whoever has the keys below a role names its older metadata anew."""

    def attack(scene, folder):
        if role == "timestamp":
            shutil.copy(scene.old / "metadata" / "timestamp.json", folder / "metadata")
            return
        snapshot, timestamp = scene.load(folder, "snapshot"), scene.load(folder, "timestamp")
        if role == "targets":
            snapshot.signed.version += 1
            snapshot.signed.meta["targets.json"] = meta_of(scene.load(scene.old, "targets"))
            scene.store(folder, scene.sign(snapshot))
        else:
            snapshot = scene.load(scene.old, "snapshot")
        timestamp.signed.version += 1
        timestamp.signed.snapshot_meta = meta_of(snapshot)
        scene.store(folder, scene.sign(timestamp))

    return attack


def older_counter(scene, folder):
    """Targets that do not list the newest release any more: a publisher that works on an old copy."""
    targets = scene.next_targets(folder)
    for name in [name for name in targets.signed.targets if name.endswith("-2.json")]:
        del targets.signed.targets[name]
    scene.chain(folder, scene.sign(targets))


def old_targets_under_a_new_name(scene, folder):
    newest = scene.load(folder, "targets").signed.version
    shutil.copy(scene.old / "metadata" / "2.targets.json", folder / "metadata" / f"{newest}.targets.json")


def manifest_of_another_release(scene, folder):
    """Signed, and right in itself, but not the one that is announced."""
    manifest = scene.manifest(folder)
    scene.offer(folder, manifest, manifests.to_bytes(replace(manifest, counter=1, version="0.2.0")))


def wheels_of_another_release(scene, folder):
    """The lock of one release with the wheels of another."""
    manifest = scene.manifest(folder)
    other, _, _ = read_wheelhouse(scene.house.wheelhouse("0.2.0"), Target("aarch64", "cp313", "stable", (2, 36)))
    files = tuple(file for file in other.files if file.is_wheel)
    lock = tuple(file for file in manifest.files if file.name == manifest.lock)
    scene.offer(folder, replace(manifest, files=files + lock))


# ------------------------------------------------------------------------------------------------ A8 to A20


def endless(name):
    """Metadata or a manifest that goes on after its end."""

    def attack(scene, folder):
        if name == "manifest":
            (path,) = (folder / "targets").glob(f"*.{NAME}")
        elif name == "root":
            path = folder / "metadata" / "2.root.json"
            path.write_bytes(b"{")
        elif name == "timestamp":
            path = folder / "metadata" / "timestamp.json"
        else:
            path = folder / "metadata" / f"{scene.load(folder, name).signed.version}.{name}.json"
        with path.open("ab") as file:
            file.write(b" " * 6_000_000)

    return attack


def for_another_board(**changes):
    def attack(scene, folder):
        manifest = scene.manifest(folder)
        custom = {"libc": list(manifest.target.libc)}
        changed = replace(manifest, target=replace(manifest.target, **changes))
        scene.offer(folder, changed, custom=custom)

    return attack


def spoilt_wheel(path, data=b""):
    """A release whose wheel holds a file that none may, signed by two of three."""

    def attack(scene, folder):
        wheels = scene.wheels()
        (wheels / "native-1.0-cp313-cp313-manylinux_2_28_aarch64.whl").unlink()
        bad = make_wheel(wheels, "native-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", b"", [(path, data)])
        manifest = scene.manifest(folder)
        file = scene.put(folder, bad.name, bad.read_bytes())
        offer_with(scene, folder, manifest, file)

    return attack


def offer_with(scene, folder, manifest, native):
    """The newest release with another native wheel, and a lock that fits."""
    wheels = [file for file in manifest.wheels if not file.name.startswith("native")] + [native]
    lock = scene.put(folder, manifest.lock, make_lock(wheels))
    scene.offer(folder, replace(manifest, files=(*wheels, lock)))


def renamed_wheel(scene, folder):
    manifest = scene.manifest(folder)
    (native,) = [file for file in manifest.files if file.name.startswith("native")]
    data = (folder / native.path).read_bytes()
    offer_with(scene, folder, manifest, scene.put(folder, native.name.replace("native", "notive"), data))


def extra_wheel(scene, folder):
    """One that the lock does not name."""
    manifest = scene.manifest(folder)
    extra = scene.put(folder, "extra-1.0-py3-none-any.whl", b"PK")
    scene.offer(folder, replace(manifest, files=(*manifest.files, extra)))


def sdist(scene, folder):
    manifest = scene.manifest(folder)
    source = scene.put(folder, "native-1.0.tar.gz", b"\x1f\x8b")
    scene.offer(folder, replace(manifest, files=(*manifest.files, source)))


def edited(prefix):
    """A file changed where it lies, of the same length."""

    def attack(scene, folder):
        (file,) = [file for file in scene.manifest(folder).files if file.name.startswith(prefix)]
        path = folder / file.path
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))

    return attack


def odd_json(data):
    """A timestamp that is no JSON as others read it."""

    def attack(scene, folder):
        path = folder / "metadata" / "timestamp.json"
        path.write_bytes(data(path.read_bytes()) if callable(data) else data)

    return attack


def dropped(what):
    """Something is not there."""

    def attack(scene, folder):
        manifest = scene.manifest(folder)
        if what == "manifest":
            for path in (folder / "targets").glob(f"*.{NAME}"):
                path.unlink()
        elif what == "timestamp":
            (folder / "metadata" / "timestamp.json").unlink()
        elif what in ("snapshot", "targets"):
            (folder / "metadata" / f"{scene.load(folder, what).signed.version}.{what}.json").unlink()
        else:
            (file,) = [file for file in manifest.files if file.name.startswith(what)]
            (folder / file.path).unlink()

    return attack


# ------------------------------------------------------------------------------------------------ A15


def root_of_wrong_number(number):
    """A root that real people have signed, under another number than its name says."""

    def attack(scene, folder):
        root = scene.next_root(folder)
        root.signed.version = number
        scene.store(folder, scene.sign(root), version=2)

    return attack


def root_by_new_keys_alone(scene, folder):
    root = scene.next_root(folder)
    for keyid in list(root.signed.roles["root"].keyids):
        root.signed.revoke_key(keyid, "root")
    thieves = [stranger() for _ in range(3)]
    for thief in thieves:
        root.signed.add_key(thief.public_key, "root")
    for thief in thieves:
        root.sign(thief, append=True)
    scene.store(folder, root)


def root_by_old_keys_alone(scene, folder):
    """Real people hand over to keys that have not signed."""
    root = scene.next_root(folder)
    for keyid in list(root.signed.roles["root"].keyids):
        root.signed.revoke_key(keyid, "root")
    for _ in range(3):
        root.signed.add_key(stranger().public_key, "root")
    scene.store(folder, scene.sign(root))
