"""What a release manager does to a repository: begin it, add wheelhouses, sign and publish, replace keys.

Rules of this file: everything is checked and signed in memory before anything is published; what lacks signatures of
people who are not here is staged with those that it has, and the next person adds theirs; no release counter is used
twice in a channel, no release goes out without one of its machines, and no expired role signs anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar, final

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Metadata, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from edgeboard.errors import UserError
from edgeboard.ota import manifest as manifests
from edgeboard.ota.keys import ROLES, Passphrase, find_keys, make_key, open_key
from edgeboard.ota.repository import Repository, custom_of, meta_of
from edgeboard.ota.staged import check_alike, check_complete
from edgeboard.ota.values import SIGNED_AT, Manifest, Rollout, Target

KEPT: Final = 8  # releases for each machine that stay listed; boards that are further behind go by way of these

S = TypeVar("S", Root, Targets, Snapshot, Timestamp)


@dataclass(frozen=True, slots=True)
class Published:
    """How far publishing got."""

    done: bool
    released: tuple[str, ...] = ()  # "stable 0.2.0 (counter 7)"
    missing: dict[str, int] = field(default_factory=dict)  # signatures by role
    versions: dict[str, int] = field(default_factory=dict)


@final
class Publisher:
    """One person's work on a repository, with the keys that this person has here.

    Args:
        folders: where keys lie.
        passphrase: asked for the file of each key that is used.
        now: of this machine's clock; signatures expire by it.
    """

    def __init__(self, repository: Repository, folders: Sequence[Path], passphrase: Passphrase, now: datetime) -> None:
        self._repository = repository
        self._folders = tuple(folders)
        self._passphrase = passphrase
        self._now = now.replace(microsecond=0)

    # -------------------------------------------------------------------------------------------- beginning

    def begin(self, new_passphrase: bytes) -> dict[str, list[str]]:
        """Make all keys in the first folder, and sign the first metadata; returns the keys' ids by role.

        Raises:
            UserError: a file cannot be written.
        """
        settings, made = self._repository.settings, {}
        root = Root(expires=settings.expires("root", self._now), consistent_snapshot=True)
        for role in ROLES:
            root.roles[role] = Role([], settings.thresholds[role])
            keys = [make_key(self._folders[0], role, new_passphrase) for _ in range(settings.keys[role])]
            for key in keys:
                root.add_key(key, role)
            made[role] = [key.keyid for key in keys]
        signed_root = Metadata(root)
        self._sign(signed_root, root, root)
        targets = Metadata(Targets(expires=settings.expires("targets", self._now)))
        self._sign(targets, root)
        snapshot = Metadata(Snapshot(expires=settings.expires("snapshot", self._now)))
        snapshot.signed.meta["targets.json"] = meta_of(targets)
        self._sign(snapshot, root)
        timestamp = self._next_timestamp(None, snapshot)
        self._sign(timestamp, root)
        self._repository.publish(signed_root)
        self._repository.publish(targets)
        self._repository.publish(snapshot)
        self._repository.publish(timestamp)
        return made

    # -------------------------------------------------------------------------------------------- adding

    def add(self, manifest: Manifest, sources: dict[str, Path], made: dict[str, bytes]) -> Manifest:
        """Stage a release for one target. Its files are in `sources` and `made`, by name; a counter of 0 takes that of
        the same version if it is staged, else the next one.

        Raises:
            UserError: the counter was used, or the release cannot be installed.
        """
        released = self._repository.released()
        staged = self._repository.staged(Targets)
        targets = staged or self._next(released, "targets")
        manifest = replace(manifest, counter=self._counter(manifest, released, targets))
        manifests.check(manifest)
        content = manifests.to_bytes(manifest)
        manifests.from_bytes(content)  # what boards would refuse is refused here
        name = manifests.entry_name(manifest.target, manifest.counter)
        check_alike(self._repository, targets, manifest)
        described = manifests.describe(name, [content])
        for file in manifest.files:
            if file.name in made:
                self._repository.keep_bytes(file, made[file.name])
            else:
                self._repository.keep(file, sources[file.name])
        self._repository.keep_bytes(described, content)
        entry = TargetFile(described.length, {"sha256": described.sha256}, name, {"custom": custom_of(manifest)})
        targets.signed.targets[name] = entry
        self._let_go(targets.signed, manifest.target)
        targets.signatures.clear()
        self._repository.stage(targets)
        return manifest

    def _counter(self, manifest: Manifest, released: Metadata[Targets], targets: Metadata[Targets]) -> int:
        channel = manifest.target.channel
        before = {
            counter: version
            for _, target, counter, version in self._repository.entries(released)
            if target.channel == channel
        }
        highest = max(before, default=0)
        if manifest.version in before.values():
            raise UserError(f"{manifest.version} is published in {channel} already: give this release another version")
        waiting = {
            version: counter
            for _, target, counter, version in self._repository.entries(targets)
            if target.channel == channel and counter > highest
        }
        if any(version != manifest.version for version in waiting):
            raise UserError(
                f"{channel} {next(iter(waiting))} is staged: publish it first, or drop it with: edgeboard release add "
                "--drop"
            )
        counter = manifest.counter or waiting.get(manifest.version, highest + 1)
        if counter <= highest:
            raise UserError(f"counter {counter} was used in {channel}, whose highest is {highest}: take a higher one")
        if waiting and waiting[manifest.version] != counter:
            raise UserError(f"{manifest.version} is staged with counter {waiting[manifest.version]}, not {counter}")
        return counter

    def _let_go(self, targets: Targets, target: Target) -> None:
        """Of old releases for this target those that nobody needs as a step are not listed any more."""
        listed = sorted(
            (counter, name)
            for name, (other, counter) in ((name, manifests.parse_entry(name)) for name in targets.targets)
            if other.name == target.name
        )
        for _, name in listed[:-KEPT]:
            del targets.targets[name]

    def drop(self) -> bool:
        """Forget what is staged; False if nothing was."""
        waiting = self._repository.staged(Targets) is not None or self._repository.staged(Root) is not None
        self._repository.unstage(Targets)
        self._repository.unstage(Root)
        return waiting

    # -------------------------------------------------------------------------------------------- publishing

    def publish(self, rollout: Rollout | None = None, channel: str = "stable") -> Published:
        """Sign what is staged, renew what ages, and let boards see it. With `rollout` the newest release of a channel
        is let out that far.

        Raises:
            UserError: a machine is missing, a role has expired, a key is not here that only this machine can have, or
                this machine's clock is behind.
        """
        repository = self._repository
        timestamp = repository.timestamp()
        self._check_clock(timestamp.signed)
        new_root, missing = self._staged_root()
        if missing:
            self._keep_fresh(timestamp)
            return Published(False, missing={"root": missing})
        root = (new_root or repository.root()).signed
        if root.is_expired(self._now):
            raise UserError(
                f"the root expired on {root.expires:%Y-%m-%d}: boards refuse everything until it is renewed with: "
                "edgeboard release rotate --renew"
            )
        released = repository.released()
        targets = self._due_targets(root, released, rollout, channel)
        if targets is not None:
            check_complete(repository, targets)
            missing = self._sign(targets, root)
            elsewhere = [role for role in ("snapshot", "timestamp") if not self._has_key(root, role)]
            if missing or elsewhere:  # these signatures are kept: whoever made them may be gone with the stick
                repository.stage(targets)
                self._keep_fresh(timestamp)
                return Published(False, missing={"targets": missing} if missing else dict.fromkeys(elsewhere, 1))
        snapshot, new_timestamp = self._refresh(root, targets, timestamp)
        if new_root is not None:
            repository.publish(new_root)
        if targets is not None:
            repository.publish(targets)
        if snapshot is not None:
            repository.publish(snapshot)
        repository.publish(new_timestamp)
        repository.unstage(Root)
        repository.unstage(Targets)
        old = {name for name, _, _, _ in repository.entries(released)}
        fresh = {
            f"{target.channel} {version} (counter {counter})"
            for name, target, counter, version in repository.entries(targets or released)
            if name not in old
        }
        return Published(True, tuple(sorted(fresh)), {}, self._versions(root))

    def _refresh(
        self, root: Root, targets: Metadata[Targets] | None, timestamp: Metadata[Timestamp]
    ) -> tuple[Metadata[Snapshot] | None, Metadata[Timestamp]]:
        snapshot = self._due_snapshot(root, targets)
        if snapshot is not None:
            self._sign_here(snapshot, root)
        following = self._next_timestamp(timestamp, snapshot or self._repository.snapshot())
        self._sign_here(following, root)
        return snapshot, following

    def _keep_fresh(self, timestamp: Metadata[Timestamp]) -> None:
        """While something waits for people, what is published does not go stale for boards."""
        root = self._repository.root().signed
        here = all(self._has_key(root, role) for role in ("snapshot", "timestamp"))
        if here and self._is_ageing("timestamp", timestamp) and not root.is_expired(self._now):
            snapshot, following = self._refresh(root, None, timestamp)
            if snapshot is not None:
                self._repository.publish(snapshot)
            self._repository.publish(following)

    def _check_clock(self, timestamp: Timestamp) -> None:
        last = timestamp.unrecognized_fields.get(SIGNED_AT, 0)
        if self._now.timestamp() < last:
            raise UserError(
                f"this machine's clock says {self._now:%Y-%m-%d %H:%M}, and the last signature is from later: set the "
                "clock, then publish again"
            )

    def _staged_root(self) -> tuple[Metadata[Root] | None, int]:
        staged = self._repository.staged(Root)
        if staged is None:
            return None, 0
        current = self._repository.root().signed
        if staged.signed == current:  # what came after it was broken off
            return None, 0
        if staged.signed.version != current.version + 1:
            raise UserError("the staged root is not the next one: drop it with `edgeboard release add --drop`")
        missing = self._sign(staged, staged.signed, current)
        self._repository.stage(staged)
        return staged, missing

    def _due_targets(
        self, root: Root, released: Metadata[Targets], rollout: Rollout | None, channel: str
    ) -> Metadata[Targets] | None:
        staged = self._repository.staged(Targets)
        if staged is not None and staged.signed.version != released.signed.version + 1:
            raise UserError(
                "what is staged was begun before the last release: drop it with `edgeboard release add --drop`"
            )
        if staged is not None and staged.signed.is_expired(self._now):
            staged.signatures.clear()
        targets = staged
        if targets is None and (rollout or not self._holds(root, released) or self._is_ageing("targets", released)):
            targets = self._next(released, "targets")
        if targets is not None and rollout is not None:
            self._let_out(targets, rollout, channel)
        if targets is not None and not targets.signatures:
            targets.signed.expires = self._repository.settings.expires("targets", self._now)
        if targets is not None and targets is not staged and rollout is None and self._holds(root, released):
            # It only ages: who has no keys for it here publishes without, as long as it holds.
            if self._sign(targets, root) == 0:
                return targets
            if released.signed.is_expired(self._now):
                raise UserError(
                    f"the targets expired on {released.signed.expires:%Y-%m-%d}: publish where their keys are, or name "
                    "their folders with --keys"
                )
            return None
        return targets

    def _let_out(self, targets: Metadata[Targets], rollout: Rollout, channel: str) -> None:
        listed = [entry for entry in self._repository.entries(targets) if entry[1].channel == channel]
        newest = max((counter for _, _, counter, _ in listed), default=0)
        if not newest:
            raise UserError(f"{channel} has no release yet")
        for name, _, counter, _ in listed:
            if counter == newest:
                custom = targets.signed.targets[name].unrecognized_fields["custom"]
                salt = custom["rollout"]["salt"]  # stays, so that who was let in is not put out
                custom["rollout"] = {"percent": rollout.percent, "salt": salt, "not_before": rollout.not_before}
        targets.signatures.clear()

    def _due_snapshot(self, root: Root, targets: Metadata[Targets] | None) -> Metadata[Snapshot] | None:
        snapshot = self._repository.snapshot()
        if targets is None and self._holds(root, snapshot) and not self._is_ageing("snapshot", snapshot):
            return None
        following = self._next(snapshot, "snapshot")
        if targets is not None:
            following.signed.meta["targets.json"] = meta_of(targets)
        return following

    def _next_timestamp(self, before: Metadata[Timestamp] | None, snapshot: Metadata[Snapshot]) -> Metadata[Timestamp]:
        if before is None:
            following = Metadata(Timestamp(expires=self._repository.settings.expires("timestamp", self._now)))
        else:
            following = self._next(before, "timestamp")
        following.signed.snapshot_meta = meta_of(snapshot)
        following.signed.unrecognized_fields[SIGNED_AT] = int(self._now.timestamp())
        return following

    def _next(self, metadata: "Metadata[S]", role: str) -> "Metadata[S]":
        following: Metadata[S] = Metadata.from_bytes(metadata.to_bytes())
        following.signed.version += 1
        following.signed.expires = self._repository.settings.expires(role, self._now)
        following.signatures.clear()
        return following

    def _is_ageing(self, role: str, metadata: "Metadata[S]") -> bool:
        """Whether less than half of its time is left."""
        left = (metadata.signed.expires - self._now).total_seconds()
        return left < self._repository.settings.days[role] * 86_400 / 2

    # -------------------------------------------------------------------------------------------- keys

    def rotate(self, role: str, retire: str, folder: Path, new_passphrase: bytes) -> tuple[str, str]:
        """Stage a root in which a new key takes the place of one whose id begins with `retire`; a role with one key
        needs no `retire`. Returns the ids of the old and of the new key.

        Raises:
            UserError: no such key, or several.
        """
        root = self._repository.staged(Root) or self._next(self._repository.root(), "root")
        keyids = list(root.signed.roles[role].keyids)
        found = [keyid for keyid in keyids if keyid.startswith(retire)]
        if len(found) != 1:
            short = ", ".join(keyid[:8] for keyid in keyids)
            raise UserError(f"{role} has the keys {short}: say which one goes with --retire KEYID")
        key = make_key(folder, role, new_passphrase)
        root.signed.revoke_key(found[0], role)
        root.signed.add_key(key, role)
        self._stage_root(root)
        return found[0], key.keyid

    def renew_root(self) -> None:
        """Stage a root with the same keys that holds for longer."""
        self._stage_root(self._repository.staged(Root) or self._next(self._repository.root(), "root"))

    def _stage_root(self, root: Metadata[Root]) -> None:
        root.signatures.clear()
        root.signed.expires = self._repository.settings.expires("root", self._now)
        self._repository.stage(root)

    def _sign(self, metadata: "Metadata[S]", root: Root, before: Root | None = None) -> int:
        """Sign with keys that lie here until the threshold is met; returns how many signatures are missing."""
        role = metadata.signed.type
        for judge in (root, before) if before is not None else (root,):
            result = judge.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
            for keyid in sorted(result.unsigned):
                if result.missing == 0:
                    break
                if (signer := self._signer(judge, keyid)) is not None:
                    metadata.sign(signer, append=True)
                    result = judge.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        judges = (root, before) if before is not None else (root,)
        results = [judge.get_verification_result(role, metadata.signed_bytes, metadata.signatures) for judge in judges]
        return max(result.missing for result in results)

    def _sign_here(self, metadata: "Metadata[S]", root: Root) -> None:
        """Raises UserError if the keys are elsewhere: nobody else would publish."""
        if self._sign(metadata, root):
            raise UserError(
                f"the {metadata.signed.type} key is not here: publish on the release machine, or name its folder with "
                "--keys"
            )

    def _has_key(self, root: Root, role: str) -> bool:
        return any(file.holds(keyid) for file in find_keys(self._folders) for keyid in root.roles[role].keyids)

    def _signer(self, root: Root, keyid: str) -> CryptoSigner | None:
        key = root.keys[keyid]
        for file in find_keys(self._folders):
            if file.holds(keyid) and isinstance(key, SSlibKey):
                return open_key(file, key, self._passphrase)
        return None

    def _holds(self, root: Root, metadata: "Metadata[S]") -> bool:
        return bool(root.get_verification_result(metadata.signed.type, metadata.signed_bytes, metadata.signatures))

    def _versions(self, root: Root) -> dict[str, int]:
        snapshot = self._repository.snapshot().signed
        return {
            "root": root.version,
            "targets": snapshot.meta["targets.json"].version,
            "snapshot": snapshot.version,
            "timestamp": self._repository.timestamp().signed.version,
        }
